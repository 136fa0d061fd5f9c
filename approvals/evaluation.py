"""Asking the production code questions in a throw-away scope: a knowledge base that exists inside one transaction only."""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

from django.db import transaction

from approvals import calibration, topics
from approvals.earning import Tally
from approvals.models import Automation, TopicStanding
from approvals.policy import OPEN, Reach, judge
from core.context import Actor, acting_as
from gateways.types import LanguageModel
from knowledge.findings import Findings
from knowledge.importing import import_articles
from knowledge.memory import Reviewed, remember
from knowledge.models import KnowledgeBase
from knowledge.search import search
from knowledge.sources import SourceArticle
from replies.compose import compose
from replies.types import Reply, Thread, Turn

EVALUATOR = Actor.system("evaluate")
SECONDS = 60.0


@dataclass(frozen=True)
class Outcome:
    """One judged reply: `decision` is auto, review or escalate; `latency_ms` from question to decision."""

    reply: Reply
    decision: str
    latency_ms: float


@contextmanager
def throw_away_base(
    articles: Iterable[SourceArticle], decisions: Iterable[Reviewed] = (), tallies: Mapping[str, Tally] | None = None
) -> Iterator[int]:
    """A knowledge base with these articles, remembered decisions and tallies by topic, gone without a trace when the block ends.

    It is trusted: what is asked is what the gate lets through, not how long a new base has to wait for it.
    """
    with acting_as(EVALUATOR):
        base = KnowledgeBase.objects.create(name="Evaluation", slug=f"evaluation-{uuid4().hex}")
        Automation.objects.create(base=base, state=Automation.State.TRUSTED)
        import_articles(base, articles)
        remember(base.pk, decisions)
        TopicStanding.objects.bulk_create(
            TopicStanding(base=base, topic=topic, approved=tally.approved, failed=tally.failed)
            for topic, tally in (tallies or {}).items()
        )
        try:
            yield base.pk
        finally:
            transaction.set_rollback(True)


def answer(question: str, base_id: int, llm: LanguageModel | None, threshold: float) -> Outcome:
    """Compose and judge the reply to a conversation of one message, inside `throw_away_base`."""
    began = time.monotonic()
    with acting_as(EVALUATOR):  # Again for each question: a signed identity ends after some minutes.
        reply = compose(
            Thread(turns=(Turn("customer", question),), language="en"),
            search=partial(_search, base_id),
            llm=llm,
            calibrator=calibration.for_base(base_id),
            deadline=began + SECONDS,
        )
        reach = topics.reach_of(base_id, reply)
    return Outcome(reply, decision(reply, threshold, reach), (time.monotonic() - began) * 1000)


def decision(reply: Reply, threshold: float, reach: Reach = OPEN) -> str:
    """What becomes of a reply: sent by itself, held for review, or handed to a person at once."""
    if reply.escalates:
        return "escalate"
    return "auto" if judge(reply, threshold, reach).sends else "review"


def _search(base_id: int, question: str, limit: int = 5) -> Findings:
    return search(question, base_id, limit=limit)
