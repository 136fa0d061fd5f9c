"""One account's line to Gmail's REST API: who we are, what is asked, and in which of our words an answer failed.

Nothing is repeated here but what Gmail refused for a token that had run out, because that was surely not done.
"""

import base64
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx2
from django.conf import settings

from core.words import gettext_noop
from gateways.errors import Busy, GatewayError, Misconfigured
from gateways.mail.gmail_token import Tokens
from gateways.online import envelope
from gateways.types import Connection
from gateways.wire import http_client

USER = "/gmail/v1/users/me"
CALL_SECONDS, CONNECT_SECONDS = 10.0, 2.0
# Lists of ids are short; only a whole mail may be long, and in base64 it is a third longer.
MOST_LISTED, MOST_MAIL = 4_000_000, 72_000_000
# Beyond so many bytes a mail goes by the upload address, which takes 35 MB.
MOST_IN_JSON, MOST_UPLOADED = 3_000_000, 36_700_160
BUSY_SECONDS, LONGEST_BUSY = 30.0, 86_400.0
LIMITS = {
    "rateLimitExceeded",
    "userRateLimitExceeded",
    "dailyLimitExceeded",
    "quotaExceeded",
    "limitExceeded",
    "RESOURCE_EXHAUSTED",
}
# A request can be right and the account still not: it has no Gmail, or the administrator has turned it off.
NO_MAILBOX = {"failedPrecondition", "FAILED_PRECONDITION"}
# Before any byte of the request had left.
NOT_BEGUN = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
_RETRY_AFTER = re.compile(r"[Rr]etry after (\d{4}-\d\d-\d\dT[\d:.]+Z)")
# Random, so that no line of a mail is it by chance.
_SPLIT = b"mail_follows_5b1e0c9d41a64f0e"


class Missing(GatewayError):
    """Gmail knows nothing under that id, or not any more."""

    def __init__(self) -> None:
        super().__init__(gettext_noop("Gmail does not find it"), permanent=True)


class Line:
    """Asks Gmail as one account. Made by `line`, used on the loop of gateways/loop.py."""

    def __init__(self, connection: Connection, client: httpx2.AsyncClient) -> None:
        self._client, self._tokens = client, Tokens(connection, client)
        self._base = settings.GMAIL_BASE_URL.rstrip("/")

    async def get(self, path: str, params: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
        """What stands at that path of the mailbox. Raises GatewayError, Missing when nothing does."""
        return await self._ask("GET", USER + path, params=params)

    async def post(self, path: str, document: dict[str, Any], *, sends: bool = False) -> dict[str, Any]:
        """`sends`: something may leave the house by it, so what failed without a clear answer is ambiguous."""
        return await self._ask("POST", USER + path, document=document, sends=sends)

    async def post_mail(self, path: str, raw: bytes, **of: str) -> dict[str, Any]:
        """A document with a mail in it; a long one goes by the address for uploads."""
        if len(raw) > MOST_UPLOADED:
            raise GatewayError(gettext_noop("The message is too large for Gmail"), permanent=True)
        if len(raw) <= MOST_IN_JSON:
            document = {"message": {**of, "raw": base64.urlsafe_b64encode(raw).decode("ascii")}}
            return await self._ask("POST", USER + path, document=document)
        parts = (b"application/json", json.dumps({"message": of}).encode()), (b"message/rfc822", raw)
        opened = b"".join(b"--%b\r\nContent-Type: %b\r\n\r\n%b\r\n" % (_SPLIT, kind, part) for kind, part in parts)
        asked = [("uploadType", "multipart")]
        return await self._ask("POST", "/upload" + USER + path, params=asked, upload=opened + b"--%b--" % _SPLIT)

    async def _ask(self, method: str, path: str, *, sends: bool = False, **of: Any) -> dict[str, Any]:
        answer = await self._once(method, path, sends, await self._tokens.current(), **of)
        if answer.status_code == 401:
            answer = await self._once(method, path, sends, await self._tokens.renewed(), **of)
        if not answer.is_success:
            raise failure(answer, sends=sends)
        try:
            return envelope(answer.content) if answer.content else {}
        except GatewayError as error:
            raise GatewayError(str(error), ambiguous=sends) from error

    async def _once(
        self, method: str, path: str, sends: bool, token: str, *,
        params: Sequence[tuple[str, str]] = (), document: dict[str, Any] | None = None, upload: bytes | None = None,
    ) -> httpx2.Response:  # fmt: skip
        headers = {"Authorization": f"Bearer {token}"}
        if upload is not None:
            headers["Content-Type"] = f"multipart/related; boundary={_SPLIT.decode()}"
        try:
            return await self._client.request(
                method, self._base + path, params=list(params), json=document, content=upload, headers=headers
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise GatewayError(
                gettext_noop("Gmail does not answer"), ambiguous=sends and not isinstance(error, NOT_BEGUN)
            ) from error


@asynccontextmanager
async def line(connection: Connection, most_bytes: int = MOST_LISTED) -> AsyncIterator[Line]:
    """A line that is open for the block."""
    async with open_client(most_bytes) as client:
        yield Line(connection, client)


def open_client(most_bytes: int = MOST_LISTED) -> httpx2.AsyncClient:
    """A client with Gmail's times; whoever opens it closes it."""
    client = http_client(most_bytes)
    client.timeout = httpx2.Timeout(CALL_SECONDS, connect=CONNECT_SECONDS)
    return client


def named(name: object) -> str:
    """An id as a part of a path."""
    return quote(str(name), safe="")


def failure(answer: httpx2.Response, *, sends: bool = False) -> GatewayError:
    """The error that stands for an answer other than success (reliability: what was refused was not done)."""
    status, reasons, words = answer.status_code, *_said(answer)
    if status == 429 or (status == 403 and reasons & LIMITS):
        return Busy(gettext_noop("Gmail asks us to wait"), _seconds(answer, words))
    if status >= 500 or status in (408, 425):
        return GatewayError(gettext_noop("Gmail answered with an error ({0})").format(status), ambiguous=sends)
    if status == 404:
        return Missing()
    if status in (401, 403) or status < 400 or (status == 400 and reasons & NO_MAILBOX):
        return Misconfigured(gettext_noop("Gmail refuses the account: {0}").format(words or status))
    return GatewayError(gettext_noop("Gmail refused it: {0}").format(words or status), permanent=True)


def _said(answer: httpx2.Response) -> tuple[set[str], str]:
    """The reasons that Gmail names, and its words in one line."""
    try:
        error = envelope(answer.content).get("error")
    except GatewayError:
        return set(), ""
    if not isinstance(error, dict):
        return {str(error)}, str(error or "")[:120]
    listed = error.get("errors")
    reasons = {str(one.get("reason")) for one in listed if isinstance(one, dict)} if isinstance(listed, list) else set()
    return reasons | {str(error.get("status"))}, " ".join(str(error.get("message") or "").split())[:120]


def _seconds(answer: httpx2.Response, words: str) -> float:
    """How long to wait: by the header, or by the time that the words name, measured against Gmail's own clock."""
    given = answer.headers.get("Retry-After", "")
    if given.isdecimal():
        return min(float(given), LONGEST_BUSY)
    found = _RETRY_AFTER.search(words)
    if found is None:
        return BUSY_SECONDS
    try:
        now = parsedate_to_datetime(answer.headers["Date"])
        left = (datetime.fromisoformat(found[1]) - now).total_seconds()
    except (KeyError, ValueError, TypeError):
        left = (datetime.fromisoformat(found[1]) - datetime.now(UTC)).total_seconds()
    return min(max(left, 1.0), LONGEST_BUSY)
