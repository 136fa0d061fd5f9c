"""Circuit breakers, one per provider and model. What one process learns about a provider the others know too, through Redis.

Without Redis each process keeps its own count: a breaker must never be the reason that nothing works. No lock is held while a
provider is asked, so calls never wait for each other.
"""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings

from gateways.breaker_state import CLOSED, OwnState, SharedState, Shelf, Standing
from gateways.errors import Busy, CircuitOpen, Deferred, GatewayError, Misconfigured, Unusable

logger = logging.getLogger(__name__)

FAILURES = 5
OPEN_SECONDS = 15.0
MISCONFIGURED_SECONDS = 30.0
# A provider that wants to be left alone for an hour is asked again after two minutes all the same.
RESTING_SECONDS = 120.0

OPEN, HALF_OPEN, RESTING, MISCONFIGURED = "open", "half-open", "resting", "misconfigured"

Result = TypeVar("Result")
Errors = tuple[type[GatewayError], ...]

_lock = threading.Lock()
_breakers: dict[str, "Breaker"] = {}
_shelves: dict[str, Shelf] = {}


class Breaker:
    """Opens after five failures in a row; after a rest one call may try, and its success closes it again."""

    def __init__(self, name: str, shelf: Shelf | None) -> None:
        self.name = name
        self._own, self._shared = OwnState(), SharedState(name, shelf)

    @property
    def state(self) -> str:
        """closed, open, half-open (one call may try), resting (it asked to be left alone) or misconfigured."""
        standing = self._standing()
        waits_for_a_try = standing.word in (OPEN, RESTING) and not standing.seconds
        return HALF_OPEN if waits_for_a_try else standing.word

    @property
    def rest(self) -> float:
        """For how many more seconds the provider is left alone; 0 when it may be asked."""
        standing = self._standing()
        return 0.0 if standing.word == CLOSED else standing.seconds

    def call(self, call: Callable[[], Result], excused: Errors = ()) -> Result:
        """Run `call` and learn from what comes of it. Raises CircuitOpen without calling while the provider is left alone.

        Errors that are `excused` say nothing about the provider.
        """
        standing = self._admitted()
        try:
            result = call()
        except Exception as error:
            if not isinstance(error, excused):
                self._learn(error, standing)
            raise
        self._answered(standing)
        return result

    def open(self) -> None:
        """Leave the provider alone for a while."""
        self._leave_alone(OPEN, OPEN_SECONDS)

    def close(self) -> None:
        """Forget what went wrong."""
        self._own.close()
        self._shared.close()

    def _standing(self) -> Standing:
        return self._shared.read() or self._own.read()

    def _admitted(self) -> Standing:
        standing = self._standing()
        if standing.word != CLOSED and (standing.seconds or not self._claim()):
            raise CircuitOpen(f"{self.name} is left alone for a while ({standing.word})")
        return standing

    def _claim(self) -> bool:
        mine, ours = self._own.claim(OPEN_SECONDS), self._shared.claim(OPEN_SECONDS)
        return mine if ours is None else ours

    def _learn(self, error: Exception, standing: Standing) -> None:
        if isinstance(error, Deferred):
            self._answered(standing)
        elif isinstance(error, Busy):
            self._leave_alone(RESTING, min(max(error.seconds, 0.0), RESTING_SECONDS))
        elif isinstance(error, Misconfigured):
            logger.error("a provider refuses us, see its settings", extra={"facts": {"provider": self.name, "why": str(error)}})
            self._leave_alone(MISCONFIGURED, MISCONFIGURED_SECONDS)
        elif isinstance(error, Unusable) or (isinstance(error, GatewayError) and error.permanent):
            self._answered(standing)  # It was the request or the model's words; the provider is well.
        else:
            self._failed(error, standing)

    def _failed(self, error: Exception, standing: Standing) -> None:
        mine, ours = self._own.failed(), self._shared.failed()
        if standing.word != CLOSED or (mine if ours is None else ours) >= FAILURES:
            facts = {"provider": self.name, "error": type(error).__name__, "why": str(error)[:160]}
            logger.warning("a provider fails and is left alone", extra={"facts": facts})
            self.open()

    def _answered(self, standing: Standing) -> None:
        # After nearly every call nothing has failed before it: then Redis need not be told.
        if standing.failures or standing.word != CLOSED:
            self.close()

    def _leave_alone(self, word: str, seconds: float) -> None:
        self._own.leave_alone(word, seconds)
        self._shared.leave_alone(word, seconds)


def breaker(name: str) -> Breaker:
    """The breaker of that provider and model, the same for every caller in this process."""
    with _lock:
        if name not in _breakers:
            _breakers[name] = Breaker(name, _shelf())
        return _breakers[name]


def guarded(name: str, call: Callable[[], Result], excused: Errors = ()) -> Result:
    """Run `call` behind the breaker of `name`. Raises CircuitOpen when it is open, else what the call raises."""
    return breaker(name).call(call, excused)


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
