"""A provider of language models on loopback that behaves as the name of the model asks it to: well, slowly, wrongly, not at all.

It speaks OpenAI's and Anthropic's language, so that the real official clients can be tried against it. A name is a behaviour
and, after a colon, anything: `hang:7` hangs, and has a breaker of its own.
"""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SLOW_SECONDS = 2.0
DRIP_SECONDS = 1.0
TOKENS = (200, 40)
TEN_MEGABYTES = 10_000_000


@dataclass(frozen=True)
class Asked:
    """One request as it arrived. `key` is whatever would let the sender in."""

    path: str
    key: str
    body: dict[str, Any]


class FakeServer(ThreadingHTTPServer):
    """`good` is the sentence of a right answer, which passage 1 bears. `asked` keeps every request; `busy` counts open answers."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, good: str) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.good = good
        self.asked: list[Asked] = []
        self.ends = threading.Event()
        self.busy = 0
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def count(self, change: int) -> None:
        with self._lock:
            self.busy += change

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller who went away is what half of this is for."""


@contextmanager
def serving(good: str) -> Iterator[FakeServer]:
    """A server for the length of the block; those who still wait for it are let go at its end."""
    server = FakeServer(good)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True, name="fake provider")
    thread.start()
    try:
        yield server
    finally:
        server.ends.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


class Answering(BaseHTTPRequestHandler):
    """One request, answered as its model is called."""

    server: FakeServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = (self.headers.get("Authorization") or "") + (self.headers.get("x-api-key") or "")
        self.server.asked.append(Asked(self.path, key, body))
        self.body = body
        self.server.count(1)
        try:
            self.answer(body["model"].split(":")[0])
        finally:
            self.server.count(-1)

    def answer(self, behaviour: str) -> None:
        if behaviour in CONTENTS:
            self.say(CONTENTS[behaviour](good_answer(self.server.good)))
        else:
            WIRES[behaviour](self)

    def say(self, content: str) -> None:
        """A well-formed answer with this content."""
        self.send(200, envelope(self.path, content))

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json", "Content-Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status: int, why: str = "no", **headers: str) -> None:
        self.send(status, json.dumps({"error": {"type": "error", "message": why, "code": None}}).encode(), **headers)

    def wait(self, seconds: float) -> bool:
        """Whether the server is still there after so long."""
        return not self.server.ends.wait(seconds)

    def drip(self, text: bytes) -> None:
        for place in range(len(text)):
            self.wfile.write(text[place : place + 1])
            if not self.wait(DRIP_SECONDS):
                return

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


def good_answer(sentence: str) -> dict[str, Any]:
    return {"answered": True, "sentences": [{"text": sentence, "citations": [1]}]}


def envelope(path: str, content: str) -> bytes:
    """`content` as the provider of that path wraps it. Claude's tool gives JSON, so there broken content breaks the whole."""
    if path.endswith("/messages"):
        spent = json.dumps({"input_tokens": TOKENS[0], "output_tokens": TOKENS[1]})
        block = f'{{"type": "tool_use", "id": "t", "name": "answer", "input": {content or "null"}}}'
        return f'{{"type": "message", "role": "assistant", "usage": {spent}, "content": [{block}]}}'.encode()
    choice: dict[str, Any] = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    choice["logprobs"] = {"content": [{"token": "a", "logprob": -0.1}, {"token": "b", "logprob": -0.3}]}
    usage = {"prompt_tokens": TOKENS[0], "completion_tokens": TOKENS[1]}
    return json.dumps({"object": "chat.completion", "choices": [choice], "usage": usage}).encode()


def _with(**changed: Any) -> Callable[[dict[str, Any]], str]:
    """The good answer with something else in its sentence."""
    return lambda good: json.dumps(good | {"sentences": [good["sentences"][0] | changed]})


def _and(more: str) -> Callable[[dict[str, Any]], str]:
    """The good answer and a second sentence that cites the same passage."""
    return lambda good: json.dumps(good | {"sentences": [*good["sentences"], {"text": more, "citations": [1]}]})


