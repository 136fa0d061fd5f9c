"""Must a person take this? Rules in words that cannot be outvoted, and a classifier for what rules miss.

A rule that escalates hands the conversation over; the classifier's uncertain band only holds the reply for review.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.embedding import embed_one
from replies import matters
from replies.skills.sentiment import style
from replies.types import Rule, Thread

WEIGHTS = Path(__file__).parent.parent / "weights" / "escalation.json"
PRIORITIES = ("urgent", "high", "normal", "none")
CONTACTS = 3


def rules(thread: Thread, mood: str) -> tuple[Rule, ...]:
    """Every rule that fires for this thread, the gravest first. `mood` is what the sentiment skill found."""
    text = thread.question
    found = [Rule(m.code, m.label, m.priority, escalates=True) for m in matters.found_in(text)]
    found += _circumstances(thread)
    if not found:
        found += _suspicions(text, mood)
    return tuple(sorted(found, key=lambda rule: PRIORITIES.index(rule.priority)))


def priority(found: tuple[Rule, ...]) -> str:
    """The highest priority of the rules that escalate."""
    ranks = [rule.priority for rule in found if rule.escalates]
    return min(ranks, key=PRIORITIES.index, default="none")


def likelihood(text: str) -> float:
    """How likely a person must see this message, by the classifier alone. Fitted by bench/fit_guards.py."""
    model = _weights()
    values = np.concatenate([embed_one(text), style(text)])
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
    if thread.attachments:
        found.append(Rule("attachments", "Has attachments that the assistant cannot read", "normal"))
    return found


def _suspicions(text: str, mood: str) -> list[Rule]:
    if not text.strip():
        return [Rule("empty", "There is no question in it", "none")]
    model, chance = _weights(), likelihood(text)
    if chance >= model["escalate_at"]:
        return [Rule("sounds_grave", "Sounds like something a person must see", "normal", escalates=True)]
    if chance >= model["review_at"]:
        return [Rule("may_be_grave", "May need a person", "normal")]
    if mood == "very_negative":
        return [Rule("very_negative", "The customer is very upset", "normal")]
    return []


@cache
def _weights() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return found
