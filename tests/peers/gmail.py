"""Gmail on loopback: a real server with a mailbox (gmail_mailbox.py) that can be told to fail in every way that Gmail does.

`script` says what the next calls meet, by operation: {"drafts.send": ["drop", "ok"]}; `weather` is asked for every call that no script
speaks of. What they may answer: ok; refuse (the line breaks before anything is done), drop (done, and the line breaks before the answer),
503 and 503-after (nothing done; done), hang and hang-after (no answer; done, no answer), late (done after the caller has given up), junk
(done, the answer is no JSON), and 400, 401, 403, 403-rate, 404, 429, 429-words.
"""

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.peers.gmail_mailbox import HIDDEN, Kept, Mailbox, shown
from tests.peers.serving import serving

LATE_SECONDS = 0.5
DONE_FIRST = {"drop", "503-after", "hang-after", "junk"}
OPERATIONS = (
    ("token", "POST", r"/token"),
    ("certs", "GET", r"/oauth2/v3/certs"),
    ("profile", "GET", r"/gmail/v1/users/me/profile"),
    ("watch", "POST", r"/gmail/v1/users/me/watch"),
    ("stop", "POST", r"/gmail/v1/users/me/stop"),
    ("history", "GET", r"/gmail/v1/users/me/history"),
    ("messages.list", "GET", r"/gmail/v1/users/me/messages"),
    ("messages.get", "GET", r"/gmail/v1/users/me/messages/(\w+)"),
    ("threads.get", "GET", r"/gmail/v1/users/me/threads/(\w+)"),
    ("drafts.list", "GET", r"/gmail/v1/users/me/drafts"),
    ("drafts.get", "GET", r"/gmail/v1/users/me/drafts/(\w+)"),
    ("drafts.create", "POST", r"(?:/upload)?/gmail/v1/users/me/drafts"),
    ("drafts.send", "POST", r"/gmail/v1/users/me/drafts/send"),
)
Answer = tuple[int, dict[str, Any]]


