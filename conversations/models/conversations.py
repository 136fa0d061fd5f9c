"""One matter with one customer."""

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Team
from conversations.models.customers import Customer, Level
from conversations.models.inboxes import Channel, Inbox
from core.claims import ClaimQuerySet


class Conversation(models.Model):
    """One matter with one customer on one channel."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("state", "Open")
        WAITING = "waiting", _("Waiting for the customer")
        SNOOZED = "snoozed", _("Snoozed")
        RESOLVED = "resolved", _("Resolved")

    # Still somebody's matter; and everything that is not open: what a customer's word or a person opens again.
    UNRESOLVED = (State.OPEN, State.WAITING, State.SNOOZED)
    NOT_OPEN = (State.WAITING, State.SNOOZED, State.RESOLVED)

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
    # The key itself lets go when a team is removed (migration 0007): who removes teams sees no conversation.
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.DO_NOTHING, related_name="conversations")
    # Rises whenever somebody else may answer (the assistant, a person, nobody). What was written under an older number
    # does not go out: it is compared in the transaction that sends.
    ownership = models.BigIntegerField(default=1, db_default=1)
    # The assistant is silent while a person has the conversation, until it is handed back.
    assistant_paused = models.BooleanField(default=False, db_default=False)
    needs_person = models.CharField(max_length=120, blank=True, default="", db_default="")
    priority = models.SmallIntegerField(default=0, db_default=0)
    sentiment = models.CharField(max_length=16, blank=True, default="", db_default="")
    # How the newest draft stands, written from above, so that a row of the queue needs no look into another room.
    draft_state = models.CharField(max_length=16, blank=True, default="", db_default="")
    draft_percent = models.SmallIntegerField(null=True)
    draft_label = models.CharField(max_length=80, blank=True, default="", db_default="")
    # How sure we are who wrote the newest message. Skills and tools that show what is somebody's own ask for it.
    level = models.SmallIntegerField(choices=Level, default=Level.CLAIMED, db_default=Level.CLAIMED)
    # The newest message that the customer's own page has shown him, when his page was last open, and up to which message
    # he was mailed what he had not read.
    customer_seen = models.BigIntegerField(default=0, db_default=0)
    customer_seen_at = models.DateTimeField(null=True, blank=True)
    mailed_up_to = models.BigIntegerField(default=0, db_default=0)
    # Values of the attributes that admins define (`AttributeType` of conversations), by key.
    attributes = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    due_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    # Why it was put aside, and later why it came back; empty when it never was.
    snooze_reason = models.CharField(max_length=120, blank=True, default="", db_default="")
    resolved_at = models.DateTimeField(null=True, blank=True)
    # The earlier conversation that this one goes on from, when that one ended too long ago to be opened again.
    follows = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="followed_by")
    # Another conversation shows this one's messages as well. Nothing moves: the pointer is the merge, so it can be taken back.
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="merged")
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
            models.Index(fields=["snoozed_until"], name="conv_snoozed", condition=Q(state="snoozed")),
            models.Index(fields=["merged_into"], name="conv_merged", condition=Q(merged_into__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.subject or f"Conversation {self.pk}"


class Split(models.Model):
    """Messages that were moved to a conversation of their own, and which: what taking it back needs."""

    source = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="splits")
    target = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="split_from")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.target_id} out of {self.source_id}"


class Rating(models.Model):
    """How content the customer was with one conversation, 1 to 5, and who had answered it."""

    class Of(models.TextChoices):
        PERSON = "person", _("A person")
        ASSISTANT = "assistant", _("The assistant")

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, related_name="rating")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField()
    comment = models.CharField(max_length=1000, blank=True, default="")
    of = models.CharField(max_length=10, choices=Of)
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(name="score_one_to_five", condition=Q(score__gte=1) & Q(score__lte=5))]

    def __str__(self) -> str:
        return f"{self.score} for {self.conversation_id}"
