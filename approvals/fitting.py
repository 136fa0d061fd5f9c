"""From what people decided to a calibrator of one's own: a small correction of the log-odds of a shipped one. Pure.

The correction is the shipped log-odds times a scale plus a shift (Platt 1999), later with a few features. Each of them is drawn
towards "no correction" as strongly as fifty labels of the average kind would, so that few labels change little. It is written into
the numbers of the shipped document, so whatever reads that reads this, and the reasons on the card still add up to the figure.
"""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approvals import bounds, drift_figures
from approvals.drift_figures import Seen
from approvals.policy import FLOOR
from replies.confidence import STRANGE_STEP, STRANGEST, Calibrator, weigh

Vector = NDArray[np.float64]

PRIOR_LABELS = 50.0
FOLDS = 5
# From so many labels on, these features may have a correction of their own.
MANY = 400
FEATURES = ("match", "lead2", "met", "agree", "memory_lead", "nothing_vote")
SCALES = (0.25, 4.0)
# The line: what may be wrong above it, over how many of the newest labels, and how many in the band prove anything.
RISK, NEWEST, FEWEST_IN_BAND = 0.05, 1000, 59
LINES = tuple(round(FLOOR + step * 0.005, 3) for step in range(40))
NEVER = 1.0


@dataclass(frozen=True)
class Example:
    """One label: what the calibrator saw, what it was worth, how much it counts; examples of one `group` are never split."""

    features: dict[str, float]
    value: float
    weight: float
    group: int


@dataclass(frozen=True)
class Figures:
    """How well claims held on the same labels."""

    ece: float
    brier: float

    def is_no_worse_than(self, other: "Figures") -> bool:
        return self.ece <= other.ece and self.brier <= other.brier


@dataclass(frozen=True)
class Line:
    """From where on replies may go out; `is_proven` when the labels say so, and not only what the shipped one was checked with."""

    value: float
    is_proven: bool


@dataclass(frozen=True)
class Correction:
    """log-odds × `scale` + `shift` + the weights of the named, scaled features."""

    scale: float = 1.0
    shift: float = 0.0
    weights: tuple[tuple[str, float], ...] = ()


def can_read(document: dict[str, Any], example: Example) -> bool:
    """Whether every figure that the calibrator reads was kept, and is one."""
    wanted = {*document["features"], *document.get("surroundings", {})}
    found = (example.features.get(name) for name in wanted)
    return all(isinstance(one, int | float) and math.isfinite(one) for one in found)


def claims(document: dict[str, Any], examples: Sequence[Example]) -> list[float]:
    """What this calibrator says of each example."""
    calibrator = Calibrator(document)
    found = (weigh(example.features, calibrator).probability for example in examples)
    return [0.5 if one is None else one for one in found]


def fit(document: dict[str, Any], examples: Sequence[Example]) -> Correction:
    """The correction of `document` that these examples ask for."""
    odds, divisors = _log_odds(document, examples)
    names = [name for name in FEATURES if name in document["features"]] if _may_use_features(document, examples) else []
    inputs = np.column_stack([odds, np.ones(len(odds)), *(_scaled(document, name, examples) for name in names)])
    value = np.array([one.value for one in examples])
    weight = np.array([one.weight for one in examples])
    # Weighted labels are worth fewer unweighted ones (Kish 1965); the pull is measured in those.
    weight *= weight.sum() / (weight**2).sum()
    found = _newton(inputs, divisors, value, weight)
    scale = min(max(float(found[0]), SCALES[0]), SCALES[1])
    return Correction(scale, float(found[1]), tuple(zip(names, map(float, found[2:]), strict=True)))


def corrected(document: dict[str, Any], correction: Correction) -> dict[str, Any]:
    """The document with the correction written into its numbers."""
    found = copy.deepcopy(document)
    linear, trees, constant = found["platt"]
    found["platt"] = [linear * correction.scale, trees * correction.scale, constant * correction.scale + correction.shift]
    for name, weight in correction.weights:
        found["linear"]["weights"][found["features"].index(name)] += weight / found["platt"][0]
    return found


def out_of_fold(document: dict[str, Any], examples: Sequence[Example]) -> list[float]:
    """What corrections that never saw an example, nor others of its group, say of it."""
    found = [0.5] * len(examples)
    for fold in range(FOLDS):
        places = [place for place, one in enumerate(examples) if one.group % FOLDS == fold]
        rest = [one for one in examples if one.group % FOLDS != fold]
        if places and rest:
            own = corrected(document, fit(document, rest))
            for place, claim in zip(places, claims(own, [examples[place] for place in places]), strict=True):
                found[place] = claim
    return found


def figures(claimed: Sequence[float], examples: Sequence[Example]) -> Figures:
    """Calibration error and Brier score of these claims."""
    seen = _seen(claimed, examples)
    return Figures(round(drift_figures.ece(seen), 5), round(drift_figures.brier(seen), 5))


