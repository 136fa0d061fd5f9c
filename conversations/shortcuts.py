"""The one table of keys and commands.

The shortcut sheet, the command palette and the script's bindings are all printed from it: a key that is not in here does nothing,
and what is in here is on the sheet. A command either presses the button on the page that carries its letter (`presses`), does
something that the scripts know by name (`does`), leads somewhere (`to`) or posts to an address (`posts`).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

AGENT, SUPERVISOR, ADMIN = "agent", "supervisor", "admin"
EVERYBODY = frozenset({AGENT, SUPERVISOR, ADMIN})
STAFF = frozenset({AGENT, SUPERVISOR})
CAPS = {"ArrowDown": "↓", "ArrowUp": "↑", "Escape": "Esc"}


@dataclass(frozen=True)
class Section:
    """A place in which keys are heard: `here` is a selector that finds something while the reader is there, "" is everywhere.

    `heard_on` names the screens; two sections of one screen must not share a key.
    """

    name: str
    title: str | Promise
    here: str
    heard_on: frozenset[str]


@dataclass(frozen=True)
class Shortcut:
    """`keys` are alternatives: "j", a chord "Ctrl+Enter", or two keys after each other "g q".

    Without keys it stands in the palette alone, without an icon on the sheet alone. `decides` keys wait until a draft has been
    in sight. `by_browser`: the browser does it by itself. `typed`: it acts within a text, where its own script hears it.
    """

    name: str
    section: Section
    label: str | Promise
    keys: tuple[str, ...] = ()
    presses: str = ""
    does: str = ""
    to: str = ""
    posts: str = ""
    icon: str = ""
    roles: frozenset[str] = EVERYBODY
    decides: bool = False
    by_browser: bool = False
    typed: bool = False

    @property
    def bound(self) -> str:
        """The keys as the script reads them."""
        return " or ".join(self.keys)

    @property
    def caps(self) -> list[list[str]]:
        """The keys as they are printed, each alternative a list of caps; a run of digits is its first and last."""
        if len(self.keys) > 2 and all(key.isdigit() for key in self.keys):
            return [[f"{self.keys[0]} – {self.keys[-1]}"]]
        return [[cap(key) for key in one.replace("+", " ").split()] for one in self.keys]


def cap(key: str) -> str:
    return CAPS.get(key, key.upper() if len(key) == 1 else key)


QUEUE, APPROVALS, KNOWLEDGE, OTHER = "queue", "approvals", "knowledge", "other"
PAGES = frozenset({QUEUE, APPROVALS, KNOWLEDGE, OTHER})

anywhere = Section("anywhere", _("Anywhere"), "", PAGES)
queue_list = Section("list", pgettext_lazy("section of the shortcuts", "List"), "#conv-list", frozenset({QUEUE}))
draft = Section("draft", _("AI draft"), "#dock, #decide", frozenset({QUEUE, APPROVALS}))
conversation = Section("conversation", _("Conversation"), "#dock", frozenset({QUEUE}))
approvals = Section("approvals", _("Approvals"), "#decide", frozenset({APPROVALS}))
rejecting = Section("rejecting", _("Rejecting a draft"), "dialog.reject[open]", frozenset({"rejecting"}))
writing = Section("writing", _("Writing"), "#composer-body:focus", frozenset({"writing"}))
editing = Section("editing", _("Editing a draft"), ".draft__edit:focus", frozenset({"editing"}))
knowledge = Section("knowledge", _("Knowledge"), "main.know", frozenset({KNOWLEDGE}))
saving = Section("saving", _("Writing an article"), "[data-save]:focus-within", frozenset({"saving"}))

# On top of the palette.
HERE_FIRST = (draft, conversation, approvals)

SHORTCUTS = (
    Shortcut("palette", anywhere, _("Commands and search"), ("Ctrl+K",), does="palette"),
    Shortcut("help", anywhere, _("Keyboard shortcuts"), ("?",), does="help", icon="keyboard"),
    Shortcut("search", anywhere, _("Search"), ("/",), does="search"),
    Shortcut("to-queue", anywhere, _("Go to the queue"), ("g q",), to="/queue/", icon="inbox", roles=STAFF),
    Shortcut("to-approvals", anywhere, _("Go to approvals"), ("g a",), to="/approvals/", icon="review", roles=STAFF),
    Shortcut(
        "to-dashboard",
        anywhere,
        _("Go to the dashboard"),
        ("g d",),
        to="/dashboards/",
        icon="chart",
        roles=frozenset({SUPERVISOR, ADMIN}),
    ),
    Shortcut("to-canned", anywhere, _("Canned replies"), to="/canned/", icon="canned"),
    Shortcut("to-knowledge", anywhere, _("Go to knowledge"), ("g k",), to="/knowledge/", icon="book"),
    Shortcut(
        "take-next", anywhere, _("Take the next conversation"), ("g n",), posts="/queue/next/", icon="arrow-r", roles=STAFF
    ),
    Shortcut("undo", anywhere, _("Undo the last thing that can be undone"), ("z",), does="undo", icon="undo"),
    Shortcut("step-back", anywhere, _("One step back"), ("Escape",), does="stepBack"),
    Shortcut("theme", anywhere, _("Switch between light and dark"), does="theme", icon="moon"),
    Shortcut("next-row", queue_list, _("Next"), ("j", "ArrowDown"), does="nextRow"),
    Shortcut("row-before", queue_list, _("Previous"), ("k", "ArrowUp"), does="rowBefore"),
    Shortcut("open-row", queue_list, _("Open"), ("Enter",), by_browser=True),
    Shortcut("pick", queue_list, _("Select"), ("x", "Space"), does="pick"),
    Shortcut("pick-next", queue_list, _("Select the next one too"), ("Shift+J",), does="pickNext"),
    Shortcut("pick-before", queue_list, _("Select the previous one too"), ("Shift+K",), does="pickBefore"),
    Shortcut("newer", queue_list, _("Show newer conversations"), (".",), does="newer", icon="arrow-u"),
    Shortcut("approve", draft, _("Approve and send the draft"), ("a",), presses="a", icon="check", decides=True),
    Shortcut("edit", draft, _("Edit the draft"), ("e",), presses="e", icon="edit"),
    Shortcut("reject", draft, _("Reject with a reason"), ("r",), presses="r", icon="x", decides=True),
    Shortcut("take-over", draft, _("Take over from the AI"), ("t",), presses="t", icon="hand", decides=True),
    Shortcut("next-source", draft, _("Next source"), ("]",), does="nextSource"),
    Shortcut("approve-edited", editing, _("Approve the edited text"), ("Ctrl+Enter",), does="approveEdited"),
    Shortcut("reason", rejecting, _("Choose the reason"), ("1", "2", "3", "4", "5", "6"), does="reason"),
    Shortcut("reject-now", rejecting, _("Reject"), ("Enter",), does="rejectNow"),
    Shortcut("reply", conversation, _("Reply"), ("c",), does="reply", icon="chat"),
    Shortcut("note", conversation, _("Private note"), ("n",), does="note", icon="lock"),
    Shortcut("assign-me", conversation, _("Assign to me"), ("i",), presses="i", icon="user"),
    Shortcut("assign", conversation, _("Assign to someone"), ("m",), presses="m", icon="users"),
    Shortcut("snooze", conversation, _("Snooze"), ("s",), presses="s", icon="snooze"),
    Shortcut("tag", conversation, _("Tag"), ("l",), presses="l", icon="tag"),
    Shortcut("resolve", conversation, _("Resolve"), ("d",), presses="d", icon="check"),
    Shortcut("template", conversation, _("Send a WhatsApp template"), ("w",), presses="w", icon="wa"),
    Shortcut("merge", conversation, _("Merge with…"), does="merge", icon="merge"),
    Shortcut("split", conversation, _("Split from here…"), does="split", icon="shuffle"),
    Shortcut("details", conversation, _("Customer details"), ("\\",), does="side", icon="panel"),
    Shortcut("send", writing, _("Send, or save the note"), ("Ctrl+Enter",), does="send"),
    Shortcut("send-resolve", writing, _("Send and resolve"), ("Ctrl+Shift+Enter",), does="sendAndResolve"),
    Shortcut("canned", writing, _("Canned reply"), ("/",), typed=True),
    Shortcut("next-draft", approvals, _("Next draft"), ("j", "ArrowDown"), does="nextRow"),
    Shortcut("draft-before", approvals, _("Previous draft"), ("k", "ArrowUp"), does="rowBefore"),
    Shortcut("skip", approvals, _("Skip"), ("s",), presses="s", icon="arrow-r"),
    Shortcut("next-entry", knowledge, _("Next"), ("j", "ArrowDown"), does="nextRow"),
    Shortcut("entry-before", knowledge, _("Previous"), ("k", "ArrowUp"), does="rowBefore"),
    Shortcut("new-article", knowledge, _("New article"), ("n",), presses="n"),
    Shortcut("edit-article", knowledge, _("Edit the article"), ("e",), presses="e"),
    Shortcut("save-article", saving, _("Save"), ("Ctrl+Enter",), does="save"),
)


@dataclass(frozen=True)
class Part:
    """A section with those of its rows that concern one person."""

    section: Section
    rows: tuple[Shortcut, ...]


def sheet(role: str) -> list[Part]:
    """Every key of a role, section by section."""
    return _parts(row for row in SHORTCUTS if role in row.roles and row.keys)


def commands(role: str) -> list[Part]:
    """What the palette offers a role: what can be done here, then what can be done anywhere."""
    found = _parts(row for row in SHORTCUTS if role in row.roles and row.icon)
    return sorted(found, key=lambda part: part.section not in HERE_FIRST)


def posted(role: str) -> list[Shortcut]:
    """The commands that change something by themselves, without a button on the page."""
    return [row for row in SHORTCUTS if role in row.roles and row.posts]


def _parts(rows: Iterable[Shortcut]) -> list[Part]:
    found: dict[Section, list[Shortcut]] = {}
    for row in rows:
        found.setdefault(row.section, []).append(row)
    return [Part(section, tuple(members)) for section, members in found.items()]
