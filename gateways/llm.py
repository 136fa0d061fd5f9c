"""Asking a language model: the default provider, then the contingency, each behind its breaker, within one budget of time."""

import logging
import time
from collections.abc import Sequence

from gateways.breaker import guarded
from gateways.errors import DeadlinePassed, GatewayError
from gateways.types import NOTHING, Completion, LanguageModel, Prompt

logger = logging.getLogger(__name__)

# A provider that is not the last may use this share of the time left, so that the next one still has a chance.
SHARE = 0.6
LEAST_SECONDS = 0.5
# Kept back for the stand-in, which needs hundredths of a second.
STAND_IN_SECONDS = 0.25
SECONDS = 4.0


class Guarded:
    """One provider behind the breaker of `name`. A time-out counts against it only when it had a fair time to answer.

    Otherwise a contingency that is asked with what a hanging first provider left over would soon be left alone, too.
    """

    def __init__(self, name: str, provider: LanguageModel, seconds: float = SECONDS) -> None:
        self.name, self.model = name, provider.model
        self._provider = provider
        self._fair = 0.9 * SHARE * (seconds - STAND_IN_SECONDS)

    def complete(self, prompt: Prompt, deadline: float) -> Completion:
        """Raises CircuitOpen while the provider is left alone, else what it raises."""
        is_fair = deadline - time.monotonic() >= self._fair
        return guarded(self.name, lambda: self._provider.complete(prompt, deadline), () if is_fair else (DeadlinePassed,))


class Failover:
    """Several providers that act as one, for `seconds` at most. When none answers the stand-in does, if there is one.

    The stand-in gives the reviewer something to work with. Whether its answer may go out by itself is decided by the calibrator
    of its own model, as always. Raises the last error when nobody answered.
    """

    def __init__(
        self, providers: Sequence[LanguageModel], *, seconds: float = SECONDS, stand_in: LanguageModel | None = None
    ) -> None:
        self.providers, self.seconds, self.stand_in = providers, seconds, stand_in
        self.model = providers[0].model

    def complete(self, prompt: Prompt, deadline: float) -> Completion:
        deadline = min(deadline, time.monotonic() + self.seconds)
        online_until = deadline - STAND_IN_SECONDS if self.stand_in else deadline
        failure: GatewayError = DeadlinePassed("no time left to ask a language model")
        wasted = NOTHING
        for place, provider in enumerate(self.providers):
            left = online_until - time.monotonic()
            if left < LEAST_SECONDS:
                break
            is_last = place == len(self.providers) - 1
            try:
                answer = provider.complete(prompt, time.monotonic() + (left if is_last else left * SHARE))
                return answer.costing(wasted)
            except GatewayError as error:
                failure, wasted = error, wasted + error.spent
        return self._stood_in(prompt, deadline, failure).costing(wasted)

    def _stood_in(self, prompt: Prompt, deadline: float, failure: GatewayError) -> Completion:
        if self.stand_in is None:
            raise failure
        logger.warning("the stand-in answers", extra={"facts": {"why": str(failure)[:160]}})
        return self.stand_in.complete(prompt, deadline).standing_in()
