"""What crosses the wall, in both directions."""

from dataclasses import asdict, dataclass, field, replace
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
class OutboundFile:
    """A file that goes with a message; its bytes lie in the storage under `key`."""

    name: str
    content_type: str
    size: int
    key: str


@dataclass(frozen=True)
class OutboundMessage:
    """One message to be carried to a customer. `recipient` is an address of the channel, empty on the web; `cc` gets a copy."""

    channel: str
    inbox: str
    recipient: str
    text: str
    subject: str = ""
    recipient_name: str = ""
    cc: tuple[str, ...] = ()
    files: tuple[OutboundFile, ...] = ()


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
class Spent:
    """What asking cost: tokens as the provider counts them, and millionths of a dollar.

    `is_priced` is false when gateways/prices.json does not know the model: then the money is unknown, and given as 0.
    """

    tokens_in: int = 0
    tokens_out: int = 0
    cost_micros: int = 0
    is_priced: bool = True

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.cost_micros + other.cost_micros,
            self.is_priced and other.is_priced,
        )


NOTHING = Spent()


@dataclass(frozen=True)
class Completion:
    """What a model answered. `answered` is false when it says that the passages do not hold the answer.

    Tokens and money are those of the whole question, tries that failed included. `logprob_mean` and `logprob_least` are of the
    answer's tokens, None where the provider does not tell them. `stand_in`: no provider could answer, the offline one did.
    """

    model: str
    sentences: tuple[AnswerSentence, ...]
    answered: bool = True
    facts: dict[str, float] = field(default_factory=dict)
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micros: int = 0
    is_priced: bool = True
    logprob_mean: float | None = None
    logprob_least: float | None = None
    stand_in: bool = False

    def costing(self, more: Spent) -> "Completion":
        """The same answer, with `more` spent on it."""
        spent = Spent(self.tokens_in, self.tokens_out, self.cost_micros, self.is_priced) + more
        return replace(self, **asdict(spent))

    def standing_in(self) -> "Completion":
        """The same answer, given because nobody else could."""
        return replace(self, stand_in=True)


class LanguageModel(Protocol):
    """One provider of answers."""

    model: str

    def complete(self, prompt: Prompt, deadline: float) -> Completion:
        """Answer from the passages before `deadline` (a reading of time.monotonic). Raises GatewayError."""
        ...
