"""A message as it arrived, whoever is shown to have said it: what of it goes into which column."""

from typing import Any

from django.utils import timezone

from conversations.models import Conversation
from gateways.types import InboundMessage


def as_it_came(conversation: Conversation, inbound: InboundMessage) -> dict[str, Any]:
    """The columns of a message in `conversation` that come from the channel; it can be seen from now on."""
    return {
        "conversation": conversation,
        "inbox_id": conversation.inbox_id,
        "customer_id": conversation.customer_id,
        "text": inbound.text,
        "html": inbound.html,
        "recipients": dict(inbound.recipients),
        "provider_id": inbound.provider_id,
        "mail_id": inbound.mail_id,
        "mail_chain": list(inbound.mail_chain),
        "published_at": timezone.now(),
    }
