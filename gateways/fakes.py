"""Deterministic stand-ins for tests: a channel with a ledger of its own and scripted failures, a model with fixed answers."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateways.errors import GatewayError
from gateways.types import AnswerSentence, Completion, Connection, OutboundMessage, Progress, Prompt


@dataclass(frozen=True)
class Sent:
    """One line of the fake provider's own, append-only ledger."""

    key: str
    provider_id: str
    message: OutboundMessage


class ProcessDied(BaseException):
    """Stands for the end of the calling process: no handler of ours may catch it."""


@dataclass
class FakeChannel:
    """Takes messages like a provider would. `script` holds what the next calls do, in order; then all goes well.

    Words of the script: ok, refused (permanent), down (surely not sent), lost (sent, but the answer never came),
    and for the death of the process that calls: dies (before the call), dies_after (sent, then died).
    """

    keeps_keys: bool = True
    drops_repetitions: bool = True
    call_seconds: float = 2.0
    script: list[str] = field(default_factory=list)
    ledger: list[Sent] = field(default_factory=list)
    calls: int = 0

    def send(self, message: OutboundMessage, idempotency_key: str, progress: Progress) -> str:
        self.calls += 1
        step = self.script.pop(0) if self.script else "ok"
        if step == "refused":
            raise GatewayError("refused by the provider", permanent=True)
        if step == "down":
            raise GatewayError("connection refused")
        if step == "dies":
            raise ProcessDied
        provider_id = self._carry(message, idempotency_key)
        if step == "dies_after":
            raise ProcessDied
        if step == "lost":
            raise GatewayError("no answer", ambiguous=True)
        return provider_id

    def lookup(self, idempotency_key: str, ref: str = "") -> str | None:
        return next((sent.provider_id for sent in self.ledger if sent.key == idempotency_key), None)

    def _carry(self, message: OutboundMessage, key: str) -> str:
        known = self.lookup(key) if self.drops_repetitions else None
        if known is not None:
            return known
        provider_id = "fake-" + hashlib.sha256(f"{key}:{len(self.ledger)}".encode()).hexdigest()[:16]
        self.ledger.append(Sent(key, provider_id, message))
        return provider_id


_channels: dict[str, FakeChannel] = {}


def channel(connection: Connection) -> FakeChannel:
    """The fake of one channel, the same for every caller in this process until `forget_channels`."""
    return named(connection.channel)


def named(channel: str) -> FakeChannel:
    """The same one, for who knows only which channel it stands for."""
    return _channels.setdefault(channel, FakeChannel())


def forget_channels() -> None:
    """A new provider with an empty ledger for every channel."""
    _channels.clear()


@dataclass
class FakeModel:
    """Answers with the first words of the first passage, or with what the script says; keeps every prompt it saw."""

    model: str = "fake"
    failures: Iterable[Exception] = ()
    prompts: list[Prompt] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._failures = list(self.failures)

    def complete(self, prompt: Prompt, deadline: float) -> Completion:
        self.prompts.append(prompt)
        if self._failures:
            raise self._failures.pop(0)
        if not prompt.passages:
            return Completion(self.model, (), answered=False)
        first = prompt.passages[0]
        return Completion(self.model, (AnswerSentence(first.text, (first.number,)),))
