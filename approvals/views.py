"""The review screens: the stack at /approvals/, and the draft inside an open conversation."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from approvals import queries
from approvals.cards import DraftCard, card
from approvals.models import Decision, Draft
from conversations.fragments import answer, drawn, partial, wants_fragment
from conversations.live import inbox_group
from conversations.models import Inbox
from conversations.queries import number
from conversations.timeline import hue
from conversations.views import reader, staff, visible
from core import live

REASONS = [
    (Decision.Reason.FALSE_CLAIM, "A statement, number or promise is not true"),
    (Decision.Reason.MISSING_FACT, "Nothing in knowledge answers the question"),
    (Decision.Reason.WRONG_ARTICLE, "It rests on an article about something else"),
    (Decision.Reason.TONE, "Too cold, too long, or not our voice"),
    (Decision.Reason.POLICY, "Policy, privacy or legal"),
    (Decision.Reason.OTHER, "Say what in the note"),
]
CHART_HEIGHT = 64


@require_safe
@staff
def review(request: HttpRequest) -> HttpResponse:
    """The stack with one draft to decide; a fragment request gets the draft `?draft=` alone."""
    chosen = _named(request, "draft")
    if request.GET.get("draft") and chosen is None:
        raise Http404
    if chosen and wants_fragment(request):
        return answer(drawn("#decide", "innerHTML", "approvals/_decide.html", decide_context(request, chosen), request))
    context = page(request, chosen)
    return render(request, "approvals/queue.html", context | {"seq": live.cursor(), "section": "approvals"})


@require_safe
@staff
def slot(request: HttpRequest, pk: int) -> HttpResponse:
    """The draft of one conversation, for its dock."""
    found = visible(pk)
    return render(request, "approvals/_slot.html", slot_context(found.pk) | {"conversation": found})


@require_safe
@staff
def sync(request: HttpRequest) -> HttpResponse:
    """What the page missed since the number `after`: the stack and the figures, or only the new number."""
    seq = partial("#seq", "textContent", str(live.cursor()))
    after = number(request.GET.get("after"))
    mine = [inbox_group(pk) for pk in Inbox.objects.values_list("pk", flat=True)]
    if after is not None and not live.anything_since(after, mine):
        return answer(seq)
    chosen = _named(request, "open")
    return answer(
        seq, *figures(request, chosen.pk if chosen else 0), *(still_open(chosen) if chosen else empty_decide(request))
    )


def _named(request: HttpRequest, parameter: str) -> Draft | None:
    """The draft that a parameter of the address names; None when there is none or the reader may not see it."""
    pk = number(request.GET.get(parameter))
    return queries.draft(pk) if pk is not None else None


def slot_context(conversation_id: int) -> dict[str, Any]:
    draft = queries.newest_of(conversation_id)
    return {"draft": card(draft) if draft else None, "reasons": REASONS}


def page(request: HttpRequest, chosen: Draft | None) -> dict[str, Any]:
    drafts = queries.stack()
    current = chosen or (drafts[0] if drafts else None)
    shown = decide_context(request, current) if current else {}
    return shown | stack_context(drafts, current.pk if current else 0) | insight(request, current)


def decide_context(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    asked = draft.in_reply_to
    return {
        "draft": card(draft),
        "conversation": draft.conversation,
        "asked": asked,
        "hue": hue(str(draft.conversation.customer)),
        "reasons": REASONS,
        "pace": queries.pace(reader(request)),
        "waiting": queries.waiting_count(),
        "is_review": True,
    }


def stack_context(drafts: list[Draft], current: int) -> dict[str, Any]:
    return {"stack": [card(draft) for draft in drafts], "current": current, "waiting": queries.waiting_count()} | {
        "approvals_waiting": queries.waiting_count()
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


def _bar(number: int, bar: queries.Bar, tallest: int, here: int | None, line: int) -> dict[str, Any]:
    height = round(CHART_HEIGHT * bar.count / tallest, 1)
    kind = "here" if here is not None and bar.low <= here < bar.low + queries.BIN else "over" if bar.low >= line else ""
    x = number * 24
    return {"x": x + 1.5, "y": 78 - height, "height": height, "middle": x + 12, "label_y": 75 - height, "count": bar.count} | {
        "kind": kind, "low": bar.low, "tick": bar.low if bar.low % 10 == 0 else "", "edge": x,
    }  # fmt: skip


def figures(request: HttpRequest, current: int) -> list[str]:
    """The stack and the figures around it."""
    drafts = queries.stack()
    context = stack_context(drafts, current) | insight(request, next((one for one in drafts if one.pk == current), None))
    return [
        drawn("#stack", "innerMorph", "approvals/_stack.html", context, request),
        drawn("#pace", "innerMorph", "approvals/_pace.html", context, request),
        drawn("#waiting", "innerMorph", "approvals/_histogram.html", context, request),
        partial("#count-approvals", "textContent", str(context["waiting"])),
        partial("#stack-count", "textContent", str(context["waiting"])),
    ]


def still_open(chosen: Draft) -> list[str]:
    """Says so on the draft on screen when it has been decided elsewhere; the draft itself stays where it is."""
    if chosen.state == Draft.State.IN_REVIEW:
        return []
    return [banner(chosen)]


def banner(draft: Draft) -> str:
    return drawn(f"#decide-note-{draft.pk}", "innerHTML", "approvals/_decided.html", {"told": _what_became(draft)})


def _what_became(draft: Draft) -> str:
    decision = queries.last_decision(draft)
    if decision is not None:
        return f"{decision.by.first_name}: {decision.get_action_display().lower()}."
    return {"superseded": "The customer wrote again or a person answered; this draft is no longer needed."}.get(
        draft.state, "This draft is no longer waiting."
    )


def empty_decide(request: HttpRequest) -> list[str]:
    """The first waiting draft, for a page that shows none yet."""
    drafts = queries.stack()
    if not drafts:
        return []
    context = decide_context(request, drafts[0])
    return [drawn("#decide:has(#all-decided)", "innerHTML", "approvals/_decide.html", context, request)]


def next_after(decided: int) -> Draft | None:
    return next((draft for draft in queries.stack() if draft.pk != decided), None)


def nothing_left(request: HttpRequest) -> dict[str, Any]:
    return {"pace": queries.pace(reader(request)), "is_review": True}


def slot_fragment(request: HttpRequest, draft: Draft) -> str:
    context: dict[str, DraftCard | Any] = slot_context(draft.conversation_id) | {"conversation": draft.conversation}
    return drawn(f"#draft-slot-{draft.conversation_id}", "innerMorph", "approvals/_slot.html", context, request)
