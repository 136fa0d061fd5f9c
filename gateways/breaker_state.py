"""Where the breakers' states are kept: in this process, and in Redis for the others to see.

Redis is asked when it answers at once. When it is away or hangs, it is left alone for a while and the process goes by its own
count, so that a breaker is never the reason that something waits.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pybreaker
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

REDIS_SECONDS = 0.2
LEFT_ALONE_SECONDS = 30.0
KEPT_SECONDS = 3600


class Shelf:
    """Redis, as long as it answers. Raises nothing: None stands for no answer."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(
            url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS, retry=Retry(NoBackoff(), 0)
        )
        self._until = 0.0
        self._lock = threading.Lock()

    def ask(self, question: Callable[[Any], Any]) -> Any:
        """What `question` answers, given the client. None without asking while Redis is left alone."""
        if time.monotonic() < self._until:
            return None
        try:
            return question(self._client)
        except (redis.RedisError, OSError):
            with self._lock:
                self._until = time.monotonic() + LEFT_ALONE_SECONDS
            return None


class SharedState(pybreaker.CircuitMemoryStorage):  # type: ignore[misc]
    """One breaker's state. Everything is written to both places; what Redis says counts when it says something."""

    def __init__(self, name: str, shelf: Shelf | None) -> None:
        super().__init__(pybreaker.STATE_CLOSED)
        self._key = f"breaker:{name}"
        self._shelf = shelf

    @property
    def state(self) -> str:
        return self._read("state") or self._state

    @state.setter
    def state(self, state: str) -> None:
        self._state = state
        self._write("state", state)

    @property
    def counter(self) -> int:
        found = self._read("failures")
        return int(found) if found else self._fail_counter

    def increment_counter(self) -> None:
        self._fail_counter += 1
        self._ask(lambda client: (client.hincrby(self._key, "failures", 1), client.expire(self._key, KEPT_SECONDS)))

    def reset_counter(self) -> None:
        # After nearly every call nothing has failed before it: then Redis need not be told.
        if self.counter:
            self._fail_counter = 0
            self._write("failures", "0")

    @property
    def opened_at(self) -> datetime | None:
        found = self._read("opened_at")
        return datetime.fromtimestamp(float(found), UTC) if found else self._opened_at

    @opened_at.setter
    def opened_at(self, moment: datetime) -> None:
        self._opened_at = moment
        self._write("opened_at", str(moment.timestamp()))

    def _read(self, field: str) -> str | None:
        found = self._ask(lambda client: client.hget(self._key, field))
        return found.decode() if isinstance(found, bytes) else found

    def _write(self, field: str, value: str) -> None:
        self._ask(lambda client: (client.hset(self._key, field, value), client.expire(self._key, KEPT_SECONDS)))

    def _ask(self, question: Callable[[Any], Any]) -> Any:
        return self._shelf.ask(question) if self._shelf else None
