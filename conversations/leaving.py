"""The last look before a message leaves: whether it still should, whether it can, and by which inbox it goes."""

import hashlib

from django.utils import timezone

from conversations import families, scanning
from conversations.channel_limits import closes_at
from conversations.models import Channel, Conversation, Delivery, Identity, Inbox, Message
from conversations.ownership import may_leave
from core.words import gettext_noop
from gateways.types import OutboundMessage

OVERTAKEN = gettext_noop("the customer wrote again")
PASSED_ON = gettext_noop("somebody else has the conversation now")
CHANGED = gettext_noop("The words are not those that were approved")
BAD_FILE = gettext_noop("A file of it did not pass the virus check: take it out and send again")
NO_ADDRESS = gettext_noop("The customer has no address here to send to")
WINDOW_CLOSED = gettext_noop("WhatsApp’s 24 hours have passed: it takes no free text until the customer writes again")
CAME_BACK = gettext_noop("Mail to this address came back before: {0}")

KIND_OF_ADDRESS = {Channel.EMAIL: Identity.Kind.EMAIL, Channel.WHATSAPP: Identity.Kind.PHONE}


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def way_of(delivery: Delivery) -> Inbox:
    """The inbox whose connection carries it: its own, or another one that the house chose."""
    return delivery.via or delivery.message.conversation.inbox


def why_not(delivery: Delivery, conversation: Conversation) -> str:
    """Why it does not go out any more, so that it is taken back; empty when it does."""
    if _is_overtaken(delivery):
        return OVERTAKEN
    if not may_leave(conversation, delivery.ownership, delivery.message):
        return PASSED_ON
    return ""


def why_it_cannot(delivery: Delivery, outbound: OutboundMessage) -> str:
    """Why nobody needs to be called for it: it would surely fail; empty when it may go well."""
    way = way_of(delivery)
    if sha256(delivery.message.text) != delivery.body_sha256:
        return CHANGED
    if scanning.is_unfit(delivery.message):
        return BAD_FILE
    if way.channel != Channel.WEB and not outbound.recipient:
        return NO_ADDRESS
    if way.channel == Channel.WHATSAPP and not outbound.template and _is_window_closed(delivery.message):
        return WINDOW_CLOSED
    return _undeliverable(way, outbound.recipient)


def believe_again(delivery: Delivery) -> None:
    """A person wants what failed sent again: an address that mail came back from is given another chance."""
    Identity.objects.filter(customer=delivery.message.customer_id, undeliverable_at__isnull=False).update(
        undeliverable_at=None, undeliverable_reason=""
    )


def _is_overtaken(delivery: Delivery) -> bool:
    """Whether the customer has written something that this reply of the assistant did not see."""
    if delivery.based_on_id is None:
        return False
    return families.received_in(delivery.message.conversation_id).filter(pk__gt=delivery.based_on_id).exists()


def _is_window_closed(message: Message) -> bool:
    end = closes_at(message.conversation)
    return end is not None and timezone.now() >= end


def _undeliverable(way: Inbox, recipient: str) -> str:
    kind = KIND_OF_ADDRESS.get(Channel(way.channel))
    if kind is None:
        return ""
    known = Identity.objects.filter(kind=kind, address__iexact=recipient, undeliverable_at__isnull=False).first()
    return CAME_BACK.format(known.undeliverable_reason or recipient) if known else ""
