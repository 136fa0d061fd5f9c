"""Who has a conversation, how urgent it is, and whether it still needs anybody."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from accounts.models import Membership, Team, User
from conversations import distribution, live, snoozing
from conversations.asks import ends_with_an_owner
from conversations.models import Conversation, Event
from conversations.ownership import pass_on
from core import audit
from core.claims import LostClaim
from core.context import Actor, acting_as

RELEASE = Actor.system("release")


def assign(conversation: Conversation, *, to: User | None, by: User) -> None:
    """Give the conversation to `to`, or to nobody."""
    asks = {"needs_person": ""} if to and ends_with_an_owner(conversation.needs_person) else {}
    _pass_on(conversation, assignee=to, **asks)
    audit.record(Event.CONVERSATION_ASSIGNED, conversation, to=to.pk if to else None)


def give_to_team(conversation: Conversation, team: Team | None, *, by: User) -> None:
    """The team's people are to see to it; whoever has it and is not one of them no longer does. None: any team that serves it."""
    stays = conversation.assignee_id is None or team is None or _is_in(team, conversation.assignee_id)
    _pass_on(conversation, team=team, **({} if stays else {"assignee": None}))
    audit.record(Event.CONVERSATION_TEAM_SET, conversation, team=team.pk if team else None)
    if team is not None and conversation.assignee_id is None and conversation.state == Conversation.State.OPEN:
        distribution.ask(conversation)


def set_priority(conversation: Conversation, priority: int, *, by: User) -> None:
    """0 normal, 1 high, 2 urgent."""
    _change(conversation, priority=priority)
    audit.record(Event.CONVERSATION_PRIORITY_SET, conversation, to=priority)


def hand_over(conversation: Conversation, *, reason: str, by: User | None = None) -> None:
    """The assistant falls silent and a person is asked for; `by` is the person who takes it, None when it only waits for one."""
    _pass_on(
        conversation,
        assistant_paused=True,
        needs_person="" if by else reason[:120],
        priority=max(conversation.priority, 0 if by else 1),
        **({"assignee": by} if by else {}),
    )
    audit.record(Event.CONVERSATION_HANDED_OVER, conversation, to=by.pk if by else None)
    if conversation.assignee is None:
        distribution.ask(conversation)
    elif by is None:
        distribution.keep_or_let_go(conversation)


def hand_back(conversation: Conversation, *, by: User) -> None:
    """The assistant may draft again from the customer's next message on."""
    _pass_on(conversation, assistant_paused=False, needs_person="")
    audit.record(Event.CONVERSATION_HANDED_BACK, conversation)


def resolve(conversation: Conversation, *, by: User) -> None:
    """Close the matter. Raises LostClaim when it already is closed."""
    ended = {"resolved_at": Now(), "snoozed_until": None, "snooze_reason": ""}
    if not Conversation.objects.claim(
        conversation.pk, from_state=Conversation.UNRESOLVED, to_state=Conversation.State.RESOLVED, **ended
    ):
        raise LostClaim("already resolved")
    _change(conversation, needs_person="", due_at=None)
    audit.record(Event.CONVERSATION_RESOLVED, conversation)


def reopen(conversation: Conversation, *, by: User | None = None) -> None:
    """Open the matter again, for whoever had it if he is there; a snooze ends with it. Raises LostClaim when it is open."""
    if conversation.state == Conversation.State.SNOOZED:
        snoozing.bring_back(conversation, why=snoozing.BY_PERSON if by else snoozing.BY_CUSTOMER)
    else:
        _open_again(conversation)
    distribution.keep_or_let_go(conversation)
    if by is not None and conversation.assignee_id is None:
        distribution.ask(conversation)


def _open_again(conversation: Conversation) -> None:
    asleep = (Conversation.State.RESOLVED, Conversation.State.WAITING)
    moved = Conversation.objects.claim(conversation.pk, from_state=asleep, to_state=Conversation.State.OPEN, resolved_at=None)
    if not moved:
        raise LostClaim("already open")
    _change(conversation)
    audit.record(Event.CONVERSATION_REOPENED, conversation)


def release_unreachable(*, by: User, **of: Any) -> int:
    """What is with somebody who may no longer see it returns to its team; returns how much of it was open. `of` narrows the search.

    Acts as the system: an admin changes rights and sees no conversation. What is resolved is let go of silently, so that a
    customer who writes again does not wait for somebody who is gone.
    """
    with acting_as(RELEASE):
        stranded = _out_of_reach().filter(**of)
        still_open = list(stranded.filter(state__in=Conversation.UNRESOLVED).select_related("assignee", "inbox").order_by("pk"))
        for conversation in still_open:
            distribution.let_go(conversation, why="gone", by=by)
            distribution.ask(conversation)
        stranded.exclude(state__in=Conversation.UNRESOLVED).update(assignee=None)
    return len(still_open)


def _out_of_reach() -> QuerySet[Conversation]:
    serving = Membership.objects.filter(user=OuterRef("assignee"), team__serves__inbox=OuterRef("inbox"), user__is_active=True)
    return Conversation.objects.filter(~Exists(serving.exclude(user__role=User.Role.ADMIN)), assignee__isnull=False)


def _is_in(team: Team, user_id: int) -> bool:
    return Membership.objects.filter(team=team, user=user_id).exists()


def _pass_on(conversation: Conversation, **changes: Any) -> None:
    pass_on(conversation, **changes)
    live.conversation_changed(conversation)


def _change(conversation: Conversation, **changes: Any) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(changed_at=Now(), **changes)
    conversation.refresh_from_db()
    live.conversation_changed(conversation)
