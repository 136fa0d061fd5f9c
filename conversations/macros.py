"""What a canned reply does beside being inserted: its actions, each through the verb that a person would use."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from conversations import assignment, canned, delivery, queries, snooze_times, snoozing, tagging
from conversations.models import CannedReply, Conversation, Tag

Action = dict[str, Any]
PRIORITIES = {0: gettext_lazy("Normal"), 1: gettext_lazy("High"), 2: gettext_lazy("Urgent")}


@dataclass(frozen=True)
class Deed:
    """One kind of action: how it is done, and how it is announced before. Both raise ValidationError for what cannot be done."""

    do: Callable[[Conversation, Action, User], object]
    say: Callable[[Conversation, Action, User], str]


def visible(pk: int) -> CannedReply:
    """The macro. Raises ValidationError when there is none that the reader may use."""
    found = CannedReply.objects.filter(pk=pk).first()
    if found is None:
        raise ValidationError(_("That macro is no longer there. Nothing was done."))
    return found


def apply(macro: CannedReply, conversation: Conversation, *, by: User) -> None:
    """Do all of its actions, in order. Raises ValidationError when one cannot be done: the caller rolls back, so none is."""
    for action in macro.actions:
        _deed(macro, action).do(conversation, action, by)
        conversation.refresh_from_db()


def described(macro: CannedReply, conversation: Conversation, *, by: User) -> list[str]:
    """What it will do, a line each, before it is done. What cannot be done says so."""
    return [_said(macro, action, conversation, by) for action in macro.actions]


def _said(macro: CannedReply, action: Action, conversation: Conversation, by: User) -> str:
    try:
        return _deed(macro, action).say(conversation, action, by)
    except ValidationError as refused:
        return str(refused.messages[0])


def _deed(macro: CannedReply, action: Action) -> Deed:
    found = DEEDS.get(str(action.get("do")))
    if found is None:
        raise ValidationError(_("%(name)s asks for something that is not known.") % {"name": macro.name})
    return found


def _assignee(conversation: Conversation, action: Action, by: User) -> User | None:
    wanted = action.get("to")
    if wanted in (None, ""):
        return None
    if wanted == "me":
        return by
    found = next((one for one in queries.colleagues(conversation) if one.pk == wanted), None)
    if found is None:
        raise ValidationError(_("The person whom this macro assigns does not serve this inbox."))
    return found


def _say_assign(conversation: Conversation, action: Action, by: User) -> str:
    to = _assignee(conversation, action, by)
    return _("Assign to %s") % (to.name if to else _("nobody"))


def _team(conversation: Conversation, action: Action, by: User) -> Team:
    found = Team.objects.filter(pk=action.get("team"), inboxes=conversation.inbox_id).first()
    if found is None:
        raise ValidationError(_("The team that this macro names does not serve this inbox."))
    return found


def _tags(conversation: Conversation, action: Action, by: User) -> list[Tag]:
    found = list(Tag.objects.filter(pk__in=action.get("tags", [])))
    if not found:
        raise ValidationError(_("The tags that this macro names are gone."))
    return found


def _tag(conversation: Conversation, action: Action, by: User) -> None:
    for tag in _tags(conversation, action, by):
        tagging.add(conversation, tag, by=by)


def _until(action: Action) -> snooze_times.Choice:
    """The time it names, or the next one on offer when that is over for today."""
    offered = snooze_times.choices()
    return next((one for one in offered if one.key == action.get("until")), offered[0])


def _resolve(conversation: Conversation, action: Action, by: User) -> None:
    if conversation.state != Conversation.State.RESOLVED:
        assignment.resolve(conversation, by=by)


def _note_text(conversation: Conversation, action: Action, by: User) -> str:
    return canned.fill(str(action.get("text", "")), conversation, agent=by).text


DEEDS: dict[str, Deed] = {
    "assign": Deed(lambda matter, act, by: assignment.assign(matter, to=_assignee(matter, act, by), by=by), _say_assign),
    "team": Deed(
        lambda matter, act, by: assignment.give_to_team(matter, _team(matter, act, by), by=by),
        lambda matter, act, by: _("Give to the team %s") % _team(matter, act, by).name,
    ),
    "tag": Deed(_tag, lambda matter, act, by: _("Tag %s") % ", ".join(tag.name for tag in _tags(matter, act, by))),
    "priority": Deed(
        lambda matter, act, by: assignment.set_priority(matter, int(act.get("to", 0)), by=by),
        lambda matter, act, by: _("Priority %s") % PRIORITIES.get(int(act.get("to", 0)), ""),
    ),
    "note": Deed(
        lambda matter, act, by: delivery.note(matter, _note_text(matter, act, by), by=by, client_key=uuid.uuid4()),
        lambda matter, act, by: _("Private note: %s") % _note_text(matter, act, by),
    ),
    "snooze": Deed(
        lambda matter, act, by: snoozing.snooze(matter, until=_until(act).until, by=by),
        lambda matter, act, by: _("Snooze until %s") % _until(act).said,
    ),
    "resolve": Deed(_resolve, lambda matter, act, by: _("Resolve")),
}
