"""What a decision says about the draft it was made about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.labels import HALF, LEFT, RIGHT, WRONG, claims, distance, edited, worth
from approvals.policy import ESCALATING

BEFORE = (
    "You can return what you bought within 30 days of delivery. Open your order, choose Return and print the label. The refund reaches"
    " your card within 5 working days. See https://shop.example/returns for more. You do not pay for the parcel."
)


@pytest.mark.parametrize(
    ("action", "expected"), [("approve", RIGHT), ("reject", WRONG), ("take_over", LEFT), ("undo", None), ("", None)]
)
def test_each_decision_has_its_worth(action: str, expected: object) -> None:
    assert worth(action, BEFORE, BEFORE) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("Open your order", "Please open your order"), RIGHT),
        (("choose Return", "choose return"), HALF),
        (("delivery.", "delivery!"), RIGHT),
        (("30 days", "14 days"), WRONG),
        (("5 working days", "five working days"), WRONG),
        (("/returns", "/refunds"), WRONG),
        (("do not pay", "do pay"), WRONG),
        (("You can", "You cannot"), WRONG),
        (("choose Return", "choose Cancel"), WRONG),
        (("for the parcel.", "for the parcel. We also accept exchanges within 60 days."), HALF),
        (("You can return", "Hello Cara, you can return"), RIGHT),
        (
            (
                "Open your order, choose Return and print the label. The refund reaches your card within",
                "Choose Return in your order and print what you see there. You get the money back within",
            ),
            HALF,
        ),
    ],
)
def test_what_an_edit_changed_is_what_counts(change: tuple[str, str], expected: object) -> None:
    assert change[0] in BEFORE
    assert edited(BEFORE, BEFORE.replace(*change), names=("Cara Cast",)) == expected


def test_somebody_else_s_name_is_a_fact() -> None:
    assert edited("We sent it to Cara.", "We sent it to Dan.") == WRONG
    assert edited("We sent it to Cara.", "We sent it to Dan.", names=("Cara", "Dan")) != WRONG


@given(st.text(max_size=200))
def test_an_edit_that_changes_nothing_is_an_approval(text: str) -> None:
    assert edited(text, text) == RIGHT and distance(text, text) == 0.0


@given(
    st.lists(st.sampled_from(["aa", "bb", "cc", "dd"]), max_size=8),
    st.lists(st.sampled_from(["aa", "bb", "cc", "dd"]), max_size=8),
)
def test_the_distance_is_a_share_and_the_same_both_ways(a: list[str], b: list[str]) -> None:
    there, back = distance(" ".join(a), " ".join(b)), distance(" ".join(b), " ".join(a))
    assert there == back and 0.0 <= there <= 1.0
    assert (there == 0.0) == (a == b)


@pytest.mark.parametrize(
    ("before", "after", "expected"), [("a b c d", "a b x d", 0.25), ("a b", "a b c d", 0.5), ("", "a", 1.0)]
)
def test_distances_by_hand(before: str, after: str, expected: float) -> None:
    assert distance(before, after) == expected


def test_a_figure_is_only_judged_where_it_alone_decided() -> None:
    assert claims("Yes.", ["below_line"]) and claims("Yes.", []) and claims("Yes.", ["learning", "review_only", "stopped"])
    assert not claims(" ", []) and not claims("Yes.", ["below_line", "figures"])
    assert not any(claims("Yes.", [code]) for code in ESCALATING)
