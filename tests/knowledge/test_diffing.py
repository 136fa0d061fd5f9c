"""What changed between two texts, in words. No database."""

import random
import time
from itertools import pairwise

import pytest

from knowledge.diffing import Piece, compare, is_same

BEFORE = "You can return it within 30 days of delivery.\n\nThe refund reaches your card within 5 working days."
AFTER = "You can return it within 14 days of delivery.\n\nThe refund reaches your card within 5 working days."


def side(pieces: list[Piece], kind: str) -> list[str]:
    return "".join(one.text for one in pieces if one.kind in ("same", kind)).split()


def test_one_changed_number_is_one_mark() -> None:
    kinds = [(one.kind, one.text.strip()) for one in compare(BEFORE, AFTER) if one.kind != "same"]
    assert kinds == [("gone", "30"), ("new", "14")]


@pytest.mark.parametrize(("before", "after"), [("", "New text."), ("Old text.", ""), ("", ""), ("a b", "a b")])
def test_nothing_and_everything(before: str, after: str) -> None:
    found = compare(before, after)
    assert is_same(found) == (before == after)
    assert side(found, "gone") == before.split() and side(found, "new") == after.split()


def test_a_moved_line_break_is_no_change() -> None:
    assert is_same(compare("One two.\nThree four.", "One two. Three four.")) and is_same(compare("a\r\nb", "a\nb"))


def test_both_texts_can_be_read_out_of_the_pieces() -> None:
    chance = random.Random(7)
    for _ in range(200):
        one, other = (" ".join(chance.choices("abcdefg\n", k=chance.randint(0, 60))) for _ in range(2))
        found = compare(one, other, around=None)
        assert side(found, "gone") == one.split() and side(found, "new") == other.split()
        assert all(a.kind != b.kind for a, b in pairwise(found))


def test_long_stretches_without_a_change_are_folded_and_counted() -> None:
    words = " ".join(f"w{n}" for n in range(500))
    found = compare(f"{words} old {words}", f"{words} new {words}")
    assert [one.kind for one in found] == ["fold", "same", "gone", "new", "same", "fold"]
    assert sum(one.words for one in found) + 2 * 30 == 1000
    assert [one.kind for one in compare(f"{words} old", f"{words} new", around=None)] == ["same", "gone", "new"]
    assert [one.kind for one in compare(words, words)] == ["fold"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\n" * 400_000, "b\na\n" * 200_000),
        (" ".join(map(str, range(150_000))), " ".join(map(str, range(150_000, 0, -1)))),
        ("\n".join(str(n % 150) for n in range(200_000)), "\n".join(str(n % 149) for n in range(200_000))),
        (" ".join(str(n % 90) for n in range(2900)), " ".join(str(n % 89) for n in range(2900))),
    ],
)
def test_texts_made_to_be_slow_are_compared_in_a_moment(before: str, after: str) -> None:
    began = time.monotonic()
    found = compare(before, after)
    assert time.monotonic() - began < 5 and not is_same(found)
