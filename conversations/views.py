"""The agents' pages: the queue and one conversation beside it. Reading only; actions.py changes things."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import role_required
from accounts.models import User
from conversations import counting, families, list_pane, queries
from conversations.composer import composer
from conversations.filters import Filters
from conversations.fragments import answer, drawn, partial, wants_fragment
from conversations.live import inbox_group
from conversations.models import Conversation
from conversations.queries import WAITING_DRAFT
from conversations.rows import row
from conversations.timeline import hue, timeline
from core import live

staff = role_required("agent", "supervisor")
DRAFT_ON_SCREEN = (*WAITING_DRAFT, "composing")


@require_safe
@staff
def queue(request: HttpRequest) -> HttpResponse:
    """The list; a fragment request with a cursor gets the next rows, without one the list as it is now."""
    filters = Filters.of(request.GET.dict())
    if not wants_fragment(request):
        return render(
            request, "conversations/queue.html", list_pane.shell(request, reader(request), filters) | {"pane": "list"}
        )
    after = request.GET.get("after", "")
    if after:
        return render(request, "conversations/_list.html", list_pane.further(reader(request), filters, after))
    opened = queries.number(request.GET.get("open")) or 0
    return answer(*list_pane.fragments(request, reader(request), filters, opened))


@require_safe
@staff
def conversation(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole page with the conversation open, or only its panes when the list is on screen already."""
    found = visible(pk)
    home = families.target_of(found)
    if home is not None:
        return redirect("conversation", home.pk)
    context = thread(request, found)
    if wants_fragment(request):
        side = drawn("#side", "innerHTML", "conversations/_details.html", context, request)
        body = drawn("#thread", "innerHTML", "conversations/_thread.html", context, request)
        return answer(_title(found), body, side)
    shell = list_pane.shell(request, reader(request), Filters.of(request.GET.dict()), current=found.pk)
    return render(request, "conversations/queue.html", shell | context | {"pane": "thread"})


@require_safe
@staff
def sync(request: HttpRequest) -> HttpResponse:
    """What a page missed since the number `after`: whole regions, or only the new number when nothing happened."""
    counts = counting.counts(reader(request))
    number = partial("#seq", "textContent", str(live.cursor()))
    after = queries.number(request.GET.get("after"))
    if after is not None and not live.anything_since(after, [inbox_group(inbox.pk) for inbox in counts.inboxes]):
        return answer(number)
    opened = queries.number(request.GET.get("open"))
    filters = Filters.of(request.GET.dict())
    found = queries.conversation(opened) if opened else None
    parts = thread_fragments(request, found) if found else []
    return answer(number, *list_pane.fragments(request, reader(request), filters, opened or 0, counts), *parts)


def visible(pk: int) -> Conversation:
    """The conversation. Raises Http404 when there is none or the reader may not see it: nobody can tell which."""
    found = queries.conversation(pk)
    if found is None:
        raise Http404
    return found


def thread(request: HttpRequest, found: Conversation) -> dict[str, Any]:
    """Everything the thread prints, and the head of the details, which ask for the rest themselves."""
    return head(found) | {
        "timeline": timeline(found),
        **composer(found, reader(request)),
        "mode": "ai" if found.draft_state in DRAFT_ON_SCREEN else "reply",
        "hue": hue(str(found.customer)),
    }


def head(found: Conversation) -> dict[str, Any]:
    return {"conversation": found, "row": row(found), "colleagues": queries.colleagues(found)}


def thread_fragments(request: HttpRequest | None, found: Conversation) -> list[str]:
    """The conversation's own regions as replacements, without the dock, in which somebody may be writing."""
    context = head(found) | {"timeline": timeline(found)}
    return [
        drawn(f"#timeline-{found.pk}", "innerMorph", "conversations/_timeline.html", context, request),
        *head_fragments(found, request),
        draft_slot(found),
    ]


def head_fragments(found: Conversation, request: HttpRequest | None = None) -> list[str]:
    context = head(found)
    return [
        drawn(f"#conv-{found.pk}", "outerMorph", "conversations/_row.html", context),
        drawn(f"#thread-head-{found.pk}", "outerMorph", "conversations/_thread_head.html", context, request),
        drawn(f"#thread-sub-{found.pk}", "outerMorph", "conversations/_thread_sub.html", context),
    ]


def draft_slot(found: Conversation) -> str:
    """Makes the page ask again for the draft, under the reader's own rights, unless somebody is editing it."""
    address = reverse("draft-slot", args=[found.pk])
    quietly = 'hx-headers=\'{"X-Background": "1"}\''
    again = f'<span hidden hx-get="{address}" hx-trigger="load" {quietly} hx-target="#draft-slot-{found.pk}" hx-swap="innerMorph"></span>'
    return partial(f"#draft-slot-{found.pk}:not(:has(.is-editing))", "beforeend", again)


def _title(found: Conversation) -> str:
    return f"<title>{found.pk} · Queue · Contact Center</title>"


def reader(request: HttpRequest) -> User:
    """The signed-in person; views behind `staff` always have one."""
    assert isinstance(request.user, User)
    return request.user
