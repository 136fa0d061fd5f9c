"""What a canned reply does beside being inserted: its actions, each through the verb that a person would use."""

import uuid
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from conversations import assignment, canned, delivery, queries
from conversations.models import CannedReply, Conversation

Action = dict[str, Any]


def visible(pk: int) -> CannedReply:
    """The macro. Raises ValidationError when there is none that the reader may use."""
    found = CannedReply.objects.filter(pk=pk).first()
    if found is None:
        raise ValidationError(_("That macro is no longer there. Nothing was done."))
    return found


def apply(macro: CannedReply, conversation: Conversation, *, by: User) -> None:
    """Do all of its actions, in order. Raises ValidationError when one of them cannot be done: then none is, the caller rolls back."""
    for action in macro.actions:
        does = _DOES.get(str(action.get("do")))
        if does is None:
            raise ValidationError(_("%(name)s asks for something that is not known.") % {"name": macro.name})
        does[0](conversation, action, by)
        conversation.refresh_from_db()


def described(macro: CannedReply, conversation: Conversation, *, by: User) -> list[str]:
    """What it will do, a line each, before it is done."""
    return [_DOES[action["do"]][1](conversation, action, by) for action in macro.actions if action.get("do") in _DOES]


def _assign(conversation: Conversation, action: Action, by: User) -> None:
    assignment.assign(conversation, to=_assignee(conversation, action, by), by=by)


def _assignee(conversation: Conversation, action: Action, by: User) -> User | None:
    wanted = action.get("to")
    if wanted in (None, ""):
        return None
    if wanted == "me":
        return by
    found = next((one for one in queries.colleagues(conversation) if one.pk == wanted), None)
    if found is None:
        raise ValidationError(_("The person whom this macro assigns does not serve this inbox. Nothing was done."))
    return found


def _say_assign(conversation: Conversation, action: Action, by: User) -> str:
    to = _assignee(conversation, action, by)
    return _("Assign to %s") % (to.name if to else _("nobody"))


def _resolve(conversation: Conversation, action: Action, by: User) -> None:
    if conversation.state != Conversation.State.RESOLVED:
        assignment.resolve(conversation, by=by)


def _note(conversation: Conversation, action: Action, by: User) -> None:
    delivery.note(conversation, _note_text(conversation, action, by), by=by, client_key=uuid.uuid4())


def _note_text(conversation: Conversation, action: Action, by: User) -> str:
    return canned.fill(str(action.get("text", "")), conversation, agent=by).text


_DOES: dict[str, tuple[Callable[[Conversation, Action, User], None], Callable[[Conversation, Action, User], str]]] = {
    "assign": (_assign, _say_assign),
    "note": (_note, lambda conversation, action, by: _("Private note: %s") % _note_text(conversation, action, by)),
    "resolve": (_resolve, lambda conversation, action, by: _("Resolve")),
}
