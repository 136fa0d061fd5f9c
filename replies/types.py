"""What goes into composing a reply and what comes out. Frozen values, no rows."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Turn:
    """One message of a conversation; `author` is customer, agent or assistant."""

    author: str
    text: str


@dataclass(frozen=True)
class Thread:
    """The snapshot of a conversation that is answered. `turns` are in order; what the customer said since the last answer is the question.

    `contacts` counts how often the customer has written about this matter without a solution, `authenticated` says whether the channel vouches
    for the sender (None: it cannot), `automatic` that a machine wrote the message.
    """

    turns: tuple[Turn, ...]
    channel: str = "web"
    subject: str = ""
    inbox_name: str = ""
    customer_name: str = ""
    language: str = ""
    contacts: int = 1
    authenticated: bool | None = None
    automatic: bool = False
    attachments: tuple[str, ...] = ()

    @property
    def pending(self) -> tuple[Turn, ...]:
        """The customer's turns that nobody has answered yet: several, where somebody writes in bursts."""
        answered = next((place for place in range(len(self.turns), 0, -1) if self.turns[place - 1].author != "customer"), 0)
        return self.turns[answered:]

    @property
    def earlier(self) -> tuple[Turn, ...]:
        """What was said before them."""
        return self.turns[: len(self.turns) - len(self.pending)]

    @property
    def question(self) -> str:
        """All that the customer said since the last answer."""
        return "\n".join(turn.text for turn in self.pending)


@dataclass(frozen=True)
class Reason:
    """One signed part of the confidence. `points` are whole percentage points; a reply's points sum to the figure shown."""

    code: str
    label: str
    points: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Rule:
    """A rule that fired. Any rule holds the reply for a person; `priority` is urgent, high, normal or none."""

    code: str
    label: str
    priority: str = "normal"
    escalates: bool = False

    def as_dict(self) -> dict[str, str]:
        return {"code": self.code, "label": self.label}


@dataclass(frozen=True)
class Check:
    """One check of the finished answer; `state` is ok, warn or bad. A bad one holds the reply."""

    code: str
    label: str
    state: str
    detail: str = ""

    def as_dict(self) -> dict[str, str]:
        return {"code": self.code, "label": self.label, "state": self.state, "detail": self.detail}


@dataclass(frozen=True)
class Evidence:
    """One passage that the answer may rest on, numbered as it is cited. `score` is its cosine with the question, `version`
    the article's when it was read.
    """

    number: int
    article: str
    article_pk: int
    chunk_pk: int
    title: str
    quote: str
    score: float
    url: str = ""
    language: str = "en"
    version: int = 1

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Sentence:
    """One sentence of the reply. `citations` are evidence numbers; `supported` is false when no passage bears it."""

    text: str
    citations: tuple[int, ...] = ()
    supported: bool = True

    def as_dict(self) -> dict[str, Any]:
        return {"text": self.text, "citations": list(self.citations), "supported": self.supported}


@dataclass(frozen=True)
class Reply:
    """A composed reply. Without `confidence` it is held, and so it is when any rule fired or a check is bad.

    `sentiment` is very_negative, negative, neutral or positive; `priority` urgent, high, normal or none; `escalates` says that a rule wants a person to take over.
    `line` is what its calibrator asks for at least before a reply goes out by itself.
    `articles` are the external ids that search found, best first. `sentences` bear the facts of `text`, in order.
    `features` are what the calibrator saw, `weakest` how well the weakest sentence stands on its source (0 to 1). Tokens and money are
    what asking cost, failures included; `stand_in`: the offline provider answered because nobody else could.
    """

    text: str = ""
    confidence: float | None = None
    raw_score: float | None = None
    reasons: tuple[Reason, ...] = ()
    rules: tuple[Rule, ...] = ()
    checks: tuple[Check, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    articles: tuple[str, ...] = ()
    language: str = ""
    sentiment: str = "neutral"
    priority: str = "none"
    escalates: bool = False
    wants_person: bool = False
    attack: bool = False
    identifiers: dict[str, list[str]] = field(default_factory=dict)
    answer_model: str = ""
    calibration: str = ""
    prompt: str = ""
    line: float = 0.0
    features: dict[str, float] = field(default_factory=dict)
    weakest: float | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micros: int = 0
    stand_in: bool = False

    @classmethod
    def failed(cls, label: str) -> "Reply":
        """What stands for a reply that could not be composed: empty, and held."""
        return cls(rules=(Rule("failed", label),))

    @property
    def citations(self) -> tuple[str, ...]:
        """External ids of the articles that the text cites, in order of first mention."""
        by_number = {one.number: one.article for one in self.evidence}
        numbers = [number for sentence in self.sentences for number in sentence.citations]
        return tuple(dict.fromkeys(by_number[number] for number in numbers if number in by_number))

    @property
    def uncited(self) -> tuple[str, ...]:
        """Sentences that no passage bears."""
        return tuple(sentence.text for sentence in self.sentences if not sentence.supported)

    @property
    def failed_checks(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.state == "bad")
