"""Sessions in PostgreSQL, read and written as the door. Named by SESSION_ENGINE.

A session ends after SESSION_COOKIE_AGE seconds in which its person did nothing (core/middleware.py tells a person from a page that
polls), and LIFETIME after signing in whatever he does.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from accounts.models import Session, User
from core.context import Actor, acting_as

LIFETIME = timedelta(hours=12)
BEGAN = "began"


class SessionStore(DatabaseStore):
    """Django's own store; only the door may touch the table, so each access acts as the door."""

    # The browser brought a session that was good once and has run out since.
    is_expired = False

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        return Session(
            session_key=self._get_or_create_session_key(),
            session_data=self.encode(data),
            expire_date=self._ends_at(data),
            user_id=data.get(SESSION_KEY),
        )

    def _ends_at(self, data: dict[str, Any]) -> datetime:
        idle: datetime = self.get_expiry_date()
        return min(idle, datetime.fromtimestamp(data[BEGAN], UTC) + LIFETIME) if BEGAN in data else idle

    def load(self) -> dict[str, Any]:
        brought = self.session_key
        with acting_as(Actor.door()):
            found = super().load()
            if brought and self.session_key is None:
                self.is_expired = Session.objects.filter(pk=brought).exists()
        return found

    def exists(self, session_key: str) -> bool:
        with acting_as(Actor.door()):
            return super().exists(session_key)

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            return self.create()
        session = self.create_model_instance(self._get_session(no_load=must_create))
        with acting_as(Actor.door()):
            if must_create:
                Session.objects.bulk_create([session])
            elif not Session.objects.filter(pk=session.pk).update(
                session_data=session.session_data, expire_date=session.expire_date, user_id=session.user_id
            ):
                raise UpdateError
        return None

    def delete(self, session_key: str | None = None) -> None:
        with acting_as(Actor.door()):
            super().delete(session_key)

    @classmethod
    def clear_expired(cls) -> None:
        with acting_as(Actor.door()):
            Session.objects.filter(expire_date__lt=timezone.now()).delete()


def end_all(user: User) -> None:
    """Sign `user` out in every browser, when this transaction commits."""
    with acting_as(Actor.door()):
        Session.objects.filter(user=user).delete()
        UserSession.objects.filter(user=user).delete()
