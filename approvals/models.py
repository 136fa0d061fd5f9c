"""Drafts, and what people decided about them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from conversations.models import Conversation, Inbox, Message
from core.claims import ClaimQuerySet
from knowledge.models import Article, KnowledgeBase


class Event:
    """Names of what is audited in this room."""

    DRAFT_OPENED = "draft.opened"
    DRAFT_HELD = "draft.held"
    DRAFT_SENT = "draft.sent"
    DRAFT_SUPERSEDED = "draft.superseded"
    DRAFT_APPROVED = "draft.approved"
    DRAFT_EDITED = "draft.edited"
    DRAFT_REJECTED = "draft.rejected"
    DRAFT_TAKEN_OVER = "draft.taken_over"
    DRAFT_TAKEN_BACK = "draft.taken_back"
    DRAFT_RECHECKED = "draft.rechecked"
    CALIBRATION_FITTED = "calibration.fitted"
    CALIBRATION_ACTIVATED = "calibration.activated"
    CALIBRATION_RESTORED = "calibration.restored"
    AUTOMATION_STOPPED = "automation.stopped"
    AUTOMATION_CHANGED = "automation.changed"
    TOPIC_CHANGED = "topic.changed"
    AUDIT_ANSWERED = "audit.answered"


class Draft(models.Model):
    """A reply kept as a row, waiting to be judged or reviewed. One per customer message."""

    class State(models.TextChoices):
        COMPOSING = "composing", _("Drafting")
        IN_REVIEW = "in_review", _("Review")
        SENT = "sent", _("Sent")
        REJECTED = "rejected", _("Rejected")
        SUPERSEDED = "superseded", _("Superseded")
        FAILED = "failed", _("Failed")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="drafts")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    in_reply_to = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="draft")
    message = models.OneToOneField(Message, null=True, on_delete=models.SET_NULL, related_name="from_draft")
    state = models.CharField(max_length=12, choices=State, default=State.COMPOSING, db_default=State.COMPOSING)
    version = models.IntegerField(default=1, db_default=1)
    text = models.TextField(blank=True, default="", db_default="")
    # [{"text": str, "citations": [1, 2], "supported": bool}]: the same words as `text`, with the marks the screen prints.
    sentences = models.JSONField(default=list)
    confidence = models.FloatField(null=True)
    threshold = models.FloatField(default=0.80)
    verdict = models.CharField(max_length=5, blank=True, default="", db_default="")
    # [{"code", "label", "points"}]: the points add up to the percentage shown.
    reasons = models.JSONField(default=list)
    # [{"code", "label"}]: every one of them holds the draft, whatever the confidence.
    rules = models.JSONField(default=list)
    # [{"code", "label", "state": "ok" | "warn" | "bad", "detail"}]
    checks = models.JSONField(default=list)
    # The passages: number as cited, article (id and pk), title, quote, score, url.
    evidence = models.JSONField(default=list)
    articles = models.JSONField(default=list)
    language = models.CharField(max_length=12, blank=True, default="")
    sentiment = models.CharField(max_length=16, blank=True, default="")
    answer_model = models.CharField(max_length=60, blank=True, default="")
    calibration = models.CharField(max_length=60, blank=True, default="")
    prompt = models.CharField(max_length=60, blank=True, default="")
    policy = models.CharField(max_length=60, blank=True, default="")
    # What learning needs: where it was looked up, what it is about, and what the calibrator saw of it.
    base = models.ForeignKey(KnowledgeBase, null=True, on_delete=models.SET_NULL, related_name="+")
    topic = models.CharField(max_length=200, blank=True, default="", db_default="")
    features = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))
    raw_score = models.FloatField(null=True)
    tokens_in = models.PositiveIntegerField(default=0, db_default=0)
    tokens_out = models.PositiveIntegerField(default=0, db_default=0)
    cost_micros = models.PositiveBigIntegerField(default=0, db_default=0)
    stand_in = models.BooleanField(default=False, db_default=False)
    # External ids of cited articles that changed after this was written.
    outdated = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    latency_ms = models.FloatField(null=True)
    # Under whose ownership of the conversation it was begun (Conversation.ownership): another number, and it may not send itself.
    ownership = models.BigIntegerField(null=True)
    # The reviewer who has it on the desk, until when: others may look, and decide once the time is over.
    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    claimed_until = models.DateTimeField(null=True)
    deadline = models.DateTimeField()
    changed_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())

    objects = ClaimQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["inbox", "state", "id"], name="draft_inbox_state"),
            models.Index(fields=["conversation", "-id"], name="draft_conversation"),
        ]
        constraints = [
            models.CheckConstraint(
                name="draft_confidence_is_probability",
                condition=Q(confidence__isnull=True) | (Q(confidence__gt=0) & Q(confidence__lte=1)),
            ),
            models.CheckConstraint(name="draft_sent_has_message", condition=~Q(state="sent") | Q(message__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"draft {self.pk} {self.state}"

    @property
    def percent(self) -> int | None:
        """The confidence as the screens print it: rounded down, so that nothing at or below the line ever reads as above it."""
        return None if self.confidence is None else int(self.confidence * 100 + 1e-9)


class DraftSource(models.Model):
    """One article that a draft rests on, in the version that was read: what is asked when the article changes."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="sources")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["draft", "article"], name="draft_source_once")]

    def __str__(self) -> str:
        return f"draft {self.draft_id} rests on {self.article_id} v{self.version}"


