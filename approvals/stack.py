"""What the approvals screen prints around the draft: the stack, its lanes, what is late, and the figures beside it."""

from typing import Any

from django.http import HttpRequest

from approvals import lanes, queries
from approvals.cards import card
from approvals.lanes import Filters
from approvals.models import Draft
from conversations.fragments import drawn, partial
from conversations.views import reader
from core.words import known

CHART_HEIGHT = 64


def filters_of(request: HttpRequest) -> Filters:
    """The lane that the reader has chosen, from the address or from what a form sent along."""
    return Filters.of((request.POST if request.method == "POST" else request.GET).dict())


def stack_context(request: HttpRequest, drafts: list[Draft], current: int) -> dict[str, Any]:
    me, filters, counts = reader(request), filters_of(request), queries.counts()
    waiting = counts.lanes[lanes.ALL]
    return {
        "stack": [card(draft, me) for draft in drafts],
        "current": current,
        "waiting": waiting,
        "approvals_waiting": waiting,
        "late": counts.lanes[lanes.LATE],
        "filters": filters,
        "lanes": [_lane(name, counts, filters) for name in lanes.NAMES],
        "kinds": [_kind(kind, filters) for kind in counts.kinds] if filters.lane == lanes.RULE else [],
    }


def insight(request: HttpRequest, current: Draft | None) -> dict[str, Any]:
    bars = queries.histogram()
    tallest = max((bar.count for bar in bars), default=0) or 1
    here = current.percent if current else None
    line = round(current.threshold * 100) if current else 80
    return {
        "pace": queries.pace(reader(request)),
        "line": line,
        "line_x": (line - queries.LOWEST_BIN) // queries.BIN * 24 if line >= queries.LOWEST_BIN else 0,
        "bars": [_bar(number, bar, tallest, here, line) for number, bar in enumerate(bars)],
    }


def figures(request: HttpRequest, current: int) -> list[str]:
    """The stack and the figures around it."""
    drafts = queries.stack(filters_of(request))
    shown = next((one for one in drafts if one.pk == current), None)
    context = stack_context(request, drafts, current) | insight(request, shown)
    return [
        drawn("#stack", "innerMorph", "approvals/_stack.html", context, request),
        drawn("#lanes", "innerMorph", "approvals/_lanes.html", context, request),
        drawn("#late", "innerMorph", "approvals/_late.html", context, request),
        drawn("#pace", "innerMorph", "approvals/_pace.html", context, request),
        drawn("#waiting", "innerMorph", "approvals/_histogram.html", context, request),
        partial("#count-approvals", "textContent", str(context["waiting"])),
        partial("#stack-count", "textContent", str(context["waiting"])),
    ]


def _lane(name: str, counts: lanes.Counts, filters: Filters) -> dict[str, Any]:
    query = Filters(name).query
    return {
        "name": lanes.NAMES[name],
        "url": f"/approvals/?{query}" if query else "/approvals/",
        "count": counts.lanes[name],
        "is_current": filters.lane == name,
        "key": name,
    }


def _kind(kind: lanes.Kind, filters: Filters) -> dict[str, Any]:
    url = f"/approvals/?{Filters(lanes.RULE, kind.code).query}"
    return {
        "name": known(kind.label),
        "url": url,
        "count": kind.count,
        "is_current": filters.kind == kind.code,
        "key": kind.code,
    }


def _bar(number: int, bar: queries.Bar, tallest: int, here: int | None, line: int) -> dict[str, Any]:
    height = round(CHART_HEIGHT * bar.count / tallest, 1)
    kind = "here" if here is not None and bar.low <= here < bar.low + queries.BIN else "over" if bar.low >= line else ""
    x = number * 24
    return {"x": x + 1.5, "y": 78 - height, "height": height, "middle": x + 12, "label_y": 75 - height, "count": bar.count} | {
        "kind": kind, "low": bar.low, "tick": bar.low if bar.low % 10 == 0 else "", "edge": x,
    }  # fmt: skip
