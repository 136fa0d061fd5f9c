"""Taking the best next conversation: the one that is most urgent and due first, which nobody has and nobody looks at."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Membership, User
from conversations import assignment
from conversations.filters import PRIORITIES
from conversations.models import Conversation, Presence

# A page says every few seconds that it is there; who has said nothing for so long is gone.
PRESENT = timedelta(seconds=60)


@dataclass(frozen=True)
class Taken:
    """`why` says in words what made it the best: "Due in 4 minutes, urgent"."""

    conversation: Conversation
    why: str


def take_next(user: User, *, but_not: Q | None = None) -> Taken | None:
    """Give `user` the best conversation that is free; None when there is none.

    Two who ask at once never get the same: a row that another transaction holds is passed over. `but_not` leaves out what a room
    above knows to be in somebody's hands.
    """
    free = _free(user).exclude(but_not) if but_not is not None else _free(user)
    found = free.select_for_update(skip_locked=True, of=("self",)).first()
    if found is None:
        return None
    reason = _why(found)
    assignment.assign(found, to=user, by=user)
    return Taken(found, reason)


def _why(conversation: Conversation) -> str:
    parts = [_due(conversation.due_at)]
    if conversation.priority:
        parts.append(str(PRIORITIES.get(conversation.priority, PRIORITIES[2])).lower())
    if conversation.needs_person:
        parts.append(_("asked for a person"))
    return ", ".join(parts)


def _free(user: User) -> QuerySet[Conversation]:
    looked_at = Presence.objects.filter(conversation=OuterRef("pk"), seen_at__gt=timezone.now() - PRESENT).exclude(user=user)
    free = Conversation.objects.filter(state=Conversation.State.OPEN, assignee__isnull=True, merged_into__isnull=True)
    free = free.filter(Q(team__isnull=True) | Q(team__in=Membership.objects.filter(user=user).values("team")))
    return free.filter(~Exists(looked_at)).order_by("-priority", F("due_at").asc(nulls_last=True), "pk")


def _due(moment: datetime | None) -> str:
    if moment is None:
        return _("Nothing is due before it")
    minutes = round((moment - timezone.now()).total_seconds() / 60)
    if minutes < 0:
        return _("%(time)s over") % {"time": _span(-minutes)}
    return _("Due in %(time)s") % {"time": _span(max(1, minutes))}


def _span(minutes: int) -> str:
    if minutes < 120:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    hours = round(minutes / 60)
    if hours < 48:
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    return ngettext("%(n)d day", "%(n)d days", hours // 24) % {"n": hours // 24}
