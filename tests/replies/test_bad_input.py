"""Messages that are no plain question: each has a decided outcome. None is ever answered by itself, and hardly any calls for a person."""

import time

import pytest

from approvals.evaluation import answer, throw_away_base
from gateways.local_llm import LocalModel
from knowledge.sources import SourceArticle
from replies.nothing_asked import nothing_asked
from tests.build import RETURNS, SHIPPING

ARTICLES = (
    SourceArticle("returns", "Returning something you bought", RETURNS, "Returns"),
    SourceArticle("shipping", "Delivery times and costs", SHIPPING, "Delivery"),
)
NOISE = bytes(range(256)).decode("latin-1") * 4
# What was written, as its writer would name it: (the message, the rule that holds it, whether a draft is offered to the reviewer)
MESSAGES = {
    "nothing at all": ("", "empty", False),
    "a few blanks": (" \n\t  ", "empty", False),
    "only a NUL": ("\0\0", "empty", False),
    "only question marks": ("???", "empty", False),
    "a smile": ("😀", "empty", False),
    "a row of emoji": ("🙏🙏🙏❤️🔥👍🏽", "empty", False),
    "a file pasted as text": (NOISE, "unreadable", False),
    "an image in base64": ("iVBORw0KGgoAAAANSUhEUgAA" * 200, "unreadable", False),
    "halves of characters": ("\ud800\udfff" * 30, "unreadable", False),
    "ok thanks": ("ok thanks", "no_question", False),
    "Thank you so much, that helped!": ("Thank you so much, that helped! 😊", "no_question", False),
    "great, bye": ("Great, bye", "no_question", False),
    "danke": ("Vielen Dank für Ihre Hilfe", "no_question", False),
    "hello": ("Hello", "no_question", False),
    "a question in Arabic": ("كم من الوقت يستغرق التوصيل إلى منزلي؟", "no_answer", False),
    "a question in Japanese": ("商品が届かないのですが、どうすればいいですか？", "no_answer", False),
    "a question in no language": ("zxcv qwpo mnbv asdlkj fghqwe rtyuip", "no_answer", False),
    "a question about something else": ("Where do the penguins sleep in Antarctica?", "no_answer", False),
    "a question in German": ("Wie lange dauert die Lieferung nach Hause und was kostet sie?", "language", None),
    "a question and a NUL": ("How much is express\0 delivery?", None, True),
    "two hundred kilobytes": ("How much is express delivery? " * 7000, "long", True),
    "one word of two hundred kilobytes": ("x" * 200_000, "unreadable", False),
    "several questions": (
        "How much is express delivery? Do you sell purple umbrellas for elephants? Who founded your company in Norway?", "complete", True,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def base(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), throw_away_base(ARTICLES) as pk:
        yield pk


@pytest.mark.parametrize(("text", "code", "is_drafted"), MESSAGES.values(), ids=MESSAGES.keys())
def test_it_is_held_for_the_reason_that_people_would_give(base, django_db_blocker, text, code, is_drafted):
    began = time.monotonic()
    with django_db_blocker.unblock():
        outcome = answer(text, base, LocalModel(), 0.8)
    reply = outcome.reply
    assert outcome.decision == "review" and not reply.escalates
    held = {rule.code for rule in reply.rules} | {check.code for check in reply.failed_checks}
    if code is not None:
        assert code in held, held
    if is_drafted is not None:
        assert bool(reply.text) is is_drafted, reply.text
    assert time.monotonic() - began < 5


def test_several_questions_that_one_passage_set_answers_are_not_held_for_that(base, django_db_blocker):
    asked = "How much is standard delivery? How long does standard delivery take?"
    with django_db_blocker.unblock():
        reply = answer(asked, base, LocalModel(), 0.8).reply
    assert "4.90" in reply.text and not reply.failed_checks


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, but where is my parcel?", "ok thanks but it still does not work", "thanks for nothing", "Hello, my card is gone",
        "Great, now it is broken", "Bye bye money", "12345", "order 88123", "thank you for your help with the refund of my tent",
    ],
)  # fmt: skip
def test_thanks_with_a_matter_in_it_are_not_only_thanks(text):
    assert nothing_asked(text) is None
