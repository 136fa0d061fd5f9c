"""Everything the composer prints: what was typed, for whom it is, with which files, and what the channel allows."""

import uuid
from typing import Any

from django.utils import timezone

from accounts.models import User
from conversations import channel_limits, queries, recipients, scheduling, uploading
from conversations.keeping import version
from conversations.models import Channel, ComposerText, Conversation, Delivery, Message
from core.words import gettext_noop

OVERTAKEN = gettext_noop("the customer wrote again")


def composer(conversation: Conversation, user: User) -> dict[str, Any]:
    """The context of _composer.html. Its numbers say what the writer saw: they are compared when he sends."""
    kept = {one.mode: one for one in ComposerText.objects.filter(conversation=conversation, user=user)}
    reply, note = kept.get("reply"), kept.get("note")
    return {
        "texts": {mode: one.text for mode, one in kept.items()},
        "versions": {"reply": version(reply), "note": version(note)},
        "carets": {mode: one.caret for mode, one in kept.items()},
        "client_key": uuid.uuid4(),
        "seen": queries.newest_public(conversation),
        "recipients": (reply.recipients if reply else {}) or recipients.offered(conversation),
        "is_mail": conversation.channel == Channel.EMAIL,
        "is_whatsapp": conversation.channel == Channel.WHATSAPP,
        "limits": channel_limits.limits_of(conversation, ComposerText.Mode.REPLY),
        "note_limits": channel_limits.NOTES,
        "offers": scheduling.offers(),
        "held_back": held_back(conversation, user, reply.text if reply else ""),
        **window(conversation),
        **files(conversation, user),
    }


def files(conversation: Conversation, user: User) -> dict[str, Any]:
    """The files of both messages being written here."""
    return {
        "reply_files": uploading.waiting(conversation, ComposerText.Mode.REPLY, by=user),
        "note_files": uploading.waiting(conversation, ComposerText.Mode.NOTE, by=user),
    }


def window(conversation: Conversation) -> dict[str, Any]:
    """Until when the channel takes a free text, and why not when it does not."""
    end = channel_limits.closes_at(conversation)
    is_closed = end is not None and end <= timezone.now()
    return {"closes_at": None if is_closed else end, "closed": channel_limits.window_closed() if is_closed else ""}


def held_back(conversation: Conversation, user: User, typed: str) -> Message | None:
    """The reader's scheduled reply that did not go because the customer wrote first, until he has answered anew."""
    mine = Message.objects.filter(conversation=conversation, sender=user, direction=Message.Direction.OUT)
    last = mine.select_related("delivery").order_by("-pk").first()
    if last is None or not hasattr(last, "delivery") or last.text in typed:
        return None
    is_held = last.delivery.state == Delivery.State.RECALLED and last.delivery.reason == OVERTAKEN
    return last if is_held and last.delivery.is_scheduled else None
