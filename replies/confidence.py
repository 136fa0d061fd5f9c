"""How sure: features to one calibrated probability, with the signed reasons that add up to it.

A calibrator is data: a logistic part, small boosted trees, and Platt's scaling of the two on out-of-fold scores (Platt 1999).
`bench/fit_calibrator.py` writes it; nothing here learns. The reasons are exact: each feature's share of the log-odds (for a
tree the change of its node values along the path, Saabas 2014), walked from the base rate to the probability.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.words import gettext_noop
from replies.types import Reason

FOLDER = Path(__file__).parent / "calibrators"
# Beyond this many standard deviations from what the calibrator was fitted on, a base or question is strange. Each further one
# divides the log-odds of what looks likely by this much more, down to half: a figure near 1 means least where little is known.
FAMILIAR = 2.0
STRANGE_STEP = 0.6
STRANGEST = 2.0
# An article whose day to be read again has passed may be right no longer: its log-odds above even are divided by this. Where
# another article says otherwise nobody knows which is right, so nothing above even is left.
STALE_DIVISOR = 1.5
DOUBTS = {"stale": 1 / STALE_DIVISOR, "contradicted": 0.0}
# With at least so many decisions remembered, the calibrator that was fitted with memory speaks.
MEMORIES_NEEDED = 200

# What each group of features says when it raises the figure, and when it lowers it.
LABELS = {
    "start": (gettext_noop("How often such a reply is right"), gettext_noop("How often such a reply is right")),
    "match": (gettext_noop("The article is close to the question"), gettext_noop("The article is far from the question")),
    "lead": (gettext_noop("Clear of the other articles"), gettext_noop("Other articles come as close")),
    "words": (gettext_noop("Words of the question occur in it"), gettext_noop("Few words of the question occur in it")),
    "unknown": (gettext_noop("Every word is known from the articles"), gettext_noop("Words that no article knows")),
    "agreement": (gettext_noop("Different searches agree"), gettext_noop("Different searches disagree")),
    "covered": (
        gettext_noop("The article speaks of everything asked"),
        gettext_noop("The article does not speak of all that was asked"),
    ),
    "answer": (gettext_noop("The quoted sentences meet the question"), gettext_noop("The quoted sentences miss the question")),
    "question": (
        gettext_noop("A kind of question that is often answered"),
        gettext_noop("A kind of question that is seldom answered"),
    ),
    "memory": (gettext_noop("People approved similar replies"), gettext_noop("People decided otherwise on similar questions")),
    "strange": (gettext_noop("Like what was measured before"), gettext_noop("Unlike what was measured before")),
    "stale": (gettext_noop("Its article was read again in time"), gettext_noop("Its article is overdue to be read again")),
    "contradicted": (gettext_noop("No article says otherwise"), gettext_noop("Another article says otherwise")),
}


@dataclass(frozen=True)
class Weighed:
    """`probability` None means that nothing calibrated applies; `raw` is the uncalibrated score all the same.

    `line` is the least probability from which, on what the calibrator was checked with, hardly any were wrong (5 % at most without memory, 3 % with it).
    """

    probability: float | None
    raw: float
    reasons: tuple[Reason, ...]
    calibration: str
    line: float = 0.0


@dataclass(frozen=True)
class Calibrator:
    """One fitted calibrator, for one answer model."""

    document: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.document["name"])

    @property
    def line(self) -> float:
        """From which probability on its replies may go out by themselves."""
        return float(self.document.get("line", 0.0))

    def contributions(self, features: dict[str, float]) -> tuple[float, dict[str, float]]:
        """The log-odds of the base rate, and what each group of features adds to them."""
        document = self.document
        shares: dict[str, float] = {}
        values = [features[name] for name in document["features"]]
        linear, trees, constant = document["platt"]
        start = constant + linear * document["linear"]["intercept"] + trees * document["trees"]["start"]
        for index, name in enumerate(document["features"]):
            part = linear * document["linear"]["weights"][index] * _scaled(document, index, values[index])
            _add(shares, document["groups"][name], part)
        for tree in document["trees"]["trees"]:
            start += trees * document["trees"]["rate"] * tree["value"][0]
            for index, change in _path(tree, values):
                group = document["groups"][document["features"][index]]
                _add(shares, group, trees * document["trees"]["rate"] * change)
        reached = start + sum(shares.values())
        if reached > 0:
            divisor = min(1.0 + STRANGE_STEP * self.strangeness(features), STRANGEST)
            _add(shares, "strange", reached / divisor - reached)
        _lower(shares, start, features)
        return start, shares

    def strangeness(self, features: dict[str, float]) -> float:
        """How far the surroundings are outside of what was measured, in standard deviations beyond two, summed."""
        known = self.document.get("surroundings", {})
        return float(sum(max(0.0, abs(features[n] - at["mean"]) / at["spread"] - FAMILIAR) for n, at in known.items()))


@dataclass(frozen=True)
class Calibrators:
    """Those known for one knowledge base, by name of the answer model; `memories` is how many decisions it remembers."""

    known: tuple[Calibrator, ...] = ()
    memories: int = 0

    def choose(self, answer_model: str) -> Calibrator | None:
        """The one fitted for this answer model and this state of memory. None when there is none: the reply is held."""
        is_warm = self.memories >= MEMORIES_NEEDED
        fitting = [one for one in self.known if one.document["answer_model"] == answer_model]
        return next((one for one in fitting if one.document["warm"] == is_warm), None)


def shipped(memories: int = 0) -> Calibrators:
    """The calibrators that come with the product."""
    found = [Calibrator(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.glob("*.json"))]
    return Calibrators(tuple(found), memories)


def weigh(features: dict[str, float], calibrator: Calibrator | None) -> Weighed:
    """The calibrated probability with its reasons; no probability without a calibrator or with a figure that is not finite."""
    raw = features.get("match", 0.0)
    if calibrator is None or not all(math.isfinite(value) for value in features.values()):
        return Weighed(None, raw, (), "")
    start, shares = calibrator.contributions(features)
    probability = _sigmoid(start + sum(shares.values()))
    if not 0.0 < probability <= 1.0:
        return Weighed(None, raw, (), calibrator.name)
    return Weighed(probability, raw, _reasons(start, shares, probability), calibrator.name, calibrator.line)


def percent(probability: float) -> int:
    """The whole percentage that is shown. Never rounded up, so that 80 % on screen is not 79.6 in truth."""
    return math.floor(probability * 100 + 1e-9)


def _reasons(start: float, shares: dict[str, float], probability: float) -> tuple[Reason, ...]:
    """Walk from the base rate to the probability, the greatest share first; round so that the points sum to the figure."""
    place, exact = start, [("start", 100 * _sigmoid(start))]
    # What editors know about the article comes last, as it is taken from the finished figure: its points are all its own.
    for group, share in sorted(shares.items(), key=lambda item: (item[0] in DOUBTS, -abs(item[1]))):
        exact.append((group, 100 * (_sigmoid(place + share) - _sigmoid(place))))
        place += share
    points = [math.floor(value) for _, value in exact]
    missing = percent(probability) - sum(points)
    by_fraction = sorted(range(len(exact)), key=lambda i: -(exact[i][1] - points[i]))
    for index in by_fraction[: max(missing, 0)]:
        points[index] += 1
    found = [Reason(code, LABELS[code][point < 0], point) for (code, _), point in zip(exact, points, strict=True)]
    return tuple(reason for reason in found if reason.points or reason.code == "start")


def _lower(shares: dict[str, float], start: float, features: dict[str, float]) -> None:
    """Take from what is likely for what editors know about the article. Never raises anything."""
    for doubt, kept in DOUBTS.items():
        reached = start + sum(shares.values())
        if features.get(doubt) and reached > 0:
            _add(shares, doubt, reached * kept - reached)


def _scaled(document: dict[str, Any], index: int, value: float) -> float:
    return float((value - document["linear"]["mean"][index]) / document["linear"]["scale"][index])


def _path(tree: dict[str, list[Any]], values: list[float]) -> list[tuple[int, float]]:
    """The features asked on the way down one tree, with the change of the node value at each."""
    node, found = 0, []
    while tree["left"][node] >= 0:
        feature = tree["feature"][node]
        below = tree["left"][node] if values[feature] <= tree["threshold"][node] else tree["right"][node]
        found.append((feature, tree["value"][below] - tree["value"][node]))
        node = below
    return found


def _add(shares: dict[str, float], group: str, part: float) -> None:
    shares[group] = shares.get(group, 0.0) + part


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
