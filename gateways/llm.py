"""Asking a language model: the default provider, then the contingency, each behind its breaker, within one deadline."""

import time
from collections.abc import Sequence

from gateways.breaker import guarded
from gateways.errors import DeadlinePassed, GatewayError
from gateways.types import Completion, LanguageModel, Prompt

# A provider that is not the last may use this share of the time left, so that the next one still has a chance.
SHARE = 0.6
LEAST_SECONDS = 0.5


class Failover:
    """Several providers that act as one. Raises the last error when none of them answered."""

    def __init__(self, providers: Sequence[LanguageModel]) -> None:
        self.providers = providers
        self.model = providers[0].model

    def complete(self, prompt: Prompt, deadline: float) -> Completion:
        failure: GatewayError = DeadlinePassed("no time left to ask a language model")
        for place, provider in enumerate(self.providers):
            left = deadline - time.monotonic()
            if left < LEAST_SECONDS:
                break
            is_last = place == len(self.providers) - 1
            until = time.monotonic() + (left if is_last else left * SHARE)
            try:
                return _ask(provider, prompt, until)
            except GatewayError as error:
                failure = error
        raise failure


def _ask(provider: LanguageModel, prompt: Prompt, deadline: float) -> Completion:
    return guarded(f"llm.{provider.model}", lambda: provider.complete(prompt, deadline))
