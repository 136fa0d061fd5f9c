"""What people decided, kept for the next search: approved answers, corrected ones, and questions that nothing answers."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from knowledge import embedding
from knowledge.indexing import active_model
from knowledge.models import Article, EmbeddingModel, ReviewMemory


@dataclass(frozen=True)
class Reviewed:
    """One decision. `proposed` and `final` are external ids; `final` None says that no article answers the question.

    `source` names the decision, so that it is remembered once; `customer_ref` lets an erasure find it.
    """

    question: str
    outcome: str
    proposed: str | None = None
    final: str | None = None
    source: str = ""
    customer_ref: int | None = None


def remember(base_id: int, decisions: Iterable[Reviewed]) -> int:
    """Remember decisions about questions to one knowledge base; returns how many were new. Runs as the system.

    A decision whose final article is not in this base teaches nothing and is left out.
    """
    return _remember(base_id, decisions, active_model())


def rebuild(base_id: int, decisions: Iterable[Reviewed], model: EmbeddingModel | None = None) -> int:
    """Remember decisions under `model` (else the active one) too; returns how many were not yet. Runs as the system.

    A memory is a vector of one model and says nothing under another, and the question is kept by whoever knows the decision. Give
    them in as many calls as you like; what is remembered of them under a retired model is dropped.
    """
    given = list(decisions)
    made = _remember(base_id, given, model or active_model())
    retired = ReviewMemory.objects.filter(base_id=base_id, model__state=EmbeddingModel.State.RETIRED)
    retired.filter(source__in=[one.source for one in given if one.source]).exclude(model=model).delete()
    return made


def _remember(base_id: int, decisions: Iterable[Reviewed], model: EmbeddingModel) -> int:
    articles = dict(Article.objects.filter(base_id=base_id).values_list("external_id", "pk"))
    usable = [one for one in decisions if one.question.strip() and (one.final is None or one.final in articles)]
    vectors = embedding.embed_with(model.version, [one.question for one in usable])
    rows = [
        ReviewMemory(
            base_id=base_id, model=model, vector=vector, outcome=one.outcome, source=one.source,
            proposed_id=articles.get(one.proposed or ""), article_id=articles.get(one.final or ""),
            customer_ref=one.customer_ref,
        )
        for one, vector in zip(usable, vectors, strict=True)
    ]  # fmt: skip
    known = ReviewMemory.objects.filter(base_id=base_id, model=model)
    before = known.count()
    ReviewMemory.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return known.count() - before


def forget(customer_ref: int) -> int:
    """Drop everything remembered of one customer's questions; returns how many rows that was. Runs as the system."""
    return ReviewMemory.objects.filter(customer_ref=customer_ref).delete()[0]


def count(base_id: int) -> int:
    """How many decisions a knowledge base remembers under the model that search reads. Runs as the system."""
    return ReviewMemory.objects.filter(base_id=base_id, model__state=EmbeddingModel.State.ACTIVE).count()


def left_behind() -> dict[str, int]:
    """By the slug of each base, how many decisions it remembers under other models only: they need rebuilding. Runs as the system."""
    active = EmbeddingModel.State.ACTIVE
    again = ReviewMemory.objects.filter(base=OuterRef("base"), source=OuterRef("source"), model__state=active)
    lost = ReviewMemory.objects.exclude(model__state=active).exclude(~Q(source="") & Exists(again))
    return dict(lost.values("base__slug").annotate(decisions=Count("pk")).values_list("base__slug", "decisions"))
