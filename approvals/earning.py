"""When may the replies on a topic go out by themselves? Arithmetic over what people decided about them. Pure.

Only replies that claimed more than the floor are counted: they are the ones that would have gone out. What people made of unsure
drafts says nothing of those, and in a base that sends the sure ones by itself it is all they ever see.
"""

from dataclasses import dataclass
from typing import Literal

from approvals.bounds import beta_quantile
from approvals.policy import CLOSED, FAILING, OPEN, STOPPED, UNEARNED, Reach

State = Literal["earning", "trusted", "stopped"]
# How much the whole base says about a topic of which little is known, in reviews.
PRIOR = 10.0
# What must be good, with 95 % confidence; how many reviews that takes at least; how many labels the base must have.
GOOD, CONFIDENCE = 0.80, 0.95
FEWEST_REVIEWS, FEWEST_LABELS = 14, 200
# A topic of a trusted base is closed again from so many reviews on, when even the upper bound is too low.
FEWEST_FAILING = 5


@dataclass(frozen=True)
class Tally:
    """How many reviews of sure replies ended well and how many did not; halves count as half of each."""

    approved: float = 0.0
    failed: float = 0.0

    @property
    def count(self) -> float:
        return self.approved + self.failed


@dataclass(frozen=True)
class Ground:
    """What is known of a base and its answer model: its state, all its topics together, how many labels it has, and whether a line
    was found above which at most 5 % were wrong.
    """

    state: State = "earning"
    overall: Tally = Tally()
    labels: int = 0
    has_line: bool = False


def reach(ground: Ground, topic: Tally, *, is_closed: bool = False, is_named: bool = True) -> Reach:
    """May replies on this topic go out by themselves? `is_named` False: the reply rests on no article, so it has no topic."""
    if ground.state not in ("earning", "trusted"):
        return STOPPED
    if is_closed:
        return CLOSED
    if ground.state == "trusted":
        return FAILING if fails(topic, ground.overall) else OPEN
    proven = ground.has_line and ground.labels >= FEWEST_LABELS
    return OPEN if proven and is_named and is_earned(topic, ground.overall) else UNEARNED


def is_earned(topic: Tally, overall: Tally) -> bool:
    """Whether with 95 % confidence at least 80 % of its sure replies are good."""
    return topic.count >= FEWEST_REVIEWS and at_least(topic, overall) >= GOOD


def fails(topic: Tally, overall: Tally) -> bool:
    """Whether its sure replies are bad: even the upper bound is below 80 %, or after many reviews the middle is."""
    a, b = posterior(topic, overall)
    if topic.count >= FEWEST_REVIEWS and a / (a + b) < GOOD:
        return True
    return topic.count >= FEWEST_FAILING and beta_quantile(CONFIDENCE, a, b) < GOOD


def at_least(topic: Tally, overall: Tally) -> float:
    """The share of good replies that the topic has with 95 % confidence."""
    return beta_quantile(1 - CONFIDENCE, *posterior(topic, overall))


def posterior(topic: Tally, overall: Tally) -> tuple[float, float]:
    """The Beta distribution of a topic's share of good replies: what the whole base shows weighs ten reviews."""
    rate = (overall.approved + 1) / (overall.count + 2)
    return PRIOR * rate + topic.approved, PRIOR * (1 - rate) + topic.failed
