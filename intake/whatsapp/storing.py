"""What each element of a call does: a message is stored, a status reported, a word changed. Once, and in whatever order they come."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from approvals.changed_question import ask_again
from approvals.drafting import ask_for_draft
from conversations import rewording, statuses
from conversations.marks import CONTEXT
from conversations.models import Customer, Delivery, Inbox, Level, Message
from conversations.outside import said_outside
from conversations.ownership import locked
from conversations.receive import receive
from core.jobs import enqueue
from gateways.types import InboundMessage
from gateways.whatsapp.elements import (
    Echoed,
    Edited,
    Element,
    Reacted,
    Renumbered,
    Reported,
    TemplateJudged,
    Withdrawn,
    Written,
)  # fmt: skip
from intake.confirming import confirm
from intake.whatsapp import finding, templates
from intake.whatsapp.media import fetch

STORED, STATUS, PARKED, IGNORED = "stored", "status", "parked", "ignored"
STATUSES = {
    "sent": statuses.SENT,
    "delivered": statuses.DELIVERED,
    "read": statuses.READ,
    # A voice message that was listened to was read.
    "played": statuses.READ,
    "failed": statuses.FAILED,
}


@dataclass(frozen=True)
class Outcome:
    """What became of an element. `about` is the id of a message that is not there yet, for which it has to wait."""

    word: str
    message: Message | None = None
    about: str = ""


NOTHING = Outcome(IGNORED)


def store(inbox: Inbox, element: Element) -> Outcome:
    """Do what the element says. Runs as the doorman, in the transaction that settles its receipt."""
    match element:
        case Written():
            return _write(inbox, element)
        case Reported():
            return _report(inbox, element)
        case Edited() | Withdrawn() | Reacted():
            return _reword(inbox, element)
        case Echoed():
            return _echo(inbox, element)
        case Renumbered():
            return Outcome(STORED) if finding.move(element.before, element.after) else NOTHING
        case TemplateJudged():
            templates.judged(inbox, element)
            return Outcome(STORED)
    return NOTHING


def store_late(inbox: Inbox, element: Element, message: Message | None) -> Outcome:
    """The same for an element that had to wait; a message was stored before, and only what it answers was missing."""
    if isinstance(element, Written):
        return _linked(inbox, element, message) if message else NOTHING
    return store(inbox, element)


def _write(inbox: Inbox, said: Written) -> Outcome:
    finding.hold(inbox, said.wamid, said.context)
    customer = finding.customer_of(said.sender)
    received = receive(inbox, _inbound(inbox, said, customer), of=customer)
    _fetch_files(received.message)
    if received.wants_answer:
        ask_for_draft(received.message)
        confirm(received)
    return _linked(inbox, said, received.message)


def _echo(inbox: Inbox, said: Echoed) -> Outcome:
    """A colleague answered from the app on a phone: what he said is ours, and we do not carry it."""
    finding.hold(inbox, said.wamid)
    if finding.message_of(inbox, said.wamid) is not None:
        return NOTHING
    conversation = finding.conversation_with(inbox, finding.customer_of(said.recipient), said.text)
    heard = InboundMessage(text=said.text, provider_id=said.wamid[:200], attachments=said.files)
    message = said_outside(conversation, heard, by=None)
    _fetch_files(message)
    return Outcome(STORED, message)


def _fetch_files(message: Message) -> None:
    for waiting in message.attachments.exclude(remote=""):
        enqueue(fetch, ref=waiting.pk, scope=message.inbox_id, key=f"media:{waiting.pk}")


def _inbound(inbox: Inbox, said: Written, customer: Customer) -> InboundMessage:
    return InboundMessage(
        text=said.text,
        provider_id=said.wamid[:200],
        sender_name=said.sender.name,
        sender_phone=said.sender.phone,
        subject="" if said.text else said.subject,
        conversation_id=finding.conversation_of(inbox, customer),
        attachments=said.files,
        level=Level.CHANNEL,
        marks=said.marks | ({CONTEXT: said.context} if said.context else {}),
    )


def _linked(inbox: Inbox, said: Written, message: Message) -> Outcome:
    """A message and what it answers, which may be still to come."""
    if not said.context:
        return Outcome(STORED, message)
    answered = finding.message_of(inbox, said.context)
    if answered is None:
        return Outcome(STORED, message, about=said.context)
    if answered.customer_id == message.customer_id and answered.pk != message.pk:
        Message.objects.filter(pk=message.pk).update(in_reply_to=answered)
    return Outcome(STORED, message)


def _report(inbox: Inbox, said: Reported) -> Outcome:
    """How a message of ours fares. Only the last part of several speaks for all, unless one of them could not be brought."""
    status = STATUSES.get(said.status)
    if status is None:
        return NOTHING
    key, _, part = said.send_key.partition("/")
    delivery = _delivery(inbox, key, said.wamid)
    if delivery is None:
        # Without a key of ours it is about what somebody else sends by this number, or our own note of the id is still to come.
        return NOTHING if said.send_key else Outcome(PARKED, about=said.wamid)
    if part and status != statuses.FAILED:
        return Outcome(STATUS)
    named = "" if part else said.wamid[:200]
    statuses.reported(delivery, status, reason=said.reason, at=said.at, provider_id=named)
    return Outcome(STATUS)


def _delivery(inbox: Inbox, key: str, wamid: str) -> Delivery | None:
    ours = Delivery.objects.filter(message__inbox=inbox)
    try:
        return ours.filter(send_key=uuid.UUID(key)).first()
    except ValueError:
        return ours.filter(message__provider_id=wamid[:200], message__direction="out").first() if not key else None


def _reword(inbox: Inbox, said: Edited | Withdrawn | Reacted) -> Outcome:
    finding.hold(inbox, said.about)
    message = finding.message_of(inbox, said.about)
    if message is None:
        return Outcome(PARKED, about=said.about) if said.about else NOTHING
    if not _may_change(said, message):
        return NOTHING
    # The conversation first, as everybody does who locks both.
    message.conversation = locked(message.conversation_id)
    at = said.at or timezone.now()
    if isinstance(said, Reacted):
        rewording.reacted(message, said.sign, at)
    elif _changed(message, said, at) and not ask_again(message):
        rewording.look_again(message)
    return Outcome(STORED)


def _changed(message: Message, said: Edited | Withdrawn, at: datetime) -> bool:
    if isinstance(said, Edited):
        return rewording.edited(message, said.text, at)
    return rewording.withdrawn(message, at)


def _may_change(said: Edited | Withdrawn | Reacted, message: Message) -> bool:
    """Only his own words does anybody change, and only in his own conversation does he put signs on others'."""
    writer = finding.known(said.sender)
    is_his = writer is not None and writer.pk == message.customer_id
    return is_his and (isinstance(said, Reacted) or message.direction == Message.Direction.IN)
