"""The people we serve, and their addresses."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Customer(models.Model):
    """The person we serve."""

    name = models.CharField(max_length=160, blank=True, default="")
    language = models.CharField(max_length=12, blank=True, default="")
    place = models.CharField(max_length=120, blank=True, default="")
    # Values of the attributes that admins define (`AttributeType` of customers), by key.
    attributes = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    # The same person under another row. Nothing moves: the pointer is the merge, so it can be taken back,
    # and each row's own page still shows its own conversations only, whatever a wrong merge said.
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="merged")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["name"], name="customer_name"),
            models.Index(fields=["merged_into"], name="customer_merged", condition=Q(merged_into__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name or _("Customer %(number)s") % {"number": self.pk}

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.name.split()[:2]).upper() or "?"

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name.strip() else ""


class Level(models.IntegerChoices):
    """How sure we are who writes. Whoever shows or changes what is somebody's own asks for a level first."""

    CLAIMED = 0, _("Claimed")
    # The channel vouches for the address: WhatsApp's number, a mail whose domain signed it.
    CHANNEL = 1, _("Verified by the channel")
    # The person showed more than the address: a one-time code, or a signed-in session of our customer's site.
    PROVEN = 2, _("Proven")


class Identity(models.Model):
    """One address of a customer on one channel; claimed until something proves it."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("Email")
        PHONE = "phone", _("Phone")
        VISITOR = "visitor", _("Visitor")
        # As a signed-in customer is called by the site that signed the token.
        ACCOUNT = "account", _("Account")
        # As WhatsApp calls a person for this business, who may keep his number to himself.
        WHATSAPP = "whatsapp", _("WhatsApp")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=10, choices=Kind)
    address = models.CharField(max_length=254)
    display = models.CharField(max_length=254, blank=True, default="")
    # The highest level that this address was ever proven to. What one message proves stands on the message.
    level = models.SmallIntegerField(choices=Level, default=Level.CLAIMED, db_default=Level.CLAIMED)
    # Mail to it came back for good; empty while it is believed to work.
    undeliverable_at = models.DateTimeField(null=True, blank=True)
    undeliverable_reason = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        verbose_name_plural = "identities"
        constraints = [models.UniqueConstraint(fields=["kind", "address"], name="one_customer_per_address")]

    def __str__(self) -> str:
        return self.display or self.address


class CustomerNote(models.Model):
    """What colleagues should know about the person, whichever conversation it is. No customer sees it."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="notes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"note {self.pk} about {self.customer_id}"


class NotTheSame(models.Model):
    """Somebody looked at two customers and said that they are two people: they are not suggested again."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "other"], name="not_the_same_once"),
            models.CheckConstraint(name="lower_customer_first", condition=Q(customer__lt=F("other"))),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} is not {self.other_id}"
