"""A message's life, end to end."""

import uuid

import pytest

from approvals import review
from approvals.models import Decision, Draft
from approvals.policy import OPEN, judge
from contactcenter.invariants import broken
from conversations.models import Conversation, Message
from core.claims import LostClaim
from replies.types import Reply, Rule
from tests.build import RETURNS, SHIPPING, arrives, article, delivery_of, draft_of, run_jobs
from tests.cast import Cast
from tests.house.world import owner_sql


@pytest.fixture
def library(cast: Cast) -> None:
    article(cast.base, "returns", "Returning something you bought", RETURNS)
    article(cast.base, "shipping", "Delivery times and costs", SHIPPING)


def message(pk: int) -> Message:
    return Message.objects.using("owner").get(pk=pk)


def test_a_question_becomes_a_judged_draft(cast: Cast, library: None) -> None:
    accepted = arrives(cast.orders, "How long do I have to return something I bought?")
    run_jobs()
    draft = draft_of(accepted.message)
    assert draft.state in ("sent", "in_review") and "30 days" in draft.text
    assert draft.articles[0] == "returns" and draft.evidence[0]["title"] == "Returning something you bought"
    assert sum(reason["points"] for reason in draft.reasons) == pytest.approx(draft.percent, abs=1)
    assert not any(broken().values())


def test_what_cannot_be_answered_waits_for_a_person(cast: Cast, library: None) -> None:
    accepted = arrives(cast.orders, "Can you tell me the airspeed velocity of an unladen swallow?")
    run_jobs()
    assert draft_of(accepted.message).state == "in_review"
    assert not Message.objects.using("owner").filter(direction="out").exists()


def test_the_same_arrival_twice_is_one_message_and_one_draft(cast: Cast, library: None) -> None:
    first = arrives(cast.orders, "Where is my parcel?", key="abc")
    second = arrives(cast.orders, "Where is my parcel?", key="abc")
    run_jobs()
    assert (first.message.pk, first.is_new, second.is_new) == (second.message.pk, True, False)
    assert owner_sql("SELECT count(*) FROM approvals_draft") == [(1,)]


def test_several_quick_messages_are_answered_once(cast: Cast, library: None) -> None:
    first = arrives(cast.orders, "Hello")
    second = arrives(cast.orders, "How long may I return a tent?", conversation=first.conversation.pk)
    run_jobs()
    assert draft_of(first.message).state == "superseded"
    assert draft_of(second.message).state in ("sent", "in_review")
    assert not any(broken().values())


def in_review(cast: Cast, text: str = "How long does a delivery take?") -> Draft:
    accepted = arrives(cast.orders, text)
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    run_jobs()
    draft = draft_of(accepted.message)
    assert draft.state == "in_review"
    return draft


def test_an_approved_draft_is_sent_once_under_the_reviewers_name(cast: Cast, library: None) -> None:
    draft = in_review(cast, "How much is express delivery?")
    key = uuid.uuid4()
    with cast.acting(cast.ana):
        review.approve(draft, by=cast.ana, version=draft.version, request_key=key)
        review.approve(draft, by=cast.ana, version=draft.version, request_key=key)
    run_jobs()
    sent = draft_of(draft.in_reply_to)
    assert sent.state == "sent" and delivery_of(sent).state == "sent"
    reply = message(sent.message_id)
    assert (reply.author, reply.reviewed_by_id, reply.published_at is not None) == ("assistant", cast.ana.pk, True)
    assert Conversation.objects.using("owner").get().state == "waiting"
    assert not any(broken().values())


def test_an_edited_draft_goes_out_in_the_reviewers_words(cast: Cast, library: None) -> None:
    draft = in_review(cast)
    with cast.acting(cast.ana):
        review.approve(draft, by=cast.ana, version=draft.version, request_key=uuid.uuid4(), text="Forty-two.")
    run_jobs()
    assert message(draft_of(draft.in_reply_to).message_id).text == "Forty-two."
    decision = Decision.objects.using("owner").get()
    assert decision.action == "edit" and decision.edit_distance > 0.5


