"""What people decided, kept for the next search: approved answers, corrected ones, and questions that nothing answers."""

from collections.abc import Iterable
from dataclasses import dataclass

from knowledge import embedding
from knowledge.indexing import active_model
from knowledge.models import Article, ReviewMemory


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
    model = active_model()
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
    before = ReviewMemory.objects.filter(base_id=base_id).count()
    ReviewMemory.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return ReviewMemory.objects.filter(base_id=base_id).count() - before


def forget(customer_ref: int) -> int:
    """Drop everything remembered of one customer's questions; returns how many rows that was. Runs as the system."""
    return ReviewMemory.objects.filter(customer_ref=customer_ref).delete()[0]


def count(base_id: int) -> int:
    """How many decisions a knowledge base remembers. Runs as the system."""
    return ReviewMemory.objects.filter(base_id=base_id).count()
