"""Customers, what they say, what we say, and how it is carried to them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Team
from core.claims import ClaimQuerySet
from knowledge.models import KnowledgeBase

FLOOR = 0.80  # Confidence must be above it. Written in the schema too: a setting may raise it, never lower it.


class Event:
    """Names of what is audited in this room."""

    MESSAGE_RECEIVED = "message.received"
    MESSAGE_SENT = "message.sent"
    MESSAGE_DELIVERED = "message.delivered"
    MESSAGE_RECALLED = "message.recalled"
    DELIVERY_FAILED = "delivery.failed"
    DELIVERY_UNKNOWN = "delivery.unknown"
    DELIVERY_HELD = "delivery.held"
    NOTE_WRITTEN = "note.written"
    CONVERSATION_OPENED = "conversation.opened"
    CONVERSATION_ASSIGNED = "conversation.assigned"
    CONVERSATION_HANDED_OVER = "conversation.handed_over"
    CONVERSATION_HANDED_BACK = "conversation.handed_back"
    CONVERSATION_RESOLVED = "conversation.resolved"
    CONVERSATION_REOPENED = "conversation.reopened"
    INBOX_ADDED = "inbox.added"
    INBOX_CHANGED = "inbox.changed"
    INBOX_REMOVED = "inbox.removed"
    INBOX_SERVED = "inbox.served"
    INBOX_NOT_SERVED = "inbox.not_served"
    INBOX_SECRET_SET = "inbox.secret_set"  # noqa: S105  a name, no secret


class Channel(models.TextChoices):
    EMAIL = "email", "Email"
    WHATSAPP = "whatsapp", "WhatsApp"
    WEB = "web", "Web form"


class Inbox(models.Model):
    """One configured address of ours on a channel, the teams that serve it, and how far the assistant may go in it."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(unique=True)
    channel = models.CharField(max_length=10, choices=Channel)
    address = models.CharField(max_length=200, blank=True, default="")
    teams: models.ManyToManyField = models.ManyToManyField(Team, through="InboxTeam", related_name="inboxes")
    knowledge_base = models.ForeignKey(KnowledgeBase, on_delete=models.PROTECT)
    auto_send = models.BooleanField(default=True)
    threshold = models.FloatField(default=FLOOR)
    undo_seconds = models.PositiveSmallIntegerField(default=5)
    first_reply_minutes = models.PositiveIntegerField(default=60)

    class Meta:
        verbose_name_plural = "inboxes"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(name="threshold_not_below_floor", condition=Q(threshold__gte=FLOOR) & Q(threshold__lt=1)),
        ]

    def __str__(self) -> str:
        return self.name


class InboxTeam(models.Model):
    inbox = models.ForeignKey(Inbox, on_delete=models.CASCADE, related_name="served_by")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="serves")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["inbox", "team"], name="inbox_served_once")]

    def __str__(self) -> str:
        return f"{self.team_id} serves {self.inbox_id}"


class InboxSecret(models.Model):
    """What an inbox needs to prove or check who speaks (app secret, verify token). No person's screen reads it."""

    inbox = models.ForeignKey(Inbox, on_delete=models.CASCADE, related_name="secrets")
    name = models.CharField(max_length=40)
    value = models.CharField(max_length=400)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["inbox", "name"], name="secret_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.inbox_id}"


class Customer(models.Model):
    """The person we serve."""

    name = models.CharField(max_length=160, blank=True, default="")
    language = models.CharField(max_length=12, blank=True, default="")
    place = models.CharField(max_length=120, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name or f"Customer {self.pk}"

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split()[:2]).upper() or "?"

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name.strip() else ""


class Identity(models.Model):
    """One address of a customer on one channel; claimed until something proves it."""

    class Kind(models.TextChoices):
        EMAIL = "email", "Email"
        PHONE = "phone", "Phone"
        VISITOR = "visitor", "Visitor"

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=10, choices=Kind)
    address = models.CharField(max_length=254)
    display = models.CharField(max_length=254, blank=True, default="")
    is_verified = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "identities"
        constraints = [models.UniqueConstraint(fields=["kind", "address"], name="one_customer_per_address")]

    def __str__(self) -> str:
        return self.display or self.address


