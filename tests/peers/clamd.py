"""A virus scanner on loopback: clamd's INSTREAM, with a ledger of what it was shown."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

# The harmless test string that every scanner takes for a virus, put together here so that none takes this file for one.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass
class Clamd:
    """`mood` is well, away (accepts and says nothing), garbled or small (reads no more than ten bytes)."""

    address: str = ""
    mood: str = "well"
    shown: list[bytes] = field(default_factory=list)

    def answer(self, content: bytes) -> bytes:
        self.shown.append(content)
        if self.mood == "garbled":
            return b"what?\0"
        if self.mood == "small" and len(content) > 10:
            return b"INSTREAM size limit exceeded. ERROR\0"
        return b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if EICAR in content else b"stream: OK\0"


@contextmanager
def running() -> Iterator[Clamd]:
    """A scanner on a port of its own for as long as the block runs."""
    clamd = Clamd()

    class Line(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            assert self.rfile.read(10) == b"zINSTREAM\0"
            content = b""
            while size := int.from_bytes(self.rfile.read(4), "big"):
                content += self.rfile.read(size)
            if clamd.mood != "away":
                self.wfile.write(clamd.answer(content))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Line) as server:
        server.daemon_threads = True
        clamd.address = f"tcp://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield clamd
        server.shutdown()
        thread.join()
