"""Who opened a socket: the session's user, looked up by the door, because nobody is acting yet."""

from typing import Any

from channels.auth import AuthMiddleware
from channels.auth import get_user as user_of_session
from channels.sessions import CookieMiddleware, SessionMiddleware

from core.context import Actor, acting_as
from core.live import in_thread


class DoorAuthMiddleware(AuthMiddleware):
    """Like Channels' own, with the look-up inside an actor: outside of one the database refuses every query."""

    async def resolve_scope(self, scope: dict[str, Any]) -> None:
        scope["user"]._wrapped = await in_thread(_signed_in, thread_sensitive=False)(scope)


def _signed_in(scope: dict[str, Any]) -> Any:
    with acting_as(Actor.door()):
        return user_of_session.func(scope)


def signed_in(inner: Any) -> Any:
    """Cookies, session and user for the sockets below."""
    return CookieMiddleware(SessionMiddleware(DoorAuthMiddleware(inner)))