class Decision(models.Model):
    """What a person decided about a draft. Append-only."""

    class Action(models.TextChoices):
        APPROVE = "approve", _("Approved")
        EDIT = "edit", _("Edited and approved")
        REJECT = "reject", _("Rejected")
        TAKE_OVER = "take_over", _("Taken over")
        UNDO = "undo", _("Taken back")

    class Reason(models.TextChoices):
        WRONG_ARTICLE = "wrong_article", _("Wrong article")
        MISSING_FACT = "missing_fact", _("The fact is not in our articles")
        FALSE_CLAIM = "false_claim", _("Claims something that is not so")
        TONE = "tone", _("Wrong tone")
        POLICY = "policy", _("Against our policy")
        OTHER = "other", _("Something else")

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="decisions")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=10, choices=Action)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20, choices=Reason, blank=True, default="")
    comment = models.CharField(max_length=500, blank=True, default="")
    # External id of the article that would have answered, where the reviewer named one.
    article = models.CharField(max_length=200, blank=True, default="", db_default="")
    # Share of words changed by the reviewer, 0 (none) to 1.
    edit_distance = models.FloatField(default=0)
    draft_version = models.IntegerField()
    request_key = models.UUIDField(default=uuid.uuid4)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["inbox", "created_at"], name="decision_inbox_day")]
        constraints = [models.UniqueConstraint(fields=["by", "request_key"], name="decision_once")]

    def __str__(self) -> str:
        return f"{self.action} of draft {self.draft_id}"


class Label(models.Model):
    """What became of a draft, as a calibrator learns from it: `value` 1 right, 0 wrong, between for half right.

    `weight` undoes how the label was chosen (an audited one stands for those that were not). `probability` is what was claimed
    then, null when nothing was; `features` what the calibrator saw. One per draft and source.
    """

    class Source(models.TextChoices):
        APPROVE = "approve", _("Approved")
        EDIT = "edit", _("Edited")
        REJECT = "reject", _("Rejected")
        TAKE_OVER = "take_over", _("Taken over")
        REOPEN = "reopen", _("Reopened")
        RATING = "rating", _("Rated badly")
        AUDIT = "audit", _("Audited")

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="labels")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="+")
    topic = models.CharField(max_length=200, blank=True, default="")
    answer_model = models.CharField(max_length=60, blank=True, default="")
    source = models.CharField(max_length=9, choices=Source)
    value = models.FloatField()
    weight = models.FloatField(default=1.0)
    probability = models.FloatField(null=True)
    is_warm = models.BooleanField(default=False)
    features = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["base", "answer_model", "-id"], name="label_of_base")]
        constraints = [
            models.UniqueConstraint(fields=["draft", "source"], name="label_once"),
            models.CheckConstraint(name="label_value_is_share", condition=Q(value__gte=0) & Q(value__lte=1)),
            models.CheckConstraint(name="label_weight_is_positive", condition=Q(weight__gt=0) & Q(weight__lte=100)),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.value}"


