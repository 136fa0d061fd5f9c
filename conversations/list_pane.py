"""The list beside the conversation: what its page prints, and the pieces that replace it while it is on screen."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from conversations import counting, filter_chips, listing, saved_views, searching
from conversations.counting import Counts
from conversations.filters import SORTED_BY, SORTS, VIEWS, Filters
from conversations.fragments import drawn, partial
from conversations.models import SavedView
from conversations.rows import CHANNEL_ICON, Row, row
from core import live

SOON = ("warn", "bad")
SCOPE_ICON = {"personal": "star", "team": "users", "global": "globe"}


def shell(request: HttpRequest, user: User, filters: Filters, current: int = 0) -> dict[str, Any]:
    """The whole page around a conversation: navigation, list and the live number."""
    counts, saved = counting.counts(user), saved_views.views()
    return listed(user, filters, counts, current, saved=saved) | {
        "section": "queue",
        "seq": live.cursor(),
        "nav_views": [_view_entry(view, counts, filters) for view in VIEWS],
        "nav_saved": [_saved_entry(one, filters) for one in saved],
        "nav_inboxes": [
            _part_entry("inbox", one, filters.inbox, CHANNEL_ICON.get(one.channel, "inbox")) for one in counts.inboxes
        ],
        "nav_teams": [_part_entry("team", one, filters.team, one.icon or "users") for one in counts.teams],
        "approvals_waiting": counts.views["review"],
    }


def listed(
    user: User, filters: Filters, counts: Counts, current: int = 0, saved: list[SavedView] | None = None
) -> dict[str, Any]:
    """The list from its top, and what stands above and below it."""
    found = searching.search(user, filters) if filters.words else None
    shown = _page(user, filters, found, current=current)
    rows, is_whole, is_cut = shown["rows"], not shown["next_url"], bool(found and found.is_cut)
    chips = filter_chips.chips(filters, counts)
    return shown | {
        "counts": counts,
        "chips": chips,
        "gone": [chip for chip in chips if chip.is_gone],
        "list_title": _title(filters, counts, saved),
        "list_number": str(len(rows)) if is_whole and not is_cut else _number(user, filters, counts, found),
        "list_said": _said(rows, is_whole=is_whole, is_cut=is_cut),
        "sorts": [(name, filters.without("sort").address(sort=key), key == filters.order) for key, name in SORTS.items()],
        "sorted_by": SORTED_BY[filters.order],
        "belongs": _belongs(filters, user),
        "list_url": filters.address(),
        "filters_query": filters.query(),
        "hidden": filters.without("words").pairs(),
        "clear_url": filters.without("words").address(),
        "everywhere_url": Filters.of({"q": filters.words}).address() if filters.words else "",
    }


def further(user: User, filters: Filters, after: str) -> dict[str, Any]:
    """The next rows, from the cursor `after` on."""
    found = searching.search(user, filters) if filters.words else None
    return _page(user, filters, found, after=after) | {"is_more": True}


def fragments(request: HttpRequest, user: User, filters: Filters, opened: int, counts: Counts | None = None) -> list[str]:
    """The list, its head and every number, as they are now."""
    counts = counts or counting.counts(user)
    context = listed(user, filters, counts, opened)
    return [
        drawn("#conv-list", "innerMorph", "conversations/_list.html", context, request),
        partial("#list-count", "textContent", context["list_number"]),
        partial("#list-said", "textContent", context["list_said"]),
        *[partial(f"#{target}", "textContent", str(number)) for target, number in _shown(counts).items()],
    ]


def _shown(counts: Counts) -> dict[str, int]:
    shown = {f"count-{key}": number for key, number in counts.views.items()} | {"count-approvals": counts.views["review"]}
    shown |= {f"count-inbox-{one.pk}": one.waiting for one in counts.inboxes}
    return shown | {f"count-team-{one.pk}": one.waiting for one in counts.teams}


def _title(filters: Filters, counts: Counts, saved: list[SavedView] | None) -> str:
    if filters.saved and saved:
        return next((one.name for one in saved if one.pk == filters.saved), str(filters.view.name))
    places = [one.name for one in counts.inboxes if one.pk == filters.inbox] + [
        one.name for one in counts.teams if one.pk == filters.team
    ]
    return places[0] if places and filters.view.key == "open" else str(filters.view.name)


def _page(user: User, filters: Filters, found: searching.Found | None, current: int = 0, after: str = "") -> dict[str, Any]:
    page = listing.page(user, filters, after, found)
    marked = searching.snippets(found, [one.pk for one in page.conversations], filters.words) if found else {}
    beside = "" if filters == Filters.of({}) else filters.query()
    return {
        "filters": filters,
        "rows": [row(one, current=current, snippet=marked.get(one.pk), beside=beside) for one in page.conversations],
        "next_url": filters.address(after=page.next) if page.next else "",
    }


def _number(user: User, filters: Filters, counts: Counts, found: searching.Found | None) -> str:
    """How many conversations the list leads to; "" where nobody counts."""
    if filters.is_plain and filters.view.key != "mentions":  # There the navigation counts what has not been looked at.
        return str(counts.views[filters.view.key]) if filters.view.is_counted else ""
    if not filters.view.is_counted and not found:
        return ""
    return f"{listing.matching(user, filters, found).count()}{'+' if found and found.is_cut else ''}"


def _said(rows: list[Row], *, is_whole: bool, is_cut: bool) -> str:
    """The line under the list."""
    if is_cut:
        return _("The %(most)d newest matches; more words find older ones") % {"most": searching.MOST}
    if not is_whole:
        return _("The first %(n)d shown, more follow") % {"n": len(rows)}
    said = ngettext("%(n)d conversation", "%(n)d conversations", len(rows)) % {"n": len(rows)}
    pressing = sum(1 for one in rows if one.due_kind in SOON)
    due = _("%(n)d due soon") % {"n": pressing}
    return f"{said}, {due}" if pressing else said


def _belongs(filters: Filters, user: User) -> dict[str, str]:
    """What a row must stay to belong here, as `rows.Standing` names it."""
    key = filters.view.key
    wanted = {"state": filters.view.states[0]} if len(filters.view.states) == 1 else {}
    if key == "mine" or filters.assignee == "me":
        wanted["assignee"] = str(user.pk)
    elif key == "unassigned" or filters.assignee:
        wanted["assignee"] = filters.assignee if filters.assignee.isdigit() else ""
    if key == "review":
        wanted["lane"] = "waiting"
    return wanted


def _view_entry(view: Any, counts: Counts, filters: Filters) -> dict[str, Any]:
    return {
        "id": f"count-{view.key}",
        "url": f"/queue/?view={view.key}",
        "name": view.name,
        "icon": view.icon,
        "count": counts.views.get(view.key),
        "is_current": filters.view == view and filters.is_plain and not filters.saved,
    }


def _saved_entry(one: SavedView, filters: Filters) -> dict[str, Any]:
    entry = {"id": f"saved-{one.pk}", "url": saved_views.address(one), "name": one.name, "icon": SCOPE_ICON[one.scope]}
    return entry | {"count": None, "is_current": filters.saved == one.pk}


def _part_entry(kind: str, one: Any, chosen: int | None, icon: str) -> dict[str, Any]:
    entry = {"id": f"count-{kind}-{one.pk}", "url": f"/queue/?{kind}={one.pk}", "name": one.name, "icon": icon}
    return entry | {"count": one.waiting, "is_current": chosen == one.pk}
