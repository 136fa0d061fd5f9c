"""What arrived, as it arrived."""

from django.db import models
from django.db.models import Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from conversations.models import Conversation, Identity, Inbox, Message
from core.context import Actor

# Whoever comes in by one of our doors is nobody yet: the doorman stores, looks up and asks on his behalf.
DOORMAN = Actor.system("intake")


class Event:
    """Names of what is audited in this room."""

    PERSON_REQUESTED = "person.requested"
    CODE_SENT = "code.sent"
    CODE_ACCEPTED = "code.accepted"
    CODE_REFUSED = "code.refused"


class Receipt(models.Model):
    """The raw thing that arrived, kept before anything is made of it. Unique per inbox and provider id.

    What comes in a batch has a receipt of its own for each piece, which points to the one that holds the bytes of all.
    """

    class Kind(models.TextChoices):
        FORM = "form", _("Web form")
        API = "api", _("API")
        MAIL = "mail", _("Mail")
        BATCH = "batch", _("Webhook call")
        MESSAGE = "message", _("Message")
        STATUS = "status", _("Status")
        OTHER = "other", _("Something else")

    class State(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        DONE = "done", _("Done")
        FAILED = "failed", _("Could not be read")

    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    provider_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.FORM, db_default=Kind.FORM)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="pieces")
    payload = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.ACCEPTED, db_default=State.ACCEPTED)
    # What became of it, in the words of `receive_email`: stored, duplicate, bounce, unreadable; status, parked, ignored.
    outcome = models.CharField(max_length=12, blank=True, default="", db_default="")
    # What the door knew of it and the bytes do not say: which label or folder it lay in, who passed it on.
    facts = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    # The same for the same mail that came by two ways; empty where nothing tells, and on the second of the two.
    fingerprint = models.CharField(max_length=64, blank=True, default="", db_default="")
    error = models.CharField(max_length=300, blank=True, default="")
    message = models.OneToOneField(Message, null=True, on_delete=models.CASCADE, related_name="receipt")
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["inbox", "-received_at"], name="receipt_inbox")]
        constraints = [
            models.UniqueConstraint(fields=["inbox", "provider_id"], name="received_once"),
            models.UniqueConstraint(fields=["inbox", "fingerprint"], name="stored_once", condition=~models.Q(fingerprint="")),
        ]

    def __str__(self) -> str:
        return f"receipt {self.provider_id}"


class Parked(models.Model):
    """A status, an edit, a deletion or a reaction that came before what it is about; applied when that arrives."""

    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    receipt = models.OneToOneField(Receipt, on_delete=models.CASCADE, related_name="parked")
    # The provider id of what it is about.
    about = models.CharField(max_length=255)
    parked_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["inbox", "about"], name="parked_about")]

    def __str__(self) -> str:
        return f"waits for {self.about}"


class OneTimeCode(models.Model):
    """A number sent to an address, to be typed on the customer's page: whoever can read it has the address."""

    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"code for {self.identity_id}"
