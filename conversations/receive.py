"""Taking in what a customer wrote: who it is, which conversation it belongs to, one message stored once."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from conversations import arriving_files, distribution, families, live, quoting, snoozing
from conversations.addresses import mail_address, phone_number
from conversations.arrived import as_it_came
from conversations.models import Channel, Conversation, Customer, Event, Identity, Inbox, Message
from conversations.newly_said import newly_said
from conversations.previews import first_words
from core import audit
from gateways.types import InboundMessage
from replies.nothing_asked import NO_QUESTION, nothing_asked

QUESTION_MARKS = "?？؟"  # as they are written in Latin, Chinese, Japanese and Arabic texts


class UnknownConversation(LookupError):
    """The message names a conversation that is not in this inbox."""


@dataclass(frozen=True)
class Received:
    """`wants_answer`: not when somebody who had his answer only said thanks."""

    conversation: Conversation
    message: Message
    is_new: bool
    wants_answer: bool = True


def receive(inbox: Inbox, inbound: InboundMessage, *, of: Customer | None = None) -> Received:
    """Store `inbound` in its conversation, opening or reopening one as needed. Raises UnknownConversation.

    `of` is who wrote it, where the door has found out by itself. Runs inside the caller's transaction, as the system.
    """
    if inbound.conversation_id is not None:
        (conversation, home), is_new = _named(inbox, inbound.conversation_id), False
        _vouch(conversation.customer, inbound)
        # A machine begins nothing anew: what it says of an old matter stays with it.
        if _is_long_over(home) and not inbound.is_automatic and not _only_thanks(home, inbound):
            conversation = home = _open(inbox, conversation.customer, inbound, follows=home)
            is_new = True
    else:
        conversation = home = _open(inbox, of or identify(inbound), inbound)
        is_new = True
    message = Message.objects.create(
        **as_it_came(conversation, inbound),
        direction=Message.Direction.IN,
        author=Message.Author.CUSTOMER,
        in_reply_to_id=inbound.in_reply_to,
        is_automatic=inbound.is_automatic,
        level=inbound.level,
        marks=dict(inbound.marks),
    )
    arriving_files.keep(message, inbound.attachments)
    _reaches_again(inbox, inbound)
    wants_answer = not inbound.is_automatic and not _only_thanks(home, inbound)
    if wants_answer:
        _wake(home, message)
    elif inbound.is_automatic:
        _note(home, message)
    else:
        _note_thanks(home, message)
    audit.record(Event.MESSAGE_RECEIVED, message, conversation=conversation.pk)
    live.message_added(message)
    live.conversation_changed(home)
    return Received(conversation, message, is_new, wants_answer)


def identify(inbound: InboundMessage) -> Customer:
    """The customer behind the address, made when the address is new. A claimed name never changes a known customer."""
    address = _address(inbound)
    if address is None:
        return Customer.objects.create(name=inbound.sender_name[:160])
    kind, value, display = address
    found = Identity.objects.filter(kind=kind, address=value).select_related("customer").first()
    if found is not None:
        _prove(found, inbound.level)
        return found.customer
    customer = Customer.objects.create(name=inbound.sender_name[:160])
    Identity.objects.bulk_create(
        [Identity(customer=customer, kind=kind, address=value, display=display, level=inbound.level)], ignore_conflicts=True
    )
    settled = Identity.objects.select_related("customer").get(kind=kind, address=value)
    if settled.customer_id != customer.pk:  # Somebody stored the same address at the same moment: theirs stands.
        customer.delete()
    return settled.customer


def _prove(identity: Identity, level: int) -> None:
    """What was proven of an address once stays proven of it; each message has a level of its own besides."""
    if level > identity.level:
        Identity.objects.filter(pk=identity.pk).update(level=level)
        audit.record(Event.IDENTITY_PROVEN, identity, level=level)


def _vouch(customer: Customer, inbound: InboundMessage) -> None:
    """What this message proves of the address it comes from, where that is one of the customer's own."""
    address = _address(inbound)
    if address is not None and inbound.level:
        for identity in Identity.objects.filter(customer=customer, kind=address[0], address=address[1]):
            _prove(identity, inbound.level)


def _reaches_again(inbox: Inbox, inbound: InboundMessage) -> None:
    """Whoever writes a mail can be written one, whatever came back before. An address that was only typed shows nothing."""
    if inbox.channel == Channel.EMAIL and inbound.sender_email and not inbound.is_automatic:
        gone = Identity.objects.filter(kind=Identity.Kind.EMAIL, address=mail_address(inbound.sender_email))
        gone.filter(undeliverable_at__isnull=False).update(undeliverable_at=None, undeliverable_reason="")


def _address(inbound: InboundMessage) -> tuple[str, str, str] | None:
    if inbound.sender_account:
        return Identity.Kind.ACCOUNT, inbound.sender_account[:254], inbound.sender_account[:254]
    if inbound.sender_email:
        return Identity.Kind.EMAIL, mail_address(inbound.sender_email), inbound.sender_email.strip()[:254]
    if inbound.sender_phone:
        return Identity.Kind.PHONE, phone_number(inbound.sender_phone), inbound.sender_phone.strip()[:254]
    return None


