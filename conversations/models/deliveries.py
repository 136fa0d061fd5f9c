"""How what was said is carried to the customer."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from conversations.models.inboxes import Inbox
from conversations.models.messages import Message
from core.claims import ClaimQuerySet


class Delivery(models.Model):
    """Carrying one message out, as far as it has got."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting to be sent")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        READ = "read", _("Read")
        FAILED = "failed", _("Not delivered")
        UNKNOWN = "unknown", _("Being checked")
        HELD = "held", _("May not have been delivered")
        RECALLED = "recalled", _("Taken back")

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="delivery")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    # The assistant's reply may not go out once the customer has written something it did not see.
    based_on = models.ForeignKey(Message, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=12, choices=State, default=State.PENDING, db_default=State.PENDING)
    version = models.IntegerField(default=1, db_default=1)
    # Under whose ownership of the conversation it was written; another number at sending time, and it does not go out.
    ownership = models.BigIntegerField(null=True)
    # For a time that a person chose, not for the undo window.
    is_scheduled = models.BooleanField(default=False, db_default=False)
    not_before = models.DateTimeField(db_default=Now())
    # Where the writer's caret stood, for when the words go back into the composer.
    caret = models.PositiveIntegerField(default=0, db_default=0)
    send_key = models.UUIDField(default=uuid.uuid4, unique=True)
    body_sha256 = models.CharField(max_length=64)
    # Another inbox than the conversation's: what was not read on the web goes out by mail.
    via = models.ForeignKey(Inbox, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # When it is tried again, while it waits for that.
    retry_at = models.DateTimeField(null=True, blank=True)
    # The mail is held up somewhere on its way and not given up (a 4.x notice).
    delayed_reason = models.CharField(max_length=200, blank=True, default="", db_default="")
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

    @property
    def is_surely_not_sent(self) -> bool:
        """Whether no call may have reached the channel: only then can it be tried again without being sent twice."""
        over = (DeliveryAttempt.State.REJECTED, DeliveryAttempt.State.NOT_SENT, DeliveryAttempt.State.RETURNED)
        return not self.attempts.exclude(state__in=over).exists()


class DeliveryAttempt(models.Model):
    """The ledger: one row before any byte leaves, completed when the channel has answered."""

    class State(models.TextChoices):
        CALLING = "calling", _("Calling")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")
        NOT_SENT = "not_sent", _("Not sent")
        UNKNOWN = "unknown", _("Unknown")
        # Accepted, and then it came back.
        RETURNED = "returned", _("Came back")

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.CALLING, db_default=State.CALLING)
    worker_key = models.BigIntegerField()
    body_sha256 = models.CharField(max_length=64)
    deadline = models.DateTimeField()
    # What the provider calls a half-done sending (Gmail's draft), written as soon as it is known.
    provider_ref = models.CharField(max_length=200, blank=True, default="", db_default="")
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
