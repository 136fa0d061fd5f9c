"""A delivery as the wall wants it: to whom, what, and everything that the channel needs besides the words."""

from dataclasses import replace

from conversations import on_whatsapp
from conversations.leaving import way_of
from conversations.models import Channel, Delivery
from conversations.on_mail import outbound_mail
from gateways.types import OutboundFile, OutboundMessage


def outbound_of(delivery: Delivery) -> OutboundMessage:
    """What is carried. Runs as the system, in the transaction that claims the delivery."""
    message = delivery.message
    to = message.customer.identities.order_by("pk").values_list("address", flat=True).first() or ""
    built = OutboundMessage(
        channel=message.conversation.channel,
        inbox=message.conversation.inbox.slug,
        recipient=to,
        recipient_name=message.customer.name,
        subject=message.conversation.subject,
        text=message.text,
        files=tuple(
            OutboundFile(file.name, file.content_type, file.size, file.key) for file in message.attachments.order_by("pk")
        ),
    )
    if way_of(delivery).channel == Channel.EMAIL:
        return outbound_mail(built, delivery)
    return replace(built, **on_whatsapp.facts_of(message)) if built.channel == Channel.WHATSAPP else built
