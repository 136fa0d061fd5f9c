"""One number per conversation says whose turn it is; what was begun under another one does not go out by itself."""

import uuid

import pytest

from accounts.models import User
from approvals import review, taking_over
from approvals.drafting import open_draft, settle_draft, think
from approvals.models import Decision, Draft
from contactcenter.invariants import broken
from conversations import assignment, delivery
from conversations.models import Conversation, Delivery, Message
from core.claims import LostClaim
from replies.types import Reply, Sentence
from tests.approvals.test_screens import HX
from tests.build import RETURNS, arrives, article, delivery_of, draft_of, run_jobs
from tests.cast import Cast
from tests.house.world import owner_sql
from tests.sockets import signed_in

SURE = Reply(text="30 days.", confidence=0.99, sentences=(Sentence("30 days.", (1,)),), answer_model="local-extract.v1")
ASKED = "Can I return my shoes, and until when?"


@pytest.fixture
def asked(cast: Cast, db) -> Message:
    article(cast.base, "returns", "Returns and refunds", RETURNS)
    return arrives(cast.orders, ASKED).message


def number(message: Message) -> int:
    return Conversation.objects.using("owner").get(pk=message.conversation_id).ownership


def of(message: Message) -> Conversation:
    return Conversation.objects.select_related("inbox").get(pk=message.conversation_id)


def test_the_number_rises_whenever_somebody_else_may_answer(cast: Cast, asked: Message) -> None:
    steps = (
        lambda: assignment.assign(of(asked), to=cast.sam, by=cast.ana),
        lambda: assignment.assign(of(asked), to=None, by=cast.ana),
        lambda: assignment.hand_over(of(asked), reason="", by=cast.ana),
        lambda: assignment.hand_back(of(asked), by=cast.ana),
        lambda: assignment.hand_over(of(asked), reason="Asked for a person"),
        lambda: delivery.reply(of(asked), "Within 30 days.", by=cast.ana, client_key=uuid.uuid4()),
    )
    for step in steps:
        before = number(asked)
        with cast.acting(cast.ana):
            step()
        assert number(asked) == before + 1


def test_a_note_and_closing_leave_the_number_alone(cast: Cast, asked: Message) -> None:
    before = number(asked)
    with cast.acting(cast.ana):
        delivery.note(of(asked), "He called as well.", by=cast.ana, client_key=uuid.uuid4())
        assignment.resolve(of(asked), by=cast.ana)
        assignment.reopen(of(asked), by=cast.ana)
    assert number(asked) == before


def test_a_draft_begun_before_somebody_was_assigned_waits_for_him(cast: Cast, asked: Message) -> None:
    opened = open_draft(asked.pk)
    assert opened is not None
    with cast.acting(cast.ana):
        assignment.assign(of(asked), to=cast.sam, by=cast.ana)
    settle_draft(opened, SURE, latency_ms=1)
    draft = draft_of(asked)
    assert draft.state == Draft.State.IN_REVIEW
    assert "Somebody else took the conversation meanwhile" in [rule["label"] for rule in draft.rules]
    assert not Message.objects.using("owner").filter(author="assistant").exists()


def test_without_that_it_goes_out(cast: Cast, asked: Message) -> None:
    sent_by_itself(asked)
    assert draft_of(asked).state == Draft.State.SENT
    assert delivery_of(draft_of(asked)).ownership == number(asked)


def test_words_of_the_assistant_do_not_leave_after_the_conversation_was_passed_on(cast: Cast, asked: Message) -> None:
    sent_by_itself(asked)
    with cast.acting(cast.ana):
        assignment.assign(of(asked), to=cast.sam, by=cast.ana)
    run_jobs()
    left = delivery_of(draft_of(asked))
    assert (left.state, left.reason) == (Delivery.State.RECALLED, "somebody else has the conversation now")


def test_what_a_person_approved_goes_out_to_whoever_it_is_passed_on(cast: Cast, asked: Message) -> None:
    held(asked)
    approve(cast, asked)
    with cast.acting(cast.ana):
        assignment.assign(of(asked), to=cast.sam, by=cast.ana)
    run_jobs()
    assert delivery_of(draft_of(asked)).state == Delivery.State.SENT


def test_a_reply_under_an_older_number_is_held_and_sent_once_confirmed(cast: Cast, asked: Message) -> None:
    noted, key = number(asked), uuid.uuid4()
    with cast.acting(cast.sam):
        assignment.assign(of(asked), to=cast.sam, by=cast.sam)
    with cast.acting(cast.ana), pytest.raises(delivery.StaleReply) as refused:
        delivery.reply(of(asked), "Within 30 days.", by=cast.ana, client_key=key, ownership=noted)
    assert (refused.value.is_passed_on, refused.value.holder, refused.value.newer) == (True, cast.sam, [])
    assert not Message.objects.using("owner").filter(author="agent").exists()
    with cast.acting(cast.ana):
        delivery.reply(of(asked), "Within 30 days.", by=cast.ana, client_key=key, ownership=noted, confirm=True)
    assert Message.objects.using("owner").filter(author="agent").count() == 1


