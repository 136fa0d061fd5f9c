"""What a bulk run does to one conversation, by the verb that a person would use, and how it is put back.

`Skip` says why a conversation was left as it is; `Fail` why something that should have been possible was not.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.models import Team, User
from conversations import assignment, canned, delivery, snoozing, tagging
from conversations.models import CannedReply, Conversation, InboxTeam, Tag
from conversations.queries import colleagues

State = Conversation.State
Params = dict[str, Any]


class Skip(Exception):
    """It may not or need not change; the text says why."""


class Fail(Exception):
    """It should have changed and did not; the text says why."""


def do(action: str, conversation: Conversation, params: Params, *, by: User, key: uuid.UUID) -> dict[str, Any]:
    """Do it; returns what undoing needs beside how the conversation was. Raises Skip and Fail."""
    if conversation.merged_into_id is not None:
        raise Skip(_("Is part of another conversation"))
    if action == "reply":
        return _reply(conversation, params, by, key)
    _DOES[action](conversation, params, by)
    return {}


def _assign(conversation: Conversation, params: Params, by: User) -> None:
    to = User.objects.filter(pk=params["to"]).first() if params.get("to") else None
    if conversation.assignee_id == (to.pk if to else None):
        raise Skip(_("Is with %s already") % to.name if to else _("Is with nobody already"))
    if to is not None and to.pk not in {one.pk for one in colleagues(conversation)}:
        raise Skip(_("%(name)s does not serve %(inbox)s") % {"name": to.name, "inbox": conversation.inbox.name})
    assignment.assign(conversation, to=to, by=by)


def _team(conversation: Conversation, params: Params, by: User) -> None:
    team = Team.objects.filter(pk=params["team"]).first()
    if team is None:
        raise Fail(_("The team is no longer there"))
    if conversation.team_id == team.pk:
        raise Skip(_("Is with %s already") % team.name)
    if not InboxTeam.objects.filter(team=team, inbox=conversation.inbox_id).exists():
        raise Skip(_("%(name)s does not serve %(inbox)s") % {"name": team.name, "inbox": conversation.inbox.name})
    assignment.give_to_team(conversation, team, by=by)


def _tag(conversation: Conversation, params: Params, by: User) -> None:
    tag = Tag.objects.filter(pk=params["tag"]).first()
    if tag is None:
        raise Fail(_("The tag is no longer there"))
    if not tagging.add(conversation, tag, by=by):
        raise Skip(_("Has the tag already"))


def _priority(conversation: Conversation, params: Params, by: User) -> None:
    if conversation.priority == params["priority"]:
        raise Skip(_("Has this priority already"))
    assignment.set_priority(conversation, params["priority"], by=by)


def _snooze(conversation: Conversation, params: Params, by: User) -> None:
    if conversation.state == State.RESOLVED:
        raise Skip(_("Is resolved"))
    until = parse_datetime(params["until"])
    if until is None or until <= timezone.now():
        raise Fail(_("The time to come back has passed already"))
    snoozing.snooze(conversation, until=until, reason=params.get("reason", ""), by=by)


def _resolve(conversation: Conversation, params: Params, by: User) -> None:
    if conversation.state == State.RESOLVED:
        raise Skip(_("Is resolved already"))
    assignment.resolve(conversation, by=by)


def _reopen(conversation: Conversation, params: Params, by: User) -> None:
    if conversation.state == State.OPEN:
        raise Skip(_("Is open already"))
    assignment.reopen(conversation, by=by)


def _reply(conversation: Conversation, params: Params, by: User, key: uuid.UUID) -> dict[str, Any]:
    reply = CannedReply.objects.filter(pk=params["canned"]).first()
    if reply is None:
        raise Fail(_("The canned reply is no longer there"))
    filled = canned.fill(canned.text_for(reply, conversation), conversation, agent=by)
    if filled.unresolved or not filled.text.strip():
        missing = ", ".join(filled.unresolved)
        raise Fail(
            _("Nothing is known for %s; nothing was sent") % missing if missing else _("It has no words; nothing was sent")
        )
    message = delivery.reply(conversation, filled.text, by=by, client_key=key, ownership=conversation.ownership)
    return {"message": message.pk}


_DOES: dict[str, Callable[[Conversation, Params, User], None]] = {
    "assign": _assign, "team": _team, "tag": _tag, "priority": _priority, "snooze": _snooze, "resolve": _resolve, "reopen": _reopen,
}  # fmt: skip
ACTIONS = (*_DOES, "reply")

# What of a conversation each action changes: undoing looks at no more, and puts back no less.
_TOUCHES = {
    "assign": ("assignee_id", "needs_person"),
    "team": ("team_id", "assignee_id"),
    "priority": ("priority",),
    "snooze": ("state", "snoozed_until", "snooze_reason"),
    "resolve": ("state", "snoozed_until", "snooze_reason", "needs_person", "due_at", "resolved_at"),
    "reopen": ("state", "snoozed_until", "snooze_reason", "assignee_id", "needs_person", "resolved_at"),
}


def as_is(action: str, conversation: Conversation) -> dict[str, Any]:
    """How the conversation stands, as far as the action touches it."""
    values = {name: getattr(conversation, name) for name in _TOUCHES.get(action, ())}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def put_back(action: str, conversation: Conversation, kept: dict[str, Any], params: Params, *, by: User) -> None:
    """Restore it where it is still as the run left it. Raises Skip when it is not, and says so."""
    if action == "tag":
        tag = Tag.objects.filter(pk=params["tag"]).first()
        if tag is None or not tagging.remove(conversation, tag, by=by):
            raise Skip(_("The tag was taken off meanwhile"))
        return
    if action == "reply":
        _recall(conversation, kept)
        return
    if as_is(action, conversation) != kept["after"]:
        raise Skip(_("Was changed since, and left as it is now"))
    before = {name: _read(name, value) for name, value in kept["before"].items()}
    state = before.pop("state", conversation.state)
    if before.get("assignee_id", conversation.assignee_id) != conversation.assignee_id:
        assignment.assign(conversation, to=_owner_before(conversation, before["assignee_id"]), by=by)
    _walk_back(conversation, state)
    Conversation.objects.filter(pk=conversation.pk).update(changed_at=Now(), **before)
    if state == State.SNOOZED:
        snoozing.set_alarm(conversation, before["snoozed_until"])


def _owner_before(conversation: Conversation, pk: int | None) -> User | None:
    if pk is None:
        return None
    found = next((one for one in colleagues(conversation) if one.pk == pk), None)
    if found is None:
        raise Skip(_("Whoever had it no longer serves this inbox"))
    return found


def _recall(conversation: Conversation, kept: dict[str, Any]) -> None:
    message = conversation.messages.select_related("delivery").filter(pk=kept["message"]).first()
    if message is None or not delivery.recall(message):
        raise Skip(_("Has left already"))


def _read(name: str, value: Any) -> Any:
    return parse_datetime(value) if name in ("snoozed_until", "due_at", "resolved_at") and value else value


def _walk_back(conversation: Conversation, state: str) -> None:
    """To `state` by legal steps: everything but open is reached from open."""
    if conversation.state == state:
        return
    for target in [State.OPEN, state]:
        Conversation.objects.filter(pk=conversation.pk).exclude(state=target).update(state=target, version=F("version") + 1)
