"""What a reader asks the list for. The address is the whole of it: a view, filters, words and an order, each with its own chip."""

from dataclasses import dataclass, field, fields, replace
from typing import Any
from urllib.parse import parse_qsl

from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from conversations.models import Channel, Conversation
from conversations.queries import WAITING_DRAFT, number

OPEN, WAITING, SNOOZED, RESOLVED = (
    Conversation.State.OPEN,
    Conversation.State.WAITING,
    Conversation.State.SNOOZED,
    Conversation.State.RESOLVED,
)
WORDS, VALUE = 100, 40
ME, NOBODY = "me", "nobody"


@dataclass(frozen=True)
class View:
    """One way to look at the queue; `sort` is its order unless another one is asked for."""

    key: str
    name: str | Promise
    icon: str
    states: tuple[str, ...] = (OPEN,)
    sort: str = "due"
    is_counted: bool = True


VIEWS = (
    View("mine", _("Mine"), "user"),
    View("review", _("Needs review"), "ai"),
    View("unassigned", _("Unassigned"), "unassigned"),
    View("open", _("All open"), "all"),
    View("snoozed", _("Snoozed"), "snooze", (SNOOZED,), "until"),
    View("mentions", _("Mentions"), "at", (OPEN, WAITING, SNOOZED, RESOLVED), "mentioned"),
    View("waiting", _("Waiting"), "clock", (WAITING,), "newest"),
    # How many matters have ever ended is nobody's work, and the one number here that would not stay quick to find.
    View("resolved", _("Resolved"), "check", (RESOLVED,), "newest", is_counted=False),
)
# Where words are looked for when no view was named. Without words there is no such list: it would be everything there ever was.
EVERYWHERE = View("any", _("Everywhere"), "search", (OPEN, WAITING, SNOOZED, RESOLVED), "newest", is_counted=False)
VIEW_OF_KEY = {view.key: view for view in (*VIEWS, EVERYWHERE)}

PRIORITIES = {2: _("Urgent"), 1: _("High"), 0: _("Normal")}
LANES = {
    "review": _("Below the line"),
    "held": _("Held by rule"),
    "composing": _("Being drafted"),
    "failed": _("No draft"),
    "auto_sent": _("Sent by itself"),
}
# The orders that can be asked for; `until` and `mentioned` belong to their views.
SORTS = {"due": _("Due first"), "newest": _("Newest"), "waiting": _("Oldest waiting")}
SORTED_BY = SORTS | {"until": _("Back first"), "mentioned": _("Unread first")}


@dataclass(frozen=True)
class Filters:
    """`unclear` are the parts of the address that make no sense; they are said on the page, and change nothing else."""

    view: View
    inbox: int | None = None
    team: int | None = None
    assignee: str = ""
    tag: int | None = None
    channel: str = ""
    priority: int | None = None
    language: str = ""
    lane: str = ""
    words: str = ""
    sort: str = ""
    saved: int | None = None
    unclear: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, params: dict[str, str]) -> "Filters":
        """From an address's parameters; what makes no sense is left out, and named in `unclear`."""
        given = {name: params.get(name, "").replace("\0", "").strip()[:VALUE] for name in _READ}
        read = {name: reading(given[name]) for name, reading in _READ.items()}
        words = params.get("q", "").replace("\0", "").strip()[:WORDS]
        unclear = tuple((name, given[name]) for name in _READ if given[name] and read[name] in (None, ""))
        view = read.pop("view") or (EVERYWHERE if words else VIEW_OF_KEY["open"])
        if view == EVERYWHERE and not words:
            view = VIEW_OF_KEY["open"]
        if read["sort"] == view.sort:
            read["sort"] = ""
        return cls(view=view, words=words, unclear=unclear, **read)

    @classmethod
    def of_query(cls, query: str) -> "Filters":
        """From the part of an address after its question mark, as a saved view keeps it."""
        return cls.of(dict(parse_qsl(query)))

    @property
    def order(self) -> str:
        """The key of the order in force."""
        return self.sort or self.view.sort

    @property
    def is_plain(self) -> bool:
        """Whether it is a view and nothing else."""
        return self == Filters(self.view, sort=self.sort, saved=self.saved)

    @property
    def is_spread(self) -> bool:
        """Whether it may lead anywhere in what the reader serves, rather than to one person's few or to what was found."""
        return not self.words and not self.assignee and self.view.key not in ("mine", "mentions")

    def without(self, name: str) -> "Filters":
        """The same less one filter."""
        if name == "view":
            return replace(self, view=EVERYWHERE if self.words else VIEW_OF_KEY["open"], saved=None)
        empty = {one.name: one.default for one in fields(self)}[name]
        changes: dict[str, Any] = {name: empty, "saved": None}
        if name == "words" and self.view == EVERYWHERE:
            changes["view"] = VIEW_OF_KEY["open"]
        return replace(self, **changes)

    def pairs(self, **more: str) -> list[tuple[str, Any]]:
        """As the parameters of an address: what `of` reads, and nothing that says what goes without saying."""
        told = {name: getattr(self, name) for name in _READ if name != "view"}
        params = {"view": self.view.key, **told, "q": self.words, **more}
        return [(name, value) for name, value in params.items() if value not in (None, "")]

    def query(self, **more: str) -> str:
        """As the part of an address after its question mark: what `of_query` reads."""
        return urlencode(self.pairs(**more))

    def address(self, **more: str) -> str:
        return f"/queue/?{self.query(**more)}"


def _view(text: str) -> View | None:
    return VIEW_OF_KEY.get(text)


def _one_of(known: Any) -> Any:
    return lambda text: text if text in known else ""


def _assignee(text: str) -> str:
    return text if text in (ME, NOBODY) or number(text) else ""


def _priority(text: str) -> int | None:
    return {str(one): one for one in PRIORITIES}.get(text)


def _language(text: str) -> str:
    return text.lower() if text.isascii() and text.replace("-", "").isalpha() and len(text) <= 12 else ""


_READ: dict[str, Any] = {
    "view": _view,
    "inbox": number,
    "team": number,
    "assignee": _assignee,
    "tag": number,
    "channel": _one_of(Channel.values),
    "priority": _priority,
    "language": _language,
    "lane": _one_of(LANES),
    "sort": _one_of(SORTED_BY),
    "saved": number,
}

__all__ = ["EVERYWHERE", "LANES", "PRIORITIES", "SORTED_BY", "SORTS", "VIEWS", "WAITING_DRAFT", "Filters", "View"]
