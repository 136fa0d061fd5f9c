"""The people themselves: adding one, correcting what is known of him, and giving him a way in again. Rights are in roles.py."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password

from accounts import sessions
from accounts.models import Event, User
from core import audit
from core.context import Actor, acting_as


def add(user: User, password: str, *, by: User) -> None:
    """Store a new person, who can sign in with `password`."""
    user.email = user.email.lower()
    user.password = make_password(password)
    user.save(force_insert=True)
    audit.record(Event.USER_ADDED, user, role=user.role)


def correct(user: User, *, by: User, **details: Any) -> None:
    """Another name, address or time zone. An old address lets nobody in any more."""
    if not details:
        return
    audit.record(Event.USER_CHANGED, user, changed=sorted(details))
    User.objects.filter(pk=user.pk).update(**details)
    if "email" in details:
        with acting_as(Actor.door()):
            EmailAddress.objects.filter(user=user).delete()


def set_password(user: User, password: str, *, by: User) -> None:
    """Give `user` a new password. He is signed out everywhere, unless he is the one who sets it."""
    audit.record(Event.PASSWORD_SET, user)
    user.password = make_password(password)
    User.objects.filter(pk=user.pk).update(password=user.password)
    if by.pk != user.pk:
        sessions.end_all(user)


def remove_second_step(user: User, *, by: User) -> None:
    """For a lost telephone: the password alone lets `user` in until he sets up a second step again."""
    audit.record(Event.SECOND_STEP_REMOVED, user)
    with acting_as(Actor.door()):
        Authenticator.objects.filter(user=user).delete()
