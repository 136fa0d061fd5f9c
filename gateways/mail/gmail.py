"""Sending by Gmail. A mail is laid down as a draft, the draft's name is written down by the caller, and then the draft is sent.

A draft can be sent once: afterwards it is gone, and the mail stands among what was sent. So whatever was lost on the way, one look
tells what became of it. The draft is there: nothing was sent. It is gone: its thread holds the mail that was sent, under the
Message-ID that we gave it (or with our mark, where Gmail gave it another). Only when neither is to be seen nobody can tell.
"""

import asyncio
import re
import time
from dataclasses import dataclass
from typing import Any

from core.words import gettext_noop
from gateways.errors import DeadlinePassed, GatewayError
from gateways.loop import until
from gateways.mail.gmail_wire import CALL_SECONDS, Line, Missing, line, named
from gateways.mail.tokens import MARKER, mark, message_id
from gateways.mail.writing import written
from gateways.online import record, records
from gateways.types import Connection, OutboundMessage, Progress

# A call that was given up may still be on its way there: so long a draft that is still there proves nothing.
SETTLES_IN = 60.0
SENT, DRAFT = "SENT", "DRAFT"
CANNOT_TELL = gettext_noop("Gmail shows neither the draft nor the sent message")
STILL_GOING = gettext_noop("the call may still be on its way")
# What may be asked for in Gmail's language of searching: an id that others wrote must not become more than an id.
_SEARCHABLE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`|~.@:\[\]-]{3,250}")


def carrier(connection: Connection) -> "GmailCarrier":
    """How one Gmail account carries messages."""
    return GmailCarrier(connection)


@dataclass(frozen=True)
class Draft:
    """A mail that lies ready. `left_at` is when it was last told to leave, in seconds since 1970; 0 while it never was."""

    id: str
    thread: str
    left_at: int = 0

    def __str__(self) -> str:
        return f"{self.id}:{self.thread}:{self.left_at}"

    @classmethod
    def read(cls, ref: str) -> "Draft | None":
        """The draft that a try before kept as its `ref`."""
        parts = ref.split(":")
        return cls(parts[0], parts[1], int(parts[2])) if len(parts) == 3 and parts[2].isdecimal() else None


class GmailCarrier:
    """One account. What Gmail says of a draft is proof, so a lookup that answers None is one."""

    keeps_keys = True
    call_seconds = CALL_SECONDS

    def __init__(self, connection: Connection, settles_in: float = SETTLES_IN) -> None:
        self.connection, self.settles_in = connection, settles_in

    def send(self, message: OutboundMessage, idempotency_key: str, progress: Progress) -> str:
        """Carry the mail out once. Raises GatewayError, ambiguous when the draft may have left without our hearing of it."""
        deadline = time.monotonic() + self.call_seconds
        raw = written(message, self.connection)
        kept = Draft.read(progress.ref)
        found = until(deadline, lambda: self._kept(kept, message) if kept else self._laid_down(raw, message))
        if isinstance(found, str):
            return found
        progress.keep(str(Draft(found.id, found.thread, int(time.time()))))
        return self._let_go(found, message.mail_id, deadline)

    def lookup(self, idempotency_key: str, ref: str = "") -> str | None:
        """What became of the draft `ref`. Raises GatewayError: ambiguous while it is neither there nor among what was sent."""
        mail_id = message_id(idempotency_key, self.connection.address)
        return until(time.monotonic() + self.call_seconds, lambda: self._became(Draft.read(ref), mail_id))

    async def _laid_down(self, raw: bytes, message: OutboundMessage) -> Draft | str:
        """A new draft; or the one of a try whose answer was lost; or, against all odds, the id of what was already sent."""
        async with line(self.connection) as gmail:
            before, thread = await asyncio.gather(self._before(gmail, message.mail_id), self._thread(gmail, message.mail_chain))
            return before or await self._created(gmail, raw, thread)

    async def _created(self, gmail: Line, raw: bytes, thread: str) -> Draft:
        try:
            made = await gmail.post_mail("/drafts", raw, **({"threadId": thread} if thread else {}))
        except Missing:
            if not thread:
                raise
            # The thread went to the bin meanwhile; the answer's own headers still say what it belongs to.
            made = await gmail.post_mail("/drafts", raw)
        return _draft(made)

    async def _kept(self, kept: Draft, message: OutboundMessage) -> Draft | str:
        async with line(self.connection) as gmail:
            if await self._is_there(gmail, kept):
                return kept
            return await self._sent_or_doubtful(gmail, kept, message.mail_id)

    def _let_go(self, draft: Draft, mail_id: str, deadline: float) -> str:
        if time.monotonic() >= deadline:
            raise DeadlinePassed("no time left to ask")
        try:
            return until(deadline, lambda: self._send(draft, mail_id))
        except DeadlinePassed as error:
            raise GatewayError(str(error), ambiguous=True) from error

    async def _send(self, draft: Draft, mail_id: str) -> str:
        async with line(self.connection) as gmail:
            try:
                sent = await gmail.post("/drafts/send", {"id": draft.id}, sends=True)
            except Missing:
                # Somebody was faster: a call of ours that was believed dead, or a person in the mailbox.
                return await self._sent_or_doubtful(gmail, draft, mail_id)
            if not sent.get("id"):
                raise GatewayError(gettext_noop("Gmail answered without an id"), ambiguous=True)
            return str(sent["id"])

    async def _became(self, draft: Draft | None, mail_id: str) -> str | None:
        async with line(self.connection) as gmail:
            if draft is None:
                # Its name is kept before it is told to leave: without one nothing has left, except by other hands.
                found = await self._before(gmail, mail_id)
                return found if isinstance(found, str) else None
            if not await self._is_there(gmail, draft):
                return await self._sent_or_doubtful(gmail, draft, mail_id)
            if time.time() - draft.left_at < self.settles_in:
                raise GatewayError(STILL_GOING)
            return None

    async def _is_there(self, gmail: Line, draft: Draft) -> bool:
        try:
            await gmail.get(f"/drafts/{named(draft.id)}", [("format", "minimal")])
        except Missing:
            return False
        return True

    async def _sent_or_doubtful(self, gmail: Line, draft: Draft, mail_id: str) -> str:
        """The id of what was sent. The draft is gone: whatever fails from here on, it may have been sent."""
        try:
            found = await self._sent(gmail, draft.thread, mail_id)
        except GatewayError as error:
            raise GatewayError(str(error), ambiguous=True) from error
        if found is None:
            raise GatewayError(CANNOT_TELL, ambiguous=True)
        return found

    async def _sent(self, gmail: Line, thread: str, mail_id: str) -> str | None:
        """Looked for in its thread, which is never behind; then by searching, which may be, in case it went elsewhere."""
        try:
            whole = await gmail.get(f"/threads/{named(thread)}", _SHOWN)
        except Missing:
            whole = {}
        for message in records(whole.get("messages") or []):
            if SENT in _labels(message) and _is_it(message, mail_id):
                return str(message.get("id"))
        found = await self._before(gmail, mail_id)
        return found if isinstance(found, str) else None

    async def _before(self, gmail: Line, mail_id: str) -> Draft | str | None:
        """What the mailbox already holds under our Message-ID: the sent mail's id, or a draft that may be used."""
        shown = [await gmail.get(f"/messages/{named(one.get('id'))}", _SHOWN) for one in await _search(gmail, mail_id)]
        ours = [message for message in shown if _is_it(message, mail_id)]
        # A try whose answer was lost may have left a draft of its own behind: what was sent goes before.
        for message in ours:
            if SENT in _labels(message):
                return str(message.get("id"))
        for message in ours:
            if DRAFT in _labels(message):
                return await self._draft_of(gmail, mail_id, str(message.get("id")))
        return None

    async def _draft_of(self, gmail: Line, mail_id: str, found: str) -> Draft | None:
        listed = await gmail.get("/drafts", [("q", f"rfc822msgid:{mail_id}")])
        drafts = records(listed.get("drafts") or [])
        return next((_draft(one) for one in drafts if record(one.get("message")).get("id") == found), None)

    async def _thread(self, gmail: Line, chain: tuple[str, ...]) -> str:
        """The thread of the mail that is answered; empty when Gmail has none."""
        found = await _search(gmail, chain[-1]) if chain else []
        return str(found[0].get("threadId") or "") if found else ""


_SHOWN = [("format", "metadata"), ("metadataHeaders", "Message-ID"), ("metadataHeaders", MARKER)]


async def _search(gmail: Line, mail_id: str) -> list[dict[str, Any]]:
    if not _SEARCHABLE.fullmatch(mail_id):
        return []
    found = await gmail.get("/messages", [("q", f"rfc822msgid:{mail_id}"), ("maxResults", "5")])
    return records(found.get("messages") or [])


def _draft(made: dict[str, Any]) -> Draft:
    message = record(made.get("message"))
    if not made.get("id"):
        raise GatewayError(gettext_noop("Gmail answered without an id"))
    return Draft(str(made["id"]), str(message.get("threadId") or ""))


def _labels(message: dict[str, Any]) -> list[str]:
    found = message.get("labelIds")
    return [str(one) for one in found] if isinstance(found, list) else []


def _is_it(message: dict[str, Any], mail_id: str) -> bool:
    """Whether it is the mail of that Message-ID: by that, or by our mark when Gmail has replaced it."""
    given = records(record(message.get("payload") or {}).get("headers") or [])
    headers = {str(one.get("name", "")).lower(): str(one.get("value", "")).strip() for one in given}
    return headers.get("message-id", "").strip("<>") == mail_id or headers.get(MARKER.lower()) == mark(mail_id)
