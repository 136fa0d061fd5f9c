"""Asking ClamAV about a file: clamd's INSTREAM, over the socket that CLAMAV_SOCKET names (unix:/run/clamav/clamd.ctl, tcp://host:3310)."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlsplit

from core.words import gettext_noop
from gateways.errors import GatewayError

CONNECT_SECONDS, ALL_SECONDS = 2.0, 30.0
CHUNK = 64 * 1024
LONGEST_ANSWER = 4096


@dataclass(frozen=True)
class Finding:
    """`virus` is what was found, empty when nothing was."""

    virus: str = ""


class TooLarge(GatewayError):
    """The scanner does not look at files of that size."""


def scan(address: str, file: IO[bytes]) -> Finding:
    """What ClamAV says about the file. Raises GatewayError when it is away or does not answer, TooLarge for what it will not read."""
    deadline = time.monotonic() + ALL_SECONDS
    try:
        with _line(address) as line:
            line.sendall(b"zINSTREAM\0")
            # A scanner that has seen enough answers and closes while we are still talking.
            try:
                for chunk in iter(lambda: file.read(CHUNK), b""):
                    line.settimeout(_left(deadline))
                    line.sendall(len(chunk).to_bytes(4, "big") + chunk)
                line.sendall(b"\0\0\0\0")
            except (BrokenPipeError, ConnectionResetError):
                pass
            return _read(_answer(line, deadline))
    except (OSError, ValueError) as error:
        raise GatewayError(f"the virus scanner does not answer ({type(error).__name__})") from error


@contextmanager
def _line(address: str) -> Iterator[socket.socket]:
    if address.startswith("unix:"):
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(CONNECT_SECONDS)
        line.connect(address.removeprefix("unix:"))
    else:
        parts = urlsplit(address)
        line = socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 3310), timeout=CONNECT_SECONDS)
    with line:
        yield line


def _answer(line: socket.socket, deadline: float) -> str:
    said = b""
    while b"\0" not in said and len(said) < LONGEST_ANSWER:
        line.settimeout(_left(deadline))
        more = line.recv(LONGEST_ANSWER)
        if not more:
            break
        said += more
    return said.split(b"\0")[0].decode(errors="replace").strip()


def _read(answer: str) -> Finding:
    """ "stream: OK", "stream: Eicar-Test-Signature FOUND", "INSTREAM size limit exceeded. ERROR"."""
    if answer.endswith(" OK"):
        return Finding()
    if answer.endswith(" FOUND"):
        return Finding(answer.removesuffix(" FOUND").partition(": ")[2][:150] or "unnamed")
    if "size limit" in answer:
        raise TooLarge(gettext_noop("the virus scanner does not read files of this size"))
    raise GatewayError(f"the virus scanner answered what cannot be read: {answer[:80]!r}")


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