class Conversation(models.Model):
    """One matter with one customer on one channel."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        WAITING = "waiting", "Waiting for the customer"
        RESOLVED = "resolved", "Resolved"

    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="conversations")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="conversations")
    channel = models.CharField(max_length=10, choices=Channel)
    subject = models.CharField(max_length=200, blank=True, default="")
    preview = models.CharField(max_length=160, blank=True, default="")
    language = models.CharField(max_length=12, blank=True, default="")
    state = models.CharField(max_length=12, choices=State, default=State.OPEN, db_default=State.OPEN)
    version = models.IntegerField(default=1, db_default=1)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="assigned"
    )
    # The assistant is silent while a person has the conversation, until it is handed back.
    assistant_paused = models.BooleanField(default=False, db_default=False)
    needs_person = models.CharField(max_length=120, blank=True, default="", db_default="")
    priority = models.SmallIntegerField(default=0, db_default=0)
    sentiment = models.CharField(max_length=16, blank=True, default="", db_default="")
    # How the newest draft stands, written from above, so that a row of the queue needs no look into another room.
    draft_state = models.CharField(max_length=16, blank=True, default="", db_default="")
    draft_percent = models.SmallIntegerField(null=True)
    draft_label = models.CharField(max_length=80, blank=True, default="", db_default="")
    due_at = models.DateTimeField(null=True)
    last_inbound_at = models.DateTimeField(db_default=Now())
    last_message_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())

    objects = ClaimQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["inbox", "state", "-last_message_at"], name="conv_inbox_state"),
            models.Index(fields=["assignee", "state"], name="conv_assignee"),
            models.Index(fields=["customer", "inbox"], name="conv_customer"),
        ]

    def __str__(self) -> str:
        return self.subject or f"Conversation {self.pk}"


class Message(models.Model):
    """One turn. What the assistant wrote carries its licence: a confidence above the floor, or a person who reviewed it."""

    class Direction(models.TextChoices):
        IN = "in", "Received"
        OUT = "out", "Sent"
        NOTE = "note", "Private note"

    class Author(models.TextChoices):
        CUSTOMER = "customer", "Customer"
        AGENT = "agent", "Agent"
        ASSISTANT = "assistant", "Assistant"

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    direction = models.CharField(max_length=4, choices=Direction)
    author = models.CharField(max_length=10, choices=Author)
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    language = models.CharField(max_length=12, blank=True, default="")
    in_reply_to = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    confidence = models.FloatField(null=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    citations = models.JSONField(default=list)
    provider_id = models.CharField(max_length=200, blank=True, default="")
    client_key = models.UUIDField(default=uuid.uuid4)
    # When the customer could first see it; empty inside the undo window and for notes.
    published_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "id"], name="message_thread"),
            models.Index(fields=["customer", "id"], name="message_customer"),
            models.Index(fields=["inbox", "-id"], name="message_inbox"),
            models.Index(fields=["inbox", "published_at"], name="message_answered", condition=Q(direction="out")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "client_key"], name="message_once"),
            # A CHECK passes on NULL and 'NaN' is above every number: hence all three conditions on confidence.
            models.CheckConstraint(
                name="assistant_licence",
                condition=~Q(author="assistant")
                | Q(reviewed_by__isnull=False)
                | (Q(confidence__isnull=False) & Q(confidence__gt=FLOOR) & Q(confidence__lte=1)),
            ),
            models.CheckConstraint(
                name="confidence_is_probability",
                condition=Q(confidence__isnull=True) | (Q(confidence__gt=0) & Q(confidence__lte=1)),
            ),
            models.CheckConstraint(
                name="author_fits_direction",
                condition=Q(direction="in", author="customer", sender__isnull=True)
                | Q(direction="out", author="assistant")
                | Q(direction__in=["out", "note"], author="agent", sender__isnull=False),
            ),
            models.CheckConstraint(name="inbound_is_published", condition=~Q(direction="in") | Q(published_at__isnull=False)),
            models.CheckConstraint(name="note_is_private", condition=~Q(direction="note") | Q(published_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.pk}"

    @property
    def is_from_assistant(self) -> bool:
        return self.author == self.Author.ASSISTANT


class Delivery(models.Model):
    """Carrying one message out, as far as it has got."""

    class State(models.TextChoices):
        PENDING = "pending", "Waiting to be sent"
        SENDING = "sending", "Sending"
        SENT = "sent", "Sent"
        DELIVERED = "delivered", "Delivered"
        READ = "read", "Read"
        FAILED = "failed", "Not delivered"
        UNKNOWN = "unknown", "Being checked"
        HELD = "held", "May not have been delivered"
        RECALLED = "recalled", "Taken back"

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="delivery")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    # The assistant's reply may not go out once the customer has written something it did not see.
    based_on = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=12, choices=State, default=State.PENDING, db_default=State.PENDING)
    version = models.IntegerField(default=1, db_default=1)
    not_before = models.DateTimeField(db_default=Now())
    send_key = models.UUIDField(default=uuid.uuid4, unique=True)
    body_sha256 = models.CharField(max_length=64)
    provider_id = models.CharField(max_length=200, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True, default="")
    changed_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [models.Index(fields=["inbox", "state"], name="delivery_inbox_state")]
        constraints = [
            models.CheckConstraint(
                name="sent_has_provider_id", condition=~Q(state__in=["sent", "delivered", "read"]) | ~Q(provider_id="")
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk} {self.state}"


class DeliveryAttempt(models.Model):
    """The ledger: one row before any byte leaves, completed when the channel has answered."""

    class State(models.TextChoices):
        CALLING = "calling", "Calling"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"
        NOT_SENT = "not_sent", "Not sent"
        UNKNOWN = "unknown", "Unknown"

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.CALLING, db_default=State.CALLING)
    worker_key = models.BigIntegerField()
    body_sha256 = models.CharField(max_length=64)
    deadline = models.DateTimeField()
    provider_id = models.CharField(max_length=200, blank=True, default="")
    error = models.CharField(max_length=300, blank=True, default="")
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["delivery"], name="one_live_attempt", condition=Q(state__in=["calling", "accepted", "unknown"])
            ),
            models.CheckConstraint(name="accepted_has_provider_id", condition=~Q(state="accepted") | ~Q(provider_id="")),
        ]

    def __str__(self) -> str:
        return f"attempt {self.pk} of {self.delivery_id}: {self.state}"


class ComposerText(models.Model):
    """What a person has typed and not yet sent, per conversation and mode."""

    class Mode(models.TextChoices):
        REPLY = "reply", "Reply"
        NOTE = "note", "Note"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=5, choices=Mode)
    text = models.TextField(blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "conversation", "mode"], name="one_text_per_mode")]

    def __str__(self) -> str:
        return f"{self.mode} of {self.user_id} in {self.conversation_id}"
