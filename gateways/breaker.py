"""Circuit breakers, one per provider. What one process learns about a provider the others know too, through Redis.

Without Redis each process keeps its own count: a breaker must never be the reason that nothing works.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

import pybreaker
import redis
from django.conf import settings

from gateways.errors import CircuitOpen, GatewayError

FAILURES = 5
OPEN_SECONDS = 30
REDIS_SECONDS = 0.5

Result = TypeVar("Result")

_lock = threading.Lock()
_breakers: dict[str, pybreaker.CircuitBreaker] = {}


def _is_callers_fault(error: object) -> bool:
    return isinstance(error, GatewayError) and error.permanent


def breaker(name: str) -> pybreaker.CircuitBreaker:
    """The breaker of that provider: opens after five failures in a row, tries again after 30 seconds."""
    with _lock:
        if name not in _breakers:
            _breakers[name] = pybreaker.CircuitBreaker(
                fail_max=FAILURES,
                reset_timeout=OPEN_SECONDS,
                exclude=[_is_callers_fault],
                state_storage=_storage(name),
                name=name,
            )
        return _breakers[name]


def guarded(name: str, call: Callable[[], Result]) -> Result:
    """Run `call` behind the breaker of `name`. Raises CircuitOpen when it is open, else what the call raises."""
    try:
        return breaker(name).call(call)
    except pybreaker.CircuitBreakerError as error:
        raise CircuitOpen(f"{name} failed repeatedly and is left alone for a while") from error
    except redis.RedisError:
        _forget_redis(name)
        return guarded(name, call)


def states() -> dict[str, str]:
    """closed, open or half-open, by provider, for those used so far in this process."""
    with _lock:
        known = dict(_breakers)
    return {name: _state(one) for name, one in known.items()}


def reset() -> None:
    """Forget everything, for tests."""
    with _lock:
        _breakers.clear()


def _state(one: pybreaker.CircuitBreaker) -> str:
    try:
        return str(one.current_state)
    except redis.RedisError:
        return "unknown"


def _storage(name: str) -> pybreaker.CircuitBreakerStorage:
    url = getattr(settings, "REDIS_URL", "")
    if not url:
        return pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED)
    client = redis.Redis.from_url(url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)
    try:
        return pybreaker.CircuitRedisStorage(pybreaker.STATE_CLOSED, client, namespace=f"breaker:{name}")
    except redis.RedisError:
        return pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED)


def _forget_redis(name: str) -> None:
    with _lock:
        _breakers[name] = pybreaker.CircuitBreaker(
            fail_max=FAILURES, reset_timeout=OPEN_SECONDS, exclude=[_is_callers_fault], name=name
        )