def test_who_took_it_himself_is_not_asked_again(cast: Cast, asked: Message) -> None:
    noted = number(asked)
    with cast.acting(cast.ana):
        assignment.assign(of(asked), to=cast.ana, by=cast.ana)
        delivery.reply(of(asked), "Within 30 days.", by=cast.ana, client_key=uuid.uuid4(), ownership=noted)
    assert Message.objects.using("owner").filter(author="agent").count() == 1


def test_of_two_agents_who_reply_at_once_the_second_is_asked(cast: Cast, asked: Message) -> None:
    noted, seen = number(asked), asked.pk
    with cast.acting(cast.ana):
        delivery.reply(of(asked), "Within 30 days.", by=cast.ana, client_key=uuid.uuid4(), seen=seen, ownership=noted)
    with cast.acting(cast.sam), pytest.raises(delivery.StaleReply) as refused:
        delivery.reply(of(asked), "For a month.", by=cast.sam, client_key=uuid.uuid4(), seen=seen, ownership=noted)
    assert refused.value.is_passed_on and [one.text for one in refused.value.newer] == ["Within 30 days."]


def sent_by_itself(asked: Message) -> None:
    """The assistant's reply waits out its undo window."""
    opened = open_draft(asked.pk)
    assert opened is not None
    settle_draft(opened, SURE, latency_ms=1)


def held(asked: Message) -> Draft:
    """The draft of the message, held for a person."""
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    opened = open_draft(asked.pk)
    assert opened is not None
    settle_draft(opened, think(opened), latency_ms=1)
    draft = draft_of(asked)
    assert draft.state == Draft.State.IN_REVIEW
    return draft


def approve(cast: Cast, asked: Message) -> None:
    with cast.acting(cast.ana):
        draft = Draft.objects.get(in_reply_to=asked.pk)
        review.approve(draft, by=cast.ana, version=draft.version, request_key=uuid.uuid4())


def take_over(cast: Cast, asked: Message, user: User | None = None) -> str:
    who = user or cast.ana
    with cast.acting(who):
        return taking_over.take(of(asked), by=who)


def assert_with(asked: Message, user: User) -> None:
    matter = Conversation.objects.using("owner").get(pk=asked.conversation_id)
    assert matter.assistant_paused and matter.assignee_id == user.pk


def test_taking_over_while_the_assistant_writes_ends_its_run(cast: Cast, asked: Message) -> None:
    opened = open_draft(asked.pk)
    assert opened is not None
    take_over(cast, asked)
    settle_draft(opened, SURE, latency_ms=1)
    run_jobs()
    assert draft_of(asked).state == Draft.State.SUPERSEDED
    assert not Message.objects.using("owner").filter(author="assistant").exists()
    assert_with(asked, cast.ana)


def test_taking_over_recalls_what_went_by_itself_while_that_can_be_undone(cast: Cast, asked: Message) -> None:
    sent_by_itself(asked)
    take_over(cast, asked)
    run_jobs()
    draft = draft_of(asked)
    assert (draft.state, delivery_of(draft).state) == (Draft.State.SUPERSEDED, Delivery.State.RECALLED)
    assert Decision.objects.using("owner").get(draft=draft).action == "take_over"


def test_taking_over_without_a_draft(cast: Cast, asked: Message) -> None:
    take_over(cast, asked)
    assert_with(asked, cast.ana)
    run_jobs()
    assert draft_of(asked).state == Draft.State.SUPERSEDED


def test_what_somebody_else_approved_does_not_go_out_after_a_take_over(cast: Cast, asked: Message) -> None:
    held(asked)
    approve(cast, asked)
    take_over(cast, asked, cast.sam)
    run_jobs()
    assert delivery_of(draft_of(asked)).state == Delivery.State.RECALLED


def test_what_one_approved_oneself_goes_out_all_the_same(cast: Cast, asked: Message) -> None:
    held(asked)
    approve(cast, asked)
    take_over(cast, asked)
    run_jobs()
    assert delivery_of(draft_of(asked)).state == Delivery.State.SENT


def test_a_take_over_undone_leaves_everything_as_it_was(cast: Cast, asked: Message) -> None:
    held(asked)
    token = take_over(cast, asked)
    with cast.acting(cast.ana):
        assert taking_over.undo(token, by=cast.ana) is not None
    matter = Conversation.objects.using("owner").get(pk=asked.conversation_id)
    assert (matter.assistant_paused, matter.assignee_id, matter.draft_state) == (False, None, "review")
    assert draft_of(asked).state == Draft.State.IN_REVIEW
    approve(cast, asked)
    run_jobs()
    assert delivery_of(draft_of(asked)).state == Delivery.State.SENT
    assert not any(broken().values())


def test_a_take_over_undone_while_the_assistant_wrote_lets_it_write_for_review(cast: Cast, asked: Message) -> None:
    opened = open_draft(asked.pk)
    token = take_over(cast, asked)
    with cast.acting(cast.ana):
        assert taking_over.undo(token, by=cast.ana) is not None
    assert opened is not None
    settle_draft(opened, SURE, latency_ms=1)
    run_jobs()
    assert draft_of(asked).state == Draft.State.IN_REVIEW
    assert not any(broken().values())


