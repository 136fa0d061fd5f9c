"""What is being written."""

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from conversations.models.conversations import Conversation
from conversations.models.inboxes import Inbox


class ComposerText(models.Model):
    """What a person has typed and not yet sent, per conversation and mode."""

    class Mode(models.TextChoices):
        REPLY = "reply", _("Reply")
        NOTE = "note", _("Note")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=5, choices=Mode)
    text = models.TextField(blank=True)
    caret = models.PositiveIntegerField(default=0, db_default=0)
    # As on Message: {"to": [address], "cc": [address]}.
    recipients = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "conversation", "mode"], name="one_text_per_mode")]

    def __str__(self) -> str:
        return f"{self.mode} of {self.user_id} in {self.conversation_id}"


class Scope(models.TextChoices):
    """Whose something is: one person's, a team's, or everybody's."""

    PERSONAL = "personal", _("Only me")
    TEAM = "team", _("My team")
    GLOBAL = "global", _("Everybody")


def owned_as_scoped(name: str) -> models.CheckConstraint:
    """A personal thing has an owner, a team's has a team, everybody's has neither."""
    return models.CheckConstraint(
        name=name,
        condition=Q(scope="personal", owner__isnull=False, team__isnull=True)
        | Q(scope="team", team__isnull=False, owner__isnull=True)
        | Q(scope="global", owner__isnull=True, team__isnull=True),
    )


class CannedReply(models.Model):
    """Words written once and used often; with `actions` it is a macro, which also does something to the conversation."""

    name = models.CharField(_("name"), max_length=80)
    # What is typed after "/" in the composer.
    shortcut = models.SlugField(_("shortcut"), max_length=40)
    # {language: text}; "" is the text for every other language. `{{ customer.first_name | there }}` is filled in when inserted.
    texts = models.JSONField(default=dict)
    # [{"do": "assign" | "team" | "tag" | "priority" | "snooze" | "resolve" | "note", ...}], in order.
    actions = models.JSONField(default=list, blank=True)
    scope = models.CharField(_("scope"), max_length=8, choices=Scope, default=Scope.PERSONAL)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, verbose_name=_("team"), null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name, verbose_name_plural = _("canned reply"), _("canned replies")
        ordering = ["name"]
        constraints = [owned_as_scoped("canned_owned_as_scoped")]

    def __str__(self) -> str:
        return self.name
