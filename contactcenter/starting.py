"""What every started server needs: a free port, a log, and a way to say in one line why it did not start."""

import random
import socket
from pathlib import Path
from typing import IO

# Ports from 32768 upwards are handed to outgoing connections and may be taken at any moment.
PORTS = range(15000, 32000)
START_SECONDS = 30


class CannotStart(Exception):
    """A store did not come up; the text is one line that says which, why and where its log is."""


def free_port(preferred: int = 0) -> int:
    """`preferred` when it is free, else a free port of PORTS. Raises CannotStart when there is none."""
    for port in [preferred, *random.sample(PORTS, 200)]:
        if port and is_free(port):
            return port
    raise CannotStart("no free port between 15000 and 32000")


def is_free(port: int) -> bool:
    """Whether somebody could listen on that port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def log_file(data: Path, component: str) -> IO[bytes]:
    """The component's log, opened for appending."""
    folder = data / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / f"{component}.log").open("ab")
