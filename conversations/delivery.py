"""The only door out. A message is written with its delivery; the delivery waits out the undo window, then is carried once."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from conversations import families, live, mentions
from conversations.carriage import deliver, recall
from conversations.leaving import sha256
from conversations.models import Conversation, Delivery, Event, Message
from conversations.ownership import locked, may_answer, pass_on
from conversations.previews import first_words
from core import audit
from core.jobs import enqueue

__all__ = ["Licence", "Sending", "StaleReply", "note", "recall", "reply", "send", "send_for_assistant"]


class StaleReply(Exception):
    """Something public was added since the writer last looked, or somebody else may answer by now.

    `newer` holds what was added, oldest first; `holder` is who has the conversation when it was passed on, None when nobody has.
    """

    def __init__(self, newer: list[Message], *, is_passed_on: bool = False, holder: User | None = None) -> None:
        super().__init__(len(newer))
        self.newer, self.is_passed_on, self.holder = newer, is_passed_on, holder


@dataclass(frozen=True)
class Sending:
    """How a reply goes: to whom (as on Message), at what time if not after the undo window, where the caret stood, and which of
    WhatsApp's templates it is (as on Message)."""

    recipients: dict[str, list[str]] = field(default_factory=dict)
    at: datetime | None = None
    caret: int = 0
    template: dict[str, Any] = field(default_factory=dict)


AT_ONCE = Sending()


def reply(
    conversation: Conversation, text: str, *, by: User, client_key: uuid.UUID, seen: int | None = None,
    ownership: int | None = None, confirm: bool = False, how: Sending = AT_ONCE,
) -> Message:  # fmt: skip
    """A person's own words. The same `client_key` again gives the first message. Raises StaleReply unless `confirm`.

    `seen` and `ownership` are what was printed with the writer's composer. From here on this person answers, and nobody under an
    older number.
    """
    now = locked(conversation.pk)
    first = Message.objects.filter(conversation=conversation, client_key=client_key).first()
    if first is not None:
        return first
    newer = [m for m in public_after(conversation, seen) if m.sender_id != by.pk]
    is_passed_on = not may_answer(now, ownership, by=by)
    if (newer or is_passed_on) and not confirm:
        raise StaleReply(newer, is_passed_on=is_passed_on, holder=now.assignee)
    message = _write(
        conversation, text, author=Message.Author.AGENT, sender=by, client_key=client_key, recipients=how.recipients,
        template=how.template,
    )  # fmt: skip
    pass_on(conversation)
    send(message, after=undo_seconds(conversation), how=how)
    return message


def note(conversation: Conversation, text: str, *, by: User, client_key: uuid.UUID) -> Message:
    """A private note: no delivery, never published."""
    first = Message.objects.filter(conversation=conversation, client_key=client_key).first()
    if first is not None:
        return first
    message = _write(conversation, text, author=Message.Author.AGENT, sender=by, client_key=client_key, private=True)
    audit.record(Event.NOTE_WRITTEN, message)
    mentions.record(message)
    live.message_added(message)
    return message


@dataclass(frozen=True)
class Licence:
    """What lets the assistant's words out: a calibrated confidence above the floor, or the person who reviewed them."""

    confidence: float | None
    reviewed_by: User | None = None


def send_for_assistant(
    conversation: Conversation,
    text: str,
    *,
    licence: Licence,
    in_reply_to: Message,
    language: str = "",
    citations: list[dict[str, object]] | None = None,
) -> Message:
    """The assistant's words under `licence`; the database refuses them without one. Waits out the inbox's undo window."""
    message = _write(
        conversation, text, author=Message.Author.ASSISTANT, licence=licence, in_reply_to=in_reply_to,
        language=language, citations=citations or [],
    )  # fmt: skip
    send(message, after=undo_seconds(conversation), based_on=in_reply_to, ownership=locked(conversation.pk).ownership)
    return message


def send(
    message: Message, *, after: float, based_on: Message | None = None, ownership: int | None = None, how: Sending = AT_ONCE
) -> Delivery:
    """Commit the delivery and its job; nothing leaves before `after` seconds have passed.

    What is scheduled is based on what the customer has written until now: once he writes again it does not go out unread.
    """
    delivery = hand_to_carrier(
        message, not_before=how.at or timezone.now() + timedelta(seconds=after), ownership=ownership, caret=how.caret,
        based_on=_newest_inbound(message) if how.at else based_on, is_scheduled=how.at is not None,
    )  # fmt: skip
    audit.record(Event.MESSAGE_SCHEDULED if how.at else Event.MESSAGE_SENT, message, delivery=delivery.pk)
    live.message_added(message)
    return delivery


def hand_to_carrier(message: Message, *, not_before: datetime, **facts: Any) -> Delivery:
    """The delivery of a message and the job that carries it, committed together; `facts` are other columns of the delivery."""
    delivery = Delivery.objects.create(
        message=message, inbox_id=message.inbox_id, body_sha256=sha256(message.text), not_before=not_before, **facts
    )
    enqueue(deliver, ref=delivery.pk, scope=message.inbox_id, run_at=not_before, key=f"deliver:{delivery.pk}")
    return delivery


def _newest_inbound(message: Message) -> Message | None:
    return families.received_in(message.conversation_id).order_by("-pk").first()


def public_after(conversation: Conversation, seen: int | None) -> list[Message]:
    """Public messages later than message id `seen`, oldest first, but no fixed words; none when the writer gave no id."""
    if seen is None:
        return []
    public = families.public_in(conversation.pk).filter(pk__gt=seen).exclude(author=Message.Author.SYSTEM)
    return list(public.exclude(delivery__state=Delivery.State.RECALLED).order_by("pk"))


def undo_seconds(conversation: Conversation) -> float:
    forced: float | None = settings.UNDO_SECONDS
    return conversation.inbox.undo_seconds if forced is None else forced


def _write(
    conversation: Conversation, text: str, *, author: str, sender: User | None = None, client_key: uuid.UUID | None = None,
    licence: Licence | None = None, in_reply_to: Message | None = None, language: str = "",
    citations: list[dict[str, object]] | None = None, recipients: dict[str, list[str]] | None = None, private: bool = False,
    template: dict[str, Any] | None = None,
) -> Message:  # fmt: skip
    message = Message.objects.create(
        conversation=conversation,
        inbox_id=conversation.inbox_id,
        customer_id=conversation.customer_id,
        direction=Message.Direction.NOTE if private else Message.Direction.OUT,
        author=author,
        sender=sender,
        text=text,
        language=language,
        in_reply_to=in_reply_to,
        confidence=licence.confidence if licence else None,
        reviewed_by=licence.reviewed_by if licence else None,
        citations=citations or [],
        recipients=recipients or {},
        template=template or {},
        client_key=client_key or uuid.uuid4(),
    )
    fields = {} if private else {"preview": first_words(text, 150), "last_message_at": Now()}
    Conversation.objects.filter(pk=conversation.pk).update(changed_at=Now(), **fields)
    if not private:
        live.conversation_changed(conversation)
    return message
