"""What people decided, topic by topic. A topic is the category of the first article that a reply cites, or that article itself."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import F, Sum, Value
from django.db.models.functions import Greatest

from approvals import calibration, earning
from approvals.citations import cited_numbers
from approvals.earning import Ground, Tally
from approvals.models import Automation, Calibration, Label, TopicStanding
from approvals.policy import FLOOR, Reach
from knowledge.models import Article
from replies.types import Reply

LONGEST = 200


def of(evidence: Iterable[Mapping[str, Any]], sentences: list[dict[str, Any]]) -> str:
    """The topic of a reply with these passages and sentences; empty when it cites nothing."""
    pieces = {piece["number"]: piece for piece in evidence}
    cited = next((pieces[number] for number in cited_numbers(sentences) if number in pieces), None)
    if cited is None:
        return ""
    category = Article.objects.filter(pk=cited["article_pk"]).values_list("category", flat=True).first()
    return (category or str(cited.get("article", "")))[:LONGEST]


def reach_of(base_id: int, reply: Reply) -> Reach:
    """Whether this reply's topic may go out by itself in this base. Runs as the assistant or system."""
    topic = of([one.as_dict() for one in reply.evidence], [one.as_dict() for one in reply.sentences])
    return reach(base_id, topic, reply.answer_model, reply.calibration)


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


def count(label: Label, share: float = 1.0) -> None:
    """Add a label to its topic, if the draft claimed enough to have gone out. Each label once: the caller has just made it."""
    if _is_sure(label):
        TopicStanding.objects.get_or_create(base_id=label.base_id, topic=label.topic)
        _add(label, share)


def discount(label: Label) -> None:
    """Take a label back that was counted before. What a changed article has halved meanwhile never falls below nothing."""
    if _is_sure(label):
        _add(label, -1.0)


def halve(base_id: int, topic: str) -> None:
    """An article of the topic changed: what was learned about it counts half."""
    TopicStanding.objects.filter(base=base_id, topic=topic).update(approved=F("approved") / 2, failed=F("failed") / 2)


def reset(base_id: int, topic: str) -> None:
    """An article of the topic was replaced or taken away: it begins anew. What a supervisor closed stays closed."""
    TopicStanding.objects.filter(base=base_id, topic=topic).update(approved=0.0, failed=0.0)


def recount(base_id: int, shares: Mapping[int, float]) -> None:
    """Tally every topic anew from the labels that there are; `shares` says how much of each still holds, by the label's id."""
    TopicStanding.objects.filter(base=base_id).update(approved=0.0, failed=0.0)
    for label in Label.objects.filter(base=base_id).order_by("pk"):
        count(label, shares.get(label.pk, 1.0))


def _is_sure(label: Label) -> bool:
    return label.topic != "" and label.probability is not None and label.probability > FLOOR


def _add(label: Label, sign: float) -> None:
    # An audit stands for others when a calibrator is fitted; seen was one reply.
    weight = sign * min(label.weight, 1.0)
    good, bad = weight * label.value, weight * (1.0 - label.value)
    TopicStanding.objects.filter(base_id=label.base_id, topic=label.topic).update(
        approved=Greatest(F("approved") + good, Value(0.0)), failed=Greatest(F("failed") + bad, Value(0.0))
    )
