"""Reads mails: `read(raw)`. The bytes come from anybody, so they are read by child processes that can be killed.

Each process of ours keeps its children and gives them one mail after the other, since starting one takes longer than reading. A child
that takes too long or dies is replaced, and of the mail that did it at least its writer is read. It works from any thread; children
are not shared with forks of the process, and go when it goes.
"""

import atexit
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gateways.errors import GatewayError
from gateways.mail.child import BEGINNING, HEAD, WHOLE
from gateways.mail.limits import BYTES_OF_A_LARGER, HEADER_BLOCK_BYTES, TOO_LARGE, TOO_LATE, TOTAL_BYTES, UNREADABLE
from gateways.mail.records import LENGTH, unpacked
from gateways.mail.types import Mail

SECONDS = 5.0
MAILS_PER_CHILD = 1_000
MOST_CHILDREN = max(1, min(4, os.cpu_count() or 1))
_ROOT = str(Path(__file__).resolve().parents[2])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from gateways.mail.child import run; run()"
_COMMAND = (sys.executable, "-I", "-S", "-c", _START, _ROOT)


def read(raw: bytes) -> Mail:
    """The mail, as far as it can be read; `problem` says what could not be. Never raises for any bytes.

    Raises GatewayError (try later) when the machine cannot start a process.
    """
    return _reader.read(raw)


class Reader:
    """The children of this process. `command` starts one; tests give one that hangs or dies."""

    def __init__(self, *, seconds: float = SECONDS, command: Sequence[str] = _COMMAND, mails: int = MAILS_PER_CHILD) -> None:
        self._seconds, self._command, self._mails = seconds, command, mails
        self.forget()
        os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        """Begin anew without children: a fork has those of another."""
        for child in getattr(self, "_idle", ()):
            child.abandon()
        self._idle: list[_Child] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST_CHILDREN)

    def read(self, raw: bytes) -> Mail:
        """See read() above."""
        if len(raw) > TOTAL_BYTES:
            found = self._ask(raw[:BYTES_OF_A_LARGER], BEGINNING)
            return replace(found, problem=found.problem if found.problem in (TOO_LATE, UNREADABLE) else TOO_LARGE)
        return self._ask(raw, WHOLE)

    def close(self) -> None:
        """End every child that waits."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()

    def _ask(self, raw: bytes, kind: bytes) -> Mail:
        with self._places:
            answer = self._answer(raw, kind)
            if isinstance(answer, Mail):
                return answer
            again = self._answer(raw[:HEADER_BLOCK_BYTES], HEAD)
        return replace(again, problem=answer) if isinstance(again, Mail) else Mail(problem=answer)

    def _answer(self, raw: bytes, kind: bytes) -> Mail | str:
        """The mail, or why there is none."""
        child = self._child()
        try:
            mail = child.ask(raw, kind, self._seconds)
        except TimeoutError:
            child.end()
            return TOO_LATE
        except (OSError, EOFError, ValueError, KeyError, TypeError):
            child.end()
            return UNREADABLE
        except BaseException:
            # Somebody stops us in the middle of an answer: the next one must not get the rest of it.
            child.end()
            raise
        self._keep(child)
        return mail

    def _child(self) -> "_Child":
        while True:
            with self._lock:
                child = self._idle.pop() if self._idle else None
            if child is None:
                return _Child(self._command)
            if child.is_alive():
                return child
            child.end()

    def _keep(self, child: "_Child") -> None:
        if child.asked >= self._mails:
            child.end()
            return
        with self._lock:
            self._idle.append(child)


class _Child:
    """One process and the line to it."""

    def __init__(self, command: Sequence[str]) -> None:
        self._line, theirs = socket.socketpair()
        self.asked = 0
        try:
            with theirs:
                self._process = subprocess.Popen(
                    list(command), stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=True,
                    env={"LC_ALL": "C.UTF-8"}, cwd="/",
                )  # fmt: skip
        except OSError as error:
            self._line.close()
            raise GatewayError(f"no process could be started to read a mail: {error.strerror}") from error

    def ask(self, raw: bytes, kind: bytes, seconds: float) -> Mail:
        """Its answer within `seconds`. Raises TimeoutError; EOFError or OSError when it died; ValueError for nonsense."""
        self.asked += 1
        end = time.monotonic() + seconds
        self._wait_until(end)
        self._line.sendall(kind + LENGTH.pack(len(raw)))
        self._line.sendall(raw)
        return unpacked(lambda size: self._take(size, end))

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """Kill it and see it gone, so that nothing stays behind."""
        self._line.close()
        self._process.kill()
        self._process.wait()

    def abandon(self) -> None:
        """Let go of a child that is not ours."""
        self._line.close()
        self._process.returncode = 0

    def _take(self, size: int, end: float) -> bytes:
        taken = bytearray(size)
        view, at = memoryview(taken), 0
        while at < size:
            self._wait_until(end)
            count = self._line.recv_into(view[at:])
            if not count:
                raise EOFError
            at += count
        view.release()
        return bytes(taken)

    def _wait_until(self, end: float) -> None:
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._line.settimeout(left)


_reader = Reader()
atexit.register(_reader.close)
