"""Taking in what a customer wrote: who it is, which conversation it belongs to, one message stored once."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from conversations import live
from conversations.models import Conversation, Customer, Event, Identity, Inbox, Message
from core import audit
from gateways.types import InboundMessage


class UnknownConversation(LookupError):
    """The message names a conversation that is not in this inbox."""


@dataclass(frozen=True)
class Received:
    conversation: Conversation
    message: Message
    is_new: bool


def receive(inbox: Inbox, inbound: InboundMessage) -> Received:
    """Store `inbound` in its conversation, opening or reopening one as needed. Raises UnknownConversation.

    Runs inside the caller's transaction, as the system.
    """
    if inbound.conversation_id is not None:
        conversation, is_new = _named(inbox, inbound.conversation_id), False
    else:
        conversation, is_new = _open(inbox, identify(inbound), inbound), True
    message = Message.objects.create(
        conversation=conversation,
        inbox_id=conversation.inbox_id,
        customer_id=conversation.customer_id,
        direction=Message.Direction.IN,
        author=Message.Author.CUSTOMER,
        text=inbound.text,
        provider_id=inbound.provider_id,
        published_at=timezone.now(),
    )
    _wake(conversation, message)
    audit.record(Event.MESSAGE_RECEIVED, message, conversation=conversation.pk)
    live.message_added(message)
    live.conversation_changed(conversation)
    return Received(conversation, message, is_new)


def identify(inbound: InboundMessage) -> Customer:
    """The customer behind the address, made when the address is new. A claimed name never changes a known customer."""
    address = _address(inbound)
    if address is None:
        return Customer.objects.create(name=inbound.sender_name[:160])
    kind, value, display = address
    found = Identity.objects.filter(kind=kind, address=value).select_related("customer").first()
    if found is not None:
        return found.customer
    customer = Customer.objects.create(name=inbound.sender_name[:160])
    Identity.objects.bulk_create(
        [Identity(customer=customer, kind=kind, address=value, display=display)], ignore_conflicts=True
    )
    settled = Identity.objects.select_related("customer").get(kind=kind, address=value)
    if settled.customer_id != customer.pk:  # Somebody stored the same address at the same moment: theirs stands.
        customer.delete()
    return settled.customer


def _address(inbound: InboundMessage) -> tuple[str, str, str] | None:
    if inbound.sender_email:
        return Identity.Kind.EMAIL, inbound.sender_email.strip().lower()[:254], inbound.sender_email.strip()[:254]
    if inbound.sender_phone:
        digits = "+" + "".join(c for c in inbound.sender_phone if c.isdigit())
        return Identity.Kind.PHONE, digits[:254], inbound.sender_phone.strip()[:254]
    return None


def _named(inbox: Inbox, conversation_id: int) -> Conversation:
    found = Conversation.objects.select_for_update().filter(pk=conversation_id, inbox=inbox).first()
    if found is None:
        raise UnknownConversation(conversation_id)
    return found


def _open(inbox: Inbox, customer: Customer, inbound: InboundMessage) -> Conversation:
    conversation = Conversation.objects.create(
        inbox=inbox,
        customer=customer,
        channel=inbox.channel,
        subject=(inbound.subject or first_words(inbound.text, 80))[:200],
    )
    audit.record(Event.CONVERSATION_OPENED, conversation)
    return conversation


def _wake(conversation: Conversation, message: Message) -> None:
    """A new turn of the customer reopens the conversation and starts its reply clock."""
    asleep = (Conversation.State.WAITING, Conversation.State.RESOLVED)
    was_asleep = Conversation.objects.claim(conversation.pk, from_state=asleep, to_state=Conversation.State.OPEN)
    if was_asleep:
        audit.record(Event.CONVERSATION_REOPENED, conversation, message=message.pk)
    due = timezone.now() + timedelta(minutes=conversation.inbox.first_reply_minutes)
    fields = {
        "preview": first_words(message.text, 150),
        "last_inbound_at": Now(),
        "last_message_at": Now(),
        "changed_at": Now(),
    }
    if was_asleep or conversation.due_at is None:
        fields["due_at"] = due
    Conversation.objects.filter(pk=conversation.pk).update(**fields, priority=F("priority"))
    conversation.refresh_from_db()


def first_words(text: str, limit: int) -> str:
    """The beginning of `text` on one line, at most `limit` characters, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0].rstrip(",.;:") + "…"
