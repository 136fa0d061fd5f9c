"""What people may do. A change is written down in the caller's transaction and acts on the very next statement.

The database sees to that: a trigger raises the person's epoch, which voids every identity signed before it, and tells the web
processes to close his sockets when the transaction commits (migration 0002). So the audit row comes first: who changes his own
rights is nobody afterwards.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from accounts import sessions
from accounts.models import Event, Membership, Team, User
from core import audit

OWN_ROLE = _("You can’t take the admin role from yourself. Ask another admin to do it.")
OWN_ACCESS = _("You can’t deactivate yourself. Ask another admin to do it.")
LAST_ADMIN = _("This is the last active admin. Make somebody else an admin first.")


class Refused(Exception):
    """The change would leave nobody to administer; the text says so to the person who asked for it."""


def grant(user: User, role: str, *, by: User) -> None:
    """Give `user` the role instead of the one he has. Raises Refused for one's own admin role and the last active admin's."""
    now = _locked(user)
    if now.role == role:
        return
    refuse_without_admin(now, role=role, is_active=now.is_active, by=by)
    audit.record(Event.ROLE_GRANTED, now, role=role, was=now.role)
    _change(user, role=role)


def deactivate(user: User, *, by: User) -> None:
    """`user` is signed out everywhere and may not come in again. His name stays on all he did. Raises Refused as `grant` does."""
    now = _locked(user)
    if not now.is_active:
        return
    refuse_without_admin(now, role=now.role, is_active=False, by=by)
    audit.record(Event.USER_DEACTIVATED, now)
    _change(user, is_active=False)
    sessions.end_all(user)


def reactivate(user: User, *, by: User) -> None:
    """`user` may sign in again, with the role, teams and password he had."""
    if _locked(user).is_active:
        return
    audit.record(Event.USER_REACTIVATED, user)
    _change(user, is_active=True)


def join(user: User, team: Team, *, by: User) -> None:
    """`user` serves what the team serves."""
    if Membership.objects.filter(user=user, team=team).exists():
        return
    audit.record(Event.TEAM_JOINED, user, team=team.pk)
    Membership.objects.create(user=user, team=team)


def leave(user: User, team: Team, *, by: User) -> None:
    """`user` no longer sees what only this team serves."""
    membership = Membership.objects.filter(user=user, team=team)
    if not membership.exists():
        return
    audit.record(Event.TEAM_LEFT, user, team=team.pk)
    membership.delete()


def refuse_without_admin(user: User, *, role: str, is_active: bool, by: User) -> None:
    """Raises Refused when `user`, an active admin so far, would no longer be one and that must not happen."""
    stays = role == User.Role.ADMIN and is_active
    if stays or not (user.role == User.Role.ADMIN and user.is_active):
        return
    if user.pk == by.pk:
        raise Refused(OWN_ACCESS if role == User.Role.ADMIN else OWN_ROLE)
    # Locked in one order, so that two admins who demote each other meet here, one after the other.
    admins = User.objects.select_for_update().filter(role=User.Role.ADMIN, is_active=True).order_by("pk")
    if not [one for one in admins if one.pk != user.pk]:
        raise Refused(LAST_ADMIN)


def _locked(user: User) -> User:
    return User.objects.select_for_update().get(pk=user.pk)


def _change(user: User, **changes: Any) -> None:
    if not User.objects.filter(pk=user.pk).update(**changes):
        raise PermissionDenied
    for name, value in changes.items():
        setattr(user, name, value)
