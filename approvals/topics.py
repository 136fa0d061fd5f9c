"""What people decided, topic by topic. A topic is the category of the first article that a reply cites, or that article itself."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection
from django.db.models import Sum

from approvals import calibration, earning
from approvals.citations import cited_numbers
from approvals.earning import Ground, Tally
from approvals.models import Automation, Calibration, Draft, Label, TopicStanding
from approvals.policy import FLOOR, Reach
from knowledge.models import Article
from replies.types import Reply

LONGEST = 200
# So many labels of a base are counted; what was decided before is past.
NEWEST = 20_000


def of(evidence: Iterable[Mapping[str, Any]], sentences: list[dict[str, Any]]) -> str:
    """The topic of a reply with these passages and sentences; empty when it cites nothing."""
    pieces = {piece["number"]: piece for piece in evidence}
    cited = next((pieces[number] for number in cited_numbers(sentences) if number in pieces), None)
    if cited is None:
        return ""
    category = Article.objects.filter(pk=cited["article_pk"]).values_list("category", flat=True).first()
    return (category or str(cited.get("article", "")))[:LONGEST]


def of_reply(reply: Reply) -> str:
    """The topic of a reply that is no row yet."""
    return of([one.as_dict() for one in reply.evidence], [one.as_dict() for one in reply.sentences])


def of_draft(draft: Draft) -> str:
    """The topic of a draft; one from before topics were kept has it from what it cites."""
    return draft.topic or of(draft.evidence, draft.sentences)


def reach_of(base_id: int, reply: Reply) -> Reach:
    """Whether this reply's topic may go out by itself in this base. Runs as the assistant or system."""
    return reach(base_id, of_reply(reply), reply.answer_model, reply.calibration)


def reach(base_id: int, topic: str, answer_model: str, name: str) -> Reach:
    """The same for a topic, as the named calibrator of an answer model speaks about it."""
    state = Automation.objects.filter(base=base_id).values_list("state", flat=True).first() or Automation.State.EARNING
    row = TopicStanding.objects.filter(base=base_id, topic=topic).first()
    tally = Tally(row.approved, row.failed) if row else Tally()
    is_closed = row is not None and row.state != TopicStanding.State.EARNED
    return earning.reach(_ground(base_id, state, answer_model, name), tally, is_closed=is_closed, is_named=topic != "")


def overall(base_id: int) -> Tally:
    """All topics of a base together."""
    sums = TopicStanding.objects.filter(base=base_id).aggregate(approved=Sum("approved"), failed=Sum("failed"))
    return Tally(sums["approved"] or 0.0, sums["failed"] or 0.0)


def _ground(base_id: int, state: Any, answer_model: str, name: str) -> Ground:
    if state != Automation.State.EARNING:  # Labels and line are asked for only where something is to be earned.
        return Ground(state, overall(base_id))
    labels = Label.objects.filter(base=base_id, answer_model=answer_model)[: earning.FEWEST_LABELS].count()
    speaking = Calibration.objects.filter(base=base_id, answer_model=answer_model, state__in=calibration.SPEAKING)
    has_line = speaking.filter(figures__name=name, figures__has_line=True).exists()
    return Ground(state, overall(base_id), labels, has_line)


# Each label of a sure reply, as far as it still holds: half after every change of an article under the reply, not at all once one
# of them is gone. An audit stands for others when a calibrator is fitted; seen was one reply, so it counts one here.
_TALLY = """
WITH kept AS (
    SELECT l.topic, least(l.weight, 1.0) * share.held AS weight, l.value
      FROM (SELECT * FROM approvals_label WHERE base_id = %s ORDER BY id DESC LIMIT %s) AS l CROSS JOIN LATERAL (
           SELECT CASE WHEN bool_and(a.state = 'published' AND a.audience = 'public')
                       THEN power(0.5, least(sum(greatest(a.version - s.version, 0)), 60)) ELSE 0 END AS held
             FROM approvals_draftsource s JOIN knowledge_article a ON a.id = s.article_id WHERE s.draft_id = l.draft_id) AS share
     WHERE l.topic <> '' AND l.probability > %s
)
SELECT topic, sum(weight * value)::float8, sum(weight * (1 - value))::float8 FROM kept GROUP BY topic
"""


def recount(base_id: int) -> None:
    """Tally the topics of a base from its labels, as its articles are now. Runs as the system, whenever one of the two changed.

    Counted anew rather than up and down, so that nothing can be counted twice. What a supervisor closed stays closed.
    """
    with connection.cursor() as cursor:
        # Two at a time would each write what it saw.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('approvals.topics'), %s)", [base_id % 2**31])
        cursor.execute(_TALLY, [base_id, NEWEST, FLOOR])
        found = {topic: (approved, failed) for topic, approved, failed in cursor.fetchall()}
    known = {row.topic: row for row in TopicStanding.objects.filter(base=base_id)}
    for topic in found.keys() | known.keys():
        approved, failed = found.get(topic, (0.0, 0.0))
        row = known.get(topic)
        if row is None:
            TopicStanding.objects.create(base_id=base_id, topic=topic, approved=approved, failed=failed)
        elif (row.approved, row.failed) != (approved, failed):
            TopicStanding.objects.filter(pk=row.pk).update(approved=approved, failed=failed)
