"""Must a person take this? Rules in words that cannot be outvoted, and a classifier for what rules miss.

A rule that escalates hands the conversation over; the classifier's uncertain band only holds the reply for review.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.words import gettext_noop
from knowledge.embedding import read_sentences
from knowledge.splitting import sentences
from replies import matters
from replies.marks import known_numbers, numbers, unpacked
from replies.nothing_asked import EMPTY, UNREADABLE, nothing_asked
from replies.types import Rule, Thread

WEIGHTS = Path(__file__).parent.parent / "weights" / "escalation.json"
CALM = "none"
PRIORITIES = ("urgent", "high", "normal", "none")
CONTACTS = 3
LONGEST, MOST_SENTENCES = 2_000, 15
READ, PARTS = 4_000, 20
# Noise with fewer different words than this says nothing that could be heard.
FEWEST = 3
LONGEST_WORD = 20

Vector = NDArray[np.float32]


def rules(thread: Thread, mood: str) -> tuple[Rule, ...]:
    """Every rule that fires for this thread, the gravest first. `mood` is what the sentiment skill found."""
    text = thread.question
    found = [Rule(m.code, m.label, m.priority, escalates=True) for m in matters.found_in(text)]
    is_urgent = priority(tuple(found)) == "urgent"
    found += _circumstances(thread)
    if not is_urgent:
        found += _suspicions(text, mood, named=any(rule.escalates for rule in found))
    return tuple(sorted(found, key=lambda rule: PRIORITIES.index(rule.priority)))


def priority(found: tuple[Rule, ...]) -> str:
    """The highest priority of the rules that escalate."""
    ranks = [rule.priority for rule in found if rule.escalates]
    return min(ranks, key=PRIORITIES.index, default="none")


def likelihood(text: str) -> float:
    """How likely a person must see this message, by the classifier alone. Fitted by bench/fit_guards.py."""
    return _hear(text).grave


@dataclass(frozen=True)
class _Heard:
    """What the classifier hears in some words: the chance of a matter at all, of an urgent one, and the likeliest."""

    grave: float
    urgent: float
    matter: str


def _hear(text: str) -> _Heard:
    """The whole message, or the one sentence that is clear by itself.

    Each sentence is heard alone, so that nothing that is written around a grave one can drown it.
    """
    model = _model()
    whole = _heard(model, known_numbers(text))
    parts = _parts(text)[:PARTS]
    if len(parts) < 2:
        return whole
    said = [_heard(model, numbers(part, one.vector)) for part, one in zip(parts, read_sentences(parts), strict=True)]
    clear = [one for one in said if one.grave >= model.sentence_at]
    loudest = max([whole, *clear], key=lambda one: one.grave)
    return _Heard(loudest.grave, max(one.urgent for one in [whole, *clear]), loudest.matter)


def _parts(text: str) -> list[str]:
    """The sentences of the beginning. Empty lines go first: thousands of them would keep the splitter busy for seconds."""
    return sentences("\n".join(line for line in text[:READ].splitlines() if line.strip()))


def _heard(model: "_Model", row: Vector) -> _Heard:
    logits = model.weights @ row + model.intercepts
    raised = np.exp(logits - logits.max())
    shares = raised / raised.sum()
    grave = 1 - float(shares[model.calm])
    loudest = max((i for i in range(len(model.classes)) if i != model.calm), key=lambda i: float(shares[i]))
    return _Heard(grave, float(shares[model.urgent].sum()), model.classes[loudest])


def _circumstances(thread: Thread) -> list[Rule]:
    found = []
    if thread.contacts >= CONTACTS:
        found.append(
            Rule("repeat_contact", gettext_noop("Has written several times without a solution"), "normal", escalates=True)
        )
    if thread.authenticated is False:
        found.append(Rule("unverified", gettext_noop("The sender could not be verified"), "normal"))
    if thread.automatic:
        found.append(Rule("automatic", gettext_noop("Written by a machine"), "none"))
    if len(thread.question) > LONGEST or len(_parts(thread.question)) > MOST_SENTENCES:
        found.append(Rule("long", gettext_noop("Says more than one answer can meet"), "normal"))
    if thread.attachments:
        found.append(Rule("attachments", gettext_noop("Has attachments that the assistant cannot read"), "normal"))
    return found


def _suspicions(text: str, mood: str, named: bool) -> list[Rule]:
    """What the classifier adds: a matter that no rule named, and the urgency of one that was named."""
    if nothing_asked(text) in (EMPTY, UNREADABLE) and _words_in(text) < FEWEST:
        return []
    model, heard = _model(), _hear(text)
    urgent = heard.grave >= model.escalate_at and heard.urgent >= model.urgent_at
    if named:
        return (
            [Rule("sounds_grave", gettext_noop("May be urgent: {0}").format(_label(heard.matter)), "urgent", escalates=True)]
            if urgent
            else []
        )
    if heard.grave >= model.escalate_at:
        usual = "urgent" if urgent else _usual(heard.matter)
        return [Rule("sounds_grave", gettext_noop("Sounds like: {0}").format(_label(heard.matter)), usual, escalates=True)]
    if heard.grave >= model.review_at:
        return [Rule("may_be_grave", gettext_noop("May need a person"), "normal")]
    if mood == "very_negative":
        return [Rule("very_negative", gettext_noop("The customer is very upset"), "normal")]
    return []


def _words_in(text: str) -> int:
    return len({word for word in text[:READ].split() if word.isalpha() and 1 < len(word) <= LONGEST_WORD})


def _label(code: str) -> str:
    return _BY_CODE[code].label.lower()


def _usual(code: str) -> str:
    """The priority of the matter that was heard. Urgent needs more than the likeliest matter: the share of all urgent ones."""
    return "high" if _BY_CODE[code].priority in ("urgent", "high") else "normal"


_BY_CODE = {matter.code: matter for matter in matters.MATTERS}


@dataclass(frozen=True)
class _Model:
    classes: tuple[str, ...]
    weights: Vector
    intercepts: Vector
    escalate_at: float
    review_at: float
    sentence_at: float
    urgent_at: float

    @property
    def calm(self) -> int:
        return self.classes.index(CALM)

    @property
    def urgent(self) -> list[int]:
        return [i for i, code in enumerate(self.classes) if code != CALM and _BY_CODE[code].priority == "urgent"]


@cache
def _model() -> _Model:
    found = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    lines = {name: float(found[name]) for name in ("escalate_at", "review_at", "sentence_at", "urgent_at")}
    return _Model(tuple(found["classes"]), unpacked(found["weights"]), np.array(found["intercepts"], np.float32), **lines)
