"""Drafts, and what people decided about them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from conversations.models import Conversation, Inbox, Message
from core.claims import ClaimQuerySet


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


class Draft(models.Model):
    """A reply kept as a row, waiting to be judged or reviewed. One per customer message."""

    class State(models.TextChoices):
        COMPOSING = "composing", "Drafting"
        IN_REVIEW = "in_review", "Review"
        SENT = "sent", "Sent"
        REJECTED = "rejected", "Rejected"
        SUPERSEDED = "superseded", "Superseded"
        FAILED = "failed", "Failed"

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
    latency_ms = models.FloatField(null=True)
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


class Decision(models.Model):
    """What a person decided about a draft. Append-only."""

    class Action(models.TextChoices):
        APPROVE = "approve", "Approved"
        EDIT = "edit", "Edited and approved"
        REJECT = "reject", "Rejected"
        TAKE_OVER = "take_over", "Taken over"
        UNDO = "undo", "Taken back"

    class Reason(models.TextChoices):
        WRONG_ARTICLE = "wrong_article", "Wrong article"
        MISSING_FACT = "missing_fact", "The fact is not in our articles"
        FALSE_CLAIM = "false_claim", "Claims something that is not so"
        TONE = "tone", "Wrong tone"
        POLICY = "policy", "Against our policy"
        OTHER = "other", "Something else"

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="decisions")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    inbox = models.ForeignKey(Inbox, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=10, choices=Action)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20, choices=Reason, blank=True, default="")
    comment = models.CharField(max_length=500, blank=True, default="")
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
