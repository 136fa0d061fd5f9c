"""From a kept mail to its place in a conversation: read outside of every transaction, stored in one.

A mail that kills whoever reads it is stored unread at the last try, so that nothing waits behind it for long and nothing is lost.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.utils import timezone

from approvals.drafting import ask_for_draft
from approvals.withdrawal import withdraw
from conversations import distribution, live, outside, statuses
from conversations.asks import UNREAD
from conversations.families import home_of
from conversations.marks import POSSIBLE_CONTINUATION
from conversations.models import Conversation, Delivery, Message
from conversations.receive import Received, receive
from core.context import acting_as
from core.failpoints import failpoint
from core.jobs import Retry, is_last_attempt, job, settle
from core.words import gettext_noop
from gateways.errors import GatewayError
from gateways.mail.limits import TOO_LATE, UNREADABLE
from gateways.mail.reading import read
from gateways.mail.types import Mail
from intake.confirming import confirm
from intake.mail import colleagues, returns
from intake.mail.belonging import Place, place_of
from intake.mail.inbound import inbound_of, nobody_known, writer_of
from intake.mail.senders import Sender, sender_of
from intake.mail.unread import unread
from intake.models import DOORMAN, Receipt

STORED, DUPLICATE, BOUNCE, UNREAD_MAIL, IGNORED = "stored", "duplicate", "bounce", "unreadable", "ignored"
BUSY_SECONDS = 10.0
# What is answered is read before its answer, or soon; a mail that nobody can read is not waited for any longer.
AFTER_THE_QUESTION, WAITS = 2.0, timedelta(minutes=10)
KEEPS_FAILING = gettext_noop("Reading it has failed several times")


@dataclass(frozen=True)
class Taken:
    """What became of a mail: the receipt with its outcome, the mail as it was read, and the message that it is or concerns."""

    receipt: Receipt
    mail: Mail
    message: Message | None


@job(lane="ingest")
def take_in(receipt_id: int) -> None:
    """Store what one receipt holds, once."""
    with acting_as(DOORMAN):
        if not Receipt.objects.filter(pk=receipt_id, state=Receipt.State.ACCEPTED).exists():
            settle()
            return
    try:
        taken_in(receipt_id, unread_for=KEEPS_FAILING if is_last_attempt() else "")
    except GatewayError as error:
        # Nothing is wrong with the mail: the machine has no process to spare.
        raise Retry(after=BUSY_SECONDS, reason="no process to read it in") from error


def taken_in(receipt_id: int, *, unread_for: str = "") -> Taken:
    """The same, and what became of it; of a receipt that was taken in before what became of it then.

    With `unread_for`, a reason, nothing in it is looked at.
    """
    with acting_as(DOORMAN, read_only=True):
        raw = bytes(Receipt.objects.get(pk=receipt_id).payload)
    mail = Mail(problem=unread_for) if unread_for else read(raw)
    failpoint("mail.after_reading")
    with acting_as(DOORMAN):
        receipt = Receipt.objects.select_for_update(of=("self",)).select_related("inbox", "message").get(pk=receipt_id)
        if receipt.state == Receipt.State.ACCEPTED:
            receipt.message = _store(receipt, mail)
            receipt.refresh_from_db(fields=["outcome", "state", "parent"])
        settle()
        return Taken(receipt, mail, receipt.message or _of_first(receipt))


def _store(receipt: Receipt, mail: Mail) -> Message | None:
    first = _seen_before(receipt, mail)
    if first is not None:
        return _done(receipt, DUPLICATE, None, parent=first).message
    if mail.notice is not None:
        return _came_back(receipt, mail)
    if mail.problem in (KEEPS_FAILING, TOO_LATE, UNREADABLE):
        return _unreadable(receipt, mail)
    sender = sender_of(receipt.inbox, mail)
    is_sent = receipt.facts.get(colleagues.FOLDER) == colleagues.SENT
    if colleagues.speaks_for_us(mail, sender, is_sent=is_sent):
        said = _said_outside(receipt, mail, sender, is_sent=is_sent)
        if said is not None or is_sent:
            return said
    return _received(receipt, mail, sender)


def _seen_before(receipt: Receipt, mail: Mail) -> Receipt | None:
    """The receipt of the same mail that came by another way. Without id and date two mails may well read the same."""
    if mail.problem or not mail.fingerprint or not (mail.mail_id or mail.date):
        return None
    same = Receipt.objects.defer("payload").filter(inbox=receipt.inbox_id, fingerprint=mail.fingerprint).first()
    if same is None:
        # A second one at the same moment fails here, is tried again, and finds this one.
        Receipt.objects.filter(pk=receipt.pk).update(fingerprint=mail.fingerprint)
    return same


def _of_first(receipt: Receipt) -> Message | None:
    return Message.objects.filter(receipt=receipt.parent_id).first() if receipt.parent_id else None


def _came_back(receipt: Receipt, mail: Mail) -> Message | None:
    delivery = returns.concerns(receipt.inbox, mail)
    _done(receipt, BOUNCE, None, concerns=delivery.message_id if delivery else None)
    assert mail.notice is not None
    return returns.take_back(delivery, mail.notice) if delivery else None


def _unreadable(receipt: Receipt, mail: Mail) -> Message:
    sender = mail.sender.address if mail.sender else ""
    found = unread(
        bytes(receipt.payload), mail.problem, provider_id=receipt.provider_id[:200], sender_email=sender, subject=mail.subject
    )
    received = receive(receipt.inbox, found)
    _ask_for_a_person(received.conversation)
    _done(receipt, UNREAD_MAIL, received.message, error=mail.problem)
    return received.message


def _ask_for_a_person(conversation: Conversation) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(needs_person=UNREAD, priority=1)
    live.conversation_changed(conversation)
    distribution.ask(conversation)


def _said_outside(receipt: Receipt, mail: Mail, sender: Sender, *, is_sent: bool) -> Message | None:
    """The answer that it is; None when it answers nothing that we know."""
    sent = colleagues.our_own(mail)
    if sent is not None:
        return _sent_by_us(receipt, sent) if is_sent else None
    conversation = colleagues.answers(receipt.inbox, mail, sender)
    if conversation is None:
        if is_sent and _is_ahead(receipt, mail):
            raise Retry(after=AFTER_THE_QUESTION, reason="what it answers may not have been read yet")
        if is_sent:
            _done(receipt, IGNORED, None)
        return None
    found = replace(inbound_of(receipt, mail, sender, Place(conversation)), marks={})
    message = outside.said_outside(conversation, found, by=sender.colleague)
    home = Conversation.objects.get(pk=home_of(conversation))
    withdraw(home, reviewed_too=True)
    return _done(receipt, STORED, message).message


def _is_ahead(receipt: Receipt, mail: Mail) -> bool:
    """Whether mails that came before it are still to be read: one of them may be what it answers."""
    before = Receipt.objects.filter(
        inbox=receipt.inbox_id, kind=Receipt.Kind.MAIL, state=Receipt.State.ACCEPTED, pk__lt=receipt.pk
    )
    is_answer = bool(mail.references) and not mail.automatic
    return is_answer and receipt.received_at > timezone.now() - WAITS and before.exists()


def _sent_by_us(receipt: Receipt, sent: Delivery) -> Message:
    """What lies among the sent mails was sent: that ends every doubt about it."""
    statuses.reported(sent, statuses.SENT)
    _done(receipt, DUPLICATE, None)
    return sent.message


def _received(receipt: Receipt, mail: Mail, sender: Sender) -> Message:
    place = place_of(receipt.inbox, mail, writer_of(mail, sender).address)
    if sender.is_refused and place.conversation is not None:
        # Whoever writes in another's name goes on with nothing of his.
        place = Place(None, place.marks | {POSSIBLE_CONTINUATION: str(place.conversation.pk)})
    inbound = inbound_of(receipt, mail, sender, place)
    inbox = place.conversation.inbox if place.conversation else receipt.inbox
    received = receive(inbox, inbound, of=nobody_known(sender) if sender.is_refused else None)
    _answer(received)
    _done(receipt, STORED, received.message, error=mail.problem)
    return received.message


def _answer(received: Received) -> None:
    if received.wants_answer:
        ask_for_draft(received.message)
        confirm(received)
    failpoint("ingest.before_commit")


def _done(
    receipt: Receipt, outcome: str, message: Message | None, *, parent: Receipt | None = None, error: str = "", **facts: Any
) -> Receipt:
    state = Receipt.State.FAILED if outcome == UNREAD_MAIL else Receipt.State.DONE
    known = receipt.facts | {name: value for name, value in facts.items() if value is not None}
    Receipt.objects.filter(pk=receipt.pk).update(
        state=state, outcome=outcome, message=message, parent=parent, error=error[:300], facts=known
    )
    receipt.message = message
    return receipt
