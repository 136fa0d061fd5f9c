"""What happened to a conversation between two messages, in words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.dateformat import format as dated
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Team
from conversations import queries
from conversations.models import Conversation, Event, Tag
from core.models import AuditEvent

PRIORITIES = {0: gettext_lazy("normal"), 1: gettext_lazy("high"), 2: gettext_lazy("urgent")}
STAFF = ("agent", "supervisor", "admin")
# What is recorded about a message and still belongs between the messages.
_OF_MESSAGES = (Event.MESSAGE_SCHEDULED, Event.MESSAGE_RECALLED, Event.DELIVERY_RETRIED, Event.DELIVERY_CONFIRMED)


@dataclass(frozen=True)
class Step:
    """One thing that happened between two messages."""

    pk: int
    icon: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Known:
    """Names for the ids in the facts: people, teams and tags."""

    people: dict[int, str]
    teams: dict[int, str]
    tags: dict[int, str]


Words = Callable[[dict[str, Any], Known], str]


def steps(conversation: Conversation, message_ids: list[int]) -> list[Step]:
    """Oldest first. Four queries at most."""
    about = Q(subject="conversations.conversation", subject_id=conversation.pk, event__in=list(_WORDS))
    of_messages = Q(subject="conversations.message", subject_id__in=message_ids, event__in=_OF_MESSAGES)
    events = list(AuditEvent.objects.filter(about | of_messages).order_by("pk"))
    known = _known(events)
    return [_step(event, known) for event in events]


def _step(event: AuditEvent, known: Known) -> Step:
    icon, words = _WORDS[event.event]
    text = words(event.facts, known)
    by = known.people.get(event.actor_id) if event.actor_kind in STAFF and event.actor_id else None
    return Step(event.pk, icon, _("%(what)s by %(name)s") % {"what": text, "name": by} if by else text, event.at)


def _known(events: list[AuditEvent]) -> Known:
    people = {event.actor_id for event in events if event.actor_id and event.actor_kind in STAFF}
    people |= {pk for key in ("to", "left", "by") for pk in _numbers(events, key, but=Event.CONVERSATION_PRIORITY_SET)}
    people |= {pk for event in events for pk in event.facts.get("people", []) if isinstance(pk, int)}
    teams, tags = _numbers(events, "team"), _numbers(events, "tag")
    return Known(
        queries.names(people) if people else {},
        dict(Team.objects.filter(pk__in=teams).values_list("pk", "name")) if teams else {},
        dict(Tag.objects.filter(pk__in=tags).values_list("pk", "name")) if tags else {},
    )


def _numbers(events: list[AuditEvent], key: str, *, but: str = "") -> set[int]:
    return {event.facts[key] for event in events if isinstance(event.facts.get(key), int) and event.event != but}


def _plain(text: Promise) -> Words:
    return lambda facts, known: str(text)


def _assigned(facts: dict[str, Any], known: Known) -> str:
    to, left = known.people.get(facts.get("to") or 0), known.people.get(facts.get("left") or 0)
    if not to and left:
        why = {"away": _("is away"), "gone": _("no longer serves this inbox")}.get(str(facts.get("why")), "")
        back = _("Back with the team, %(name)s %(why)s") if why else _("Back with the team, no longer with %(name)s")
        return back % {"name": left, "why": why}
    if not to:
        return _("Unassigned")
    why = {"in_turn": _("next in turn"), "load": _("fewest open conversations")}.get(str(facts.get("why")), "")
    return (_("Assigned to %(name)s: %(why)s") if why else _("Assigned to %(name)s")) % {"name": to, "why": why}


def _snoozed(facts: dict[str, Any], known: Known) -> str:
    until = parse_datetime(str(facts.get("until", "")))
    return _("Snoozed until %(time)s") % {"time": _moment(until)} if until else _("Snoozed")


def _moment(when: datetime) -> str:
    local = timezone.localtime(when)
    return dated(local, "H:i" if local.date() == timezone.localdate() else _("j M, H:i"))


def _woken(facts: dict[str, Any], known: Known) -> str:
    told = {
        "time": _("Back from snooze: the time had come"),
        "customer": _("Back from snooze: the customer wrote"),
        "person": _("Taken out of snooze"),
    }
    return told.get(str(facts.get("why")), _("Back from snooze"))


def _tagged(facts: dict[str, Any], known: Known) -> str:
    name = known.tags.get(facts.get("tag") or 0)
    return _("Tagged %(tag)s") % {"tag": name} if name else _("Tagged")


def _untagged(facts: dict[str, Any], known: Known) -> str:
    name = known.tags.get(facts.get("tag") or 0)
    return _("Tag %(tag)s removed") % {"tag": name} if name else _("Tag removed")


def _team(facts: dict[str, Any], known: Known) -> str:
    name = known.teams.get(facts.get("team") or 0)
    return _("Passed to team %(team)s") % {"team": name} if name else _("Passed to no team in particular")


def _priority(facts: dict[str, Any], known: Known) -> str:
    priority = PRIORITIES.get(facts.get("to", -1))
    return _("Priority set to %(priority)s") % {"priority": priority} if priority else _("Priority changed")


def _merged(facts: dict[str, Any], known: Known) -> str:
    if facts.get("source"):
        return _("Conversation #%(number)s merged in") % {"number": facts["source"]}
    into = facts.get("into") or facts.get("target")
    return _("Merged into #%(number)s") % {"number": into} if into else _("Merged")


def _separated(facts: dict[str, Any], known: Known) -> str:
    other = facts.get("source") or facts.get("into") or facts.get("target")
    return _("Merge with #%(number)s taken back") % {"number": other} if other else _("Merge taken back")


def _split(facts: dict[str, Any], known: Known) -> str:
    count = facts.get("messages") or 1
    if facts.get("target"):
        moved = ngettext("%(count)s message moved to #%(number)s", "%(count)s messages moved to #%(number)s", count)
        return moved % {"count": count, "number": facts["target"]}
    if facts.get("source"):
        return _("Split off from #%(number)s") % {"number": facts["source"]}
    return _("Split")


def _rejoined(facts: dict[str, Any], known: Known) -> str:
    other = facts.get("target") or facts.get("source")
    return _("Split from #%(number)s taken back") % {"number": other} if other else _("Split taken back")


def _mentioned(facts: dict[str, Any], known: Known) -> str:
    names = [known.people[pk] for pk in facts.get("people", []) if pk in known.people]
    return _("%(names)s mentioned") % {"names": ", ".join(names)} if names else _("Somebody mentioned")


def _opened(facts: dict[str, Any], known: Known) -> str:
    if facts.get("follows"):
        return _("Conversation opened, goes on from #%(number)s") % {"number": facts["follows"]}
    return _("Conversation opened")


def _rated(facts: dict[str, Any], known: Known) -> str:
    return _("Rated %(score)s of 5") % {"score": facts["score"]} if facts.get("score") else _("Rated by the customer")


_WORDS: dict[str, tuple[str, Words]] = {
    Event.CONVERSATION_OPENED: ("plus", _opened),
    Event.CONVERSATION_ASSIGNED: ("user", _assigned),
    Event.CONVERSATION_HANDED_OVER: ("hand", _plain(gettext_lazy("Handed over to a person; the assistant is silent"))),
    Event.CONVERSATION_HANDED_BACK: ("ai", _plain(gettext_lazy("Handed back to the assistant"))),
    Event.CONVERSATION_RESOLVED: ("check", _plain(gettext_lazy("Resolved"))),
    Event.CONVERSATION_REOPENED: ("refresh", _plain(gettext_lazy("Reopened"))),
    Event.CONVERSATION_LEFT_CLOSED: ("check", _plain(gettext_lazy("Not reopened: the customer only said thanks"))),
    Event.CONVERSATION_SNOOZED: ("snooze", _snoozed),
    Event.CONVERSATION_WOKEN: ("clock", _woken),
    Event.CONVERSATION_TAGGED: ("tag", _tagged),
    Event.CONVERSATION_UNTAGGED: ("tag", _untagged),
    Event.CONVERSATION_PRIORITY_SET: ("flag", _priority),
    Event.CONVERSATION_TEAM_SET: ("users", _team),
    Event.CONVERSATION_ATTRIBUTES_SET: ("edit", _plain(gettext_lazy("Attributes changed"))),
    Event.CONVERSATION_MERGED: ("merge", _merged),
    Event.CONVERSATION_SEPARATED: ("undo", _separated),
    Event.CONVERSATION_SPLIT: ("link", _split),
    Event.CONVERSATION_REJOINED: ("undo", _rejoined),
    Event.CONVERSATION_RATED: ("star", _rated),
    Event.PERSON_MENTIONED: ("at", _mentioned),
    Event.MESSAGE_SCHEDULED: ("clock", _plain(gettext_lazy("Reply scheduled"))),
    Event.MESSAGE_RECALLED: ("undo", _plain(gettext_lazy("Reply taken back"))),
    Event.DELIVERY_RETRIED: ("refresh", _plain(gettext_lazy("Sending tried again"))),
    Event.DELIVERY_CONFIRMED: ("checks", _plain(gettext_lazy("Said to have arrived"))),
}
