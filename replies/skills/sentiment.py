"""How the writer feels, in four steps. It colours the queue and never decides alone whether a person must see a message."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from replies.marks import known_numbers, unpacked

CLASSES = ("very_negative", "negative", "neutral", "positive")
WEIGHTS = Path(__file__).parent.parent / "weights" / "sentiment.json"


def sentiment(text: str) -> str:
    """very_negative, negative, neutral or positive. Of a message without a letter nothing is said: neutral."""
    if not any(c.isalpha() for c in text):
        return "neutral"
    scores = probabilities(text)
    return max(scores, key=lambda name: scores[name])


def probabilities(text: str) -> dict[str, float]:
    """The share of each class. Fitted by bench/fit_guards.py."""
    weights, intercepts = _model()
    logits = weights @ known_numbers(text) + intercepts
    raised = np.exp(logits - logits.max())
    return dict(zip(CLASSES, (raised / raised.sum()).tolist(), strict=True))


@cache
def _model() -> tuple[Any, Any]:
    document = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return unpacked(document["weights"]), np.array(document["intercepts"])
