"""The form of a channel: who is greeted, and how."""

import pytest

from replies.skills.adapt import written
from replies.types import Sentence, Thread, Turn

ANSWER = (Sentence("You have 30 days.", (1,)),)


def mail(name: str, language: str = "en") -> str:
    return written(ANSWER, Thread(turns=(Turn("customer", "How long?"),), channel="email", customer_name=name), language)


@pytest.mark.parametrize("name", ["Cara", "Jean-Luc", "O’Hara", "Zoë", "森田", "Dr."])
def test_a_mail_greets_by_name(name: str) -> None:
    assert mail(name) == f"Hello {name},\n\nYou have 30 days.\n\nKind regards"


@pytest.mark.parametrize(
    "name", ["", "http://evil.example", "a" * 31, "<b>", "7", "your refund is approved", "x@y.example", "-"]
)
def test_what_is_no_name_is_not_said_in_ours(name: str) -> None:
    assert mail(name).startswith("Hello,\n\n")


def test_the_greeting_is_in_the_language_of_the_customer() -> None:
    assert mail("Cara", "de").startswith("Guten Tag Cara,") and mail("Cara", "xx").startswith("Hello Cara,")


def test_a_chat_gets_the_answer_alone() -> None:
    assert written(ANSWER, Thread(turns=(), channel="web", customer_name="Cara"), "en") == "You have 30 days."
