"""How people look at the queue, who looks at what right now, and what is done to many conversations at once."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from conversations.models.composing import Scope, owned_as_scoped
from conversations.models.conversations import Conversation
from conversations.models.inboxes import Inbox


class SavedView(models.Model):
    """Filters of the queue under a name: the part of its address after the question mark."""

    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.PERSONAL)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["position", "name"]
        constraints = [owned_as_scoped("view_owned_as_scoped")]

    def __str__(self) -> str:
        return self.name


class Follower(models.Model):
    """Somebody who hears of a conversation without having it: named in a note, or by his own wish."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="followers")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "user"], name="follows_once")]

    def __str__(self) -> str:
        return f"{self.user_id} follows {self.conversation_id}"


class Presence(models.Model):
    """Who has a conversation on screen, and what he does there; stale after a minute without a word from the page."""

    class Doing(models.TextChoices):
        VIEWING = "viewing", _("is looking")
        REPLYING = "replying", _("is writing a reply")
        NOTING = "noting", _("is writing a note")
        DECIDING = "deciding", _("is reviewing the draft")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="presences")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    doing = models.CharField(max_length=10, choices=Doing, default=Doing.VIEWING)
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "user"], name="present_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.doing} {self.conversation_id}"


class BulkRun(models.Model):
    """One action on many conversations, done in the background by the rights of the person who asked."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")
        UNDONE = "undone", _("Undone")

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    action = models.CharField(max_length=20)
    params = models.JSONField(default=dict)
    # The filters whose every match was meant, as in SavedView; empty when single rows were picked.
    query = models.CharField(max_length=1000, blank=True, default="")
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING, db_default=State.RUNNING)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.action} on {self.total}"


class BulkItem(models.Model):
    """One conversation of a run: what became of it, and how it was before."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        SKIPPED = "skipped", _("Skipped")
        FAILED = "failed", _("Failed")
        UNDONE = "undone", _("Undone")

    run = models.ForeignKey(BulkRun, on_delete=models.CASCADE, related_name="items")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING, db_default=State.WAITING)
    before = models.JSONField(default=dict)
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "conversation"], name="bulk_item_once")]
        indexes = [models.Index(fields=["run", "state", "id"], name="bulk_item_state")]

    def __str__(self) -> str:
        return f"{self.conversation_id} in run {self.run_id}"
