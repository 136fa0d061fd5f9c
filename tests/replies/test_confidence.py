"""The figure and its reasons: whatever is measured, they add up, and nothing strange makes it surer."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replies.confidence import percent, shipped, weigh
from replies.features import GROUPS, SURROUNDINGS

CALIBRATORS = shipped().known
NAMES = tuple(dict.fromkeys((*GROUPS, *SURROUNDINGS)))
measured = st.fixed_dictionaries({name: st.floats(-1, 6) for name in NAMES})
usual = {name: at["mean"] for name, at in CALIBRATORS[0].document["surroundings"].items()}


@pytest.mark.parametrize("calibrator", CALIBRATORS, ids=lambda one: one.name)
@given(features=measured)
@settings(max_examples=150, deadline=None)
def test_the_points_add_up_to_the_figure_that_is_shown(calibrator, features):
    weighed = weigh(features, calibrator)
    assert weighed.probability is not None and 0 < weighed.probability <= 1
    assert sum(reason.points for reason in weighed.reasons) == percent(weighed.probability)
    assert all(reason.label for reason in weighed.reasons)


@pytest.mark.parametrize("calibrator", CALIBRATORS, ids=lambda one: one.name)
@given(features=measured, where=st.sampled_from(SURROUNDINGS), far=st.floats(-40, 40))
@settings(max_examples=100, deadline=None)
def test_strange_surroundings_never_make_it_surer_than_its_own_kind(calibrator, features, where, far):
    features = features | usual
    at = calibrator.document["surroundings"][where]
    known = [name for name in calibrator.document["features"] if name == where]
    if known:  # It is measured as well: then only the part that judges the surroundings is compared.
        assert calibrator.strangeness(features | {where: at["mean"] + far * at["spread"]}) >= calibrator.strangeness(features)
        return
    here, there = (weigh(features | {where: value}, calibrator) for value in (at["mean"], at["mean"] + far * at["spread"]))
    assert there.probability <= max(here.probability, 0.5) + 1e-9


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_cannot_be_measured_has_no_probability(value):
    features = dict.fromkeys(NAMES, 0.5) | {"match": value}
    assert weigh(features, CALIBRATORS[0]).probability is None


def test_every_calibrator_says_where_it_comes_from_and_from_where_on_it_may_send():
    for one in CALIBRATORS:
        assert {"command", "sources_sha256", "licences"} <= set(one.document["provenance"]) and 0.8 <= one.line <= 0.95


@pytest.mark.parametrize("calibrator", CALIBRATORS, ids=lambda one: one.name)
@given(features=measured)
@settings(max_examples=50, deadline=None)
def test_an_overdue_article_lowers_what_is_likely_and_a_contradicted_one_leaves_at_most_even_odds(calibrator, features):
    plain, stale, contradicted = (
        weigh(features | {"stale": a, "contradicted": b}, calibrator) for a, b in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
    )
    assert stale.probability <= plain.probability + 1e-9
    assert contradicted.probability <= min(plain.probability, 0.5) + 1e-9
    if 0.6 < plain.probability < 0.999:
        assert stale.probability < plain.probability
        assert "contradicted" in {reason.code for reason in contradicted.reasons}
    assert sum(reason.points for reason in contradicted.reasons) == percent(contradicted.probability)
