"""Runs calls to the outside on one event loop of this process, and lets go of each at its deadline whatever it is doing.

A client's own timeouts are not enough: they begin anew with every byte, so a provider that drips its answer would hold us for
as long as it likes. A call that is cancelled closes its connection; nothing is left behind.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from gateways.errors import DeadlinePassed

Result = TypeVar("Result")

_lock = threading.Lock()
_running: list[tuple[asyncio.AbstractEventLoop, threading.Thread]] = []


def until(deadline: float, call: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """What `call` returns, at `deadline` (a reading of time.monotonic) at the latest. Raises DeadlinePassed, or what it raises."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise DeadlinePassed("no time left to ask")
    future = asyncio.run_coroutine_threadsafe(call(), _loop())
    try:
        return future.result(left)
    except TimeoutError as error:
        future.cancel()
        raise DeadlinePassed(f"no answer within {left:.1f} seconds") from error


def _loop() -> asyncio.AbstractEventLoop:
    """The loop, begun with the first call; begun anew in a process that was forked from one that had it."""
    with _lock:
        if not _running or not _running[0][1].is_alive():
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=loop.run_forever, daemon=True, name="gateways")
            thread.start()
            _running[:] = [(loop, thread)]
        return _running[0][0]
