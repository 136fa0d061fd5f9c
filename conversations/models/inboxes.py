"""Our addresses: the inboxes, the teams that serve them, and their secrets."""

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from core.sealing import SealedField
from knowledge.models import KnowledgeBase

FLOOR = 0.80  # Confidence must be above it. Written in the schema too: a setting may raise it, never lower it.


class Channel(models.TextChoices):
    EMAIL = "email", _("Email")
    WHATSAPP = "whatsapp", _("WhatsApp")
    WEB = "web", _("Web form")


class Distribution(models.TextChoices):
    """How new work finds somebody: nobody is asked, in turn, or whoever has the least of it."""

    MANUAL = "manual", _("Nobody: people take what they want")
    ROUND_ROBIN = "round_robin", _("In turn")
    LOAD = "load", _("To whoever has the least")


class Transport(models.TextChoices):
    """By which road an inbox's messages come and go."""

    SANDBOX = "sandbox", _("Nowhere: kept in a file")
    WEB = "web", _("The customer’s own page")
    GMAIL = "gmail", _("Gmail")
    MAIL = "mail", _("IMAP and SMTP")
    CLOUD = "cloud", _("WhatsApp Cloud API")


class BusinessHours(models.Model):
    """When people answer: per weekday (0 is Monday) the hours in the zone's own time, and the days on which nobody does."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    # {"0": [["09:00", "17:30"]], ...}: a day that is not named is closed.
    week = models.JSONField(_("hours"), default=dict, blank=True)
    # Dates as text: 2026-12-25.
    holidays = models.JSONField(_("closed on"), default=list, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("business hours"), _("business hours")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Inbox(models.Model):
    """One configured address of ours on a channel, the teams that serve it, and how far the assistant may go in it."""

    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("slug"), unique=True)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    address = models.CharField(_("address"), max_length=200, blank=True, default="")
    teams: models.ManyToManyField = models.ManyToManyField(Team, through="InboxTeam", related_name="inboxes")
    knowledge_base = models.ForeignKey(KnowledgeBase, verbose_name=_("knowledge base"), on_delete=models.PROTECT)
    auto_send = models.BooleanField(_("auto send"), default=True)
    threshold = models.FloatField(_("threshold"), default=FLOOR)
    undo_seconds = models.PositiveSmallIntegerField(default=5)
    first_reply_minutes = models.PositiveIntegerField(default=60)
    # A draft that waits longer than this for its reviewer is shown as late and comes first.
    review_minutes = models.PositiveIntegerField(default=15, db_default=15)
    # A customer who writes again within so many days after the end finds the same conversation; later, a new one linked to it.
    reopen_days = models.PositiveSmallIntegerField(default=14, db_default=14)
    distribution = models.CharField(
        max_length=12, choices=Distribution, default=Distribution.MANUAL, db_default=Distribution.MANUAL
    )
    business_hours = models.ForeignKey(
        BusinessHours,
        verbose_name=_("business hours"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="inboxes",
    )
    # Whether somebody who writes by mail or WhatsApp is told at once that it arrived, in fixed words, once per conversation.
    sends_receipt = models.BooleanField(_("confirms receipt"), default=False, db_default=False)
    # A web customer who has left the page gets what he has not read by mail, after so many minutes, through that inbox.
    mail_after_minutes = models.PositiveSmallIntegerField(_("mail after"), default=10, db_default=10)
    mail_through = models.ForeignKey(
        "self", verbose_name=_("mail through"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Whole origins (https://shop.example) whose pages may show this inbox's form and chat in a frame.
    allowed_origins = models.JSONField(
        _("may be embedded in"), default=list, db_default=Value([], models.JSONField()), blank=True
    )

    class Meta:
        verbose_name, verbose_name_plural = _("inbox"), _("inboxes")
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


class Account(models.Model):
    """How an inbox reaches its provider, how far it has read there, and why it has stopped, if it has. Secrets are apart."""

    inbox = models.OneToOneField(Inbox, on_delete=models.CASCADE, related_name="account")
    transport = models.CharField(_("by"), max_length=10, choices=Transport, default=Transport.SANDBOX)
    # Hosts, names and ids as the transport needs them (gateways.types.Connection says which); nothing secret.
    settings = models.JSONField(_("settings"), default=dict, db_default=Value({}, models.JSONField()), blank=True)
    # Gmail: {"history_id": ...}; IMAP: {folder: {"uidvalidity": ..., "uid": ...}}. Moves in the transaction that stores what was read.
    cursor = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    watch_until = models.DateTimeField(null=True, blank=True)
    polled_at = models.DateTimeField(null=True, blank=True)
    # What went wrong the last time it was read from; empty when nothing did.
    poll_error = models.CharField(max_length=200, blank=True, default="", db_default="")
    # What the tests of the admin's page found: {"sign_in": {"state": "running" | "well" | "failed", "words": ..., "at": ...}, ...}
    trials = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    # The provider refuses us: nothing leaves until somebody has mended it.
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_reason = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        verbose_name, verbose_name_plural = _("connection"), _("connections")

    def __str__(self) -> str:
        return f"{self.transport} of {self.inbox_id}"


class Template(models.Model):
    """A message that WhatsApp has approved, the only kind that may be sent after the window has closed."""

    class Status(models.TextChoices):
        APPROVED = "approved", _("Approved")
        PENDING = "pending", _("Waiting for approval")
        REJECTED = "rejected", _("Rejected")
        PAUSED = "paused", _("Paused")
        GONE = "gone", _("Not there any more")

    inbox = models.ForeignKey(Inbox, on_delete=models.CASCADE, related_name="templates")
    name = models.CharField(max_length=512)
    language = models.CharField(max_length=12)
    category = models.CharField(max_length=20, blank=True, default="")
    status = models.CharField(max_length=10, choices=Status)
    header = models.CharField(max_length=200, blank=True, default="")
    # With {{1}} or {{name}} where the variables go.
    body = models.TextField()
    footer = models.CharField(max_length=200, blank=True, default="")
    # Whatever else WhatsApp said about it, as it said it.
    components = models.JSONField(default=list)
    synced_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["name", "language"]
        constraints = [models.UniqueConstraint(fields=["inbox", "name", "language"], name="template_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"


class InboxSecret(models.Model):
    """What an inbox needs to prove or check who speaks (app secret, verify token). No person's screen reads it."""

    inbox = models.ForeignKey(Inbox, on_delete=models.CASCADE, related_name="secrets")
    name = models.CharField(_("name"), max_length=40)
    value = SealedField(_("value"))

    class Meta:
        verbose_name, verbose_name_plural = _("inbox secret"), _("inbox secrets")
        constraints = [models.UniqueConstraint(fields=["inbox", "name"], name="secret_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.inbox_id}"
