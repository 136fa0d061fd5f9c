"""The filters in force, each as a chip that can be taken away, and the form that sets them."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from conversations.counting import Counts
from conversations.filters import LANES, ME, NOBODY, PRIORITIES, VIEWS, Filters
from conversations.models import Channel, Tag
from conversations.queries import number

NAMES: dict[str, str | Promise] = {
    "view": gettext_lazy("View"), "inbox": gettext_lazy("Inbox"), "team": gettext_lazy("Team"), "assignee": gettext_lazy("With"),
    "tag": gettext_lazy("Tag"), "channel": gettext_lazy("Channel"), "priority": gettext_lazy("Priority"),
    "language": gettext_lazy("Language"), "lane": gettext_lazy("Draft"), "words": gettext_lazy("Words"),
    "sort": gettext_lazy("Order"), "saved": gettext_lazy("Saved view"),
}  # fmt: skip
SHOWN = ("inbox", "team", "assignee", "tag", "channel", "priority", "language", "lane", "words")


@dataclass(frozen=True)
class Chip:
    """`is_gone` says that what it names is not there (any more), so that it matches nothing, or could not be read at all."""

    name: str
    text: str
    remove: str
    is_gone: bool = False


def chips(filters: Filters, counts: Counts) -> list[Chip]:
    """One for each filter in force; at most two queries, for the names of a person and a tag."""
    found = [_chip(name, filters, counts) for name in SHOWN if getattr(filters, name) not in (None, "")]
    unread = [
        Chip(
            name,
            _("%(name)s “%(value)s” is not known") % {"name": NAMES[name], "value": value},
            filters.address(),
            is_gone=True,
        )
        for name, value in filters.unclear
    ]
    return found + unread


def options(counts: Counts) -> dict[str, list[tuple[Any, Any]]]:
    """Everything that the form lets one choose; two queries."""
    people = User.objects.filter(is_active=True).exclude(role=User.Role.ADMIN).order_by("name").values_list("pk", "name")
    return {
        "views": [(view.key, view.name) for view in VIEWS],
        "inboxes": [(one.pk, one.name) for one in counts.inboxes],
        "teams": [(one.pk, one.name) for one in counts.teams],
        "assignees": [(ME, _("Me")), (NOBODY, _("Nobody")), *[(str(pk), name) for pk, name in people]],
        "tags": list(Tag.objects.values_list("pk", "name")),
        "channels": list(Channel.choices),
        "priorities": list(PRIORITIES.items()),
        "lanes": list(LANES.items()),
    }


def _chip(name: str, filters: Filters, counts: Counts) -> Chip:
    value = getattr(filters, name)
    said = _said(name, value, counts)
    text = said if said is not None else _("no longer there")
    return Chip(name, f"{NAMES[name]}: {text}", filters.without(name).address(), is_gone=said is None)


def _said(name: str, value: Any, counts: Counts) -> str | None:
    """The name of what a filter asks for, None when there is none (or the reader may not see it: nobody can tell which)."""
    if name in ("inbox", "team"):
        places: list[Any] = [*counts.inboxes] if name == "inbox" else [*counts.teams]
        return next((one.name for one in places if one.pk == value), None)
    if name == "assignee":
        known = {ME: _("me"), NOBODY: _("nobody")}.get(value)
        return known or User.objects.filter(pk=number(value)).values_list("name", flat=True).first()
    if name == "tag":
        return Tag.objects.filter(pk=value).values_list("name", flat=True).first()
    known = {"channel": dict(Channel.choices), "priority": PRIORITIES, "lane": LANES}.get(name, {})
    return str(known.get(value, value))
