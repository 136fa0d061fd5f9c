"""Messages in fixed words of the house: no answer to anything, under everybody's name and nobody's."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from conversations import delivery
from conversations.models import Channel, Conversation, Delivery, Message

HOUR = timedelta(hours=1)


def say(conversation: Conversation, text: str, *, in_reply_to: Message | None = None) -> Message:
    """Send `text` to the customer at once. Runs as the system, in the transaction of whatever it tells about."""
    message = Message.objects.create(
        conversation=conversation,
        inbox_id=conversation.inbox_id,
        customer_id=conversation.customer_id,
        direction=Message.Direction.OUT,
        author=Message.Author.SYSTEM,
        in_reply_to=in_reply_to,
        text=text,
    )
    delivery.send(message, after=0)
    return message


def has_enough(customer_id: int) -> bool:
    """Whether a customer got as many mails within the hour as may go to one address without anybody having looked at them.

    Two machines that answer each other and do not say that they are machines come to an end here.
    """
    return automatic_mails(customer_id).count() >= settings.AUTOMATIC_MAILS_PER_ADDRESS_HOUR


def automatic_mails(customer_id: int) -> QuerySet[Message]:
    """What machines of ours wrote him by mail within the hour: fixed words, and what the assistant sent by itself."""
    by_itself = Q(author=Message.Author.SYSTEM) | Q(author=Message.Author.ASSISTANT, reviewed_by=None)
    lately = Message.objects.filter(by_itself, customer=customer_id, created_at__gte=timezone.now() - HOUR)
    by_mail = Q(conversation__channel=Channel.EMAIL) | Q(delivery__via__isnull=False)
    return lately.filter(by_mail, direction=Message.Direction.OUT).exclude(delivery__state=Delivery.State.RECALLED)
