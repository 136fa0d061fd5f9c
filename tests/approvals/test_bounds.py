"""Exact bounds against values that are printed in tables or follow in closed form."""

import pytest

from approvals import bounds


@pytest.mark.parametrize("count", [1, 14, 59, 299])
def test_without_a_failure_the_bound_is_the_closed_form(count: int) -> None:
    assert bounds.upper(0, count) == pytest.approx(1 - 0.05 ** (1 / count), abs=1e-9)


def test_fourteen_reviews_without_a_failure_promise_eighty_percent_and_thirteen_do_not() -> None:
    assert bounds.upper(0, 14) <= 0.20 < bounds.upper(0, 13)


@pytest.mark.parametrize(
    ("failures", "count", "low", "high"),
    # By scipy.stats.beta.ppf.
    [(1, 22, 0.0023288, 0.1981221), (2, 30, 0.0119758, 0.1953260), (10, 100, 0.0552632, 0.1637176)],
)
def test_known_intervals(failures: int, count: int, low: float, high: float) -> None:
    assert bounds.lower(failures, count) == pytest.approx(low, abs=1e-6)
    assert bounds.upper(failures, count) == pytest.approx(high, abs=1e-6)


def test_nothing_seen_promises_nothing() -> None:
    assert (bounds.lower(0, 0), bounds.upper(0, 0), bounds.upper(3, 3)) == (0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("x", "a", "b", "below"), [(0.5, 2, 2, 0.5), (0.25, 1, 1, 0.25), (0.3, 2, 3, 0.3483), (0.9, 50, 3, 0.0966333)]
)
def test_the_beta_distribution(x: float, a: float, b: float, below: float) -> None:
    assert bounds.beta_below(x, a, b) == pytest.approx(below, abs=1e-6)


def test_the_quantile_is_the_inverse() -> None:
    for share in (0.05, 0.5, 0.95):
        assert bounds.beta_below(bounds.beta_quantile(share, 7.5, 2.25), 7.5, 2.25) == pytest.approx(share, abs=1e-9)
