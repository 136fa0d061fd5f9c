"""Customers, what they say, what we say, and how it is carried to them."""

from conversations.models.composing import CannedReply, ComposerText, Scope
from conversations.models.conversations import Conversation, Rating, Split
from conversations.models.customers import Customer, CustomerNote, Identity, Level, NotTheSame
from conversations.models.deliveries import Delivery, DeliveryAttempt
from conversations.models.events import Event
from conversations.models.inboxes import (
    FLOOR,
    Account,
    BusinessHours,
    Channel,
    Distribution,
    Inbox,
    InboxSecret,
    InboxTeam,
    Template,
    Transport,
)  # fmt: skip
from conversations.models.looking import BulkItem, BulkRun, Follower, Presence, SavedView
from conversations.models.messages import Attachment, Mention, Message, Reaction
from conversations.models.tags import AttributeType, ConversationTag, Tag
from conversations.models.turns import Turn

__all__ = [
    "FLOOR", "Account", "Attachment", "AttributeType", "BulkItem", "BulkRun", "BusinessHours", "CannedReply", "Channel",
    "ComposerText", "Conversation", "ConversationTag", "Customer", "CustomerNote", "Delivery", "DeliveryAttempt", "Distribution",
    "Event", "Follower", "Identity", "Inbox", "InboxSecret", "InboxTeam", "Level", "Mention", "Message", "NotTheSame",
    "Presence", "Rating", "Reaction", "SavedView", "Scope", "Split", "Tag", "Template", "Transport", "Turn",
]  # fmt: skip
