"""The judge: who may raise the line, and that nobody can lower it."""

import math

import pytest

from approvals.policy import FLOOR, OPEN, judge
from replies.types import Reply


def reply(confidence, line=0.0):
    return Reply(text="Yes.", confidence=confidence, line=line)


@pytest.mark.parametrize(
    ("confidence", "threshold", "line", "sends"),
    [
        (0.81, 0.80, 0.0, True),
        (0.80, 0.80, 0.0, False),
        (0.80, 0.50, 0.0, False),
        (0.85, 0.90, 0.0, False),
        (0.85, 0.80, 0.86, False),
        (0.87, 0.80, 0.86, True),
        (0.99, math.nan, 0.0, False),
        (0.99, 0.80, math.nan, False),
        (0.99, 0.80, math.inf, False),
    ],
)
def test_the_highest_line_counts(confidence, threshold, line, sends):
    verdict = judge(reply(confidence, line), threshold, OPEN)
    assert verdict.sends is sends and verdict.threshold >= FLOOR
