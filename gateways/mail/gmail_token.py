"""Who we are to Google: access tokens from an inbox's refresh token.

They live in this process only, until a minute before they run out.
"""

import hashlib
import time
from collections.abc import Mapping
from typing import Any

import httpx2
from django.conf import settings

from core.words import gettext_noop
from gateways.errors import Busy, GatewayError, Misconfigured
from gateways.online import envelope
from gateways.types import Connection

GOOGLE = "https://gmail.googleapis.com"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105  an address, no secret
EARLY_SECONDS, BUSY_SECONDS = 60.0, 30.0
# What a stand-in is shown by an inbox that has no secrets: it asks for none.
NOBODY = "stand-in"
AGAIN = gettext_noop("Gmail does not let us in any more: connect the account again")

_known: dict[str, tuple[str, float]] = {}


def is_google() -> bool:
    """Whether it is Google itself that the settings name, and not something that stands in for it."""
    return bool(settings.GMAIL_BASE_URL.rstrip("/") == GOOGLE)


def elsewhere(address: str, path: str) -> str:
    """Google's own address, or that path of what stands in for it."""
    return address if is_google() else settings.GMAIL_BASE_URL.rstrip("/") + path


class Tokens:
    """The access tokens of one inbox."""

    def __init__(self, connection: Connection, client: httpx2.AsyncClient) -> None:
        self._secrets, self._client = connection.secrets, client

    async def current(self) -> str:
        """A token that is good for a minute at least. Raises GatewayError, Misconfigured when the account was disconnected."""
        token, until = _known.get(self._name, ("", 0.0))
        return token if time.monotonic() < until else await self.renewed()

    async def renewed(self) -> str:
        """A new token, whatever became of the old one."""
        _known.pop(self._name, None)
        if not self._secrets.get("refresh_token"):
            return self._nobody()
        form = {"grant_type": "refresh_token", "refresh_token": self._secrets["refresh_token"]}
        granted = await grant(self._client, self._secrets, form)
        token = str(granted["access_token"])
        _known[self._name] = (token, time.monotonic() + _seconds(granted.get("expires_in")) - EARLY_SECONDS)
        return token

    def _nobody(self) -> str:
        if is_google():
            raise Misconfigured(gettext_noop("The inbox is not connected to Gmail"))
        return NOBODY

    @property
    def _name(self) -> str:
        mine = [
            settings.GMAIL_BASE_URL,
            *(self._secrets.get(name, "") for name in ("client_id", "client_secret", "refresh_token")),
        ]
        return hashlib.sha256("\0".join(mine).encode()).hexdigest()


async def grant(client: httpx2.AsyncClient, secrets: Mapping[str, str], form: Mapping[str, str]) -> dict[str, Any]:
    """What Google grants for `form`: an access token, for a code a refresh token too. Raises GatewayError."""
    asked = {"client_id": secrets.get("client_id", ""), "client_secret": secrets.get("client_secret", ""), **form}
    try:
        answer = await client.post(elsewhere(TOKEN_URL, "/token"), data=asked)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise GatewayError(gettext_noop("Google does not answer")) from error
    if answer.status_code == 429:
        given = answer.headers.get("Retry-After", "")
        raise Busy(gettext_noop("Google asks us to wait"), float(given) if given.isdecimal() else BUSY_SECONDS)
    if answer.status_code >= 500:
        raise GatewayError(gettext_noop("Google answered with an error ({0})").format(answer.status_code))
    if not answer.is_success:
        raise Misconfigured(_why(answer))
    granted = envelope(answer.content)
    if not granted.get("access_token"):
        raise GatewayError(gettext_noop("Google answered without a token"))
    return granted


def forget_tokens() -> None:
    """Ask anew for every account, for tests."""
    _known.clear()


def _why(answer: httpx2.Response) -> str:
    """`invalid_grant` is the account's, everything else that of the client that an admin entered."""
    try:
        code = str(envelope(answer.content).get("error") or answer.status_code)
    except GatewayError:
        code = str(answer.status_code)
    return AGAIN if code == "invalid_grant" else gettext_noop("Google refuses the client id or secret: {0}").format(code[:60])


def _seconds(given: object) -> float:
    return float(given) if isinstance(given, int | float) and not isinstance(given, bool) and 0 < given < 1e6 else 0.0
