"""How far a share that was counted may be off: exact bounds, so that few observations promise little."""

import math

TINY = 1e-300
STEPS = 500


def upper(failures: float, count: float, confidence: float = 0.95) -> float:
    """The one-sided upper bound of a share, `failures` of `count` seen (Clopper and Pearson 1934). 1.0 when nothing was seen."""
    if count <= 0 or failures >= count:
        return 1.0
    return beta_quantile(confidence, failures + 1, count - failures)


def lower(failures: float, count: float, confidence: float = 0.95) -> float:
    """The one-sided lower bound. 0.0 when nothing was seen."""
    if count <= 0 or failures <= 0:
        return 0.0
    return beta_quantile(1 - confidence, failures, count - failures + 1)


def beta_quantile(share: float, a: float, b: float) -> float:
    """The x below which `share` of a Beta(a, b) lies, by halving the interval 60 times. a and b are above 0."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if beta_below(middle, a, b) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_below(x: float, a: float, b: float) -> float:
    """The share of a Beta(a, b) below x: the regularised incomplete beta function, by its continued fraction (DLMF 8.17.22)."""
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz's way of evaluating the continued fraction (Thompson and Barnett 1986)."""
    c, d = 1.0, 1.0 / _not_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / _not_zero(1 + term * d)
            c = _not_zero(1 + term / c)
            value *= d * c
        if abs(d * c - 1) < 1e-12:
            break
    return value


def _not_zero(x: float) -> float:
    return x if abs(x) > TINY else TINY
