"""Handing work out: the inbox says how, people say whether they are there, and one conversation at a time finds one person.

Whoever lets a conversation go, or sees that it needs a person, asks for it to be handed out (`ask`); the job below does it, in a
transaction of its own and one after the other, so that two conversations never both take somebody's last free place.
"""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from accounts.models import Membership, User
from conversations import live
from conversations.asks import AWAY, GONE
from conversations.models import Conversation, Distribution, Event, Turn
from conversations.ownership import pass_on
from core import audit
from core.context import Actor, acting_as
from core.jobs import enqueue, job, settle

DISPATCHER = Actor.system("distribution")
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('conversations.distribution'))"
# Why somebody has it, as the record keeps it: the words are in steps.py.
IN_TURN, BY_LOAD = "in_turn", "load"


def ask(conversation: Conversation, *, after: float = 0) -> None:
    """It needs a person: have it given to one, when its inbox hands work out. `after` seconds leave time to take a step back."""
    if conversation.inbox.distribution != Distribution.MANUAL:
        run_at = timezone.now() + timedelta(seconds=after) if after else None
        enqueue(distribute, ref=conversation.pk, scope=conversation.inbox_id, run_at=run_at)


@job(lane="ingest")
def distribute(conversation_id: int) -> None:
    """Give one conversation to whoever is there, has room and is next; it stays with its team when nobody is."""
    with acting_as(DISPATCHER):
        with connection.cursor() as cursor:
            cursor.execute(ONE_AT_A_TIME)
        rows = Conversation.objects.select_for_update(of=("self",)).select_related("inbox")
        conversation = rows.filter(pk=conversation_id, state=Conversation.State.OPEN, assignee=None, merged_into=None).first()
        if conversation is not None and conversation.inbox.distribution != Distribution.MANUAL:
            _give_to_next(conversation)
        settle()


def is_here(user: User, conversation: Conversation) -> bool:
    """Whether `user` may and will go on with it: he still serves it, and is not away. Busy people keep what they have."""
    if not user.is_active or user.availability == User.Availability.AWAY or user.role == User.Role.ADMIN:
        return False
    return Membership.objects.filter(user=user, team__serves__inbox=conversation.inbox_id).exists()


def keep_or_let_go(conversation: Conversation) -> None:
    """The customer is back, or the time has come: it stays with whoever had it, or returns to the team when he is not there.

    Runs where the conversation is locked and open.
    """
    if conversation.assignee is not None and not is_here(conversation.assignee, conversation):
        let_go(conversation, why="away" if _is_away(conversation.assignee) else "gone")
        ask(conversation)
    elif conversation.assignee is None and conversation.assistant_paused:
        ask(conversation)


def let_go(conversation: Conversation, *, why: str, by: User | None = None) -> None:
    """It returns to its team and says whose it was. Where the assistant is silent because a person had it, somebody is asked for,
    or nobody would ever answer."""
    left = conversation.assignee
    assert left is not None
    changes: dict[str, Any] = {}
    if conversation.assistant_paused or (why == "away" and conversation.state == Conversation.State.OPEN):
        said = (AWAY if why == "away" else GONE) % {"name": left.name or left.email}
        changes["needs_person"] = conversation.needs_person or said[:120]
    if conversation.assistant_paused:
        changes["priority"] = max(conversation.priority, 1)
    pass_on(conversation, assignee=None, **changes)
    audit.record(Event.CONVERSATION_ASSIGNED, conversation, to=None, left=left.pk, why=why, **({"by": by.pk} if by else {}))
    live.conversation_changed(conversation)


def _is_away(user: User) -> bool:
    return user.is_active and user.availability == User.Availability.AWAY


def _give_to_next(conversation: Conversation) -> None:
    by_load = conversation.inbox.distribution == Distribution.LOAD
    chosen = (
        _with_room(conversation).order_by(*(("load",) if by_load else ()), F("given_at").asc(nulls_first=True), "pk").first()
    )
    if chosen is None:
        return
    Turn.objects.update_or_create(user=chosen, defaults={"given_at": Now()}, create_defaults={})
    pass_on(conversation, assignee=chosen)
    why = BY_LOAD if by_load else IN_TURN
    audit.record(Event.CONVERSATION_ASSIGNED, conversation, to=chosen.pk, why=why, load=chosen.load + 1)
    live.conversation_changed(conversation)


def _with_room(conversation: Conversation) -> QuerySet[User]:
    """Those who may be given it: of the team it is with, or of any that serves it; available, and below their capacity."""
    serving = Membership.objects.filter(team__serves__inbox=conversation.inbox_id)
    if conversation.team_id and serving.filter(team=conversation.team_id).exists():
        serving = serving.filter(team=conversation.team_id)
    people = User.objects.filter(is_active=True, availability=User.Availability.AVAILABLE, pk__in=serving.values("user"))
    given = Turn.objects.filter(user=OuterRef("pk")).values("given_at")
    people = people.exclude(role=User.Role.ADMIN).annotate(load=open_work_of(), given_at=Subquery(given))
    return people.filter(load__lt=F("capacity"))


def open_work_of() -> Coalesce:
    """How many conversations of a person wait for us: what counts against his capacity."""
    held = Conversation.objects.filter(assignee=OuterRef("pk"), state=Conversation.State.OPEN, merged_into=None).order_by()
    return Coalesce(Subquery(held.values("assignee").annotate(number=Count("pk")).values("number")), 0)


def waits_for_us() -> Q:
    """Open, and the last word is the customer's or a person was asked for: what cannot lie there while its owner is away."""
    return Q(state=Conversation.State.OPEN) & (Q(last_inbound_at__gte=F("last_message_at")) | ~Q(needs_person=""))
