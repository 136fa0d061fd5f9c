"""How many conversations each entry of the navigation leads to: exact, and from what is not resolved alone."""

from dataclasses import dataclass, field

from django.db.models import Count, Q

from accounts.models import Team, User
from conversations.models import Conversation, Inbox, InboxTeam, Mention
from conversations.queries import WAITING_DRAFT


@dataclass
class Counts:
    """`views` by their keys; each inbox and team carries its own number as `waiting`."""

    views: dict[str, int]
    inboxes: list[Inbox]
    teams: list[Team] = field(default_factory=list)


def counts(user: User) -> Counts:
    """Three queries, whatever the number of conversations."""
    groups = _groups(user)
    inboxes, teams = _served()
    is_open = [group for group in groups if group["state"] == Conversation.State.OPEN]
    for inbox in inboxes:
        inbox.waiting = sum(one["all"] for one in is_open if one["inbox"] == inbox.pk)
    for team, served in teams.values():
        mine = [one for one in is_open if one["team"] == team.pk or (one["team"] is None and one["inbox"] in served)]
        team.waiting = sum(one["all"] for one in mine)
    views = {
        "mine": sum(one["mine"] for one in is_open),
        "review": sum(one["review"] for one in is_open),
        "unassigned": sum(one["nobody"] for one in is_open),
        "open": sum(one["all"] for one in is_open),
        "snoozed": sum(one["all"] for one in groups if one["state"] == Conversation.State.SNOOZED),
        "mentions": _unseen(user),
        "waiting": sum(one["all"] for one in groups if one["state"] == Conversation.State.WAITING),
    }
    return Counts(views, inboxes, [team for team, _ in teams.values()])


def _groups(user: User) -> list[dict[str, int]]:
    """Every number at once, read off one index."""
    rows = Conversation.objects.filter(state__in=Conversation.UNRESOLVED, merged_into__isnull=True)
    found = (
        rows.order_by()
        .values("inbox", "team", "state")
        .annotate(
            all=Count("inbox"),
            mine=Count("inbox", filter=Q(assignee=user)),
            nobody=Count("inbox", filter=Q(assignee__isnull=True)),
            review=Count("inbox", filter=Q(draft_state__in=WAITING_DRAFT)),
        )
    )
    return list(found)


def _served() -> tuple[list[Inbox], dict[int, tuple[Team, set[int]]]]:
    """The inboxes the reader may see, and the teams that serve them, each with its inboxes; both by name."""
    inboxes: dict[int, Inbox] = {}
    teams: dict[int, tuple[Team, set[int]]] = {}
    for one in InboxTeam.objects.select_related("team", "inbox").order_by("team__name", "team_id"):
        inboxes[one.inbox_id] = one.inbox
        teams.setdefault(one.team_id, (one.team, set()))[1].add(one.inbox_id)
    return sorted(inboxes.values(), key=lambda one: one.name), teams


def _unseen(user: User) -> int:
    """Conversations in which the reader was named and has not looked."""
    mine = Mention.objects.filter(user=user, seen_at__isnull=True, conversation__merged_into__isnull=True)
    return mine.aggregate(n=Count("conversation", distinct=True))["n"]
