"""A server on loopback with a thread for each caller, the ground of the peers that speak line by line."""

import socket
import ssl
import threading
import time
from contextlib import suppress

DRIP_SECONDS, HANG_SECONDS = 0.05, 20.0


class HungUp(Exception):
    """The conversation is over."""


class Caller:
    """One who called: lines in, lines out."""

    def __init__(self, line: socket.socket, ends: threading.Event) -> None:
        self.line, self.ends = line, ends
        self.reader = line.makefile("rb")

    def read_line(self) -> bytes:
        said = self.reader.readline()
        if not said.endswith(b"\r\n"):
            raise HungUp
        return said[:-2]

    def read(self, size: int) -> bytes:
        said = self.reader.read(size)
        if len(said) < size:
            raise HungUp
        return said

    def say(self, *lines: str | bytes) -> None:
        for one in lines:
            self.line.sendall((one.encode() if isinstance(one, str) else one) + b"\r\n")

    def drip(self, said: bytes) -> None:
        """Byte by byte without an end, each of them a sign of life."""
        while not self.ends.is_set():
            for one in said:
                self.line.sendall(bytes([one]))
                time.sleep(DRIP_SECONDS)
        raise HungUp

    def hang(self) -> None:
        self.ends.wait(HANG_SECONDS)
        raise HungUp

    def secure(self, context: ssl.SSLContext) -> None:
        self.line = context.wrap_socket(self.line, server_side=True)
        self.reader = self.line.makefile("rb")


class Listening:
    """Answers everybody who calls until it is closed. What went wrong in a conversation is the caller's business."""

    def __init__(self) -> None:
        self.ends = threading.Event()
        self.calls = 0
        self._door = socket.create_server(("127.0.0.1", 0))
        self._door.settimeout(0.1)
        self.port: int = self._door.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.ends.set()
        self._thread.join(5)
        self._door.close()

    def converse(self, caller: Caller) -> None:
        raise NotImplementedError

    def _listen(self) -> None:
        while not self.ends.is_set():
            with suppress(TimeoutError):
                line, _ = self._door.accept()
                self.calls += 1
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        line.settimeout(HANG_SECONDS)
        caller = Caller(line, self.ends)
        with suppress(HungUp, OSError):
            self.converse(caller)
        # The reader holds the line open as well: only a shutdown tells the other side.
        with suppress(OSError):
            caller.line.shutdown(socket.SHUT_RDWR)
        caller.reader.close()
        caller.line.close()