def _instead(old: str, new: str) -> Callable[[dict[str, Any]], str]:
    return lambda good: json.dumps(good).replace(old, new)


CONTENTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "well": json.dumps,
    "says-no": lambda good: json.dumps({"answered": False, "sentences": []}),
    "uncited": _with(citations=[]),
    "unknown-passage": _with(citations=[99]),
    "other-figures": _and("It works within 90 minutes and costs 4.50."),
    "a-promise": _and("Your refund is approved."),
    "a-link": _and("See https://evil.example/card for more."),
    "nan": _instead("true", "NaN"),
    "infinity": _instead("[1]", "[Infinity]"),
    "1e999": _instead("[1]", "[1e999]"),
    "sure-of-itself": lambda good: json.dumps(good | {"confidence": 1.0, "decision": "auto", "sentences": []}),
    "empty-content": lambda good: "",
    "code-fence": lambda good: f"```json\n{json.dumps(good)}\n```",
    "two-objects": lambda good: json.dumps(good) * 2,
    "cut-off": lambda good: json.dumps(good)[:-3],
    "deep": lambda good: "[" * 50_000,
    "wrong-types": lambda good: json.dumps({"answered": "yes", "sentences": {"text": 1}}),
    "a-number": lambda good: "95",
}


def slow(answering: Answering) -> None:
    if answering.wait(SLOW_SECONDS):
        answering.say(json.dumps(good_answer(answering.server.good)))


def hang(answering: Answering) -> None:
    answering.wait(60)


def hang_after_headers(answering: Answering) -> None:
    answering.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n")
    answering.wait(60)


def drip(answering: Answering) -> None:
    answering.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n")
    answering.drip(b" " * 500)


def reset(answering: Answering) -> None:
    answering.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    answering.close_connection = True
    answering.rfile.close()
    answering.connection.close()


def no_schema(answering: Answering) -> None:
    """A compatible server that knows neither strict schemas nor logprobs."""
    if answering.body.get("response_format", {}).get("type") == "json_schema":
        answering.refuse(400, "response_format.type must be one of text, json_object")
    elif "logprobs" in answering.body:
        answering.refuse(400, "logprobs is not supported")
    else:
        answering.say(json.dumps(good_answer(answering.server.good)))


def short(answering: Answering) -> None:
    answering.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
    answering.close_connection = True


WIRES: dict[str, Callable[[Answering], None]] = {
    "slow": slow,
    "no-schema": no_schema,
    "nothing": lambda answering: answering.send(200, b""),
    "ten-megabytes": lambda answering: answering.say('{"answered": "' + "x" * TEN_MEGABYTES + '"}'),
    "zipped": lambda answering: answering.send(200, b"\x1f\x8b", Content_Encoding="gzip"),
    "a-web-page": lambda answering: answering.send(200, b"<html>Sign in</html>", Content_Type="text/html"),
    "a-list": lambda answering: answering.send(200, b"[]"),
    "no-choice": lambda answering: answering.send(200, b'{"choices": [], "content": []}'),
    "odd-choices": lambda answering: answering.send(200, b'{"choices": {"0": 1}, "content": "x"}'),
    "nan-envelope": lambda answering: answering.send(200, b'{"choices": NaN, "content": NaN}'),
    "429": lambda answering: answering.refuse(429, Retry_After="30"),
    "429-no-money": lambda answering: answering.send(429, b'{"error": {"message": "no", "code": "insufficient_quota"}}'),
    "400": lambda answering: answering.refuse(400),
    "401": lambda answering: answering.refuse(401),
    "403": lambda answering: answering.refuse(403),
    "404": lambda answering: answering.refuse(404),
    "500": lambda answering: answering.refuse(500),
    "503": lambda answering: answering.refuse(503),
    "redirect": lambda answering: answering.send(307, b"", Location=f"{answering.server.url}/elsewhere{answering.path}"),
    "reset": reset,
    "short": short,
    "hang": hang,
    "hang-after-headers": hang_after_headers,
    "drip": drip,
    "drip-headers": lambda answering: answering.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 500),
}
