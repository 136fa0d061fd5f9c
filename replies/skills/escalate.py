"""Must a person take this? Rules in words that cannot be outvoted, and a classifier for what rules miss.

A rule that escalates hands the conversation over; the classifier's uncertain band only holds the reply for review.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.embedding import embed_one, read_sentences
from knowledge.splitting import sentences
from replies import matters
from replies.skills.sentiment import style
from replies.types import Rule, Thread

WEIGHTS = Path(__file__).parent.parent / "weights" / "escalation.json"
PRIORITIES = ("urgent", "high", "normal", "none")
CONTACTS = 3
LONGEST, MOST_SENTENCES = 2_000, 15
READ, PARTS = 4_000, 20

Vector = NDArray[np.float32]


def rules(thread: Thread, mood: str) -> tuple[Rule, ...]:
    """Every rule that fires for this thread, the gravest first. `mood` is what the sentiment skill found."""
    text = thread.question
    found = [Rule(m.code, m.label, m.priority, escalates=True) for m in matters.found_in(text)]
    found += _circumstances(thread)
    if not any(rule.escalates for rule in found):
        found += _suspicions(text, mood)
    return tuple(sorted(found, key=lambda rule: PRIORITIES.index(rule.priority)))


def priority(found: tuple[Rule, ...]) -> str:
    """The highest priority of the rules that escalate."""
    ranks = [rule.priority for rule in found if rule.escalates]
    return min(ranks, key=PRIORITIES.index, default="none")


def likelihood(text: str) -> float:
    """How likely a person must see this message, by the classifier alone. Fitted by bench/fit_guards.py."""
    return _gravest(text)[0]


def _gravest(text: str) -> tuple[float, str]:
    """The classifier's chance and the words it stems from: the whole message, or one sentence that is clear by itself.

    Each sentence is heard alone, so that nothing that is written around a grave one can drown it.
    """
    model = _weights()
    best = (_chance(model, text, embed_one(text)), text)
    parts = sentences(text[:READ])[:PARTS]
    if len(parts) < 2:
        return best
    chances = [_chance(model, part, one.vector) for part, one in zip(parts, read_sentences(parts), strict=True)]
    loudest = max(range(len(parts)), key=chances.__getitem__)
    return max(best, (chances[loudest], parts[loudest])) if chances[loudest] >= model["sentence_at"] else best


def _chance(model: dict[str, Any], text: str, vector: Vector) -> float:
    values = np.concatenate([vector, style(text)])
    score = float(np.dot(model["weights"], values) + model["intercept"])
    return float(1 / (1 + np.exp(-score)))


def _circumstances(thread: Thread) -> list[Rule]:
    found = []
    if thread.contacts >= CONTACTS:
        found.append(Rule("repeat_contact", "Has written several times without a solution", "normal", escalates=True))
    if thread.authenticated is False:
        found.append(Rule("unverified", "The sender could not be verified", "normal"))
    if thread.automatic:
        found.append(Rule("automatic", "Written by a machine", "none"))
    if len(thread.question) > LONGEST or len(sentences(thread.question[:READ])) > MOST_SENTENCES:
        found.append(Rule("long", "Says more than one answer can meet", "normal"))
    if thread.attachments:
        found.append(Rule("attachments", "Has attachments that the assistant cannot read", "normal"))
    return found


def _suspicions(text: str, mood: str) -> list[Rule]:
    if not text.strip():
        return [Rule("empty", "There is no question in it", "none")]
    model, (chance, words) = _weights(), _gravest(text)
    if chance >= model["escalate_at"]:
        is_urgent = _chance(model["urgent"], words, embed_one(words)) >= model["urgent"]["at"]
        return [
            Rule("sounds_grave", "Sounds like something a person must see", "urgent" if is_urgent else "normal", escalates=True)
        ]
    if chance >= model["review_at"]:
        return [Rule("may_be_grave", "May need a person", "normal")]
    if mood == "very_negative":
        return [Rule("very_negative", "The customer is very upset", "normal")]
    return []


@cache
def _weights() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return found
