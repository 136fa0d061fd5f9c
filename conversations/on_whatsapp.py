"""What WhatsApp needs besides the words: where the customer is reached there, what is answered, and until when words may be free."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from conversations.channel_limits import closes_at
from conversations.models import Conversation, Customer, Identity, Level, Message
from core.words import gettext_noop

CLOSED = gettext_noop("WhatsApp takes no free text more than 24 hours after the customer’s last message")


def address_of(customer: Customer) -> str:
    """The customer's number, else how WhatsApp itself calls him; empty when he never wrote from there.

    The newest of his numbers that WhatsApp vouched for, because he may have changed it; a number that was only claimed comes last.
    """
    mine = Identity.objects.filter(customer=customer, undeliverable_at__isnull=True).order_by("-pk")
    numbers = mine.filter(kind=Identity.Kind.PHONE)
    chosen = numbers.filter(level__gte=Level.CHANNEL).first() or mine.filter(kind=Identity.Kind.WHATSAPP).first()
    found = chosen or numbers.first()
    return found.address if found else ""


def facts_of(message: Message) -> Mapping[str, Any]:
    """The fields of an OutboundMessage that only WhatsApp has, and the recipient as it calls him."""
    answered = message.in_reply_to
    is_there = answered is not None and answered.withdrawn_at is None
    return {
        "recipient": address_of(message.customer),
        "context": answered.provider_id if answered is not None and is_there else "",
        "template": message.template,
        "cc": (),
    }


def is_closed(conversation: Conversation, template: Mapping[str, Any] | None = None) -> bool:
    """Whether the channel would refuse it now: free words after its window. An approved template may always go."""
    end = closes_at(conversation)
    return end is not None and not template and timezone.now() >= end
