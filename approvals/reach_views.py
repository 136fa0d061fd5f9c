"""How far the assistant may go: for each knowledge base its state, its topics, its calibrators and what the watch last read."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.access import role_required
from approvals import bounds, queries, restoring
from approvals.models import Audit, Automation, Calibration, DriftReading, Event, TopicStanding
from conversations.models import Inbox
from conversations.views import reader
from core import audit
from core.words import gettext_noop
from knowledge.models import KnowledgeBase

decider = role_required("supervisor")

TOPICS = 100
ADVICE = {
    Automation.State.EARNING: gettext_lazy(
        "Every reply is reviewed until its topic has earned it: two hundred decisions in the base, and about fourteen in the topic without a failure."
    ),
    Automation.State.TRUSTED: gettext_lazy(
        "Replies above the line go out from the start. A topic that fails is reviewed again."
    ),
    Automation.State.STOPPED: gettext_lazy("Nothing goes out by itself."),
}


@dataclass(frozen=True)
class Topic:
    """One topic and how sure one can be of it: `least` is the lower bound of its share of good replies, in percent."""

    pk: int
    name: str
    approved: float
    failed: float
    least: int
    is_closed: bool


@require_safe
@decider
def page(request: HttpRequest) -> HttpResponse:
    """All knowledge bases that an inbox of the reader answers from."""
    shown = {"bases": [_base(base) for base in _bases()], "states": _states(), "section": "approvals"}
    return render(request, "approvals/reach.html", shown | {"approvals_waiting": queries.waiting_count()})


@require_POST
@decider
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the state of one base. 422 for a state that does not exist, 404 for a base that the reader answers nothing from."""
    base = _named(pk)
    state = request.POST.get("state", "")
    if state not in Automation.State.values:
        return HttpResponse(gettext("Choose one of the three."), status=422, content_type="text/plain")
    restoring.reach(
        base.pk, state, by=reader(request), reason=request.POST.get("reason", "").strip() or gettext_noop("Stopped by hand")
    )
    return redirect("reach")


@require_POST
@decider
def topic(request: HttpRequest, pk: int) -> HttpResponse:
    """Close one topic (always reviewed) or let it earn again."""
    row = TopicStanding.objects.filter(pk=pk, base__in=_bases()).first()
    state = request.POST.get("state", "")
    if row is None:
        raise Http404
    if state not in TopicStanding.State.values:
        return HttpResponse(gettext("Choose one of the two."), status=422, content_type="text/plain")
    TopicStanding.objects.filter(pk=row.pk).update(state=state, changed_by=reader(request))
    audit.record(Event.TOPIC_CHANGED, row, state=state)
    return redirect("reach")


def _bases() -> Any:
    mine = Inbox.objects.values("knowledge_base")  # Row security leaves the inboxes that the reader serves.
    return KnowledgeBase.objects.filter(pk__in=mine)


def _named(pk: int) -> KnowledgeBase:
    found = _bases().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found  # type: ignore[no-any-return]


def _states() -> list[dict[str, str]]:
    return [
        {"value": value, "label": label, "advice": ADVICE[Automation.State(value)]} for value, label in Automation.State.choices
    ]


def _base(base: KnowledgeBase) -> dict[str, Any]:
    row = Automation.objects.filter(base=base).first()
    topics = TopicStanding.objects.filter(base=base).order_by("-failed", "-approved")[:TOPICS]
    return {
        "base": base,
        "state": row.state if row else Automation.State.EARNING,
        "reason": row.reason if row else "",
        "topics": [_topic(one) for one in topics],
        "calibrators": Calibration.objects.filter(base=base).order_by("-pk").defer("document")[:8],
        "reading": DriftReading.objects.filter(base=base).order_by("-pk").first(),
        "audits": Audit.objects.filter(draft__base=base, state=Audit.State.WAITING).count(),
    }


def _topic(row: TopicStanding) -> Topic:
    least = bounds.lower(row.approved, row.approved + row.failed)
    closed = row.state == TopicStanding.State.CLOSED
    return Topic(row.pk, row.topic, row.approved, row.failed, int(100 * least), closed)