def line(claimed: Sequence[float], examples: Sequence[Example], shipped: float) -> Line:
    """The least figure above which, with 95 % confidence, at most 5 % of the newest labels were wrong. Examples stand oldest first.

    Where the labels cannot prove one, the shipped line stands, unless they prove it wrong: then nothing goes out.
    """
    seen = _seen(claimed, examples)[-NEWEST:]
    for candidate in LINES:
        wrong, count = _above(candidate, seen)
        if count >= FEWEST_IN_BAND and bounds.upper(wrong, count) <= RISK:
            return Line(candidate, is_proven=True)
    wrong, count = _above(max(shipped, FLOOR), seen)
    return Line(NEVER if bounds.lower(wrong, count) > RISK else max(shipped, FLOOR), is_proven=False)


def _above(candidate: float, seen: Sequence[Seen]) -> tuple[float, float]:
    """How many above the candidate were wrong, and of how many: weighted ones count for as many as they are worth (Kish 1965)."""
    weights = [(one.weight, 1.0 - one.value) for one in seen if one.probability > candidate]
    total = sum(weight for weight, _ in weights)
    if total <= 0.0:
        return 0.0, 0.0
    count = total**2 / sum(weight**2 for weight, _ in weights)
    return count * sum(weight * wrong for weight, wrong in weights) / total, count


def _seen(claimed: Sequence[float], examples: Sequence[Example]) -> list[Seen]:
    return [Seen(claim, one.value, one.weight) for claim, one in zip(claimed, examples, strict=True)]


def _may_use_features(document: dict[str, Any], examples: Sequence[Example]) -> bool:
    return len(examples) >= MANY and abs(document["platt"][0]) > 1e-6


def _log_odds(document: dict[str, Any], examples: Sequence[Example]) -> tuple[Vector, Vector]:
    """The log-odds before strangeness is minded, and what strangeness divides likely ones by."""
    calibrator = Calibrator(document)
    odds, divisors = [], []
    for one in examples:
        start, shares = calibrator.contributions(one.features)
        odds.append(start + sum(share for group, share in shares.items() if group != "strange"))
        divisors.append(min(1.0 + STRANGE_STEP * calibrator.strangeness(one.features), STRANGEST))
    return np.array(odds), np.array(divisors)


def _scaled(document: dict[str, Any], name: str, examples: Sequence[Example]) -> Vector:
    place = document["features"].index(name)
    mean, scale = document["linear"]["mean"][place], document["linear"]["scale"][place]
    return np.array([(one.features[name] - mean) / scale for one in examples])


def _newton(inputs: Vector, divisors: Vector, value: Vector, weight: Vector) -> Vector:
    """Minimise the weighted log-loss and the pull towards no correction, by Newton's steps, halved where they overshoot."""
    aim = np.zeros(inputs.shape[1])
    aim[0] = 1.0
    pull = PRIOR_LABELS * _curvature(inputs, divisors, aim).mean(axis=0) + 1e-6
    found, loss = aim, _loss(aim, aim, pull, inputs, divisors, value, weight)
    for _ in range(50):
        chance, slope = _claims(inputs, divisors, found)
        gradient = inputs.T @ (weight * slope * (chance - value)) + pull * (found - aim)
        spread = weight * slope**2 * np.maximum(chance * (1 - chance), 1e-6)
        step = np.linalg.solve(inputs.T @ (inputs * spread[:, None]) + np.diag(pull), gradient)
        while np.abs(step).max() > 1e-7:
            there = found - step
            reached = _loss(there, aim, pull, inputs, divisors, value, weight)
            if reached <= loss:
                break
            step = step / 2
        else:
            return found
        found, loss = there, reached
    return found


def _curvature(inputs: Vector, divisors: Vector, at: Vector) -> Vector:
    chance, slope = _claims(inputs, divisors, at)
    return np.asarray((chance * (1 - chance) * slope**2)[:, None] * inputs**2)


def _claims(inputs: Vector, divisors: Vector, at: Vector) -> tuple[Vector, Vector]:
    """The probabilities, and how fast the log-odds follow: likely ones are divided where the surroundings are strange."""
    odds = inputs @ at
    slope = np.where(odds > 0, 1 / divisors, 1.0)
    return 1 / (1 + np.exp(-np.clip(odds * slope, -35, 35))), slope


def _loss(at: Vector, aim: Vector, pull: Vector, inputs: Vector, divisors: Vector, value: Vector, weight: Vector) -> float:
    chance, _ = _claims(inputs, divisors, at)
    chance = np.clip(chance, 1e-12, 1 - 1e-12)
    surprise = -(value * np.log(chance) + (1 - value) * np.log(1 - chance))
    return float(weight @ surprise + (pull * (at - aim) ** 2).sum() / 2)
