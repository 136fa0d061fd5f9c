"""The rows under everything: work still to do, what happened, and what the screens have to hear."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Event:
    """Names of what is audited in this room."""

    DEAD_LETTER_REDRIVEN = "dead_letter.redriven"
    DEAD_LETTER_DISCARDED = "dead_letter.discarded"


class Job(models.Model):
    """One durable step still to do, committed together with the state that it belongs to."""

    class State(models.TextChoices):
        READY = "ready", _("Ready")
        LEASED = "leased", _("Running")
        DONE = "done", _("Done")
        DEAD = "dead", _("Failed for good")

    kind = models.CharField(max_length=120)
    ref = models.BigIntegerField()
    lane = models.CharField(max_length=20)
    rank = models.SmallIntegerField(default=5)
    scope_id = models.BigIntegerField(null=True)
    key = models.CharField(max_length=200, null=True, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.READY, db_default=State.READY)
    run_at = models.DateTimeField(db_default=Now())
    attempts = models.SmallIntegerField(default=0, db_default=0)
    max_attempts = models.SmallIntegerField(default=5, db_default=5)
    fence = models.BigIntegerField(default=0, db_default=0)
    lease_until = models.DateTimeField(null=True)
    worker_key = models.BigIntegerField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    request_id = models.CharField(max_length=64, default="", db_default="")
    error = models.CharField(max_length=500, default="", db_default="")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["rank", "run_at"], name="job_due", condition=Q(state="ready")),
            models.Index(fields=["lease_until"], name="job_leased", condition=Q(state="leased")),
            models.Index(fields=["kind", "ref"], name="job_ref"),
        ]
        constraints = [
            models.CheckConstraint(name="job_leased_has_lease", condition=~Q(state="leased") | Q(lease_until__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.kind}({self.ref}) {self.state}"


class DeadLetter(models.Model):
    """A job that failed for good, kept until a person redrives or discards it."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("state", "Open")
        REDRIVEN = "redriven", _("Redriven")
        DISCARDED = "discarded", _("Discarded")

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="dead_letters")
    scope_id = models.BigIntegerField(_("scope id"), null=True)
    kind = models.CharField(_("kind"), max_length=120)
    ref = models.BigIntegerField(_("ref"))
    error_class = models.CharField(max_length=120)
    error = models.CharField(_("error"), max_length=500)
    attempts = models.SmallIntegerField(_("attempts"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN, db_default=State.OPEN)
    reason = models.CharField(max_length=200, default="", db_default="")
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    resolved_at = models.DateTimeField(_("resolved at"), null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("dead letter"), _("dead letters")

    def __str__(self) -> str:
        return f"{self.kind}({self.ref}): {self.error_class}"


class AuditEvent(models.Model):
    """Who did what to which row, when. Ids and numbers only, so that erasing a person never has to touch it. Append-only."""

    event = models.CharField(_("event"), max_length=60)
    subject = models.CharField(_("subject"), max_length=60)
    subject_id = models.BigIntegerField(_("subject id"))
    scope_id = models.BigIntegerField(_("scope id"), null=True)
    actor_kind = models.CharField(max_length=12)
    actor_id = models.BigIntegerField(default=0)
    actor_name = models.CharField(max_length=40, default="")
    request_id = models.CharField(max_length=64, default="")
    facts = models.JSONField(_("facts"), default=dict)
    at = models.DateTimeField(_("at"), db_default=Now())

    class Meta:
        verbose_name, verbose_name_plural = _("audit event"), _("audit events")
        indexes = [
            models.Index(fields=["subject", "subject_id", "id"], name="audit_subject"),
            models.Index(fields=["scope_id", "event", "at"], name="audit_scope"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject} {self.subject_id}"


class StateEvent(models.Model):
    """One step of a row from state to state, written by the database itself (trigger sec.log_step). Append-only."""

    subject = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    scope_id = models.BigIntegerField(null=True)
    from_state = models.CharField(max_length=12, default="")
    to_state = models.CharField(max_length=12)
    version = models.IntegerField()
    actor = models.CharField(max_length=40)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "subject_id", "version"], name="one_step_per_version")]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id}: {self.from_state} -> {self.to_state}"


class LegalStep(models.Model):
    """Which steps a state may take; sec.log_step refuses every other."""

    subject = models.CharField(max_length=60)
    from_state = models.CharField(max_length=12)
    to_state = models.CharField(max_length=12)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "from_state", "to_state"], name="legal_step_once")]

    def __str__(self) -> str:
        return f"{self.subject}: {self.from_state} -> {self.to_state}"


class LiveEvent(models.Model):
    """Something a screen may have to hear: a topic and an id, never content. `xid` orders it even across transactions."""

    xid = models.BigIntegerField(db_index=True)
    groups = ArrayField(models.CharField(max_length=60))
    topic = models.CharField(max_length=40)
    ref = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.topic} {self.ref}"
