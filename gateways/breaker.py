"""Circuit breakers, one per provider. What one process learns about a provider the others know too, through Redis.

Without Redis each process keeps its own count: a breaker must never be the reason that nothing works.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

import pybreaker
from django.conf import settings

from gateways.breaker_state import SharedState, Shelf
from gateways.errors import CircuitOpen, GatewayError

FAILURES = 5
OPEN_SECONDS = 30

Result = TypeVar("Result")

_lock = threading.Lock()
_breakers: dict[str, pybreaker.CircuitBreaker] = {}
_shelves: dict[str, Shelf] = {}


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
                state_storage=SharedState(name, _shelf()),
                name=name,
            )
        return _breakers[name]


def guarded(name: str, call: Callable[[], Result]) -> Result:
    """Run `call` behind the breaker of `name`. Raises CircuitOpen when it is open, else what the call raises."""
    try:
        return breaker(name).call(call)
    except pybreaker.CircuitBreakerError as error:
        raise CircuitOpen(f"{name} failed repeatedly and is left alone for a while") from error


def states() -> dict[str, str]:
    """closed, open or half-open, by provider, for those used so far in this process."""
    with _lock:
        known = dict(_breakers)
    return {name: str(one.current_state) for name, one in known.items()}


def reset() -> None:
    """Forget everything, for tests."""
    with _lock:
        _breakers.clear()
        _shelves.clear()


def _shelf() -> Shelf | None:
    """One connection to Redis for all breakers, so that all of them know when it is away."""
    url = getattr(settings, "REDIS_URL", "")
    if not url:
        return None
    if url not in _shelves:
        _shelves[url] = Shelf(url)
    return _shelves[url]