class Calibration(models.Model):
    """One fitted calibrator of one knowledge base and answer model. `document` is what replies.confidence reads, `digest` its hash."""

    class State(models.TextChoices):
        CANDIDATE = "candidate", _("Candidate")
        CANARY = "canary", _("On trial")
        ACTIVE = "active", _("In use")
        RETIRED = "retired", _("Retired")
        REFUSED = "refused", _("Refused")

    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="+")
    answer_model = models.CharField(max_length=60)
    is_warm = models.BooleanField(default=False)
    version = models.PositiveIntegerField()
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=9, choices=State, default=State.CANDIDATE)
    labels = models.PositiveIntegerField(default=0)
    # What it was checked with: ECE, Brier, line and the like, out of fold.
    figures = models.JSONField(default=dict)
    activated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    activated_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["base", "answer_model", "is_warm", "version"], name="calibration_version_once"),
            models.UniqueConstraint(
                fields=["base", "answer_model", "is_warm"], condition=Q(state="active"), name="calibration_one_active"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answer_model} v{self.version}"


class TopicStanding(models.Model):
    """What people decided about one topic of a knowledge base, and whether its replies may go out by themselves."""

    class State(models.TextChoices):
        EARNED = "earned", _("As earned")
        CLOSED = "closed", _("Always reviewed")

    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="+")
    topic = models.CharField(max_length=200)
    approved = models.FloatField(default=0)
    failed = models.FloatField(default=0)
    state = models.CharField(max_length=6, choices=State, default=State.EARNED)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["base", "topic"], name="topic_once")]

    def __str__(self) -> str:
        return self.topic


class Automation(models.Model):
    """How far the assistant may go in one knowledge base. A base without a row begins with every reply reviewed.

    EARNING: a topic's replies go out by themselves once people approved enough of them. TRUSTED: a person decided that the
    shipped calibrator may be relied on from the start; a topic that fails is still closed. STOPPED: everything is reviewed,
    `reason` says why.
    """

    class State(models.TextChoices):
        EARNING = "earning", _("Earned topic by topic")
        TRUSTED = "trusted", _("Above the line from the start")
        STOPPED = "stopped", _("Stopped, everything is reviewed")

    base = models.OneToOneField(KnowledgeBase, on_delete=models.CASCADE, related_name="automation")
    state = models.CharField(max_length=7, choices=State, default=State.EARNING)
    # What it returns to when a stop is lifted.
    before = models.CharField(max_length=7, choices=State, default=State.EARNING)
    reason = models.CharField(max_length=200, blank=True, default="")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.base_id} {self.state}"


class Audit(models.Model):
    """One reply that went out by itself, looked at again by somebody who is not told how sure the machine was.

    `chance` is how likely it was to be chosen, above 0 and at most 1.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Answered")

    draft = models.OneToOneField(Draft, on_delete=models.CASCADE, related_name="audit")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    chance = models.FloatField()
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    is_right = models.BooleanField(null=True)
    comment = models.CharField(max_length=500, blank=True, default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    done_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["inbox", "state", "id"], name="audit_inbox_state")]

    def __str__(self) -> str:
        return f"audit of draft {self.draft_id} {self.state}"


class DriftReading(models.Model):
    """How well the claims of one knowledge base held over the newest labels. `alerts` says in words what is out of bounds."""

    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="+")
    answer_model = models.CharField(max_length=60, blank=True, default="")
    labels = models.PositiveIntegerField(default=0)
    figures = models.JSONField(default=dict)
    alerts = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["base", "-id"], name="drift_of_base")]

    def __str__(self) -> str:
        return f"{self.base_id} {self.created_at}"
