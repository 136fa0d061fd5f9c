"""How the writer feels, in four steps. It colours the queue and never decides alone whether a person must see a message."""

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.embedding import embed_one

CLASSES = ("very_negative", "negative", "neutral", "positive")
WEIGHTS = Path(__file__).parent.parent / "weights" / "sentiment.json"


def sentiment(text: str) -> str:
    """very_negative, negative, neutral or positive."""
    if not text.strip():
        return "neutral"
    scores = probabilities(text)
    return max(scores, key=lambda name: scores[name])


def probabilities(text: str) -> dict[str, float]:
    """The share of each class, from the text's vector and a few marks of style. Fitted by bench/fit_guards.py."""
    model = _weights()
    values = np.concatenate([embed_one(text), style(text)])
    logits = np.asarray(model["weights"]) @ values + np.asarray(model["intercepts"])
    raised = np.exp(logits - logits.max())
    return dict(zip(model["classes"], (raised / raised.sum()).tolist(), strict=True))


def style(text: str) -> list[float]:
    """What a vector does not keep: shouting, exclamation, insults, thanks, lament; each about 0 to 1."""
    letters = [c for c in text if c.isalpha()]
    shouting = sum(c.isupper() for c in letters) / len(letters) if len(letters) >= 8 else 0.0
    words = set(_words(text))
    marks = [len(words & _lexicon(name)) for name in ("furious", "upset", "pleased")]
    return [shouting, min(text.count("!"), 3) / 3, *(min(count, 2) / 2 for count in marks), math.log1p(len(text)) / 10]


def _words(text: str) -> list[str]:
    return "".join(c.lower() if c.isalpha() or c == "'" else " " for c in text).split()


@cache
def _lexicon(name: str) -> frozenset[str]:
    return frozenset(_LEXICONS[name].split())


@cache
def _weights() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return found


_LEXICONS = {
    "furious": (
        "furious outrageous disgusting disgrace disgraceful scum thieves thieving liars lying scam scammers fraudsters robbed "
        "criminal useless pathetic idiots worst hate unbelievable unacceptable appalling ruined sick fuck fucking shit shitty "
        "bastards crap dead die destroy sue"
    ),
    "upset": (
        "disappointed disappointing frustrated frustrating annoyed annoying unhappy sad sorry worried worry upset bad wrong "
        "problem broken fails failed never nobody waiting waited stuck lost missing stolen afraid scared confused ugh damn"
    ),
    "pleased": (
        "thanks thank great brilliant perfect perfectly lovely love excellent awesome fantastic amazing happy pleased "
        "appreciate best helpful wonderful cheers glad friendly superb"
    ),
}
