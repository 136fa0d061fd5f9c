"""What a message says anew: what is shown first of it, what the assistant reads, what a preview begins with.

Only mails repeat older ones. One that a colleague passed on is read whole: what stands below his words is what the customer said.
"""

from conversations import quoting
from conversations.marks import FORWARDED
from conversations.models import Channel, Message


def newly_said(message: Message) -> str:
    """Needs the message's conversation."""
    is_theirs = message.direction == Message.Direction.IN
    if not is_theirs or message.conversation.channel != Channel.EMAIL or FORWARDED in message.marks:
        return message.text
    return quoting.said(message.text)
