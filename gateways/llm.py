"""Asking a language model: the default provider, then the contingency, each behind its breaker, within one deadline."""

import threading
import time
from collections.abc import Callable, Sequence

from gateways.breaker import guarded
from gateways.errors import DeadlinePassed, GatewayError
from gateways.types import Completion, LanguageModel, Prompt

Answered = list[Completion | BaseException]

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
    return guarded(f"llm.{provider.model}", lambda: _within(deadline, lambda: provider.complete(prompt, deadline)))


def _within(deadline: float, call: Callable[[], Completion]) -> Completion:
    """Run `call` and stop waiting at the deadline. A client's own timeout is not enough: it begins anew with every byte, so a
    provider that drips its answer would hold us for as long as it likes. The thread that is left ends with its connection.
    """
    found: Answered = []
    thread = threading.Thread(target=_kept, args=(call, found), daemon=True, name="llm")
    thread.start()
    thread.join(max(deadline - time.monotonic(), 0))
    outcome = found[0] if found else DeadlinePassed("the language model took too long")
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _kept(call: Callable[[], Completion], found: Answered) -> None:
    try:
        found.append(call())
    except Exception as error:  # Raised again by whoever waits; an answer that comes too late is nobody's.
        found.append(error)
