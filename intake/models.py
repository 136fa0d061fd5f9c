"""What arrived, as it arrived."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from conversations.models import Inbox, Message
from core.context import Actor

# Whoever comes in by one of our doors is nobody yet: the doorman stores, looks up and asks on his behalf.
DOORMAN = Actor.system("intake")


class Event:
    """Names of what is audited in this room."""

    PERSON_REQUESTED = "person.requested"


class Receipt(models.Model):
    """The raw thing that arrived, kept before anything is made of it. Unique per inbox and provider id."""

    class State(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        FAILED = "failed", _("Could not be read")

    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    provider_id = models.CharField(max_length=255)
    payload = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.ACCEPTED, db_default=State.ACCEPTED)
    error = models.CharField(max_length=300, blank=True, default="")
    message = models.OneToOneField(Message, null=True, on_delete=models.CASCADE, related_name="receipt")
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["inbox", "provider_id"], name="received_once")]

    def __str__(self) -> str:
        return f"receipt {self.provider_id}"
