"""Reading a Gmail mailbox: what changed since a place in its history, what it holds, one mail as it came, and being told of changes."""

import base64
import binascii
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from core.words import gettext_noop
from gateways.errors import GatewayError
from gateways.loop import Result, until
from gateways.mail.gmail_wire import CALL_SECONDS, MOST_MAIL, Line, Missing, named, open_client
from gateways.mail.tokens import MARKER, send_key_in
from gateways.online import record, records
from gateways.types import Connection

PAGE = "500"
CLOSING_SECONDS = 2.0


class HistoryGone(GatewayError):
    """Gmail has forgotten that far back: what has come since can only be found by looking for it."""


@dataclass(frozen=True)
class Profile:
    """Whose mailbox it is, and where its history stands now."""

    email: str
    history_id: str


@dataclass(frozen=True)
class Found:
    """A message as lists and the history name it. `labels` is None where they do not tell."""

    id: str
    labels: frozenset[str] | None = None


@dataclass(frozen=True)
class Page:
    """A part of a list. `more` names the next part, empty on the last; `history_id` is where the history stood when it was asked."""

    found: tuple[Found, ...]
    more: str = ""
    history_id: str = ""


@dataclass(frozen=True)
class RawMail:
    """One mail, byte by byte, with the labels it bears now."""

    id: str
    thread: str
    labels: frozenset[str]
    raw: bytes = field(repr=False)


@dataclass(frozen=True)
class Look:
    """A mail's labels, and under which key we sent it; None for what others wrote."""

    labels: frozenset[str]
    send_key: str | None = None


class Mailbox:
    """One account's mailbox, read within a `with` block; every call ends within ten seconds. Raises GatewayError."""

    def __init__(self, connection: Connection, seconds: float = CALL_SECONDS) -> None:
        self._client = open_client(MOST_MAIL)
        self._line, self._seconds = Line(connection, self._client), seconds

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        until(time.monotonic() + CLOSING_SECONDS, self._client.aclose)

    def profile(self) -> Profile:
        found = self._asked(lambda: self._line.get("/profile"))
        if not str(found.get("historyId") or "").isdecimal():
            raise GatewayError(gettext_noop("Gmail does not say where its history stands"))
        return Profile(str(found.get("emailAddress") or "").lower(), str(found["historyId"]))

    def history(self, since: str, page: str = "") -> Page:
        """What came, and what got another label, since that place. Raises HistoryGone when it is too long ago."""
        asked = [
            ("startHistoryId", since),
            ("historyTypes", "messageAdded"),
            ("historyTypes", "labelAdded"),
            ("maxResults", PAGE),
        ]
        try:
            answer = self._asked(lambda: self._line.get("/history", asked + _next(page)))
        except Missing as error:
            raise HistoryGone(str(error)) from error
        entries = [
            (kind, one)
            for entry in records(answer.get("history") or [])
            for kind in ("messagesAdded", "labelsAdded")
            for one in records(entry.get(kind) or [])
        ]
        found = [_found(record(one.get("message"))) for kind, one in entries if kind == "messagesAdded" or _moved_in(one)]
        now = str(answer.get("historyId") or "")
        return Page(tuple(found), str(answer.get("nextPageToken") or ""), now if now.isdecimal() else "")

    def search(self, query: str, page: str = "") -> Page:
        """What the mailbox holds that fits Gmail's `query`, newest first, without spam and bin."""
        answer = self._asked(lambda: self._line.get("/messages", [("q", query), ("maxResults", PAGE), *_next(page)]))
        found = tuple(_found(one) for one in records(answer.get("messages") or []))
        return Page(found, str(answer.get("nextPageToken") or ""))

    def mail(self, name: str) -> RawMail:
        """One mail as it came. Raises Missing when it is gone."""
        found = self._asked(lambda: self._line.get(f"/messages/{named(name)}", [("format", "raw")]))
        try:
            raw = base64.b64decode(str(found["raw"]) + "==", altchars=b"-_")
        except (KeyError, binascii.Error, ValueError) as error:
            raise GatewayError(gettext_noop("Gmail gave a mail that cannot be read")) from error
        return RawMail(name, str(found.get("threadId") or ""), _labels(found) or frozenset(), raw)

    def look(self, name: str) -> Look:
        """What can be known of a mail without fetching all of it. Raises Missing when it is gone."""
        asked = [("format", "metadata"), ("metadataHeaders", "Message-ID"), ("metadataHeaders", MARKER)]
        found = self._asked(lambda: self._line.get(f"/messages/{named(name)}", asked))
        given = records(record(found.get("payload") or {}).get("headers") or [])
        headers = {str(one.get("name", "")).lower(): str(one.get("value", "")) for one in given}
        # Gmail gives some mails a Message-ID of its own; our mark stays.
        key = send_key_in(headers.get("message-id", "")) or send_key_in(f"{headers.get(MARKER.lower(), '').strip()}@mark")
        return Look(_labels(found) or frozenset(), key)

    def watch(self, topic: str) -> datetime:
        """Have Gmail tell that Pub/Sub topic of every change; until when it will."""
        answer = self._asked(lambda: self._line.post("/watch", {"topicName": topic}))
        try:
            return datetime.fromtimestamp(int(str(answer["expiration"])) / 1000, UTC)
        except (KeyError, ValueError, OverflowError, OSError) as error:
            raise GatewayError(gettext_noop("Gmail does not say how long it will tell of changes")) from error

    def _asked(self, call: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        return until(time.monotonic() + self._seconds, call)


def _next(page: str) -> list[tuple[str, str]]:
    return [("pageToken", page)] if page else []


def _moved_in(entry: dict[str, Any]) -> bool:
    """Whether somebody took it out of spam, out of the bin or out of the archive."""
    labels = entry.get("labelIds")
    return isinstance(labels, list) and "INBOX" in labels


def _found(message: dict[str, Any]) -> Found:
    return Found(str(message.get("id") or ""), _labels(message))


def _labels(message: dict[str, Any]) -> frozenset[str] | None:
    given = message.get("labelIds")
    return frozenset(str(one) for one in given) if isinstance(given, list) else None
