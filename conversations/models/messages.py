"""What was said."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from conversations.models.conversations import Conversation
from conversations.models.customers import Customer, Level
from conversations.models.inboxes import FLOOR, Inbox


class Message(models.Model):
    """One turn. What the assistant wrote carries its licence: a confidence above the floor, or a person who reviewed it."""

    class Direction(models.TextChoices):
        IN = "in", _("Received")
        OUT = "out", _("Sent")
        NOTE = "note", _("Private note")

    class Author(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        AGENT = "agent", _("Agent")
        ASSISTANT = "assistant", _("Assistant")
        # Fixed words of the house: that a message arrived, what was not read on the page. No answer to anything.
        SYSTEM = "system", _("Automatic")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    direction = models.CharField(max_length=4, choices=Direction)
    author = models.CharField(max_length=10, choices=Author)
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    # What a mail looked like, as it arrived. Never shown but through conversations/originals.py.
    html = models.TextField(blank=True, default="", db_default="")
    # {"to": [address], "cc": [address]}: where it went or is to go; empty where the channel knows one address only.
    recipients = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    language = models.CharField(max_length=12, blank=True, default="")
    in_reply_to = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    confidence = models.FloatField(null=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    citations = models.JSONField(default=list)
    provider_id = models.CharField(max_length=200, blank=True, default="")
    # The Message-ID of a mail and those it goes back to, oldest first, without angle brackets.
    mail_id = models.CharField(max_length=255, blank=True, default="", db_default="")
    mail_chain = models.JSONField(default=list, db_default=Value([], models.JSONField()), blank=True)
    # Written by a machine (away notes, lists, bounces): kept and shown, answered by nobody.
    is_automatic = models.BooleanField(default=False, db_default=False)
    # A colleague wrote it in a mail program of his own; it was found in the account's own Sent folder or is proven his.
    from_outside = models.BooleanField(default=False, db_default=False)
    # How sure we are that this very message comes from whom it says.
    level = models.SmallIntegerField(choices=Level, default=Level.CLAIMED, db_default=Level.CLAIMED)
    # What is to be known about it, {code: detail}: "possible_continuation", "forwarded", "unreadable", "edits"...
    marks = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    # WhatsApp: {"name", "language", "variables"} of the approved template that it is.
    template = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    # Its writer took it back.
    withdrawn_at = models.DateTimeField(null=True, blank=True)
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
            models.Index(fields=["mail_id"], name="message_mail_id", condition=~Q(mail_id="")),
            models.Index(fields=["inbox", "provider_id"], name="message_named", condition=~Q(provider_id="")),
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
                | Q(direction__in=["out", "note"], author="agent", sender__isnull=False)
                | Q(direction="out", author="agent", from_outside=True)
                | Q(direction="out", author="system", sender__isnull=True),
            ),
            models.CheckConstraint(name="inbound_is_published", condition=~Q(direction="in") | Q(published_at__isnull=False)),
            models.CheckConstraint(name="note_is_private", condition=~Q(direction="note") | Q(published_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.pk}"

    @property
    def is_from_assistant(self) -> bool:
        return self.author == self.Author.ASSISTANT


class Attachment(models.Model):
    """A file that belongs to a message, or to one still being written (then `message` is empty and it is the writer's own)."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Being checked")
        CLEAN = "clean", _("Checked")
        REFUSED = "refused", _("Refused")
        INFECTED = "infected", _("Infected")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="attachments")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    message = models.ForeignKey(Message, null=True, on_delete=models.CASCADE, related_name="attachments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    mode = models.CharField(max_length=5, blank=True, default="", db_default="")
    # As the sender called it: for showing, never for a path.
    name = models.CharField(max_length=255)
    # By its content, not by its name.
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    # Where the bytes lie in the storage: random, so that nobody can guess it.
    key = models.CharField(max_length=80, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.CLEAN, db_default=State.CLEAN)
    content_id = models.CharField(max_length=200, blank=True, default="", db_default="")
    # What the channel calls it while its bytes are still there (WhatsApp's media id).
    remote = models.CharField(max_length=300, blank=True, default="", db_default="")
    scanned_at = models.DateTimeField(null=True, blank=True)
    # What the scanner found, or why it could not be read.
    scan_note = models.CharField(max_length=200, blank=True, default="", db_default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["message"], name="attachment_message"),
            models.Index(fields=["conversation", "by"], name="attachment_writer", condition=Q(message__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.name


class Reaction(models.Model):
    """A sign that somebody put on a message: the customer, or a colleague."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="reactions")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    # Nobody: it is the customer's.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sign = models.CharField(max_length=32)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "by"], name="reacted_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"{self.sign} on {self.message_id}"


class Mention(models.Model):
    """Somebody was named in a note, in person or by a team. `seen_at` is when he opened it."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="mentions")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="mentions")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mentions")
    team = models.ForeignKey(Team, null=True, on_delete=models.DO_NOTHING, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["user", "conversation"], name="mention_unseen", condition=Q(seen_at__isnull=True))]
        constraints = [models.UniqueConstraint(fields=["message", "user"], name="mentioned_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.message_id}"