def _named(inbox: Inbox, conversation_id: int) -> tuple[Conversation, Conversation]:
    """The conversation named, and the one whose thread shows it: what is merged keeps its messages, the other one wakes.

    Where a newer one goes on from it, because it ended long ago, that is the one meant.
    """
    pointer = Conversation.objects.filter(pk=conversation_id, inbox=inbox).values_list("merged_into", flat=True).first()
    rows = families.held([conversation_id, *([pointer] if pointer else [])])
    found = rows.get(conversation_id)
    if found is None or found.inbox_id != inbox.pk:
        raise UnknownConversation(conversation_id)
    home = rows.get(families.home_of(found)) or families.held([families.home_of(found)])[families.home_of(found)]
    goes_on = Conversation.objects.filter(follows=home, inbox=inbox, customer=found.customer_id).order_by("-pk").first()
    return _named(inbox, goes_on.pk) if goes_on and _is_long_over(home) else (found, home)


def _is_long_over(home: Conversation) -> bool:
    """Whether it ended so long ago that whoever writes now begins anew."""
    if home.state != Conversation.State.RESOLVED:
        return False
    ended = home.resolved_at or home.last_message_at
    return ended < timezone.now() - timedelta(days=home.inbox.reopen_days)


def _open(inbox: Inbox, customer: Customer, inbound: InboundMessage, follows: Conversation | None = None) -> Conversation:
    # What was merged by mistake lends nobody its subject.
    known = follows.subject if follows and follows.customer_id == customer.pk else ""
    subject = inbound.subject or known or first_words(inbound.text, 80)
    conversation = Conversation.objects.create(
        inbox=inbox, customer=customer, channel=inbox.channel, subject=subject[:200], follows=follows
    )
    audit.record(Event.CONVERSATION_OPENED, conversation, **({"follows": follows.pk} if follows else {}))
    return conversation


def _only_thanks(conversation: Conversation, inbound: InboundMessage) -> bool:
    """Whether somebody who has his answer says nothing but thanks. To a question of ours "ok" is an answer, and no thanks."""
    has_answer = conversation.state in (Conversation.State.WAITING, Conversation.State.RESOLVED)
    says_thanks = has_answer and not inbound.attachments and nothing_asked(quoting.said(inbound.text)) == NO_QUESTION
    return says_thanks and not _was_asked(conversation)


def _was_asked(conversation: Conversation) -> bool:
    """Whether the last that the customer heard from us asks something."""
    said = families.words_in(conversation.pk).filter(direction=Message.Direction.OUT, published_at__isnull=False)
    last = said.order_by("-pk").values_list("text", flat=True).first() or ""
    return any(mark in last for mark in QUESTION_MARKS)


def _note(conversation: Conversation, message: Message) -> None:
    """Kept and shown; the state stays, and no reply falls due."""
    said = {"preview": first_words(newly_said(message), 150), "last_message_at": Now(), "changed_at": Now()}
    if not message.is_automatic:
        said |= {"last_inbound_at": Now(), "level": message.level}
    Conversation.objects.filter(pk=conversation.pk).update(**said)
    conversation.refresh_from_db()


def _note_thanks(conversation: Conversation, message: Message) -> None:
    _note(conversation, message)
    audit.record(Event.CONVERSATION_LEFT_CLOSED, conversation, message=message.pk, why=NO_QUESTION.code)


def _wake(conversation: Conversation, message: Message) -> None:
    """A new turn of the customer opens the conversation for whoever had it, and starts its reply clock."""
    was_asleep = _opened(conversation, message)
    fields: dict[str, Any] = {
        "preview": first_words(newly_said(message), 150),
        "last_inbound_at": Now(),
        "last_message_at": Now(),
        "changed_at": Now(),
        "level": message.level,
    }
    if was_asleep or conversation.due_at is None:
        fields["due_at"] = timezone.now() + timedelta(minutes=conversation.inbox.first_reply_minutes)
    Conversation.objects.filter(pk=conversation.pk).update(**fields)
    conversation.refresh_from_db()
    distribution.keep_or_let_go(conversation)


def _opened(conversation: Conversation, message: Message) -> bool:
    """Whether it had to be opened and owed nothing until now. A snooze ends, but the time that was promised stays."""
    if conversation.state == Conversation.State.SNOOZED:
        snoozing.bring_back(conversation, why=snoozing.BY_CUSTOMER)
        return False
    closed = (Conversation.State.WAITING, Conversation.State.RESOLVED)
    if not Conversation.objects.claim(conversation.pk, from_state=closed, to_state=Conversation.State.OPEN, resolved_at=None):
        return False
    audit.record(Event.CONVERSATION_REOPENED, conversation, message=message.pk)
    return True
