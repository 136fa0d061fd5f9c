"""What every online model shares: the deadline, the price, the strict reading, and words for what went wrong."""

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateways import prices
from gateways.answer_format import parse
from gateways.errors import Busy, GatewayError, Misconfigured, Unusable
from gateways.loop import until
from gateways.types import Completion, Prompt

# Six short sentences need a quarter of it; whatever rambles on is cut off, and then held.
MAX_TOKENS = 800
# How long a provider is left alone that says 429 and not for how long.
BUSY_SECONDS = 5.0
OUR_REQUEST = (400, 409, 413, 422)
OF_THE_MOMENT = (408, 425)
BUSY = 429


@dataclass(frozen=True)
class Said:
    """A model's words as they came, unread; tokens and logprobs may be anything that JSON can hold."""

    content: object
    tokens_in: object = 0
    tokens_out: object = 0
    logprobs: tuple[object, ...] = ()


class OnlineModel(ABC):
    """One model at one address. Its client never retries: the caller has the deadline and a second provider."""

    provider: str

    def __init__(self, model: str) -> None:
        self.model = model

    @property
    def name(self) -> str:
        """What its breaker is called: openai:gpt-4.1-mini."""
        return f"{self.provider}:{self.model}"

    def complete(self, prompt: Prompt, deadline: float) -> Completion:
        """Answer from the passages. Raises GatewayError, permanent when the request itself is refused."""
        try:
            said = until(deadline, lambda: self.ask(prompt))
        except GatewayError:
            raise
        except Exception as error:  # Whatever a client makes of a hostile answer, the next provider is asked.
            raise GatewayError(f"{self.provider} failed: {type(error).__name__}") from error
        spent = prices.spent(self.model, said.tokens_in, said.tokens_out)
        try:
            completion = parse(said.content, self.model, prompt)
        except Unusable as error:
            error.spent = spent
            raise
        mean, least = _certainty(said.logprobs)
        return replace(completion, logprob_mean=mean, logprob_least=least).costing(spent)

    @abstractmethod
    async def ask(self, prompt: Prompt) -> Said:
        """Ask the provider once. Raises GatewayError."""


def refused(provider: str, status: int, headers: Mapping[str, str], code: object = None) -> GatewayError:
    """The error that stands for an HTTP status other than success."""
    said = f"{provider} answered {status}"
    if status == BUSY and code != "insufficient_quota":
        return Busy(said, _seconds(headers.get("Retry-After", "")))
    if status >= 500 or status in OF_THE_MOMENT:
        return GatewayError(said)
    if status in OUR_REQUEST:
        return GatewayError(f"{provider} refused the request ({status})", permanent=True)
    return Misconfigured(f"{said}: its key, address, model or account is wrong")


def envelope(body: bytes) -> dict[str, Any]:
    """The provider's own document around an answer, as strict JSON. Raises GatewayError."""
    try:
        found = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise GatewayError("the provider did not answer in JSON") from error
    return record(found)


def record(found: object) -> dict[str, Any]:
    """`found` when it is a JSON object. Raises GatewayError."""
    if not isinstance(found, dict):
        raise GatewayError("the provider answered in a shape of its own")
    return found


def records(found: object) -> list[dict[str, Any]]:
    """`found` when it is a list of JSON objects. Raises GatewayError."""
    if not isinstance(found, list):
        raise GatewayError("the provider answered in a shape of its own")
    return [record(one) for one in found]


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _seconds(header: str) -> float:
    """Retry-After in seconds. As a date it would be compared with another machine's clock, so then it is a guess."""
    try:
        seconds = float(header)
    except ValueError:
        return BUSY_SECONDS
    return seconds if math.isfinite(seconds) and seconds >= 0 else BUSY_SECONDS


def _certainty(logprobs: Sequence[object]) -> tuple[float | None, float | None]:
    """The mean and the least logprob of the tokens; None unless every one can be a logprob."""
    known = [float(one) for one in logprobs if isinstance(one, int | float) and _is_logprob(one)]
    if not known or len(known) != len(logprobs):
        return None, None
    return sum(known) / len(known), min(known)


def _is_logprob(found: float) -> bool:
    return type(found) is not bool and math.isfinite(found) and found <= 0
