"""WhatsApp's Graph API on loopback: a real server with a ledger of its own that can be told to fail in every way that WhatsApp does.

`script` says what the next calls meet, by operation: {"messages": ["drop", "ok"]}; `weather` is asked for every call that no script speaks
of. What they may answer: ok; refuse (the line breaks before anything is done), drop (done, and the line breaks before the answer), 503
and 503-after (nothing done; done), hang and hang-after (no answer; done, no answer), slow (done, answered late), late (done after the
caller has given up), junk (done, the answer is no JSON), no-id (done, the answer has no id), redirect, 429 (with Retry-After), a number
of WhatsApp's own (131047, 190...) which is refused with the body that the real one sends.

What it takes it tells of by webhooks: `call` gets the body and the headers of each, signed. `repeats` sends every one twice, `reorders`
the statuses of a message the wrong way round, `statuses` are those that are told.
"""

import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from gateways.whatsapp.signature import HEADER, sign
from tests.peers.serving import serving

SLOW_SECONDS, LATE_SECONDS = 0.3, 0.5
DONE_FIRST = {"drop", "503-after", "hang-after", "junk", "no-id", "slow"}
# Answers without a body; every other number is one of WhatsApp's own.
BARE = {"400", "401", "403", "404", "500", "502", "503"}
STATUS_OF = {190: 401, 10: 403, 130429: 429, 80007: 429, 131056: 400, 131031: 403, 131000: 500, 131016: 503, 2: 503}
NUMBER, ACCOUNT, TOKEN, SECRET = "900800700", "100200300", "access-1", "not-a-secret-test-key"
OPERATIONS = (
    ("messages", "POST", rf"/v[\d.]+/{NUMBER}/messages"),
    ("upload", "POST", rf"/v[\d.]+/{NUMBER}/media"),
    ("templates", "GET", rf"/v[\d.]+/{ACCOUNT}/message_templates"),
    ("number", "GET", rf"/v[\d.]+/{NUMBER}"),
    ("media", "GET", r"/v[\d.]+/(media-[\w-]+)"),
    ("bytes", "GET", r"/bytes/(media-[\w-]+)"),
)
Call = Callable[[bytes, dict[str, str]], Any]


@dataclass(frozen=True)
class Taken:
    """A line of the ledger: one message that a customer would have got."""

    key: str
    wamid: str
    body: dict[str, Any]


@dataclass
class Media:
    content: bytes
    mime_type: str = "application/octet-stream"
    # Where it is said to lie, and what its digest is said to be, when not as it is.
    url: str = ""
    digest: str = ""


@dataclass
class Told:
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class WhatsAppPeer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.ledger: list[Taken] = []
        self.script: dict[str, list[str]] = {}
        self.weather: Callable[[str], str] = lambda operation: "ok"
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.media: dict[str, Media] = {}
        self.templates: list[dict[str, Any]] = []
        self.page_size = 2
        self.retry_after = "7"
        self.call: Call | None = None
        self.told: list[Told] = []
        self.statuses: tuple[str, ...] = ("sent", "delivered")
        self.repeats = self.reorders = False
        self.ends = threading.Event()
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def keys(self) -> list[str]:
        return [one.key for one in self.ledger]

    def fate(self, operation: str) -> str:
        with self.lock:
            scripted = self.script.get(operation)
            return scripted.pop(0) if scripted else self.weather(operation)

    def take(self, body: dict[str, Any]) -> Taken:
        """The customer gets it, and whoever listens is told how it fares."""
        with self.lock:
            taken = Taken(body.get("biz_opaque_callback_data", ""), f"wamid.peer{len(self.ledger)}", body)
            self.ledger.append(taken)
        for status in reversed(self.statuses) if self.reorders else self.statuses:
            self.tell(status_call(taken, status))
        return taken

    def tell(self, document: dict[str, Any]) -> None:
        """Make a webhook call, as often as the peer repeats itself."""
        raw = json.dumps(document).encode()
        headers = {HEADER: sign(raw, SECRET), "Content-Type": "application/json"}
        for _ in range(2 if self.repeats else 1):
            self.told.append(Told(raw, headers))
            if self.call is not None:
                self.call(raw, headers)

    def keep(self, content: bytes, **more: str) -> str:
        """A file that a customer has sent; returns its id."""
        pk = f"media-{len(self.media)}"
        self.media[pk] = Media(content, **more)
        return pk

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who went away is what half of this is for."""


@contextmanager
def whatsapp() -> Iterator[WhatsAppPeer]:
    """The server for the length of the block."""
    with serving(WhatsAppPeer(), "whatsapp") as server:
        yield server


def post_to(url: str) -> Call:
    """A `call` that posts to an address on this machine, as the real one would."""
    where = urlsplit(url)

    def call(raw: bytes, headers: dict[str, str]) -> int:
        line = HTTPConnection(where.hostname or "", where.port, timeout=10)
        try:
            line.request("POST", where.path, raw, headers)
            return line.getresponse().status
        finally:
            line.close()

    return call


def change(value: dict[str, Any], name: str = "messages", account: str = ACCOUNT) -> dict[str, Any]:
    return {"object": "whatsapp_business_account", "entry": [{"id": account, "changes": [{"field": name, "value": value}]}]}


def about(number: str = NUMBER) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "metadata": {"display_phone_number": "15550001000", "phone_number_id": number}}


def status_call(taken: Taken, status: str, **more: Any) -> dict[str, Any]:
    """A call that tells of one status of a message that was taken."""
    told = {"id": taken.wamid, "status": status, "timestamp": str(int(time.time())), "recipient_id": "447700910000"}
    if taken.key:
        told["biz_opaque_callback_data"] = taken.key
    return change(about() | {"statuses": [told | more]})


def message_call(*messages: dict[str, Any], name: str = "Ana", user_id: str = "", number: str = NUMBER) -> dict[str, Any]:
    """A call with these messages, all of one person's."""
    card: dict[str, Any] = {"profile": {"name": name}, "wa_id": messages[0].get("from", "") if messages else ""}
    if user_id:
        card["user_id"] = user_id
    return change(about(number) | {"contacts": [card], "messages": list(messages)})