def test_what_was_recalled_by_an_undone_take_over_waits_for_review(cast: Cast, asked: Message) -> None:
    sent_by_itself(asked)
    token = take_over(cast, asked)
    with cast.acting(cast.ana):
        assert taking_over.undo(token, by=cast.ana) is not None
    run_jobs()
    draft = draft_of(asked)
    assert (draft.state, draft.message_id) == (Draft.State.IN_REVIEW, None)


@pytest.mark.parametrize("since", ["reply", "message", "assigned", "somebody_else", "forged"])
def test_a_take_over_is_not_undone_once_something_happened(cast: Cast, asked: Message, since: str) -> None:
    held(asked)
    token, by = take_over(cast, asked), cast.ana
    if since == "message":
        arrives(cast.orders, "Hello?", conversation=asked.conversation_id)
    with cast.acting(by):
        if since == "reply":
            delivery.reply(of(asked), "Yes.", by=cast.ana, client_key=uuid.uuid4())
        if since == "assigned":
            assignment.assign(of(asked), to=cast.sam, by=cast.ana)
    if since == "somebody_else":
        by = cast.sam
    with cast.acting(by):
        assert taking_over.undo("forged" if since == "forged" else token, by=by) is None
    assert Conversation.objects.using("owner").get(pk=asked.conversation_id).assistant_paused
    assert draft_of(asked).state == Draft.State.SUPERSEDED


def test_a_rejection_is_undone_within_the_minute_by_who_rejected(cast: Cast, asked: Message) -> None:
    draft = reject(cast, asked)
    with cast.acting(cast.sam):
        assert not review.undo(draft, by=cast.sam)
    with cast.acting(cast.ana):
        assert review.undo(draft, by=cast.ana)
    assert draft_of(asked).state == Draft.State.IN_REVIEW
    run_jobs()
    assert not owner_sql("SELECT 1 FROM approvals_label") and not any(broken().values())


def test_a_rejection_stands_after_a_minute_or_a_message(cast: Cast, asked: Message) -> None:
    draft = reject(cast, asked)
    owner_sql("UPDATE approvals_decision SET created_at = now() - interval '61 seconds'")
    with cast.acting(cast.ana):
        assert not review.undo(draft, by=cast.ana)
    owner_sql("UPDATE approvals_decision SET created_at = now()")
    arrives(cast.orders, "Hello?", conversation=asked.conversation_id)
    with cast.acting(cast.ana):
        assert not review.undo(draft, by=cast.ana)
    assert draft_of(asked).state == Draft.State.REJECTED


def test_an_approval_taken_back_after_somebody_answered_is_no_draft_any_more(cast: Cast, asked: Message) -> None:
    draft = held(asked)
    approve(cast, asked)
    with cast.acting(cast.sam):
        delivery.reply(of(asked), "Within 30 days, Sam.", by=cast.sam, client_key=uuid.uuid4(), confirm=True)
    with cast.acting(cast.ana):
        assert review.undo(draft, by=cast.ana)
    assert draft_of(asked).state == Draft.State.SUPERSEDED and not any(broken().values())


def test_a_draft_is_not_approved_after_somebody_answered(cast: Cast, asked: Message) -> None:
    held(asked)
    with cast.acting(cast.sam):
        delivery.reply(of(asked), "Within 30 days, Sam.", by=cast.sam, client_key=uuid.uuid4())
    with pytest.raises(LostClaim):
        approve(cast, asked)
    assert not Message.objects.using("owner").filter(author="assistant").exists()


def reject(cast: Cast, asked: Message) -> Draft:
    draft = held(asked)
    with cast.acting(cast.ana):
        review.reject(draft, by=cast.ana, version=draft.version, request_key=uuid.uuid4(), reason="tone")
    return draft_of(asked)


def test_t_works_from_the_page_and_so_does_its_undo(cast: Cast, asked: Message) -> None:
    ana = signed_in(cast.ana)
    page = f"/conversations/{asked.conversation_id}"
    assert 'data-key="t"' in ana.get(f"{page}/draft/").content.decode()
    done = ana.post(f"{page}/takeover/", **HX)
    assert done["HX-Trigger"] == "took-over" and "The AI is silent here" in done.content.decode()
    assert 'data-key="t"' not in ana.get(f"{page}/draft/").content.decode()
    token = done.content.decode().split('name="token" value="')[1].split('"')[0]
    assert "Given back to the AI" in ana.post(f"{page}/takeover/undo/", {"token": token}, **HX).content.decode()
    assert not Conversation.objects.using("owner").get(pk=asked.conversation_id).assistant_paused


def test_a_colleague_s_conversation_can_be_taken_over_and_another_team_s_cannot(cast: Cast, asked: Message) -> None:
    take_over(cast, asked, cast.sam)
    page = f"/conversations/{asked.conversation_id}"
    assert "Take over from Sam" in signed_in(cast.ana).get(f"{page}/draft/").content.decode()
    assert signed_in(cast.ben).post(f"{page}/takeover/", **HX).status_code == 404
    assert_with(asked, cast.sam)
