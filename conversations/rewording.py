"""What a customer does to a message after he wrote it: says it differently, takes it back, puts a sign on one.

Such words can come in any order, so each says when it was done: what is newer stands, whatever came last. Runs as the system, in the
transaction of the caller; what the assistant makes of it is the caller's to ask for.
"""

from datetime import datetime
from typing import Any

from django.db.models.functions import Now

from conversations import live
from conversations.marks import EDITS, REACTED
from conversations.models import Conversation, Event, Message, Reaction
from conversations.previews import first_words
from core import audit
from core.words import gettext_noop

# Kept on a message at most; what was said in between is in the receipts.
MOST_EDITS = 50
CHANGED = gettext_noop("Changed what they had written")


def edited(message: Message, text: str, at: datetime) -> bool:
    """The message reads `text` from `at` on; what it said before is kept on it. False for what is not the newest, or nothing new."""
    now = _held(message)
    earlier: list[dict[str, Any]] = list(now.marks.get(EDITS, []))
    is_newest = now.edited_at is None or (at, text) > (now.edited_at, now.text)
    kept = {"at": _stamp(now.edited_at), "text": now.text} if is_newest else {"at": _stamp(at), "text": text}
    earlier = sorted([*earlier, kept], key=lambda one: (one["at"], one["text"]))[:MOST_EDITS]
    said = {"text": text, "edited_at": at} if is_newest else {}
    Message.objects.filter(pk=now.pk).update(marks=now.marks | {EDITS: earlier}, **said)
    message.refresh_from_db()
    if is_newest:
        _retell(message)
    audit.record(Event.MESSAGE_EDITED, message, at=int(at.timestamp()))
    live.message_status(message)
    return is_newest and message.withdrawn_at is None


def withdrawn(message: Message, at: datetime) -> bool:
    """Its writer took it back. The words stay on record, for those who must know what was answered. False when he did before."""
    if not Message.objects.filter(pk=message.pk, withdrawn_at__isnull=True).update(withdrawn_at=at):
        return False
    message.refresh_from_db()
    _retell(message)
    audit.record(Event.MESSAGE_WITHDRAWN, message, at=int(at.timestamp()))
    live.message_status(message)
    return True


def reacted(message: Message, sign: str, at: datetime) -> bool:
    """The customer's sign on a message, the newest one of his; an empty one takes it away. False when a newer one is known."""
    now = _held(message)
    if (_stamp(at), sign) <= tuple(now.marks.get(REACTED, ("", ""))):
        return False
    Message.objects.filter(pk=now.pk).update(marks=now.marks | {REACTED: [_stamp(at), sign]})
    Reaction.objects.filter(message=now, by=None).delete()
    if sign:
        Reaction.objects.create(message=now, conversation_id=now.conversation_id, inbox_id=now.inbox_id, sign=sign, at=at)
    message.refresh_from_db()
    audit.record(Event.MESSAGE_REACTED, message, at=int(at.timestamp()))
    live.message_status(message)
    return True


def look_again(message: Message) -> None:
    """What was answered, or seemed done, reads differently now: its conversation is somebody's matter again."""
    asleep = (Conversation.State.WAITING, Conversation.State.RESOLVED)
    opened = {"resolved_at": None, "needs_person": CHANGED}
    if Conversation.objects.claim(message.conversation_id, from_state=asleep, to_state=Conversation.State.OPEN, **opened):
        audit.record(Event.CONVERSATION_REOPENED, message.conversation, message=message.pk)
        live.conversation_changed(message.conversation)


def _held(message: Message) -> Message:
    """As it is now, until the transaction ends. The caller has its conversation already."""
    return Message.objects.select_for_update(of=("self",), no_key=True).get(pk=message.pk)


def _retell(message: Message) -> None:
    """A row of the queue shows the newest words as they read now."""
    later = Message.objects.filter(conversation=message.conversation_id, pk__gt=message.pk).exclude(direction="note")
    if not later.exists():
        preview = "" if message.withdrawn_at else first_words(message.text, 150)
        Conversation.objects.filter(pk=message.conversation_id).update(preview=preview, changed_at=Now())
        live.conversation_changed(message.conversation)


def _stamp(at: datetime | None) -> str:
    return at.isoformat() if at else ""
