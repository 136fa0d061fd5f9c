"""An S3-compatible store on loopback, path-style, one bucket: put, get, head, delete. It refuses what is not signed for its key."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY, SECRET = "AKIAEXAMPLE", "not a secret of anybody"


@dataclass
class Store:
    address: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    # One line per request: method, path, status.
    ledger: list[tuple[str, str, int]] = field(default_factory=list)


def dechunked(body: bytes) -> bytes:
    """What stands in aws-chunked pieces: a size in hexadecimal, the piece, and trailers after the empty one."""
    found = b""
    while body:
        head, _, rest = body.partition(b"\r\n")
        size = int(head.split(b";")[0], 16)
        if size == 0:
            break
        found, body = found + rest[:size], rest[size + 2 :]
    return found


@contextmanager
def running() -> Iterator[Store]:
    """A store on a port of its own for as long as the block runs."""
    store = Store()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            """Its ledger says it."""

        def answer(self, status: int, body: bytes = b"") -> None:
            store.ledger.append((self.command, self.path, status))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", '"0"')
            self.send_header("Last-Modified", "Tue, 24 Nov 2026 10:00:00 GMT")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            name = self.path.partition("?")[0]
            if not re.match(rf"AWS4-HMAC-SHA256 Credential={KEY}/", self.headers.get("Authorization", "")):
                return self.answer(403)
            if self.command == "PUT":
                is_chunked = "aws-chunked" in self.headers.get("Content-Encoding", "")
                store.objects[name] = dechunked(body) if is_chunked else body
                return self.answer(200)
            if self.command == "DELETE":
                store.objects.pop(name, None)
                return self.answer(204)
            if name not in store.objects:
                return self.answer(404)
            return self.answer(200, store.objects[name])

        do_PUT = do_GET = do_HEAD = do_DELETE = handle_any

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    store.address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
