"""The process in which mails are read: small, without Django, and mortal. It takes one mail after the other from the socket that is its
standard input and answers each on it. It ends when its parent goes, when it has used up its memory, or when one mail takes too long.
"""

import resource
import signal
import socket
from dataclasses import replace

from gateways.mail.limits import UNREADABLE
from gateways.mail.parsing import parse, parse_beginning, parse_head
from gateways.mail.records import LENGTH, packed
from gateways.mail.types import Mail

WHOLE, BEGINNING, HEAD = b"w", b"b", b"h"
MEMORY = 256 * 1024 * 1024
# Its parent loses patience before; this is for a child whose parent has died.
SECONDS = 8
_READERS = {WHOLE: parse, BEGINNING: parse_beginning, HEAD: parse_head}


def run() -> None:
    """Read mails until the parent closes the line."""
    _confine()
    with socket.socket(fileno=0) as line:
        while request := _take(line, LENGTH.size + 1):
            (size,) = LENGTH.unpack(request[1:])
            signal.alarm(SECONDS)
            raw = _take(line, size)
            mail = _read(raw, request[:1])
            del raw
            for piece in packed(mail):
                line.sendall(piece)
            signal.alarm(0)


def _confine() -> None:
    """Bounds that the kernel keeps, whatever a mail makes of us."""
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, 16),
    ):  # fmt: skip
        resource.setrlimit(kind, (most, most))
    for one in (signal.SIGINT, signal.SIGHUP):
        # Ctrl-C is for the parent, who takes the child with it.
        signal.signal(one, signal.SIG_IGN)


def _read(raw: bytes, kind: bytes) -> Mail:
    try:
        return _READERS[kind](raw)
    except MemoryError:
        raise
    except Exception:
        # A mail that we have no rule for shall not cost us the knowledge of who wrote.
        return _who_wrote(raw)


def _who_wrote(raw: bytes) -> Mail:
    try:
        return replace(parse_head(raw), problem=UNREADABLE)
    except Exception:
        return Mail(problem=UNREADABLE)


def _take(line: socket.socket, size: int) -> bytes:
    """Exactly so many bytes; none when the line was closed before."""
    taken = bytearray(size)
    view, at = memoryview(taken), 0
    while at < size:
        count = line.recv_into(view[at:])
        if not count:
            raise SystemExit(0)
        at += count
    view.release()
    return bytes(taken)
