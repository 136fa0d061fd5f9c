"""What remembered decisions say, how familiar a question is, and that reading in parts changes nothing. Pure."""

import numpy as np
import pytest

from knowledge import embedding, lens
from knowledge.findings import Memory
from knowledge.ranking import Candidate, memory_votes, rank, says


def voices(question, *remembered):
    """What each remembered text has to say on a question."""
    vectors = embedding.embed([question, *remembered])
    return says(vectors[1:] @ vectors[0], vectors[1:] @ vectors[1:].T)


def test_the_same_decision_ten_times_says_hardly_more_than_once():
    once = voices("my card was declined", "my card was refused")
    often = voices("my card was declined", *["my card was refused"] * 10)
    assert once.sum() > 0.5 and often.sum() == pytest.approx(once.sum(), rel=0.15)


def test_a_question_that_was_decided_before_is_decided_by_that_and_not_by_its_neighbours():
    asked = "why is there a fee on my statement"
    same, *others = voices(
        asked, asked, "how do I change my address", "is there a fee for cash abroad", "what is on my statement"
    )
    assert same > 0.7 and max(map(abs, others)) < 0.2


def test_decisions_far_away_say_little():
    near = voices("my card was declined", "my card was refused")
    far = voices("my card was declined", "who won the football match")
    assert far[0] < 0.35 < near[0]


def test_votes_are_summed_by_article_and_for_nothing():
    memories = [Memory(1, 0.9, 0.5), Memory(2, 0.8, -0.1), Memory(None, 0.7, 0.3), Memory(1, 0.6, 0.2)]
    votes, nothing = memory_votes(memories)
    assert votes == {1: pytest.approx(0.7), 2: pytest.approx(-0.1)} and nothing == pytest.approx(0.3)


def test_what_people_decided_outweighs_a_little_more_nearness():
    first, second = Candidate(1, 0.5, 0.5, 0.5), Candidate(2, 0.45, 0.45, 0.45)
    assert [one.article for one in rank([first, second], [], 3)] == [1, 2]
    assert [one.article for one in rank([first, second], [Memory(2, 0.95, 0.8)], 3)] == [2, 1]


def test_a_money_matter_is_more_familiar_than_the_weather_and_nothing_is_under_another_model():
    money, weather = embedding.embed(["why was my card payment declined", "will it rain in Lisbon tomorrow"])
    version = embedding.VERSION
    assert lens.familiarity(money, version) > 0.7 > lens.familiarity(weather, version) + 0.2
    assert lens.familiarity(money, "another.1") == 0.0 and lens.through(money, "another.1") is money


def test_sentences_read_in_parts_keep_their_order_and_their_vectors():
    texts = [
        "Short.",
        "A longer sentence about a declined card, with many more words than the one before it.",
        "Yes.",
        "",
        "No way.",
    ]
    for text, read in zip(texts, embedding.local_model().read(texts), strict=True):
        alone = embedding.local_model().read([text])[0]
        assert read.words == alone.words and float(read.vector @ alone.vector) == pytest.approx(1, abs=0.02)
    assert embedding.local_model().read([]) == [] and np.isfinite(embedding.embed(texts)).all()
