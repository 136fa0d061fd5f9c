"""What crosses the wall, in both directions."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class InboundMessage:
    """One message that arrived. `provider_id` is the channel's own name for it, so a second arrival is known.

    `conversation_id` is set when the writer came by a door that already knows the conversation (its own page).
    """

    text: str
    provider_id: str = ""
    sender_name: str = ""
    sender_email: str = ""
    sender_phone: str = ""
    subject: str = ""
    conversation_id: int | None = None
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True)
class OutboundMessage:
    """One message to be carried to a customer. `recipient` is an address of the channel, empty on the web."""

    channel: str
    inbox: str
    recipient: str
    text: str
    subject: str = ""
    recipient_name: str = ""


class Channel(Protocol):
    """A way to reach customers.

    `keeps_keys`: the channel knows every key it was ever given, so `lookup` answering None proves that nothing was sent.
    `call_seconds`: no call goes on longer than this; after it nothing more can leave.
    """

    keeps_keys: bool
    call_seconds: float

    def send(self, message: OutboundMessage, idempotency_key: str) -> str:
        """Carry the message out once and return the provider's id. The same key again returns the same id.

        Raises GatewayError: `permanent` when trying again is useless, `ambiguous` when it may have been sent.
        """
        ...

    def lookup(self, idempotency_key: str) -> str | None:
        """The provider's id of what was sent under this key, None when surely nothing was."""
        ...


@dataclass(frozen=True)
class NumberedPassage:
    """One passage that an answer may rest on; `number` is what a citation names, starting at 1."""

    number: int
    title: str
    text: str
    language: str = "en"
    relevance: float = 0.0


@dataclass(frozen=True)
class Prompt:
    """What a language model is asked. `question` is data, never instructions; `system` is ours alone."""

    name: str
    system: str
    question: str
    passages: tuple[NumberedPassage, ...]
    language: str = "en"
    tone: str = ""
    history: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class AnswerSentence:
    """One sentence and the numbers of the passages that it rests on."""

    text: str
    citations: tuple[int, ...] = ()


@dataclass(frozen=True)
class Completion:
    """What a model answered. `answered` is false when it says that the passages do not hold the answer."""

    model: str
    sentences: tuple[AnswerSentence, ...]
    answered: bool = True
    facts: dict[str, float] = field(default_factory=dict)


class LanguageModel(Protocol):
    """One provider of answers."""

    model: str

    def complete(self, prompt: Prompt, deadline: float) -> Completion:
        """Answer from the passages before `deadline` (a reading of time.monotonic). Raises GatewayError."""
        ...
