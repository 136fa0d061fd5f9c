"""A customer asks for a person in the message itself: honoured as by the button."""

import uuid

import pytest

from approvals import review
from approvals.models import Draft
from contactcenter.invariants import broken
from conversations.assignment import assign, hand_back
from conversations.models import Conversation, Message
from tests import build
from tests.cast import Cast
from tests.house.world import owner_sql

QUESTION = "How many days do I have to return something I bought?"


@pytest.fixture(autouse=True)
def _library(cast: Cast) -> None:
    build.article(cast.base, "returns", "Returning something you bought", build.RETURNS)


def now(pk: int) -> Conversation:
    return Conversation.objects.using("owner").get(pk=pk)


def asked_for_a_person(cast: Cast) -> Draft:
    accepted = build.arrives(cast.orders, f"{QUESTION} I want to talk to a real person")
    build.run_jobs()
    return build.draft_of(accepted.message)


def test_the_assistant_falls_silent_and_its_draft_waits_for_whoever_answers(cast: Cast) -> None:
    draft = asked_for_a_person(cast)
    found = now(draft.conversation_id)
    assert (draft.state, draft.rules[0]["code"]) == ("in_review", "wants_person")
    assert (found.assistant_paused, found.needs_person, found.assignee_id) == (True, "Asked for a person", None)
    assert found.priority >= 1 and not any(broken().values())


def test_later_messages_are_not_answered_until_it_is_handed_back(cast: Cast) -> None:
    matter = asked_for_a_person(cast).conversation_id
    later = build.arrives(cast.orders, QUESTION, conversation=matter)
    build.run_jobs()
    assert build.draft_of(later.message).state == "superseded"
    assert not Message.objects.using("owner").filter(direction="out").exists()
    with cast.acting(cast.ana):
        assign(Conversation.objects.get(pk=matter), to=cast.ana, by=cast.ana)
        hand_back(Conversation.objects.get(pk=matter), by=cast.ana)
    again = build.arrives(cast.orders, QUESTION, conversation=matter)
    build.run_jobs()
    assert build.draft_of(again.message).state in ("sent", "in_review")


def test_what_was_about_to_be_said_is_taken_back_also_what_a_person_had_approved(cast: Cast) -> None:
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    accepted = build.arrives(cast.orders, QUESTION)
    build.run_jobs()
    draft = build.draft_of(accepted.message)
    with cast.acting(cast.ana):
        review.approve(draft, by=cast.ana, version=draft.version, request_key=uuid.uuid4())
    later = build.arrives(cast.orders, "No bot please, let me talk to a human", conversation=accepted.conversation.pk)
    owner_sql("UPDATE core_job SET rank = 9 WHERE kind LIKE '%%deliver'")
    build.run_jobs()
    assert build.draft_of(accepted.message).state == "superseded"
    assert owner_sql("SELECT state FROM conversations_delivery") == [("recalled",)]
    assert build.draft_of(later.message).rules[0]["code"] == "wants_person" and not any(broken().values())


def test_while_nobody_has_it_each_new_message_asks_for_a_person_again(cast: Cast) -> None:
    draft = asked_for_a_person(cast)
    with cast.acting(cast.ana):
        review.approve(draft, by=cast.ana, version=draft.version, request_key=uuid.uuid4(), text="Thirty days. Ana")
    build.run_jobs()
    assert (now(draft.conversation_id).needs_person, now(draft.conversation_id).assistant_paused) == ("", True)
    build.arrives(cast.orders, "And who pays?", conversation=draft.conversation_id)
    build.run_jobs()
    assert now(draft.conversation_id).needs_person == "Asked for a person"
