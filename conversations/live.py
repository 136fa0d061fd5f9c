"""What the screens hear about conversations: that something happened, never what was said."""

from collections.abc import Iterable

from accounts.models import User
from conversations.models import Conversation, Inbox, Message
from core import live

Group = str


def message_added(message: Message) -> None:
    """A message or note was written. The customer hears of it only once it is published."""
    live.publish(_groups_of_message(message), topic="message.created", ref=message.pk)


def message_status(message: Message) -> None:
    """Its delivery went a step further, or it was published or taken back."""
    live.publish(_groups_of_message(message), topic="message.status", ref=message.pk)


def conversation_changed(conversation: Conversation) -> None:
    """Its state, owner, urgency or draft is another one now."""
    groups = [inbox_group(conversation.inbox_id), customer_group(conversation.pk)]
    live.publish(groups, topic="conversation.changed", ref=conversation.pk)


def presence_changed(conversation: Conversation) -> None:
    """Somebody came, went, or does something else there now."""
    live.publish([inbox_group(conversation.inbox_id)], topic="presence.changed", ref=conversation.pk)


def account_changed(inbox: Inbox) -> None:
    """Nothing leaves by its connection any more, or it does again."""
    live.publish([inbox_group(inbox.pk)], topic="account.changed", ref=inbox.pk)


def writing_changed(conversation: Conversation) -> None:
    """A colleague began or ceased to write a reply: the customer's page may say so."""
    live.publish([customer_group(conversation.pk)], topic="writing.changed", ref=conversation.pk)


def mentioned(message: Message, people: Iterable[int]) -> None:
    """A note names these people; only they hear of it."""
    live.publish([user_group(pk) for pk in people], topic="person.mentioned", ref=message.pk)


def mentions_seen(user: User, conversation: Conversation) -> None:
    """What named him there is seen: his other pages count it no more."""
    live.publish([user_group(user.pk)], topic="mentions.seen", ref=conversation.pk)


def inbox_group(inbox_id: int) -> Group:
    """Everything that happens in one inbox, for those who may see the inbox."""
    return f"inbox.{inbox_id}"


def customer_group(conversation_id: int) -> Group:
    """What the customer of one conversation may hear."""
    return f"customer.{conversation_id}"


def user_group(user_id: int) -> Group:
    """What concerns one person alone."""
    return f"user.{user_id}"


def _groups_of_message(message: Message) -> list[Group]:
    groups = [inbox_group(message.inbox_id)]
    if message.published_at is not None:
        groups.append(customer_group(message.conversation_id))
    return groups