def test_a_rejected_draft_sends_nothing(cast: Cast, library: None) -> None:
    draft = in_review(cast)
    with cast.acting(cast.ana):
        review.reject(draft, by=cast.ana, version=draft.version, request_key=uuid.uuid4(), reason="tone")
    run_jobs()
    assert draft_of(draft.in_reply_to).state == "rejected"
    assert not Message.objects.using("owner").filter(direction="out").exists()


def test_after_taking_over_the_assistant_is_silent(cast: Cast, library: None) -> None:
    draft = in_review(cast)
    with cast.acting(cast.ana):
        review.take_over(draft, by=cast.ana, version=draft.version, request_key=uuid.uuid4())
    again = arrives(cast.orders, "Hello?", conversation=draft.conversation_id)
    run_jobs()
    assert draft_of(again.message).state == "superseded"
    conversation = Conversation.objects.using("owner").get()
    assert conversation.assignee_id == cast.ana.pk and conversation.assistant_paused


def test_of_two_reviewers_the_second_learns_that_it_is_decided(cast: Cast, library: None) -> None:
    draft = in_review(cast)
    with cast.acting(cast.ana):
        review.approve(draft, by=cast.ana, version=draft.version, request_key=uuid.uuid4())
    with pytest.raises(LostClaim), cast.acting(cast.sam):
        review.reject(draft, by=cast.sam, version=draft.version, request_key=uuid.uuid4(), reason="tone")
    assert [d.by_id for d in Decision.objects.using("owner").all()] == [cast.ana.pk]


def test_a_draft_that_did_not_see_the_newest_message_cannot_be_approved(cast: Cast, library: None) -> None:
    draft = in_review(cast)
    arrives(cast.orders, "Forget it", conversation=draft.conversation_id)
    with pytest.raises(LostClaim), cast.acting(cast.ana):
        review.approve(draft, by=cast.ana, version=draft.version, request_key=uuid.uuid4())
    assert not Message.objects.using("owner").filter(direction="out").exists()


def test_an_approval_can_be_taken_back_inside_the_undo_window_and_not_after(cast: Cast, library: None) -> None:
    draft = in_review(cast)
    with cast.acting(cast.ana):
        review.approve(draft, by=cast.ana, version=draft.version, request_key=uuid.uuid4())
    with cast.acting(cast.ana):
        assert review.undo(draft, by=cast.ana)
    run_jobs()
    taken_back = draft_of(draft.in_reply_to)
    assert taken_back.state == "in_review" and taken_back.message_id is None
    with cast.acting(cast.ana):
        review.approve(taken_back, by=cast.ana, version=taken_back.version, request_key=uuid.uuid4())
    run_jobs()
    with cast.acting(cast.ana):
        assert not review.undo(taken_back, by=cast.ana)
    assert not any(broken().values())


def test_a_reply_that_waits_is_not_sent_once_the_customer_writes_again(cast: Cast, library: None) -> None:
    draft = in_review(cast)
    with cast.acting(cast.ana):
        review.approve(draft, by=cast.ana, version=draft.version, request_key=uuid.uuid4())
    arrives(cast.orders, "I found it, thanks", conversation=draft.conversation_id)
    owner_sql("UPDATE core_job SET rank = 0 WHERE kind LIKE '%%deliver'")
    run_jobs()
    assert owner_sql("SELECT state FROM conversations_delivery") == [("recalled",)]
    assert not any(broken().values())


@pytest.mark.parametrize("confidence", [None, 0.8, 0.79, float("nan"), float("inf"), 1.01, True, "0.95", 95])
def test_nothing_but_a_probability_above_the_line_sends(confidence: object) -> None:
    assert not judge(Reply(text="Yes.", confidence=confidence), 0.8, OPEN).sends  # type: ignore[arg-type]
    assert not judge(Reply(text="Yes.", confidence=0.81), float("nan"), OPEN).sends
    assert judge(Reply(text="Yes.", confidence=0.81), 0.5, OPEN).sends
    assert not judge(Reply(text="Yes.", confidence=0.81), 0.5).sends
    assert not judge(Reply(text="Yes.", confidence=0.8), 0.5, OPEN).sends
    assert not judge(Reply(text="Yes.", confidence=0.99, rules=(Rule("legal", "Legal"),)), 0.8, OPEN).sends
    assert not judge(Reply(text=" ", confidence=0.99), 0.8, OPEN).sends