def said(
    wamid: str, text: str = "Where is my order?", *, phone: str = "447700910000", at: int = 1_772_000_000, **more: Any
) -> dict[str, Any]:
    """A message of a customer as a call holds it."""
    kind = {"type": "text", "text": {"body": text}} if "type" not in more else {}
    return {"from": phone, "id": wamid, "timestamp": str(at), **kind, **more}


class Answering(BaseHTTPRequestHandler):
    server: WhatsAppPeer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        for name, method, pattern in OPERATIONS:
            found = re.fullmatch(pattern, parts.path)
            if found and method == self.command:
                self.server.asked.append((name, self.query))
                self.meet(name, found.groups())
                return
        self.say(404, refusal(100, "Unsupported request"))

    do_POST = do_GET

    def meet(self, operation: str, names: tuple[str, ...]) -> None:
        fate = self.server.fate(operation)
        status, document = self.perform(operation, names) if fate == "ok" or fate in DONE_FIRST else (0, {})
        if fate == "slow":
            self.server.ends.wait(SLOW_SECONDS)
        if fate in ("ok", "slow"):
            self.say(status, document)
        elif fate == "late":
            self.server.ends.wait(LATE_SECONDS)
            self.perform(operation, names)
            self.leave()
        elif fate in ("refuse", "drop"):
            self.leave()
        elif fate in ("hang", "hang-after"):
            self.server.ends.wait(30)
        else:
            self.misbehave(fate)

    def misbehave(self, fate: str) -> None:
        if fate == "junk":
            self.say(200, b"<html>")
        elif fate == "no-id":
            self.say(200, {"messaging_product": "whatsapp", "messages": []})
        elif fate == "redirect":
            self.say(307, b"", Location=f"{self.server.url}/elsewhere")
        elif fate == "429":
            words = "Cloud API message throughput has been reached."
            self.say(429, refusal(130429, words), **{"Retry-After": self.server.retry_after})
        elif fate.removesuffix("-after") in BARE:
            self.say(int(fate.removesuffix("-after")), b"")
        else:
            self.say(STATUS_OF.get(int(fate), 400), refusal(int(fate), f"(#{fate}) refused"))

    def perform(self, operation: str, names: tuple[str, ...]) -> tuple[int, Any]:
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, refusal(190, "Invalid OAuth access token")
        return getattr(self, operation)(*names)

    def messages(self) -> tuple[int, Any]:
        body = json.loads(self.body)
        taken = self.server.take(body)
        to = body.get("to") or body.get("recipient")
        sent = [{"id": taken.wamid, "message_status": "accepted"}]
        return 200, {"messaging_product": "whatsapp", "contacts": [{"input": to, "wa_id": to}], "messages": sent}

    def upload(self) -> tuple[int, Any]:
        mark = b"--" + self.headers["Content-Type"].partition("boundary=")[2].encode()
        pieces = [piece.partition(b"\r\n\r\n") for piece in self.body.split(mark)[1:-1]]
        file = next(content for head, _, content in pieces if b'name="file"' in head)
        return 200, {"id": self.server.keep(file.removesuffix(b"\r\n"))}

    def media(self, pk: str) -> tuple[int, Any]:
        kept = self.server.media.get(pk)
        if kept is None:
            return 400, refusal(100, "Unsupported get request.")
        url = kept.url or f"{self.server.url}/bytes/{pk}"
        digest = kept.digest or sha256(kept.content).hexdigest()
        found = {"url": url, "mime_type": kept.mime_type, "sha256": digest, "file_size": len(kept.content)}
        return 200, found | {"id": pk, "messaging_product": "whatsapp"}

    def bytes(self, pk: str) -> tuple[int, Any]:
        return 200, self.server.media[pk].content

    def number(self) -> tuple[int, Any]:
        return 200, {"id": NUMBER, "display_phone_number": "+1 555 000 1000", "verified_name": "Saltbarrow"}

    def templates(self) -> tuple[int, Any]:
        begin, size = int(self.query.get("after", "0")), self.server.page_size
        page = self.server.templates[begin : begin + size]
        paging: dict[str, Any] = {"cursors": {"before": str(begin), "after": str(begin + size)}}
        if begin + size < len(self.server.templates):
            paging["next"] = f"{self.server.url}/elsewhere"
        return 200, {"data": page, "paging": paging}

    def leave(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(2)

    def say(self, status: int, document: Any, **headers: str) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


def refusal(code: int, words: str) -> dict[str, Any]:
    """As the real one refuses."""
    details = {"messaging_product": "whatsapp", "details": words}
    return {
        "error": {"message": words, "type": "OAuthException", "code": code, "error_data": details, "fbtrace_id": "Az8or2yh"}
    }


def weather(seed: int, *, lost: float = 0.2) -> Callable[[str], str]:
    """Rough days: a share of answers lost, and 429s, 5xx and hangs besides; the same for the same seed."""
    die, lock = random.Random(seed), threading.Lock()

    def fate(operation: str) -> str:
        with lock:
            drawn = die.random()
        if operation != "messages":
            return "ok"
        limits = ((lost, "drop"), (0.05, "429"), (0.05, "503"), (0.03, "503-after"), (0.05, "131056"))
        for share, word in limits:
            if drawn < share:
                return word
            drawn -= share
        return "ok"

    return fate
