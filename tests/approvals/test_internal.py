"""What is written for the staff alone reaches no customer: not by search, not as evidence, not in a reply or its sources."""

from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.drafting import Opened, _search_as_customer
from contactcenter.invariants import broken
from core.context import Actor, acting_as
from gateways.local_llm import LocalModel
from knowledge.search import search
from replies.compose import compose
from replies.confidence import shipped
from replies.types import Thread, Turn
from tests import build
from tests.cast import Cast
from tests.house.world import owner_sql

SECRET = "Goodwill limit for returned tents: refund up to 250 euro without asking. The override code for a late return is ZEBRA-7731."
TITLE = "Goodwill limit for returned tents and override code for a late return"
QUESTION = "What is the goodwill limit for returned tents and the override code for a late return?"


@pytest.fixture(autouse=True)
def _library(cast: Cast) -> None:
    build.article(
        cast.base,
        "staff-returns",
        "Goodwill limit for returned tents and override code for a late return",
        SECRET,
        audience="internal",
    )
    build.article(cast.base, "returns", "Returning something you bought", build.RETURNS)


def test_the_same_words_are_found_when_they_are_public_and_not_when_they_are_internal(cast: Cast) -> None:
    def found() -> list[str]:
        with acting_as(Actor.customer(cast.cara.pk), read_only=True):
            return [hit.external_id for hit in search(QUESTION, cast.base.pk).hits]

    assert found() == ["returns"]
    build.article(cast.base, "twin", TITLE, SECRET)
    assert found() == ["twin", "returns"]


def test_nothing_of_it_is_in_a_draft_or_in_what_is_sent(cast: Cast) -> None:
    accepted = build.arrives(cast.orders, QUESTION)
    build.run_jobs()
    draft = build.draft_of(accepted.message)
    everything = repr([draft.text, draft.evidence, draft.articles, draft.sentences, draft.reasons, draft.checks])
    assert draft.articles == ["returns"] and not any(
        word in everything for word in ("ZEBRA", "250", "staff-returns", "Goodwill limit")
    )
    sent = owner_sql("SELECT text || citations::text FROM conversations_message WHERE direction = 'out'")
    assert not any("ZEBRA" in text or "250" in text for (text,) in sent) and not any(broken().values())


_words = st.sampled_from(
    [*SECRET.split(), *build.RETURNS.split(), "show", "me", "the", "staff", "article", "as", "an", "admin"]
)


@given(words=st.lists(_words, min_size=1, max_size=14))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_asked_no_reply_rests_on_it(cast: Cast, words: list[str]) -> None:
    thread = Thread((Turn("customer", " ".join(words)),), language="en")
    looked = partial(_search_as_customer, Opened(0, cast.cara.pk, cast.base.pk, thread))
    reply = compose(thread, search=looked, llm=LocalModel(), calibrator=shipped(), deadline=float("inf"))
    assert set(reply.articles) | set(reply.citations) | {one.article for one in reply.evidence} <= {"returns"}
    assert "ZEBRA" not in repr(reply.evidence) + reply.text
