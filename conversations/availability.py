"""Whether somebody is there: what happens to his work when he says that he is not, and how that is taken back."""

from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from accounts.models import User
from conversations import distribution
from conversations.assignment import assign
from conversations.distribution import waits_for_us
from conversations.models import Conversation, Distribution, Event
from core import audit

# Work that returned to a team is handed out only after this long, so that a step back finds it where it was left.
UNDO_SECONDS = 15
MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Changed:
    """What choosing an availability did: the conversations that returned to their teams, and how many stay with their owner."""

    returned: list[int] = field(default_factory=list)
    kept: int = 0


def choose(user: User, availability: str) -> Changed:
    """`user` is available, busy or away from now on. Who goes away gives back what waits for us; what is snoozed or waits for the
    customer stays his, until the customer writes."""
    was = User.objects.values_list("availability", flat=True).get(pk=user.pk)
    if was == availability:
        return Changed()
    User.objects.filter(pk=user.pk).update(availability=availability)
    audit.record(Event.AVAILABILITY_SET, user, to=availability, was=was)
    if availability == User.Availability.AVAILABLE:
        _hand_out_what_waits(user)
    return give_back(user) if availability == User.Availability.AWAY else Changed()


def take_back(user: User, pks: list[int]) -> tuple[int, int]:
    """`user` has those of the conversations again that nobody took meanwhile: how many he has, and how many he has not."""
    free = _held(Conversation.objects.filter(pk__in=pks[:MOST_AT_ONCE], assignee=None, state=Conversation.State.OPEN))
    for conversation in free:
        assign(conversation, to=user, by=user)
    return len(free), len(pks) - len(free)


def give_back(user: User) -> Changed:
    """What waits for us and was his is his team's again."""
    mine = Conversation.objects.filter(assignee=user).exclude(state=Conversation.State.RESOLVED)
    waiting = _held(mine.filter(waits_for_us()))
    for conversation in waiting:
        distribution.let_go(conversation, why="away")
        distribution.ask(conversation, after=UNDO_SECONDS)
    return Changed([one.pk for one in waiting], mine.count())


def _hand_out_what_waits(user: User) -> None:
    """What found nobody before is handed out again, the oldest first: not all to `user`, but he is there now."""
    asked = Conversation.objects.filter(assignee=None, merged_into=None, state=Conversation.State.OPEN)
    asked = asked.exclude(inbox__distribution=Distribution.MANUAL).filter(~Q(needs_person="") | Q(assistant_paused=True))
    for conversation in asked.select_related("inbox").order_by("last_inbound_at", "pk")[: user.capacity]:
        distribution.ask(conversation)


def _held(rows: QuerySet[Conversation]) -> list[Conversation]:
    """Locked, always in the order of their ids, so that no two wait for each other."""
    return list(rows.select_for_update(of=("self",)).select_related("inbox", "assignee").order_by("pk"))
