"""A delivery as the wall wants it: to whom, what, and everything that the channel needs besides the words."""

from dataclasses import replace

from conversations import on_whatsapp
from conversations.models import Channel, Delivery
from gateways.types import OutboundFile, OutboundMessage


def outbound_of(delivery: Delivery) -> OutboundMessage:
    message = delivery.message
    to = message.customer.identities.order_by("pk").values_list("address", flat=True).first() or ""
    # The first of those it is for is written to; everybody else whom the writer named gets a copy.
    chosen = [*message.recipients.get("to", []), *message.recipients.get("cc", [])]
    built = OutboundMessage(
        channel=message.conversation.channel,
        inbox=message.conversation.inbox.slug,
        recipient=chosen[0] if chosen else to,
        recipient_name=message.customer.name,
        subject=message.conversation.subject,
        text=message.text,
        cc=tuple(chosen[1:]),
        files=tuple(
            OutboundFile(file.name, file.content_type, file.size, file.key) for file in message.attachments.order_by("pk")
        ),
    )
    return replace(built, **on_whatsapp.facts_of(message)) if built.channel == Channel.WHATSAPP else built
