"""What can be chosen for many conversations at once, and what was chosen, read and checked before anything is begun."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from conversations import bulk_acts, canned, tagging
from conversations.forms import first_error
from conversations.models import CannedReply, Tag
from conversations.queries import number
from conversations.snooze_times import SnoozeForm, choices
from conversations.steps import PRIORITIES

OFFERED = 200
Text = str | Promise


class Unclear(ValueError):
    """What was chosen is not there, or makes no sense; the text says so."""


@dataclass(frozen=True)
class Title:
    """How an action is called while it goes on, when it is over, as the heading of its form, and on its button."""

    going: Text
    done: Text
    heading: Text = ""
    verb: Text = ""


@dataclass(frozen=True)
class Option:
    value: str
    name: Text
    hint: Text = ""


TITLES = {
    "assign": Title(gettext_lazy("Assigning"), gettext_lazy("Assigned"), gettext_lazy("Assign the selected"), gettext_lazy("Assign")),
    "team": Title(gettext_lazy("Giving to a team"), gettext_lazy("Given to a team"), gettext_lazy("Give to a team"), gettext_lazy("Give")),
    "tag": Title(gettext_lazy("Tagging"), gettext_lazy("Tagged"), gettext_lazy("Tag the selected"), gettext_lazy("Tag")),
    "priority": Title(gettext_lazy("Setting the priority"), gettext_lazy("Priority set"), gettext_lazy("Priority"), gettext_lazy("Set")),
    "snooze": Title(gettext_lazy("Snoozing"), gettext_lazy("Snoozed"), gettext_lazy("Snooze the selected"), gettext_lazy("Snooze")),
    "resolve": Title(gettext_lazy("Resolving"), gettext_lazy("Resolved")),
    "reopen": Title(gettext_lazy("Opening again"), gettext_lazy("Open again")),
    "reply": Title(gettext_lazy("Sending"), gettext_lazy("Sent"), gettext_lazy("Reply with a canned text"), gettext_lazy("Go on")),
}  # fmt: skip


def sheet_for(action: str, by: User) -> dict[str, Any] | None:
    """What the form of an action prints; None for one that needs no choice."""
    if action not in TITLES or not TITLES[action].heading:
        return None
    shown: dict[str, Any] = {"action": action, "title": TITLES[action].heading, "verb": TITLES[action].verb}
    if action == "snooze":
        return shown | {"choices": choices()}
    name, options, empty = _OPTIONS[action]
    return shown | {"name": name, "options": options(by), "empty": empty}


def params_of(action: str, given: Mapping[str, str], *, by: User) -> dict[str, Any]:
    """What the run keeps of the choice. Raises Unclear."""
    if action not in bulk_acts.ACTIONS:
        raise Unclear(_("That is nothing that can be done with many conversations."))
    return _READ[action](given, by) if action in _READ else {}


def _people(by: User) -> list[Option]:
    mine = Team.objects.filter(memberships__user=by)
    people = User.objects.filter(is_active=True, teams__in=mine).exclude(pk=by.pk).exclude(role=User.Role.ADMIN)
    hint = {one: text for one, text in User.Availability.choices if one != User.Availability.AVAILABLE}
    others = [Option(str(one.pk), one.name, hint.get(one.availability, "")) for one in people.distinct().order_by("name")]
    return [Option(str(by.pk), _("Me")), *others, Option("", _("Nobody"))]


def _teams(by: User) -> list[Option]:
    return [Option(str(one.pk), one.name) for one in Team.objects.filter(inboxes__teams__memberships__user=by).distinct()]


def _tags(by: User) -> list[Option]:
    return [Option(one.name, one.name) for one in Tag.objects.all()[:OFFERED]]


def _priorities(by: User) -> list[Option]:
    return [Option(str(key), str(name).capitalize()) for key, name in sorted(PRIORITIES.items(), reverse=True)]


def _canned(by: User) -> list[Option]:
    return [Option(str(one.pk), one.name, f"/{one.shortcut}") for one in canned.found("")]


_OPTIONS: dict[str, tuple[str, Callable[[User], list[Option]], Text]] = {
    "assign": ("to", _people, ""),
    "team": ("team", _teams, gettext_lazy("There are no teams.")),
    "tag": ("tag", _tags, gettext_lazy("There are no tags yet. A supervisor can make one.")),
    "priority": ("priority", _priorities, ""),
    "reply": ("canned", _canned, gettext_lazy("There are no canned replies yet.")),
}


def _read_person(given: Mapping[str, str], by: User) -> dict[str, Any]:
    pk = number(given.get("to"))
    if given.get("to") and not User.objects.filter(pk=pk, is_active=True).exclude(role=User.Role.ADMIN).exists():
        raise Unclear(_("Choose somebody of the list."))
    return {"to": pk}


def _read_team(given: Mapping[str, str], by: User) -> dict[str, Any]:
    pk = number(given.get("team"))
    if pk is None or not Team.objects.filter(pk=pk).exists():
        raise Unclear(_("Choose a team."))
    return {"team": pk}


def _read_tag(given: Mapping[str, str], by: User) -> dict[str, Any]:
    name = given.get("tag", "")
    try:
        return {"tag": tagging.named_or_made(name, by=by).pk}
    except tagging.MayNotMake:
        raise Unclear(_("There is no tag “%s”. Choose one of the list.") % tagging.tidy(name)) from None


def _read_priority(given: Mapping[str, str], by: User) -> dict[str, Any]:
    wanted = number(given.get("priority"))
    if wanted not in PRIORITIES:
        raise Unclear(_("Choose a priority."))
    return {"priority": wanted}


def _read_snooze(given: Mapping[str, str], by: User) -> dict[str, Any]:
    form = SnoozeForm(given)
    if not form.is_valid():
        raise Unclear(first_error(form))
    return {"until": form.cleaned_data["until"].isoformat(), "reason": form.cleaned_data["reason"]}


def _read_canned(given: Mapping[str, str], by: User) -> dict[str, Any]:
    pk = number(given.get("canned"))
    if pk is None or not CannedReply.objects.filter(pk=pk).exists():
        raise Unclear(_("Choose a canned reply."))
    return {"canned": pk}


_READ: dict[str, Callable[[Mapping[str, str], User], dict[str, Any]]] = {
    "assign": _read_person,
    "team": _read_team,
    "tag": _read_tag,
    "priority": _read_priority,
    "snooze": _read_snooze,
    "reply": _read_canned,
}
