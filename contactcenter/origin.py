"""A socket must come from a page of the very address that it is opened on: another port of the same machine is another site."""

from collections.abc import Awaitable, Callable
from typing import Any

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

App = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class SameOrigin:
    """Refuses a socket whose Origin is missing, foreign, or on another port than the Host that it asked for."""

    def __init__(self, inner: App) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        app = self.inner if is_same_origin(scope["headers"]) else WebsocketDenier()
        await app(scope, receive, send)


def is_same_origin(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether the one Origin names the one Host, and that is ours; or is one of CSRF_TRUSTED_ORIGINS."""
    origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
    hosts = [value.decode("latin-1").lower() for name, value in headers if name == b"host"]
    if len(origins) != 1 or len(hosts) != 1 or not validate_host(split_domain_port(hosts[0])[0], settings.ALLOWED_HOSTS):
        return False
    if origins[0] in settings.CSRF_TRUSTED_ORIGINS:
        return True
    return origins[0].lower() in (f"http://{hosts[0]}", f"https://{hosts[0]}")
