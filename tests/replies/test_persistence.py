"""The third contact without a solution: what counts as coming again, and what does not."""

import pytest

from replies.persistence import contacts
from replies.types import Turn


def turns(*said: str) -> list[Turn]:
    """Customer and answer in turns; the customer speaks last."""
    found = []
    for text in said:
        found += [Turn("customer", text), Turn("assistant", "Please see our page.")]
    return found[:-1]


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ((), 1),
        (("Where is my parcel?",), 1),
        (("Where is my parcel?", "How do I change my password?", "Do you sell tents?"), 1),
        (("Where is my parcel?", "But where is my parcel now?"), 2),
        (("Where is my parcel?", "That did not help", "My parcel is lost"), 3),
        (("Where is my parcel?", "Thanks", "It still does not work"), 3),
        (("Wo ist mein Paket?", "Wo ist mein Paket denn?", "Immer noch kein Paket"), 3),
    ],
)
def test_the_same_again_counts_and_another_matter_does_not(said: tuple[str, ...], count: int) -> None:
    assert contacts(turns(*said)) == count


def test_several_messages_between_two_answers_are_one_contact() -> None:
    burst = [Turn("customer", "Where is my parcel?"), Turn("customer", "My parcel!"), Turn("customer", "Parcel!!")]
    assert contacts(burst) == 1
