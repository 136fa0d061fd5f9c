"""Customers, what they say, what we say, and how it is carried to them."""

from conversations.models.composing import CannedReply, ComposerText, Scope
from conversations.models.conversations import Conversation, Rating, Split
from conversations.models.customers import Customer, CustomerNote, Identity, NotTheSame
from conversations.models.deliveries import Delivery, DeliveryAttempt
from conversations.models.events import Event
from conversations.models.inboxes import FLOOR, Channel, Distribution, Inbox, InboxSecret, InboxTeam
from conversations.models.looking import BulkItem, BulkRun, Follower, Presence, SavedView
from conversations.models.messages import Attachment, Mention, Message
from conversations.models.tags import AttributeType, ConversationTag, Tag
from conversations.models.turns import Turn

__all__ = [
    "FLOOR", "Attachment", "AttributeType", "BulkItem", "BulkRun", "CannedReply", "Channel", "ComposerText", "Conversation",
    "ConversationTag", "Customer", "CustomerNote", "Delivery", "DeliveryAttempt", "Distribution", "Event", "Follower",
    "Identity", "Inbox", "InboxSecret", "InboxTeam", "Mention", "Message", "NotTheSame", "Presence", "Rating", "SavedView",
    "Scope", "Split", "Tag", "Turn",
]  # fmt: skip
