"""A cache that outlives Redis: while Redis is away this process answers from its own memory.

For what has to be answered in any case. allauth counts failed sign-ins in the default cache, and nobody may be kept out, nor let
in uncounted, because Redis is down. A hung Redis costs one time-out, then it is left alone for some seconds.
"""

import time
from typing import Any

import redis
from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

AWAY_SECONDS = 5.0


class ForgivingCache(BaseCache):
    """Takes "redis" or, while that fails, "process" of settings.CACHES."""

    away_until = 0.0

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def _ask(self, verb: str, *args: Any, **named: Any) -> Any:
        if time.monotonic() >= ForgivingCache.away_until:
            try:
                return getattr(caches["redis"], verb)(*args, **named)
            except (redis.RedisError, OSError):
                ForgivingCache.away_until = time.monotonic() + AWAY_SECONDS
        return getattr(caches["process"], verb)(*args, **named)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._ask("add", key, value, timeout=timeout, version=version))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._ask("get", key, default, version=version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._ask("set", key, value, timeout=timeout, version=version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._ask("touch", key, timeout=timeout, version=version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._ask("delete", key, version=version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._ask("incr", key, delta, version=version))

    def clear(self) -> None:
        self._ask("clear")
        caches["process"].clear()
