"""That somebody is writing right now, told to the other side. It is only ever a hint: nothing depends on it, and nothing is kept of it.

The customer's page says it every few seconds while he writes. Only the first word of it is news; the agents' screens ask again when it
would be over.
"""

from datetime import timedelta

from django.core.cache import cache
from django.utils import timezone

from conversations import live
from conversations.models import Conversation, Presence

# A little longer than the pause between two words of the page.
SECONDS = 8
# A colleague's page says every 25 s what he does: one lost word is no pause.
WRITING = timedelta(seconds=60)


def customer_writes(conversation: Conversation, *, stopped: bool = False) -> None:
    """He writes, or has stopped. The screens that show the conversation hear of it when it is news."""
    key = _key(conversation.pk)
    if stopped:
        if cache.delete(key):
            live.presence_changed(conversation)
    elif cache.add(key, 1, timeout=SECONDS):
        live.presence_changed(conversation)
    else:
        cache.touch(key, SECONDS)


def is_customer_writing(conversation: Conversation) -> bool:
    return bool(cache.get(_key(conversation.pk)))


def writer(conversation: Conversation) -> Presence | None:
    """The colleague whose reply is being written, the one who was there last."""
    there = Presence.objects.filter(
        conversation=conversation, doing=Presence.Doing.REPLYING, seen_at__gt=timezone.now() - WRITING
    )
    return there.select_related("user").order_by("-seen_at").first()


def _key(conversation_id: int) -> str:
    return f"writing:{conversation_id}"
