"""What people look after: questions that nothing answers, articles that are proposed, articles that disagree."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from pgvector.django import HalfVectorField

from knowledge.models.articles import Article, KnowledgeBase
from knowledge.models.index import DIMENSIONS


class Gap(models.Model):
    """Questions of one kind that no article answers. `count` says how many, `title` is one of them, without personal data."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("state", "Open")
        WRITTEN = "written", _("Written")
        DISMISSED = "dismissed", _("Dismissed")

    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="gaps")
    title = models.CharField(max_length=300)
    centre = HalfVectorField(dimensions=DIMENSIONS)
    count = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    article = models.ForeignKey(Article, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-count", "-changed_at"]
        indexes = [models.Index(fields=["base", "state", "-count"], name="knowledge_gap_rank")]

    def __str__(self) -> str:
        return f"{self.title} ({self.count})"


class Question(models.Model):
    """One question that nothing answered, personal data removed. `scope_id` is the inbox that it came through, `source` the
    name of its draft, so that it counts once; `customer_ref` lets an erasure find it.
    """

    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="+")
    gap = models.ForeignKey(Gap, null=True, on_delete=models.CASCADE, related_name="questions")
    text = models.TextField()
    vector = HalfVectorField(dimensions=DIMENSIONS)
    scope_id = models.BigIntegerField()
    source = models.CharField(max_length=64, unique=True)
    customer_ref = models.BigIntegerField(null=True, db_index=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.text[:60]


class Proposal(models.Model):
    """An article that somebody or something proposes; it becomes one only by a person's hand.

    `source` names where it comes from ("message:12", "gap:3"), once; `scope_id` is the inbox of the conversation it comes from,
    null when it comes from none.
    """

    class Kind(models.TextChoices):
        ANSWER = "answer", _("An agent's answer")
        GAP = "gap", _("A gap")
        REQUEST = "request", _("A colleague's request")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="proposals")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    title = models.CharField(max_length=300)
    body = models.TextField()
    language = models.CharField(max_length=12, default="en")
    question = models.TextField(blank=True, default="")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    # The article that it would change; empty for a new one. After acceptance the article it became.
    article = models.ForeignKey(Article, null=True, on_delete=models.SET_NULL, related_name="proposals")
    scope_id = models.BigIntegerField(null=True)
    source = models.CharField(max_length=64, unique=True)
    customer_ref = models.BigIntegerField(null=True, db_index=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["base", "state", "-id"], name="knowledge_proposal_stack")]

    def __str__(self) -> str:
        return f"{self.title} ({self.state})"


class Contradiction(models.Model):
    """Two passages of two articles that do not fit together, as found; a person says what it is."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("state", "Open")
        DISMISSED = "dismissed", _("No contradiction")
        MENDED = "mended", _("Mended")

    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="contradictions")
    first = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+")
    first_text = models.TextField()
    second_text = models.TextField()
    reason = models.CharField(max_length=200)
    # One hash over both passages: what was dismissed stays dismissed until one of them changes.
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["base", "digest"], name="knowledge_contradiction_once")]

    def __str__(self) -> str:
        return self.reason
