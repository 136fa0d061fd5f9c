"""The watch over what the assistant claims, and the breaker behind it.

Every night and after every two hundred labels the newest claims of a base are held against what people made of them. A fault
that could be chance is an alert; audited replies that were wrong too often, chance allowed for, stop automatic replies of
the base until a person lifts that.
"""

import logging
from collections.abc import Sequence

from celery import shared_task

from approvals import bounds, drift_figures
from approvals.drift_figures import Seen
from approvals.models import Audit, Automation, DriftReading, Event, Label
from core import audit
from core.context import Actor, acting_as
from core.jobs import enqueue, job, settle
from core.words import gettext_noop
from knowledge.models import KnowledgeBase

logger = logging.getLogger(__name__)

WATCH = Actor.system("drift")
NEWEST, BEFORE = 200, 1000
AUDITED = 400
# What is out of bounds. Fewer labels than this prove nothing.
LEAST = 100
MOST_ECE, MOST_PSI, MOST_NEGATIVE, MOST_AUDITED_ERROR = 0.10, 0.20, 0.30, 0.05
KEPT = 400


@shared_task(name="approvals.drift.watch_all", ignore_result=True)
def watch_all() -> None:
    """Ask for a reading of every base. Runs nightly by the timetable."""
    with acting_as(WATCH):
        for base in KnowledgeBase.objects.all():
            enqueue(watch_base, ref=base.pk, scope=None)


@job(lane="bulk")
def watch_base(base_id: int) -> None:
    """Take a reading of one base, and stop its automatic replies when the audits say so."""
    with acting_as(WATCH):
        if KnowledgeBase.objects.filter(pk=base_id).exists():
            take_reading(base_id)
        settle()


def take_reading(base_id: int) -> DriftReading:
    """Hold the newest claims against the labels; write figures and alerts down, and act on the grave one."""
    rows = list(_labels(base_id)[: NEWEST + BEFORE])
    newest = [_seen(label) for label in reversed(rows[:NEWEST])]
    before = [_seen(label) for label in reversed(rows[NEWEST:])]
    wrong, audited = _audits(base_id)
    figures = _figures(newest, before, wrong, audited)
    reading = DriftReading.objects.create(base_id=base_id, labels=len(newest), figures=figures, alerts=alerts(figures))
    if reading.alerts:
        logger.warning("claims drift", extra={"facts": {"base": base_id, "figures": figures}})
    if figures["audited_error_lower"] > MOST_AUDITED_ERROR:
        stop(base_id, gettext_noop("{0} of {1} audited replies were wrong").format(wrong, audited))
    old = DriftReading.objects.filter(base=base_id).order_by("-pk").values_list("pk", flat=True)[KEPT:]
    DriftReading.objects.filter(pk__in=list(old)).delete()
    return reading


def stop(base_id: int, reason: str) -> bool:
    """Put every reply of the base before a person; False when that was so already. What it was before is kept to return to."""
    row, _ = Automation.objects.get_or_create(base_id=base_id)
    stopped = Automation.objects.filter(pk=row.pk).exclude(state=Automation.State.STOPPED)
    if not stopped.update(state=Automation.State.STOPPED, before=row.state, reason=reason[:200], changed_by=None):
        return False
    logger.error("automatic replies stopped", extra={"facts": {"base": base_id, "reason": reason}})
    audit.record(Event.AUTOMATION_STOPPED, row, reason=reason[:200])
    return True


def alerts(figures: dict[str, float]) -> list[str]:
    """What is out of bounds, in words for the people who decide."""
    found = []
    if figures["labels"] >= LEAST and figures["ece"] > MOST_ECE:
        found.append(gettext_noop("Claims are off by {0} on average").format(f"{figures['ece']:.0%}"))
    if figures["lasting_excess"] > drift_figures.LASTING:
        found.append(gettext_noop("Replies turn out worse than claimed, again and again"))
    if figures["psi_confidence"] > MOST_PSI:
        found.append(gettext_noop("The spread of confidence is not what it was"))
    if figures["psi_match"] > MOST_PSI:
        found.append(gettext_noop("Questions lie elsewhere than before"))
    if figures["labels"] >= LEAST and figures["negative_memory"] > MOST_NEGATIVE:
        found.append(gettext_noop("Many questions are of a kind that nothing answers"))
    if figures["audited_error_lower"] > MOST_AUDITED_ERROR:
        found.append(gettext_noop("Audited replies are wrong in at least {0}").format(f"{figures['audited_error_lower']:.0%}"))
    return found


def _labels(base_id: int) -> "Sequence[Label]":
    # An audit speaks for itself below; here it would count the same draft twice.
    known = Label.objects.filter(base=base_id, probability__isnull=False).exclude(source=Label.Source.AUDIT)
    return known.order_by("-pk")  # type: ignore[return-value]


def _seen(label: Label) -> Seen:
    features = label.features
    return Seen(
        probability=float(label.probability or 0.0), value=label.value, weight=label.weight,
        match=float(features.get("match", 0.0)), is_negative_memory=float(features.get("nothing_vote", 0.0)) > 0.5,
    )  # fmt: skip


def _audits(base_id: int) -> tuple[int, int]:
    done = Audit.objects.filter(draft__base=base_id, state=Audit.State.DONE).order_by("-pk")
    answers = list(done.values_list("is_right", flat=True)[:AUDITED])
    return sum(answer is False for answer in answers), len(answers)


def _figures(newest: list[Seen], before: list[Seen], wrong: int, audited: int) -> dict[str, float]:
    return {
        "labels": len(newest),
        "ece": round(drift_figures.ece(newest), 4),
        "brier": round(drift_figures.brier(newest), 4),
        "lasting_excess": round(drift_figures.lasting_excess(newest), 3),
        "psi_confidence": round(drift_figures.psi([s.probability for s in before], [s.probability for s in newest]), 4),
        "psi_match": round(drift_figures.psi([s.match for s in before], [s.match for s in newest]), 4),
        "negative_memory": round(sum(s.is_negative_memory for s in newest) / max(len(newest), 1), 4),
        "audited": audited,
        "audited_wrong": wrong,
        "audited_error_lower": round(bounds.lower(wrong, audited), 4),
        "audited_error_upper": round(bounds.upper(wrong, audited), 4),
    }
