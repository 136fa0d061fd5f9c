"""The index of the articles: chunks, postings and versioned vectors; and what people decided about questions.

Full text is kept as postings (one row per article and lexeme) and not as a tsvector index: under a row security policy
PostgreSQL may not use an index whose operator is not leakproof, and `@@` is not, while `=` on text is.
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField, HnswIndex

from knowledge.models.articles import Article, Audience, KnowledgeBase

DIMENSIONS = 384


class Chunk(models.Model):
    """A piece of an article: its title, the whole of it, or a window of two sentences."""

    class Kind(models.TextChoices):
        PASSAGE = "passage", _("Passage")
        WHOLE = "whole", _("Whole article")
        TITLE = "title", _("Title")

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="chunks")
    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    position = models.PositiveIntegerField(default=0)
    text = models.TextField()
    content_hash = models.CharField(max_length=64)
    audience = models.CharField(max_length=8, choices=Audience.choices, default=Audience.PUBLIC)

    class Meta:
        ordering = ["article_id", "kind", "position"]
        constraints = [models.UniqueConstraint(fields=["article", "kind", "position"], name="knowledge_chunk_place")]

    def __str__(self) -> str:
        return self.text[:60]


class Posting(models.Model):
    """How often one lexeme occurs in one article, title included."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+", db_index=False)
    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="+", db_index=False)
    lexeme = models.CharField(max_length=255)
    count = models.PositiveIntegerField()
    audience = models.CharField(max_length=8, choices=Audience.choices, default=Audience.PUBLIC)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["article", "lexeme"], name="knowledge_posting_once")]
        # All that a search reads of a posting, so that it never touches the row; first the articles that use the word most.
        indexes = [
            models.Index(fields=["base", "lexeme", "-count"], include=["article", "audience"], name="knowledge_posting_often")
        ]

    def __str__(self) -> str:
        return f"{self.lexeme} x {self.count}"


class EmbeddingModelQuerySet(models.QuerySet["EmbeddingModel"]):
    def active(self) -> "EmbeddingModel | None":
        """The model that search reads, None while nothing has been indexed yet."""
        return self.filter(state=EmbeddingModel.State.ACTIVE).first()


class EmbeddingModel(models.Model):
    """One version of one way to make vectors. Search reads the one that is active."""

    class State(models.TextChoices):
        BUILDING = "building", _("Building")
        ACTIVE = "active", _("Active")
        RETIRED = "retired", _("Retired")

    name = models.CharField(max_length=120)
    version = models.CharField(max_length=64, unique=True)
    dimensions = models.PositiveIntegerField(default=DIMENSIONS)
    state = models.CharField(max_length=8, choices=State.choices, default=State.BUILDING)
    created_at = models.DateTimeField(default=timezone.now)

    objects = EmbeddingModelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="active"), name="knowledge_one_active_model")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Embedding(models.Model):
    """The vector of one chunk under one model."""

    chunk = models.ForeignKey(Chunk, on_delete=models.CASCADE, related_name="embeddings", db_index=False)
    model = models.ForeignKey(EmbeddingModel, on_delete=models.CASCADE, related_name="embeddings", db_index=False)
    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="+", db_index=False)
    vector = HalfVectorField(dimensions=DIMENSIONS)
    # Repeated here, as in postings, so that a policy needs no look at another table for each row.
    audience = models.CharField(max_length=8, choices=Audience.choices, default=Audience.PUBLIC)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chunk", "model"], name="knowledge_embedding_once")]
        indexes = [
            models.Index(fields=["base", "model"], name="knowledge_embedding_base"),
            HnswIndex(
                name="knowledge_embedding_hnsw",
                fields=["vector"],
                m=16,
                ef_construction=64,
                opclasses=["halfvec_cosine_ops"],
            ),
        ]

    def __str__(self) -> str:
        return f"vector of chunk {self.chunk_id}"


class ReviewMemory(models.Model):
    """What a reviewer decided about one question: the article that answers it, or that none does.

    The question itself is not kept, only its vector; `customer_ref` lets an erasure find the row. `article` is null
    when no article answers the question: that is worth remembering too.
    """

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("Approved")
        EDITED = "edited", _("Edited")
        REJECTED = "rejected", _("Rejected")

    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="memories")
    model = models.ForeignKey(EmbeddingModel, on_delete=models.CASCADE, related_name="+")
    vector = HalfVectorField(dimensions=DIMENSIONS)
    proposed = models.ForeignKey(Article, null=True, on_delete=models.SET_NULL, related_name="+")
    article = models.ForeignKey(Article, null=True, on_delete=models.CASCADE, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    source = models.CharField(max_length=64, blank=True)
    customer_ref = models.BigIntegerField(null=True, db_index=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["base", "model", "source"], condition=~Q(source=""), name="knowledge_memory_once")
        ]
        indexes = [
            HnswIndex(
                name="knowledge_memory_hnsw", fields=["vector"], m=16, ef_construction=64, opclasses=["halfvec_cosine_ops"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.article_id}"
