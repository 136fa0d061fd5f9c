"""Our addresses: the inboxes, the teams that serve them, and their secrets."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
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


class InboxSecret(models.Model):
    """What an inbox needs to prove or check who speaks (app secret, verify token). No person's screen reads it."""

    inbox = models.ForeignKey(Inbox, on_delete=models.CASCADE, related_name="secrets")
    name = models.CharField(_("name"), max_length=40)
    value = models.CharField(_("value"), max_length=400)

    class Meta:
        verbose_name, verbose_name_plural = _("inbox secret"), _("inbox secrets")
        constraints = [models.UniqueConstraint(fields=["inbox", "name"], name="secret_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.inbox_id}"
