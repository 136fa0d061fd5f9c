"""Naming colleagues in a note: they hear of it once, follow the conversation from then on, and have seen it when they open it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Membership, Team, User
from conversations import families, live
from conversations.mention_words import spoken_to
from conversations.models import Conversation, Event, Follower, Mention, Message
from core import audit


@dataclass(frozen=True)
class Named:
    """One whom an "@" may mean. Who cannot see the conversation is offered too, so that the writer learns it before he saves."""

    name: str
    people: tuple[int, ...]
    team: int | None = None
    can_see: bool = True
    initials: str = ""


def offered(conversation: Conversation, *, by: User) -> list[Named]:
    """People and teams to choose from: first those who see the conversation. Three queries."""
    seeing = _who_sees(conversation)
    people = User.objects.filter(is_active=True).exclude(Q(role=User.Role.ADMIN) | Q(pk=by.pk)).order_by("name")
    found = [Named(one.name, (one.pk,), None, one.pk in seeing, one.initials) for one in people if one.name]
    return sorted([*found, *_teams(seeing)], key=lambda one: (not one.can_see, one.team is not None, one.name.casefold()))


def record(message: Message) -> list[int]:
    """Tell everybody named in a note, each once: in person before by a team; never the writer, nor who may not see it.

    Returns whom. A name that nobody has, or that several people share, stays plain text.
    """
    writer = message.sender
    assert writer is not None
    if "@" not in message.text:
        return []
    named = _meant(message, offered(message.conversation, by=writer))
    teams = {person: team for person, team in named.items() if person != writer.pk}
    _keep(message, teams)
    if teams:
        audit.record(Event.PERSON_MENTIONED, message.conversation, message=message.pk, people=sorted(teams))
        live.mentioned(message, teams)
    return sorted(teams)


def see(conversation: Conversation, *, by: User) -> bool:
    """He has the conversation before him: whatever named him there is seen. True when there was something."""
    shown = families.members(conversation.pk)
    unseen = Mention.objects.filter(conversation__in=shown, user=by, seen_at__isnull=True)
    is_news = unseen.update(seen_at=Now()) > 0
    if is_news:
        live.mentions_seen(by, conversation)
    return is_news


def _meant(message: Message, choices: list[Named]) -> dict[int, int | None]:
    """{person: the team he was named by, or None}; only those who see the conversation."""
    by_name = _by_name(choices)
    found: dict[int, int | None] = {}
    for name in spoken_to(message.text, by_name):
        one = by_name[name]
        if one.can_see:
            found |= {pk: one.team for pk in one.people if one.team is None or pk not in found}
    return found


def _by_name(choices: list[Named]) -> dict[str, Named]:
    """By full name, and by first name where only one person has it."""
    firsts = [one.name.split()[0].casefold() for one in choices if one.team is None]
    short = {
        one.name.split()[0]: one for one in choices if one.team is None and firsts.count(one.name.split()[0].casefold()) == 1
    }
    return short | {one.name: one for one in choices}


def _keep(message: Message, teams: dict[int, int | None]) -> None:
    scope = {"conversation_id": message.conversation_id, "inbox_id": message.inbox_id}
    Mention.objects.bulk_create(
        Mention(message=message, user_id=person, team_id=team, by_id=message.sender_id, **scope)
        for person, team in teams.items()
    )
    following = set(Follower.objects.filter(conversation=message.conversation_id).values_list("user_id", flat=True))
    Follower.objects.bulk_create(Follower(user_id=person, **scope) for person in teams if person not in following)


def _who_sees(conversation: Conversation) -> set[int]:
    serving = Membership.objects.filter(team__inboxes=conversation.inbox_id, user__is_active=True)
    return set(serving.exclude(user__role=User.Role.ADMIN).values_list("user_id", flat=True))


def _teams(seeing: set[int]) -> Iterable[Named]:
    """Every team with somebody in it; of its people only those who see the conversation are meant."""
    members: dict[int, list[int]] = {}
    for team, user in Membership.objects.filter(user__is_active=True).order_by("user_id").values_list("team_id", "user_id"):
        members.setdefault(team, []).append(user)
    for team in Team.objects.filter(pk__in=members):
        meant = tuple(user for user in members[team.pk] if user in seeing)
        yield Named(team.name, meant, team.pk, bool(meant))