class GmailPeer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.mailbox = Mailbox()
        self.script: dict[str, list[str]] = {}
        self.weather: Callable[[str], str] = lambda operation: "ok"
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.forms: list[dict[str, str]] = []
        self.tokens: set[str] = set()
        self.refresh_tokens = {"refresh-1"}
        self.codes: dict[str, dict[str, str]] = {}
        self.keys: list[dict[str, Any]] = []
        self.page_size = 100
        self.reorders = self.repeats = False
        self.retry_after = "7"
        self.ends = threading.Event()
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def count(self, operation: str) -> int:
        return sum(name == operation for name, _ in self.asked)

    def fate(self, operation: str) -> str:
        with self.lock:
            scripted = self.script.get(operation)
            return scripted.pop(0) if scripted else self.weather(operation)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who went away is what half of this is for."""


@contextmanager
def gmail() -> Iterator[GmailPeer]:
    """The server for the length of the block."""
    with serving(GmailPeer(), "gmail") as server:
        yield server


class Answering(BaseHTTPRequestHandler):
    server: GmailPeer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.query = parse_qs(parts.query)
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        for name, method, pattern in OPERATIONS:
            found = re.fullmatch(pattern, parts.path)
            if found and method == self.command:
                self.server.asked.append((name, {key: values[-1] for key, values in self.query.items()}))
                self.meet(name, found.groups())
                break
        else:
            self.say(404, refusal(404, "notFound"))

    do_POST = do_GET

    def meet(self, operation: str, names: tuple[str, ...]) -> None:
        fate = self.server.fate(operation)
        answer = self.perform(operation, names) if fate == "ok" or fate in DONE_FIRST else (0, {})
        if fate == "ok":
            self.say(*answer)
        elif fate == "late":
            self.server.ends.wait(LATE_SECONDS)
            self.perform(operation, names)
            self.leave()
        elif fate in ("refuse", "drop"):
            self.leave()
        elif fate in ("hang", "hang-after"):
            self.server.ends.wait(30)
        elif fate == "junk":
            self.say(200, b"<html>")
        elif fate == "429-words":
            until = (datetime.now(UTC) + timedelta(seconds=90)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
            self.say(429, refusal(429, "rateLimitExceeded", f"User-rate limit exceeded.  Retry after {until} (Mail sending)"))
        elif fate == "429":
            self.say(429, refusal(429, "rateLimitExceeded"), **{"Retry-After": self.server.retry_after})
        elif fate == "403-rate":
            self.say(403, refusal(403, "userRateLimitExceeded"))
        else:
            status = int(fate.removesuffix("-after"))
            self.say(status, refusal(status, "backendError"))

    def leave(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(2)

    def say(self, status: int, document: dict[str, Any] | bytes, **headers: str) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(timestamp, usegmt=True)

    def log_message(self, *args: Any) -> None:
        """Says nothing."""

    def perform(self, operation: str, names: tuple[str, ...]) -> Answer:
        if operation == "token":
            return token(self.server, {key: values[-1] for key, values in parse_qs(self.body.decode()).items()})
        if operation == "certs":
            return 200, {"keys": self.server.keys}
        if self.headers.get("Authorization", "").removeprefix("Bearer ") not in self.server.tokens:
            return 401, refusal(401, "authError")
        return getattr(self, operation.replace(".", "_"))(self.server.mailbox, *names)

    def asked(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[-1]

    def profile(self, box: Mailbox) -> Answer:
        return 200, {"emailAddress": box.address, "messagesTotal": len(box.messages), "historyId": str(box.number)}

    def watch(self, box: Mailbox) -> Answer:
        self.server.forms.append(json.loads(self.body))
        return 200, {"historyId": str(box.number), "expiration": str(int((time.time() + 7 * 86_400) * 1000))}

    def stop(self, box: Mailbox) -> Answer:
        return 204, {}

    def history(self, box: Mailbox) -> Answer:
        since, page = int(self.asked("startHistoryId")), int(self.asked("pageToken", "0"))
        if since < box.oldest:
            return 404, refusal(404, "notFound")
        with box.lock:
            wanted = set(self.query.get("historyTypes", []))
            kinds = {"messageAdded": "messagesAdded", "labelAdded": "labelsAdded"}
            entries = [one for one in box.history if int(one["id"]) > since and {kinds.get(one) for one in wanted} & set(one)]
            now = str(box.number)
        if self.server.reorders:
            entries = entries[::-1]
        if self.server.repeats:
            entries = [one for entry in entries for one in (entry, entry)]
        found, more = self.page(entries, page)
        return 200, {"history": found, "historyId": now} | more

    def page(self, entries: list[Any], page: int) -> tuple[list[Any], dict[str, str]]:
        size = self.server.page_size
        more = {"nextPageToken": str(page + size)} if page + size < len(entries) else {}
        return entries[page : page + size], more

    def messages_list(self, box: Mailbox) -> Answer:
        entries = [{"id": one.id, "threadId": one.thread} for one in box.found(self.asked("q"))]
        found, more = self.page(entries, int(self.asked("pageToken", "0")))
        return 200, {"messages": found} | more if found else {"resultSizeEstimate": 0}

    def messages_get(self, box: Mailbox, pk: str) -> Answer:
        kept = box.messages.get(pk)
        return (200, self.shown(kept)) if kept else (404, refusal(404, "notFound"))

    def threads_get(self, box: Mailbox, pk: str) -> Answer:
        with box.lock:
            inside = [one for one in box.messages.values() if one.thread == pk and not one.labels & HIDDEN]
        return (200, {"id": pk, "messages": [self.shown(one) for one in inside]}) if inside else (404, refusal(404, "notFound"))

    def shown(self, kept: Kept) -> dict[str, Any]:
        return shown(kept, self.asked("format", "full"), self.query.get("metadataHeaders", []))

    def drafts_list(self, box: Mailbox) -> Answer:
        found = {one.id for one in box.found(self.asked("q"))}
        listed = [{"id": name, "message": {"id": pk, "threadId": box.messages[pk].thread}} for name, pk in box.drafts.items()]
        return 200, {"drafts": [one for one in listed if one["message"]["id"] in found]}

    def drafts_get(self, box: Mailbox, name: str) -> Answer:
        pk = box.drafts.get(name)
        return (200, {"id": name, "message": {"id": pk}}) if pk else (404, refusal(404, "notFound"))

    def drafts_create(self, box: Mailbox) -> Answer:
        if self.path.startswith("/upload"):
            split = b"--" + self.headers["Content-Type"].partition("boundary=")[2].encode()
            _, described, mail, _ = self.body.split(split)
            message = json.loads(described.partition(b"\r\n\r\n")[2])["message"]
            raw = mail.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
        else:
            message = json.loads(self.body)["message"]
            raw = base64.urlsafe_b64decode(message["raw"] + "==")
        thread = message.get("threadId", "")
        if thread and not any(one.thread == thread for one in box.messages.values()):
            return 404, refusal(404, "notFound")
        return 200, box.draft(raw, thread)

    def drafts_send(self, box: Mailbox) -> Answer:
        sent = box.send(json.loads(self.body)["id"])
        return (200, sent) if sent else (404, refusal(404, "notFound"))


def token(server: GmailPeer, form: dict[str, str]) -> Answer:
    server.forms.append(form)
    if form["grant_type"] == "refresh_token":
        if form["refresh_token"] not in server.refresh_tokens:
            return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        more: dict[str, str] = {}
    else:
        more = server.codes.pop(form["code"], {})
        if not more:
            return 400, {"error": "invalid_grant"}
    granted = f"access-{len(server.forms)}"
    server.tokens.add(granted)
    return 200, {"access_token": granted, "expires_in": 3600, "token_type": "Bearer", **more}


def refusal(status: int, reason: str, words: str = "no") -> dict[str, Any]:
    return {"error": {"code": status, "message": words, "errors": [{"domain": "global", "reason": reason, "message": words}]}}
