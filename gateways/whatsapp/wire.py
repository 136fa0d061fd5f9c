"""How we speak with WhatsApp's Graph API: one request, one answer of bearable size, within its time, without redirects or repetition."""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
from django.conf import settings

from core.words import gettext_noop
from gateways.errors import DeadlinePassed, GatewayError
from gateways.loop import until
from gateways.types import Connection
from gateways.whatsapp.contents import part, words
from gateways.whatsapp.parsing import Unreadable, loaded
from gateways.whatsapp.words import trouble
from gateways.wire import http_client

VERSION = "v23.0"
CONNECT_SECONDS, TOTAL_SECONDS = 2.0, 10.0
MOST_ANSWER = 1_000_000
# Where the bytes of media lie, besides the API's own host.
MEDIA_HOSTS = ("lookaside.fbsbx.com",)
MEDIA_ENDINGS = (".fbcdn.net", ".fbsbx.com")


@dataclass(frozen=True)
class Answer:
    status: int
    retry_after: float | None
    content: bytes

    @property
    def body(self) -> dict[str, Any]:
        try:
            found = loaded(self.content)
        except Unreadable:
            return {}
        return found if isinstance(found, dict) else {}

    def error(self) -> GatewayError:
        """What went wrong, by the status and by what the body says of it."""
        said = part(self.body, "error")
        code = said.get("code")
        known = code if isinstance(code, int) and not isinstance(code, bool) else 0
        details = words(part(said, "error_data").get("details")) or words(said.get("message"))
        return trouble(self.status, known, details, self.retry_after)


class Graph:
    """The API as one account reaches it. After `ends` (a reading of time.monotonic) nothing more is asked."""

    def __init__(self, connection: Connection, ends: float | None = None) -> None:
        self.base = settings.WHATSAPP_BASE_URL.rstrip("/")
        self._token = connection.secrets.get("access_token", "")
        self._ends = ends

    def url(self, *names: str) -> str:
        return "/".join([self.base, VERSION, *names])

    def ask(self, method: str, url: str, *, most: int = MOST_ANSWER, seconds: float | None = None, **more: Any) -> Answer:
        """One request. Raises GatewayError: not ambiguous when no byte can have arrived, ambiguous when one may have."""
        seconds = seconds or TOTAL_SECONDS
        deadline = time.monotonic() + seconds
        if self._ends is not None:
            deadline = min(deadline, self._ends)
        if deadline <= time.monotonic():
            raise DeadlinePassed("no time left to ask WhatsApp")
        try:
            return until(deadline, lambda: self._ask(method, url, most, seconds, more))
        except DeadlinePassed as error:
            raise GatewayError(gettext_noop("WhatsApp did not answer in time"), ambiguous=True) from error
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.LocalProtocolError) as error:
            raise GatewayError(gettext_noop("WhatsApp cannot be reached")) from error
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise GatewayError(gettext_noop("This is no address of WhatsApp"), permanent=True) from error
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            raise GatewayError(
                gettext_noop("The line to WhatsApp broke: {0}").format(type(error).__name__), ambiguous=True
            ) from error

    async def _ask(self, method: str, url: str, most: int, seconds: float, more: dict[str, Any]) -> Answer:
        limits = httpx2.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
        # A new line for each request: an old one that died unseen would make every error a doubtful one.
        async with http_client(most) as client:
            headers = {"Authorization": f"Bearer {self._token}"}
            response = await client.request(method, url, headers=headers, timeout=limits, **more)
            return Answer(response.status_code, _seconds(response.headers.get("Retry-After")), response.content)

    def is_ours(self, url: str) -> bool:
        """Whether our token may go to this address: the API's own host, or one of those where media lie."""
        try:
            asked, own = urlsplit(url), urlsplit(self.base)
            is_own = (asked.scheme, asked.hostname, asked.port) == (own.scheme, own.hostname, own.port)
            host = (asked.hostname or "").lower()
            is_media = asked.scheme == "https" and asked.port in (None, 443)
        except ValueError:
            return False
        if asked.username is not None or asked.password is not None:
            return False
        return is_own or (is_media and (host in MEDIA_HOSTS or host.endswith(MEDIA_ENDINGS)))


def _seconds(given: str | None) -> float | None:
    return float(given) if given and given.isascii() and given.isdigit() else None
