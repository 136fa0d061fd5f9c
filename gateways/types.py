"""What crosses the wall, in both directions."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol


@dataclass(frozen=True)
class InboundFile:
    """A file that came along. `content` is None where the channel still has it, under the name `remote`.

    `content_id` is what a mail's own markup calls it, empty when it does not; `declared` the type that its sender gave it.
    """

    name: str
    content: bytes | None = field(default=None, repr=False)
    declared: str = ""
    content_id: str = ""
    remote: str = ""


@dataclass(frozen=True)
class InboundMessage:
    """One message that arrived. `provider_id` is the channel's own name for it, so a second arrival is known.

    `conversation_id` is set when the writer came by a door that already knows the conversation (its own page, a mail's thread).
    `sender_account` is how a signed-in customer is called by the site that vouches for him. `level` is how sure the door is of the
    sender: 0 claimed, 1 vouched for by the channel, 2 proven. `recipients` holds whom else it went to ({"to": [], "cc": []}, without
    our own), `mail_id` and `mail_chain` a mail's Message-ID and those it goes back to, oldest first. `in_reply_to` is the id of the
    message of ours that it answers, where the channel says so. What `is_automatic` is answered by nobody. `marks` holds what is to
    be known about it ({code: detail}).
    """

    text: str
    provider_id: str = ""
    sender_name: str = ""
    sender_email: str = ""
    sender_phone: str = ""
    sender_account: str = ""
    subject: str = ""
    conversation_id: int | None = None
    attachments: tuple[InboundFile, ...] = ()
    html: str = ""
    recipients: Mapping[str, list[str]] = field(default_factory=dict)
    mail_id: str = ""
    mail_chain: tuple[str, ...] = ()
    in_reply_to: int | None = None
    is_automatic: bool = False
    level: int = 0
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class OutboundFile:
    """A file that goes with a message; its bytes lie in the storage under `key`."""

    name: str
    content_type: str
    size: int
    key: str


@dataclass(frozen=True)
class OutboundMessage:
    """One message to be carried to a customer. `recipient` is an address of the channel, empty on the web.

    For mail: `also_to` stands beside him in To, `cc` gets a copy; `mail_id` is its Message-ID, the same at every try, `mail_chain` what
    it goes back to (oldest first, the last one is answered), `reply_to` the signed address that brings the answer back into its
    conversation, `is_automatic` whether a machine wrote it and nobody looked at it. For WhatsApp: `context` is the provider's id of the
    message that it answers, `template` ({"name", "language", "variables"}) what it is when the window has closed.
    """

    channel: str
    inbox: str
    recipient: str
    text: str
    subject: str = ""
    recipient_name: str = ""
    also_to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    files: tuple[OutboundFile, ...] = ()
    mail_id: str = ""
    mail_chain: tuple[str, ...] = ()
    reply_to: str = ""
    is_automatic: bool = False
    context: str = ""
    template: Mapping[str, Any] = field(default_factory=dict)
    # Seconds since 1970, the same at every try, so that each try is the same mail; 0 means now.
    written_at: float = 0.0


@dataclass(frozen=True)
class Connection:
    """How one inbox of ours is reached: by which transport, at which address, with what settings and secrets.

    Gmail: secrets client_id, client_secret, refresh_token. IMAP and SMTP: settings imap_host, imap_port, imap_user, imap_security,
    smtp_host, smtp_port, smtp_user, smtp_security (tls, starttls, none), sent_folder; secrets imap_password, smtp_password. WhatsApp:
    settings phone_number_id, business_account_id; secrets access_token, app_secret, verify_token.
    """

    channel: str
    transport: str
    inbox: str
    address: str = ""
    name: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


class Progress:
    """What the provider calls a sending that is only half done, so that another process can find out what became of it.

    `ref` is what the latest try of the same sending kept, for as long as no person has given that one up.
    """

    def __init__(self, ref: str = "", kept: Callable[[str], None] = lambda ref: None) -> None:
        self.ref, self._kept = ref, kept

    def keep(self, ref: str) -> None:
        """Written down before anything more is sent."""
        self.ref = ref
        self._kept(ref)


class Channel(Protocol):
    """A way to reach customers.

    `keeps_keys`: the channel knows every key it was ever given, so `lookup` answering None proves that nothing was sent.
    `call_seconds`: no call goes on longer than this; after it nothing more can leave.
    """

    keeps_keys: bool
    call_seconds: float

    def send(self, message: OutboundMessage, idempotency_key: str, progress: Progress) -> str:
        """Carry the message out once and return the provider's id. The same key again returns the same id.

        Raises GatewayError: `permanent` when trying again is useless, `ambiguous` when it may have been sent; Busy when asked to wait,
        Misconfigured when the account is refused.
        """
        ...

    def lookup(self, idempotency_key: str, ref: str = "") -> str | None:
        """The provider's id of what was sent under this key, None when surely nothing was (or, without `keeps_keys`, unknown).

        Raises GatewayError when there is no answer yet: it is asked again later. When it is `ambiguous` the provider did answer and
        could not tell; if it still cannot after a while, a person has to.
        """
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
