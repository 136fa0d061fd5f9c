"""What lies in the mailbox of a Gmail that is played on loopback: messages, threads, drafts, history. It keeps its own, append-only ledger."""

import base64
import re
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

HIDDEN = {"SPAM", "TRASH"}


@dataclass
class Kept:
    """One message as Gmail has it."""

    id: str
    thread: str
    labels: set[str]
    raw: bytes
    at: float
    searchable_at: float = 0.0

    @property
    def headers(self) -> Message:
        return message_from_bytes(self.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")

    @property
    def mail_id(self) -> str:
        return (self.headers["Message-ID"] or "").strip().strip("<>")


@dataclass
class Mailbox:
    """One account. `ledger` holds the Message-ID of every mail that really left, in order; nothing is ever taken out of it."""

    address: str = "support@shop.example"
    search_lag: float = 0.0
    ledger: list[str] = field(default_factory=list)
    messages: dict[str, Kept] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    # History before this number has been forgotten.
    oldest: int = 1
    number: int = 100
    # Gmail gives some mails a Message-ID of its own.
    renames: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)

    def arrives(self, raw: bytes, *labels: str, thread: str = "", at: float | None = None) -> str:
        """A mail from outside, in the inbox unless said otherwise."""
        return self.keep(raw, set(labels) or {"INBOX", "UNREAD"}, thread, at).id

    def keep(self, raw: bytes, labels: set[str], thread: str = "", at: float | None = None) -> Kept:
        with self.lock:
            pk, now = uuid.uuid4().hex[:16], time.time()
            kept = Kept(pk, thread or pk, labels, raw, now if at is None else at, now + self.search_lag)
            self.messages[pk] = kept
            self.happened("messagesAdded", kept)
            return kept

    def happened(self, what: str, kept: Kept, **more: Any) -> None:
        with self.lock:
            self.number += 7
            entry = {"message": {"id": kept.id, "threadId": kept.thread, "labelIds": sorted(kept.labels)}, **more}
            self.history.append({"id": str(self.number), "messages": [entry["message"]], what: [entry]})

    def vanishes(self, pk: str) -> None:
        """Deleted for good; the history still tells of its coming."""
        with self.lock:
            del self.messages[pk]

    def relabel(self, pk: str, add: str, remove: str) -> None:
        kept = self.messages[pk]
        kept.labels = (kept.labels - {remove}) | {add}
        self.happened("labelsAdded", kept, labelIds=[add])

    def forget_history(self) -> None:
        """What Gmail does after a week or so."""
        self.oldest = self.number

    def draft(self, raw: bytes, thread: str) -> dict[str, Any]:
        with self.lock:
            kept, name = self.keep(raw, {"DRAFT"}, thread), f"r{uuid.uuid4().hex[:12]}"
            self.drafts[name] = kept.id
            return {"id": name, "message": {"id": kept.id, "threadId": kept.thread, "labelIds": ["DRAFT"]}}

    def send(self, name: str) -> dict[str, Any] | None:
        """A draft leaves, once: afterwards it is gone, and another message stands among what was sent."""
        with self.lock:
            pk = self.drafts.pop(name, "")
            if not pk:
                return None
            draft = self.messages.pop(pk)
            self.ledger.append(draft.mail_id)
            raw = draft.raw
            if self.renames:
                raw = re.sub(
                    rb"(?im)^Message-ID:[^\r\n]*(\r\n[ \t][^\r\n]*)*", b"Message-ID: <other@mail.gmail.com>", raw, count=1
                )
            sent = self.keep(raw, {"SENT"}, draft.thread)
            return {"id": sent.id, "threadId": sent.thread, "labelIds": ["SENT"]}

    def found(self, query: str) -> Iterator[Kept]:
        """Newest first, by the words of a search that we use. What came just now may not be found yet."""
        asked = dict(word.split(":", 1) for word in query.split() if ":" in word)
        with self.lock:
            known = sorted(self.messages.values(), key=lambda one: -one.at)
        for one in known:
            if one.searchable_at > time.time() or one.labels & HIDDEN:
                continue
            if "rfc822msgid" in asked and one.mail_id != asked["rfc822msgid"]:
                continue
            if float(asked.get("after", 0)) <= one.at < float(asked.get("before", "inf")):
                yield one


def shown(kept: Kept, form: str, names: list[str]) -> dict[str, Any]:
    """A message as the API gives it."""
    found: dict[str, Any] = {"id": kept.id, "threadId": kept.thread, "labelIds": sorted(kept.labels)}
    found["internalDate"] = str(int(kept.at * 1000))
    if form == "raw":
        found["raw"] = base64.urlsafe_b64encode(kept.raw).decode().rstrip("=")
    if form == "metadata":
        wanted = {one.lower() for one in names}
        found["payload"] = {
            "headers": [{"name": name, "value": value} for name, value in kept.headers.items() if name.lower() in wanted]
        }
    return found
