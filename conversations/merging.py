"""Two conversations of one person shown as one, and taken apart again.

The pointer `merged_into` is the merge; no message moves. The merged one closes and leaves every list, the other one's thread shows
both in one line of time and owes an answer by the earlier of both times. What the customer of either one sees stays what it was.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from conversations import families, live
from conversations.freshness import freshen
from conversations.models import Conversation, Event, Message
from core import audit
from core.claims import LostClaim
from core.context import Actor, acting_as
from core.models import AuditEvent

# What the person who merges may not see himself must not end up pointing at a row that points on.
KEEPER = Actor.system("merging")


class CannotMerge(ValueError):
    """Why these two stay apart, or together, in words for the person who asked."""


@dataclass(frozen=True)
class Merged:
    """What taking a merge back needs, as it was written down when it was made."""

    into: int
    state: str
    due: str
    was_due: str
    was_state: str
    newest: int
    followers: list[int]

    def facts(self) -> dict[str, Any]:
        return dict(self.__dict__)


def merge(source: Conversation, target: Conversation, *, by: User) -> Conversation:
    """Show `source` within `target` from now on; returns the target as it is then. Raises CannotMerge, LostClaim."""
    if source.pk == target.pk:
        raise CannotMerge(_("A conversation cannot be merged with itself."))
    rows = families.held([source.pk, target.pk])
    if len(rows) < 2:
        raise LostClaim("one of them is not there any more")
    source, target = rows[source.pk], rows[target.pk]
    _refuse_nonsense(source, target)
    due = _earlier(source, target)
    with acting_as(KEEPER):
        followers = list(Conversation.objects.filter(merged_into=source.pk).values_list("pk", flat=True))
        Conversation.objects.filter(pk__in=followers).update(merged_into=target.pk, changed_at=Now())
        newest = _newest([source.pk, target.pk, *followers])
    made = Merged(target.pk, source.state, _written(due), _written(target.due_at), target.state, newest, followers)
    Conversation.objects.filter(pk=source.pk).update(merged_into=target.pk, changed_at=Now())
    Conversation.objects.claim(source.pk, from_state=Conversation.UNRESOLVED, to_state=Conversation.State.RESOLVED)
    _take_up(source, target, due)
    with acting_as(KEEPER):
        freshen(target.pk)
    audit.record(Event.CONVERSATION_MERGED, source, **made.facts())
    audit.record(Event.CONVERSATION_MERGED, target, source=source.pk)
    return _told(source, target)


def separate(source: Conversation, *, by: User) -> Conversation:
    """Take the merge of `source` back; returns the conversation it was part of. Raises CannotMerge once the customer wrote again."""
    if source.merged_into_id is None:
        raise CannotMerge(_("This conversation is not part of another one."))
    rows = families.held([source.pk, source.merged_into_id])
    target = rows.get(source.merged_into_id)
    if target is None or rows[source.pk].merged_into_id != target.pk:
        raise LostClaim("somebody changed it meanwhile")
    source = rows[source.pk]
    made = _as_made(source)
    with acting_as(KEEPER):
        if _wrote_since(target, made.newest):
            raise CannotMerge(
                _("The customer has written since. The conversations stay together, so that nothing said is torn apart.")
            )
        Conversation.objects.filter(pk__in=made.followers, merged_into=target.pk).update(
            merged_into=source.pk, changed_at=Now()
        )
    Conversation.objects.filter(pk=source.pk).update(merged_into=None, changed_at=Now())
    _back_to(source, made.state)
    if target.pk == made.into and _written(target.due_at) == made.due:
        Conversation.objects.filter(pk=target.pk).update(due_at=_read(made.was_due))
        _asleep_again(target, made.was_state)
    with acting_as(KEEPER):
        freshen(target.pk)
    audit.record(Event.CONVERSATION_SEPARATED, source, into=target.pk)
    audit.record(Event.CONVERSATION_SEPARATED, target, source=source.pk)
    return _told(source, target)


def _refuse_nonsense(source: Conversation, target: Conversation) -> None:
    if source.merged_into_id or target.merged_into_id:
        raise CannotMerge(_("One of them is part of another conversation already."))
    if not families.is_same_person(source.customer, target.customer):
        raise CannotMerge(_("They are with two different customers. If it is one person, say so in the details first."))


def _take_up(source: Conversation, target: Conversation, due: datetime | None) -> None:
    """The target owes what the source owed, by the earlier time, and is open when the source was."""
    Conversation.objects.filter(pk=target.pk).update(due_at=due, priority=max(source.priority, target.priority))
    if source.state == Conversation.State.OPEN:
        Conversation.objects.claim(target.pk, from_state=Conversation.NOT_OPEN, to_state=Conversation.State.OPEN)


def _asleep_again(target: Conversation, state: str) -> None:
    if state in Conversation.NOT_OPEN:
        Conversation.objects.claim(target.pk, from_state=Conversation.State.OPEN, to_state=state)


def _back_to(source: Conversation, state: str) -> None:
    if state == Conversation.State.RESOLVED:
        return
    Conversation.objects.claim(source.pk, from_state=Conversation.State.RESOLVED, to_state=Conversation.State.OPEN)
    if state != Conversation.State.OPEN:
        Conversation.objects.claim(source.pk, from_state=Conversation.State.OPEN, to_state=state)


def _earlier(source: Conversation, target: Conversation) -> datetime | None:
    running = [one.due_at for one in (source, target) if one.due_at is not None and one.state != Conversation.State.RESOLVED]
    return min(running, default=None)


def _as_made(source: Conversation) -> Merged:
    """An agent reads no records but his own; whoever may see the conversation may take back what a colleague did to it."""
    with acting_as(KEEPER):
        about = AuditEvent.objects.filter(subject="conversations.conversation", subject_id=source.pk)
        found = about.filter(event=Event.CONVERSATION_MERGED, facts__has_key="into").order_by("-pk").first()
    if found is None:
        raise CannotMerge(_("Its messages went back to where they came from. There is nothing left to take apart."))
    return Merged(**{name: found.facts[name] for name in Merged.__dataclass_fields__})


def _newest(pks: list[int]) -> int:
    return Message.objects.filter(conversation__in=pks).aggregate(newest=Max("pk"))["newest"] or 0


def _wrote_since(target: Conversation, newest: int) -> bool:
    return families.received_in(target.pk).filter(pk__gt=newest).exists()


def _told(source: Conversation, target: Conversation) -> Conversation:
    for one in (source, target):
        one.refresh_from_db()
        live.conversation_changed(one)
    return target


def _written(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _read(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
