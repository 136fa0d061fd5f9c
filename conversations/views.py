"""The agents' pages: the queue and one conversation beside it. Reading only; actions.py changes things."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.access import role_required
from accounts.models import User
from conversations import queries
from conversations.fragments import answer, drawn, partial, wants_fragment
from conversations.live import inbox_group
from conversations.models import Conversation
from conversations.queries import VIEWS, WAITING_DRAFT, Counts, Filters
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
        return render(request, "conversations/queue.html", _shell(request, filters) | {"pane": "list"})
    after = request.GET.get("after", "")
    if after:
        return render(request, "conversations/_list.html", _list(request, filters, after=after))
    return answer(*_list_fragments(request, filters, queries.number(request.GET.get("open"))))


@require_safe
@staff
def conversation(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole page with the conversation open, or only its panes when the list is on screen already."""
    found = visible(pk)
    context = thread(request, found)
    if wants_fragment(request):
        side = drawn("#side", "innerHTML", "conversations/_details.html", context, request)
        body = drawn("#thread", "innerHTML", "conversations/_thread.html", context, request)
        return answer(_title(found), body, side)
    shell = _shell(request, Filters.of(request.GET.dict()), current=found.pk)
    return render(request, "conversations/queue.html", shell | context | {"pane": "thread"})


@require_safe
@staff
def sync(request: HttpRequest) -> HttpResponse:
    """What a page missed since the number `after`: whole regions, or only the new number when nothing happened."""
    counts = queries.counts(request.user)
    number = partial("#seq", "textContent", str(live.cursor()))
    after = queries.number(request.GET.get("after"))
    if after is not None and not live.anything_since(after, [inbox_group(inbox.pk) for inbox in counts.inboxes]):
        return answer(number)
    opened = queries.number(request.GET.get("open"))
    filters = Filters.of(request.GET.dict())
    found = queries.conversation(opened) if opened else None
    parts = thread_fragments(request, found) if found else []
    return answer(number, *_list_fragments(request, filters, opened, counts), *parts)


def visible(pk: int) -> Conversation:
    """The conversation. Raises Http404 when there is none or the reader may not see it: nobody can tell which."""
    found = queries.conversation(pk)
    if found is None:
        raise Http404
    return found


def thread(request: HttpRequest, found: Conversation) -> dict[str, Any]:
    """Everything the thread and the details print."""
    return head(found) | {
        "timeline": timeline(found),
        "texts": queries.composer_texts(found, request.user),
        "client_key": uuid.uuid4(),
        "seen": queries.newest_public(found),
        "mode": "ai" if found.draft_state in DRAFT_ON_SCREEN else "reply",
        "earlier": [row(other) for other in _with_customer(queries.earlier(found), found)],
        "identities": queries.identities(found),
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
    again = f'<span hidden hx-get="{address}" hx-trigger="load" hx-target="#draft-slot-{found.pk}" hx-swap="innerMorph"></span>'
    return partial(f"#draft-slot-{found.pk}:not(:has(.is-editing))", "beforeend", again)


def _shell(request: HttpRequest, filters: Filters, current: int = 0) -> dict[str, Any]:
    counts = queries.counts(request.user)
    return _list(request, filters, counts, current) | {
        "section": "queue",
        "seq": live.cursor(),
        "nav_views": [_nav_entry(view.key, view.name, view.icon, counts.views[view.key], filters) for view in VIEWS],
        "nav_inboxes": [_filter_entry("inbox", one, filters.inbox, _channel_icon(one.channel)) for one in counts.inboxes],
        "nav_teams": [_filter_entry("team", one, filters.team, one.icon or "users") for one in counts.teams],
        "approvals_waiting": counts.views["review"],
    }


def _list(
    request: HttpRequest, filters: Filters, counts: Counts | None = None, current: int = 0, after: str = ""
) -> dict[str, Any]:
    page = queries.page(request.user, filters, after)
    return {
        "filters": filters,
        "counts": counts,
        "list_title": _title_of(filters, counts),
        "rows": [row(one, current=current) for one in page.conversations],
        "next_url": _address(filters, after=page.next) if page.next else "",
        "list_url": _address(filters),
        "clear_url": _address(Filters(filters.view, filters.inbox, filters.team)),
        "is_more": bool(after),
    }


def _list_fragments(request: HttpRequest, filters: Filters, opened: int | None, counts: Counts | None = None) -> list[str]:
    counts = counts or queries.counts(request.user)
    context = _list(request, filters, counts, opened or 0)
    shown = {f"count-{key}": number for key, number in counts.views.items()} | {"count-approvals": counts.views["review"]}
    shown |= {f"count-inbox-{one.pk}": one.waiting for one in counts.inboxes}
    shown |= {f"count-team-{one.pk}": one.waiting for one in counts.teams}
    return [
        drawn("#conv-list", "innerMorph", "conversations/_list.html", context, request),
        *[partial(f"#{target}", "textContent", str(number)) for target, number in shown.items()],
    ]


def _title_of(filters: Filters, counts: Counts | None) -> str:
    if counts and filters.inbox:
        return next((one.name for one in counts.inboxes if one.pk == filters.inbox), filters.view.name)
    if counts and filters.team:
        return next((one.name for one in counts.teams if one.pk == filters.team), filters.view.name)
    return filters.view.name


def _nav_entry(key: str, name: str, icon: str, count: int, filters: Filters) -> dict[str, Any]:
    is_current = filters.view.key == key and not filters.inbox and not filters.team
    return {
        "id": f"count-{key}",
        "url": f"/queue/?view={key}",
        "name": name,
        "icon": icon,
        "count": count,
        "is_current": is_current,
    }


def _filter_entry(kind: str, one: Any, chosen: int | None, icon: str) -> dict[str, Any]:
    entry = {"id": f"count-{kind}-{one.pk}", "url": f"/queue/?{kind}={one.pk}", "name": one.name, "icon": icon}
    return entry | {"count": one.waiting, "is_current": chosen == one.pk}


def _channel_icon(channel: str) -> str:
    return {"email": "mail", "whatsapp": "wa", "web": "form"}.get(channel, "inbox")


def _address(filters: Filters, **more: str) -> str:
    params: dict[str, Any] = {"view": filters.view.key, "inbox": filters.inbox, "team": filters.team, "q": filters.words} | more
    return "/queue/?" + urlencode({key: value for key, value in params.items() if value})


def _with_customer(others: list[Conversation], found: Conversation) -> list[Conversation]:
    for other in others:
        other.customer = found.customer
    return others


def _title(found: Conversation) -> str:
    return f"<title>{found.pk} · Queue · Contact Center</title>"


def reader(request: HttpRequest) -> User:
    """The signed-in person; views behind `staff` always have one."""
    assert isinstance(request.user, User)
    return request.user
