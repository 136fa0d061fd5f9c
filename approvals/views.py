"""The review screens: the stack at /approvals/, and the draft inside an open conversation."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from approvals import queries
from approvals.cards import DraftCard, card
from approvals.models import Decision, Draft
from approvals.stack import figures, filters_of, insight, stack_context
from conversations.fragments import answer, drawn, partial, wants_fragment
from conversations.live import inbox_group
from conversations.models import Conversation, Inbox
from conversations.queries import number
from conversations.timeline import hue
from conversations.views import reader, staff, visible
from core import live

REASONS = [
    (Decision.Reason.FALSE_CLAIM, gettext_lazy("A statement, number or promise is not true")),
    (Decision.Reason.MISSING_FACT, gettext_lazy("Nothing in knowledge answers the question")),
    (Decision.Reason.WRONG_ARTICLE, gettext_lazy("It rests on an article about something else")),
    (Decision.Reason.TONE, gettext_lazy("Too cold, too long, or not our voice")),
    (Decision.Reason.POLICY, gettext_lazy("Policy, privacy or legal")),
    (Decision.Reason.OTHER, gettext_lazy("Say what in the note")),
]


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
    response = render(request, "approvals/_slot.html", slot_context(request, found))
    response.write(hand(request, found))
    return response


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


def slot_context(request: HttpRequest, found: Conversation) -> dict[str, Any]:
    draft, me = queries.newest_of(found.pk), reader(request)
    return {
        "draft": card(draft, me) if draft else None,
        "conversation": found,
        "reasons": REASONS,
        "me": me,
        "is_mine": found.assistant_paused and found.assignee_id == me.pk,
    }


def hand(request: HttpRequest, found: Conversation) -> str:
    """The way to take over that stands beside the reply, for as long as the assistant is not silent."""
    return drawn(f"#hand-{found.pk}", "innerMorph", "approvals/_hand.html", {"conversation": found}, request)


def page(request: HttpRequest, chosen: Draft | None) -> dict[str, Any]:
    filters = filters_of(request)
    current = chosen or queries.next_for(reader(request), filters)
    shown = decide_context(request, current) if current else nothing_left(request)
    pk = current.pk if current else 0
    return shown | stack_context(request, queries.stack(filters), pk) | insight(request, current)


def decide_context(request: HttpRequest, draft: Draft) -> dict[str, Any]:
    asked, me, told = draft.in_reply_to, reader(request), became(draft)
    return {
        "draft": card(draft, me),
        "conversation": draft.conversation,
        "asked": asked,
        "hue": hue(str(draft.conversation.customer)),
        "reasons": REASONS,
        "pace": queries.pace(me),
        "waiting": queries.waiting_count(),
        "is_review": True,
        "me": me,
        "became": told,
        "newest": queries.newer_in_review(draft) if told else None,
    }


def still_open(chosen: Draft) -> list[str]:
    """Says so on the draft on screen when it has been decided elsewhere; the draft itself stays where it is."""
    if chosen.state == Draft.State.IN_REVIEW:
        return []
    return [banner(chosen)]


def banner(draft: Draft) -> str:
    context = {"told": became(draft), "newest": queries.newer_in_review(draft)}
    return drawn(f"#decide-note-{draft.pk}", "innerHTML", "approvals/_decided.html", context)


def became(draft: Draft) -> str:
    """What became of a draft that does not wait any more; empty while it does."""
    if draft.state == Draft.State.IN_REVIEW:
        return ""
    decision = queries.last_decision(draft)
    if decision is not None and decision.action != Decision.Action.UNDO:
        return f"{decision.by.first_name}: {decision.get_action_display().lower()}."
    if draft.state == Draft.State.SUPERSEDED:
        return _("The customer wrote again or a person answered; this draft is no longer needed.")
    return _("This draft is no longer waiting.")


def empty_decide(request: HttpRequest) -> list[str]:
    """The first waiting draft, for a page that shows none yet."""
    draft = queries.next_for(reader(request), filters_of(request))
    if draft is None:
        return []
    context = decide_context(request, draft)
    return [drawn("#decide:has(#all-decided)", "innerHTML", "approvals/_decide.html", context, request)]


def nothing_left(request: HttpRequest) -> dict[str, Any]:
    others = queries.waiting_count()
    return {"pace": queries.pace(reader(request)), "is_review": True, "left_elsewhere": others}


def slot_fragment(request: HttpRequest, found: Conversation, **more: Any) -> str:
    """The draft of the conversation as it is now; `more` is printed beside it."""
    context: dict[str, DraftCard | Any] = slot_context(request, found) | more
    return drawn(f"#draft-slot-{found.pk}", "innerMorph", "approvals/_slot.html", context, request)
