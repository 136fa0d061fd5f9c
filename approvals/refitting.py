"""Fits the calibrators of a knowledge base to what people decided, and lets a better one take over.

One per answer model, with and without memory. A candidate must hold its claims no worse than the one in use, on labels that it
did not see. Then it speaks to one customer in twenty for an hour; if the labels that came meanwhile do not speak against it, it
speaks to all. The line is found anew each time, also where the claims stay as they are.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.db.models import Max
from django.utils import timezone

from approvals import calibration, fitting
from approvals.fitting import Example, Figures, Line
from approvals.models import Calibration, Event, Label
from core import audit
from core.context import Actor, acting_as
from core.jobs import enqueue, job, settle
from knowledge.models import KnowledgeBase

logger = logging.getLogger(__name__)

FITTER = Actor.system("calibration")
# How many labels make a correction worth trying, and how many a first calibrator of a model that has none.
FEWEST, FEWEST_FIRST = 50, 200
NEWEST = 4000
TRIAL = timedelta(hours=1)
# What new labels may say at least, and by how much they must find the new one worse, to end its trial.
TRIAL_LABELS, TRIAL_WORSE = 20, 0.01
# What speaks for a draft when it was labelled more than once: who looked last knew most.
_LAST_WORD = {Label.Source.AUDIT: 2, Label.Source.REOPEN: 1, Label.Source.RATING: 1}


@dataclass(frozen=True)
class Kind:
    """One calibrator to be fitted: whose replies it speaks of."""

    base: int
    answer_model: str
    is_warm: bool


@dataclass
class Lessons:
    """The labels of one kind, oldest first; `newest` is the id of the last one."""

    examples: list[Example] = field(default_factory=list)
    newest: int = 0


@shared_task(name="approvals.refitting.refit_all", ignore_result=True)
def refit_all() -> None:
    """Ask for a new fit of every base. Runs by the timetable; where no label is new, nothing is fitted."""
    with acting_as(FITTER):
        for base in KnowledgeBase.objects.values_list("pk", flat=True):
            enqueue(refit, ref=base, scope=None)


@job(lane="bulk")
def refit(base_id: int) -> None:
    """Fit every calibrator of one base for which labels have come."""
    with acting_as(FITTER, read_only=True):
        found = lessons(base_id)
        in_use = {kind: _in_use(kind) for kind in found}
    for kind, learned in found.items():
        made = _candidate(kind, learned, in_use[kind])
        if made is not None:
            _take_in(kind, learned, made)
    with acting_as(FITTER):
        settle()


@job(lane="bulk")
def end_trial(calibration_id: int) -> None:
    """The hour is over: the calibrator speaks to all, or not at all."""
    with acting_as(FITTER):
        row = Calibration.objects.select_for_update().filter(pk=calibration_id, state=Calibration.State.CANARY).first()
        if row is not None:
            kind = Kind(row.base_id, row.answer_model, row.is_warm)
            fresh = lessons(row.base_id, after=row.figures.get("newest", 0)).get(kind, Lessons()).examples
            if _is_refuted(row.document, _in_use(kind), fresh):
                Calibration.objects.filter(pk=row.pk).update(state=Calibration.State.REFUSED)
            else:
                calibration.activate(row)
        settle()


def lessons(base_id: int, *, after: int = 0) -> dict[Kind, Lessons]:
    """The newest labels of a base by kind, one for each draft, as far as a calibrator can read them."""
    rows = Label.objects.filter(base=base_id, pk__gt=after).select_related("draft").order_by("-pk")[:NEWEST]
    last: dict[int, Label] = {}
    for label in reversed(rows):
        before = last.get(label.draft_id)
        if before is None or _LAST_WORD.get(Label.Source(label.source), 0) >= _LAST_WORD.get(Label.Source(before.source), 0):
            last[label.draft_id] = label
    found: dict[Kind, Lessons] = {}
    for label in sorted(last.values(), key=lambda one: one.pk):
        kind = Kind(base_id, label.answer_model, label.is_warm)
        example = Example(label.features, label.value, label.weight, label.draft.conversation_id)
        shipped = calibration.foundation(label.answer_model, label.is_warm)
        if shipped is not None and label.answer_model and fitting.can_read(shipped.document, example):
            learned = found.setdefault(kind, Lessons())
            learned.examples.append(example)
            learned.newest = label.pk
    return found


@dataclass(frozen=True)
class Made:
    """What came of a fit: the document to store, what it was checked with, and in which state it begins."""

    document: dict[str, Any]
    line: Line
    figures: Figures
    against: Figures | None
    state: str
    refused: dict[str, Any] | None = None


def _candidate(kind: Kind, learned: Lessons, in_use: Calibration | None) -> Made | None:
    """The new calibrator of one kind, or the one in use with its line found anew. None where there is nothing to say."""
    examples = learned.examples
    shipped = calibration.foundation(kind.answer_model, kind.is_warm)
    if shipped is None or len(examples) < FEWEST or (in_use and in_use.figures.get("newest") == learned.newest):
        return None
    is_first = in_use is None and shipped.document["answer_model"] != kind.answer_model
    if is_first and len(examples) < FEWEST_FIRST:
        return None
    own_line = fitting.NEVER if shipped.document["answer_model"] != kind.answer_model else shipped.line
    blind = fitting.out_of_fold(shipped.document, examples)
    mine = fitting.figures(blind, examples)
    made = fitting.corrected(shipped.document, fitting.fit(shipped.document, examples))
    if is_first:
        return Made(made, fitting.line(blind, examples, own_line), mine, None, Calibration.State.CANARY)
    current = in_use.document if in_use else shipped.document
    claimed = fitting.claims(current, examples)
    theirs = fitting.figures(claimed, examples)
    if mine.is_no_worse_than(theirs):
        return Made(made, fitting.line(blind, examples, own_line), mine, theirs, Calibration.State.CANARY)
    return Made(current, fitting.line(claimed, examples, own_line), theirs, mine, Calibration.State.ACTIVE, refused=made)


def _take_in(kind: Kind, learned: Lessons, made: Made) -> None:
    with acting_as(FITTER):
        rows = Calibration.objects.filter(base=kind.base, answer_model=kind.answer_model, is_warm=kind.is_warm)
        if made.refused is not None:
            refused = Made(made.refused, made.line, made.against or made.figures, made.figures, Calibration.State.REFUSED)
            _store(kind, learned, refused)
        rows.filter(state=Calibration.State.CANARY).update(state=Calibration.State.RETIRED)
        begins_active = made.state == Calibration.State.ACTIVE
        row = _store(kind, learned, made, Calibration.State.CANDIDATE if begins_active else made.state)
        if begins_active:
            calibration.activate(row)
        else:
            enqueue(end_trial, ref=row.pk, scope=None, run_at=timezone.now() + TRIAL, key=f"trial:{row.pk}")


def _store(kind: Kind, learned: Lessons, made: Made, state: str = "") -> Calibration:
    rows = Calibration.objects.filter(base=kind.base, answer_model=kind.answer_model, is_warm=kind.is_warm)
    version = (rows.aggregate(last=Max("version"))["last"] or 0) + 1
    shipped = calibration.foundation(kind.answer_model, kind.is_warm)
    assert shipped is not None
    document = made.document | {
        "answer_model": kind.answer_model, "warm": kind.is_warm, "line": made.line.value,
        "corrects": calibration.digest_of(shipped.document), "provenance": {"labels": len(learned.examples)},
    }  # fmt: skip
    digest = calibration.digest_of(document)
    document["name"] = _name(kind, version, digest)
    figures = {
        "name": document["name"], "newest": learned.newest, "line": made.line.value, "has_line": made.line.is_proven,
        **asdict(made.figures), "against": asdict(made.against) if made.against else None,
    }  # fmt: skip
    row = Calibration.objects.create(
        base_id=kind.base, answer_model=kind.answer_model, is_warm=kind.is_warm, version=version, document=document,
        digest=digest, state=state or made.state, labels=len(learned.examples), figures=figures,
    )  # fmt: skip
    audit.record(Event.CALIBRATION_FITTED, row, version=version, state=row.state, labels=row.labels)
    return row


def _name(kind: Kind, version: int, digest: str) -> str:
    """What stands on each draft that it spoke of, as in base-3-local-extract-v2@ab12cd34."""
    memory = "-memory" if kind.is_warm else ""
    return f"base-{kind.base}-{kind.answer_model.split('.')[0][:20]}{memory}-v{version}@{digest[:8]}"


def _in_use(kind: Kind) -> Calibration | None:
    rows = Calibration.objects.filter(base=kind.base, answer_model=kind.answer_model, is_warm=kind.is_warm)
    row = rows.filter(state=Calibration.State.ACTIVE).first()
    return row if row is not None and calibration.is_current(row.document) else None


def _is_refuted(document: dict[str, Any], in_use: Calibration | None, fresh: Sequence[Example]) -> bool:
    """Whether labels that neither has seen find the new one clearly worse."""
    shipped = calibration.foundation(document["answer_model"], document["warm"])
    if in_use is None and (shipped is None or shipped.document["answer_model"] != document["answer_model"]):
        return False
    if len(fresh) < TRIAL_LABELS or shipped is None:
        return False
    current = in_use.document if in_use else shipped.document
    new, old = (fitting.figures(fitting.claims(one, fresh), fresh) for one in (document, current))
    return new.brier > old.brier + TRIAL_WORSE
