"""A gap closes itself when an article answers its questions. The assistant is asked them again, as customers would, once articles
changed; what answers must have been written or changed after it was asked, or it would have answered then.
"""

import time
from collections import Counter
from functools import partial

from celery import shared_task
from django.db.models import Max

from approvals import calibration
from core.claims import LostClaim
from core.context import acting_as
from core.jobs import enqueue, job, settle
from gateways.local_llm import LocalModel
from knowledge import gaps
from knowledge.curation import CURATOR
from knowledge.models import Article, Gap, Question
from knowledge.search import search
from replies.compose import compose
from replies.types import Thread, Turn

AT_ONCE, ASKED = 200, 5
SECONDS = 10.0
# More likely than not that a reviewer would send it.
ANSWERED = 0.5


@shared_task(name="approvals.gap_answers.ask_gaps_again", ignore_result=True)
def ask_gaps_again() -> None:
    """Ask for a look at the open gaps of every base that has articles newer than them; once for each newest article."""
    with acting_as(CURATOR):
        newest = dict(Article.objects.filter(state="published").values_list("base_id").annotate(Max("updated_at")))
        for gap in gaps.ranked()[:AT_ONCE]:
            changed = newest.get(gap.base_id)
            if changed is not None and changed > gap.changed_at:
                enqueue(ask_gap_again, ref=gap.pk, scope=None, key=f"gap-again:{gap.pk}:{changed.timestamp()}")


@job(lane="bulk")
def ask_gap_again(gap_id: int) -> None:
    """Close one gap if at least half of its newest questions are answered by articles that came after them."""
    with acting_as(CURATOR):
        gap = Gap.objects.filter(pk=gap_id, state=Gap.State.OPEN).first()
        questions = gaps.questions_of(gap)[:ASKED] if gap else []
        answers = Counter(pk for pk in (_answered_by(one) for one in questions) if pk is not None)
        if gap is not None and questions and sum(answers.values()) * 2 >= len(questions):
            _close(gap, answers.most_common(1)[0][0])
        settle()


def _answered_by(question: Question) -> int | None:
    """The article that answers the question now and did not then. The offline provider asks: what counts is what is found."""
    reply = compose(
        Thread(turns=(Turn("customer", question.text),)),
        search=partial(_search, question.base_id),
        llm=LocalModel(),
        calibrator=calibration.for_base(question.base_id),
        deadline=time.monotonic() + SECONDS,
    )
    if not reply.evidence or (reply.confidence or 0.0) < ANSWERED:
        return None
    article = Article.objects.filter(pk=reply.evidence[0].article_pk, updated_at__gt=question.created_at).first()
    return article.pk if article else None


def _search(base_id: int, question: str, limit: int = 5):  # type: ignore[no-untyped-def]  # As Search asks.
    return search(question, base_id, limit=limit)


def _close(gap: Gap, article: int) -> None:
    try:
        gaps.write(gap, Article.objects.get(pk=article), by=None)
    except LostClaim:
        return  # A person was faster.
