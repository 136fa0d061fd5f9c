"""Teams as such: making, naming and removing them. Who is in one is in roles.py."""

from accounts.models import Event, Team, User
from core import audit


def keep(team: Team, *, by: User) -> None:
    """Store a new team, or another name or icon of an old one."""
    is_new = team.pk is None
    team.save()
    audit.record(Event.TEAM_ADDED if is_new else Event.TEAM_CHANGED, team)


def remove(team: Team, *, by: User) -> None:
    """Its people no longer see what only this team served. Whoever calls this has made sure that no work is left alone."""
    audit.record(Event.TEAM_REMOVED, team)
    team.delete()
