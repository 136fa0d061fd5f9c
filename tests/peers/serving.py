"""A peer that speaks HTTP, for the length of a block."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import TypeVar

Server = TypeVar("Server", bound=ThreadingHTTPServer)


@contextmanager
def serving(server: Server, name: str) -> Iterator[Server]:
    """The server, answering; those who still wait for it are let go at its end (its event `ends`)."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True, name=f"{name} peer")
    thread.start()
    try:
        yield server
    finally:
        server.ends.set()  # type: ignore[attr-defined]
        server.shutdown()
        server.server_close()
        thread.join(5)
