"""Composing, without a database: what is passed in decides."""

import time

import pytest

from gateways.errors import GatewayError
from gateways.fakes import FakeModel
from gateways.local_llm import LocalModel
from knowledge.embedding import embed_one
from knowledge.findings import Findings, Hit, Passage
from replies.compose import compose
from replies.confidence import percent, shipped
from replies.types import Thread, Turn

BODY = "A new card arrives switched off. Open the app, tap the card and choose Activate. It works within one minute."


def search(question, limit=5):
    passages = (Passage(1, 0, "A new card arrives switched off. Open the app, tap the card and choose Activate.", 0.8),)
    first = Hit(1, "card", "Activating a new card", "", "en", BODY, 2.9, 0.85, 0.8, 0.8, 9.0, 6.0, 0.0, passages)
    second = Hit(2, "fees", "Fees", "", "en", "Fees.", 0.9, 0.2, 0.2, 0.2, 1.0, 0.5, 0.0, ())
    pool = {
        "agree": 4.0,
        "share": 0.99,
        "entropy": 0.05,
        "distance": 6.0,
        "pool": 0.25,
        "matched_best": 6.0,
        "bm25_best": 9.0,
        "length": 60.0,
    }
    return Findings(question, embed_one(question), (first, second), (), 3, 0.0, 7.0, 70, "en", pool)


def composed(text="How do I activate my new card?", llm=None, search=search, seconds=5.0, **thread):
    return compose(
        Thread((Turn("customer", text),), language="en", **thread), search=search, llm=llm or LocalModel(),
        calibrator=shipped(), deadline=time.monotonic() + seconds,
    )  # fmt: skip


def test_an_answer_is_made_of_cited_sentences_and_its_points_sum_to_the_figure():
    reply = composed()
    assert reply.citations == ("card",) and reply.uncited == () and reply.failed_checks == () and reply.rules == ()
    assert reply.confidence is not None and sum(r.points for r in reply.reasons) == percent(reply.confidence)
    assert all(sentence.citations for sentence in reply.sentences)


def test_an_email_gets_greeting_and_closing():
    assert composed(channel="email", customer_name="Cara").text.startswith("Hello Cara,\n\n")


def test_an_answer_model_without_calibration_has_no_confidence():
    reply = composed(llm=FakeModel())
    assert reply.text and reply.confidence is None


@pytest.mark.parametrize("failure", [GatewayError("down"), GatewayError("refused", permanent=True)])
def test_a_failing_provider_is_held(failure):
    reply = composed(llm=FakeModel(failures=[failure]))
    assert reply.text == "" and [rule.code for rule in reply.rules] == ["provider"]


def test_no_article_no_answer():
    reply = composed(search=lambda question, limit=5: Findings(question, embed_one(question)))
    assert reply.text == "" and reply.confidence is None and [rule.code for rule in reply.rules] == ["no_answer"]


def test_a_passed_deadline_is_held():
    assert [rule.code for rule in composed(seconds=0).rules] == ["late"]


def test_no_provider_sees_a_secret():
    model = FakeModel()
    composed("My card 4111 1111 1111 1111 does not work, how do I activate it?", llm=model)
    assert "4111" not in model.prompts[0].question
