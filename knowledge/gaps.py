"""Questions that nothing answers, gathered into gaps: what people ask, how often, and what an article would have to say.

Texts come in without personal data: whoever calls has taken it out. A gap is the questions near its centre. A new question joins
the nearest gap or begins one; the likeness is fitted in bench/fit_gaps.py (at 0.60, 92 % of the questions are in a gap of their
own intent).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from numpy.typing import NDArray
from pgvector.django import CosineDistance

from accounts.models import User
from core import audit
from core.claims import LostClaim
from core.context import acting_as, current_actor
from knowledge import embedding
from knowledge.curation import CURATOR, Event
from knowledge.indexing import active_model
from knowledge.models import Article, Gap, Question

LIKE = 0.60
TITLE = 300
HINTS, SHOWN_AT_ONCE = 12, 1000
LONGEST = 2000

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Prefill:
    """What the editor starts with: a title, and the questions that the article should answer."""

    gap: int
    base: int
    title: str
    questions: tuple[str, ...]


def note(base_id: int, text: str, source: str, scope_id: int, customer_ref: int | None = None) -> Gap | None:
    """Keep one unanswered question, without personal data, and the gap that it belongs to. The same `source` counts once."""
    words = " ".join(text.split())[:LONGEST]
    if not words:
        return None
    with acting_as(CURATOR):
        version = active_model().version
    vector = embedding.embed_with(version, [words])[0]
    with acting_as(CURATOR):
        _one_at_a_time(base_id)
        if Question.objects.filter(source=source).exists():
            return None
        gap = _nearest(base_id, vector) or Gap.objects.create(base_id=base_id, title=_title(words), centre=vector)
        Question.objects.create(
            base_id=base_id, gap=gap, text=words, vector=vector, scope_id=scope_id, source=source, customer_ref=customer_ref
        )
        _gather(gap)
        # An article was written and the question comes all the same, so it does not answer it. What is not ours stays that.
        Gap.objects.filter(pk=gap.pk, state=Gap.State.WRITTEN).update(state=Gap.State.OPEN, article=None, decided_by=None)
        return gap


def _one_at_a_time(base_id: int) -> None:
    """Two questions at the same moment would each begin a gap of the same kind."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('knowledge.gaps'), %s)", [base_id % 2**31])


def _nearest(base_id: int, vector: Vector) -> Gap | None:
    rows = Gap.objects.filter(base_id=base_id).annotate(far=CosineDistance("centre", vector)).order_by("far", "pk")
    found = rows.first()
    return found if found is not None and 1 - found.far >= LIKE else None


def _title(text: str) -> str:
    return text if len(text) <= TITLE else text[: TITLE - 1].rsplit(" ", 1)[0] + "…"


def _gather(gap: Gap) -> None:
    """Centre, count and title from the questions as they are: the title is the one nearest to all of them."""
    rows = list(Question.objects.filter(gap=gap).order_by("pk").values_list("text", "vector"))
    if not rows:
        gap.delete()
        return
    vectors = np.stack([np.asarray(vector, np.float32) for _, vector in rows])
    mean = vectors.mean(axis=0)
    centre = mean / max(float(np.linalg.norm(mean)), 1e-6)
    title = _title(rows[int((vectors @ centre).argmax())][0])
    Gap.objects.filter(pk=gap.pk).update(centre=centre, title=title, count=len(rows), changed_at=Now())


def ranked(base_id: int | None = None) -> QuerySet[Gap]:
    """The open gaps, most asked first, of equals the newest first."""
    rows = Gap.objects.filter(state=Gap.State.OPEN).select_related("base").order_by("-count", "-changed_at", "-pk")
    return rows if base_id is None else rows.filter(base_id=base_id)


def questions_of(gap: Gap) -> list[Question]:
    """Its newest questions, as far as the reader may see them."""
    return list(Question.objects.filter(gap=gap).defer("vector").order_by("-pk")[:HINTS])


def questions_of_all(some: Iterable[Gap]) -> dict[int, list[Question]]:
    """The same for many gaps at once."""
    rows = Question.objects.filter(gap__in=[gap.pk for gap in some]).defer("vector").order_by("-pk")[:SHOWN_AT_ONCE]
    found: dict[int, list[Question]] = {}
    for one in rows:
        found.setdefault(one.gap_id or 0, []).append(one)
    return {gap: asked[:HINTS] for gap, asked in found.items()}


def prefill(gap_id: int) -> Prefill | None:
    """What the editor starts with when somebody writes what a gap asks for; None when there is no such gap.

    The questions are customers' words: an admin, who reads no conversations, gets the title alone.
    """
    gap = Gap.objects.filter(pk=gap_id).first()
    if gap is None:
        return None
    asked = questions_of(gap) if current_actor().kind != "admin" else []
    return Prefill(gap.pk, gap.base_id, gap.title, tuple(dict.fromkeys(one.text for one in asked)))


def dismiss(gap: Gap, *, by: User) -> None:
    """This is nothing the articles should answer: it leaves the list, and its like join it there. Raises LostClaim."""
    _decide(gap, Gap.State.DISMISSED, by, None)


def write(gap: Gap, article: Article, *, by: User | None) -> None:
    """The article answers the gap. Raises LostClaim when it is open no more."""
    _decide(gap, Gap.State.WRITTEN, by, article)


def _decide(gap: Gap, state: str, by: User | None, article: Article | None) -> None:
    rows = Gap.objects.filter(pk=gap.pk, state=Gap.State.OPEN)
    if not rows.update(state=state, decided_by=by, article=article, changed_at=Now()):
        raise LostClaim("decided meanwhile")
    audit.record(Event.GAP_WRITTEN if article else Event.GAP_DISMISSED, gap, article=article.pk if article else None)


def forget(customer_ref: int) -> int:
    """Drop one customer's questions; their gaps are gathered anew, those of nobody else end. Runs as the system."""
    rows = Question.objects.filter(customer_ref=customer_ref)
    gaps = list(Gap.objects.filter(Q(questions__in=rows)).distinct())
    gone = rows.delete()[0]
    for gap in gaps:
        _gather(gap)
    return gone
