"""Where the breakers' states are kept: in this process, and in Redis for the others to see.

Redis is asked when it answers at once. When it is away or hangs, it is left alone for a while and the process goes by its own
count, so that a breaker is never the reason that something waits. No clock is compared with another: Redis lets a rest run out.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

REDIS_SECONDS = 0.2
LEFT_ALONE_SECONDS = 30.0
KEPT_SECONDS = 3600

CLOSED = "closed"


@dataclass(frozen=True)
class Standing:
    """Why a provider is left alone (closed: it is not), for how many more seconds, and how often in a row it failed."""

    word: str = CLOSED
    failures: int = 0
    seconds: float = 0.0


class OwnState:
    """What this process knows about one provider."""

    def __init__(self) -> None:
        self._word, self._failures, self._until = CLOSED, 0, 0.0
        self._lock = threading.Lock()

    def read(self) -> Standing:
        with self._lock:
            return Standing(self._word, self._failures, max(self._until - time.monotonic(), 0.0))

    def failed(self) -> int:
        with self._lock:
            self._failures += 1
            return self._failures

    def leave_alone(self, word: str, seconds: float) -> None:
        with self._lock:
            self._word, self._until = word, time.monotonic() + seconds

    def claim(self, seconds: float) -> bool:
        """Whether the caller is the first since the rest ran out; the next may come after `seconds`."""
        with self._lock:
            if time.monotonic() < self._until:
                return False
            self._until = time.monotonic() + seconds
            return True

    def close(self) -> None:
        with self._lock:
            self._word, self._failures, self._until = CLOSED, 0, 0.0


class Shelf:
    """Redis, as long as it answers. Raises nothing: None stands for no answer."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(
            url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS, retry=Retry(NoBackoff(), 0)
        )
        self._until = 0.0
        self._lock = threading.Lock()

    def ask(self, question: Callable[[Any], Any]) -> Any:
        """What `question` answers, given a pipeline. None without asking while Redis is left alone."""
        if time.monotonic() < self._until:
            return None
        try:
            with self._client.pipeline(transaction=False) as pipeline:
                question(pipeline)
                return pipeline.execute()
        except (redis.RedisError, OSError):
            with self._lock:
                self._until = time.monotonic() + LEFT_ALONE_SECONDS
            return None


class SharedState:
    """What all processes know about one provider. None stands for: Redis does not say."""

    def __init__(self, name: str, shelf: Shelf | None) -> None:
        self._key, self._rest = f"cc:breaker:{name}", f"cc:breaker:{name}:rest"
        self._shelf = shelf

    def read(self) -> Standing | None:
        found = self._ask(lambda redis: redis.hmget(self._key, "word", "failures").pttl(self._rest))
        if found is None or found[0] == [None, None]:
            return None
        word, failures = found[0]
        return Standing(word.decode() if word else CLOSED, int(failures or 0), max(found[1], 0) / 1000)

    def failed(self) -> int | None:
        found = self._ask(lambda redis: redis.hincrby(self._key, "failures", 1).expire(self._key, KEPT_SECONDS))
        return int(found[0]) if found else None

    def leave_alone(self, word: str, seconds: float) -> None:
        rest = max(int(seconds * 1000), 1)
        self._ask(
            lambda redis: redis.hset(self._key, "word", word).expire(self._key, KEPT_SECONDS).set(self._rest, word, px=rest)
        )

    def claim(self, seconds: float) -> bool | None:
        found = self._ask(lambda redis: redis.set(self._rest, "tried", nx=True, px=int(seconds * 1000)))
        return bool(found[0]) if found else None

    def close(self) -> None:
        fresh = {"word": CLOSED, "failures": 0}
        self._ask(lambda redis: redis.hset(self._key, mapping=fresh).expire(self._key, KEPT_SECONDS).delete(self._rest))

    def _ask(self, question: Callable[[Any], Any]) -> Any:
        return self._shelf.ask(question) if self._shelf else None
