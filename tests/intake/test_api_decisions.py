"""POST /api/v1/drafts/{id}/decisions: the review screen's verbs, for programs."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from approvals.models import Decision, Draft
from contactcenter.invariants import broken
from conversations.models import Conversation, Message
from tests.build import RETURNS, SHIPPING, arrives, article, delivery_of, draft_of, run_jobs
from tests.cast import Cast
from tests.house.world import owner_sql
from tests.intake.program import Program, rows


@pytest.fixture
def draft(cast: Cast) -> Draft:
    """A draft with an answer, waiting for a reviewer in Ana's inbox."""
    article(cast.base, "returns", "Returning something you bought", RETURNS)
    article(cast.base, "shipping", "Delivery times and costs", SHIPPING)
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    accepted = arrives(cast.orders, "How much is express delivery?")
    run_jobs()
    found = draft_of(accepted.message)
    assert found.state == "in_review" and found.text
    return found


@pytest.fixture
def program(cast: Cast) -> Program:
    return Program(cast.ana)


def decide(program: Program, draft: Draft, action: str, *, key: str | None = None, **more: object):
    return program.post(f"/drafts/{draft.pk}/decisions", {"action": action} | more, key=key)


def decisions() -> list[Decision]:
    return list(Decision.objects.using("owner").order_by("pk"))


def test_an_approved_draft_is_sent_under_the_name_of_the_tokens_user(program: Program, cast: Cast, draft: Draft) -> None:
    answer = decide(program, draft, "approve")
    assert answer.status_code == 200
    found = answer.json()
    assert (found["decision"]["action"], found["decision"]["by"], found["decision"]["draft"]) == (
        "approve", cast.ana.pk, draft.pk,
    )  # fmt: skip
    assert (found["draft"]["id"], found["draft"]["state"], found["draft"]["decision"]) == (draft.pk, "sent", "review")
    run_jobs()
    sent = draft_of(draft.in_reply_to)
    assert delivery_of(sent).state == "sent"
    message = Message.objects.using("owner").get(pk=sent.message_id)
    assert (message.text, message.author, message.reviewed_by_id) == (draft.text, "assistant", cast.ana.pk)
    assert not any(broken().values())


@pytest.mark.parametrize("action", ["edit", "approve"])
def test_an_edited_draft_goes_out_in_the_new_words(program: Program, cast: Cast, draft: Draft, action: str) -> None:
    answer = decide(program, draft, action, text="Twelve euro.")
    assert (answer.status_code, answer.json()["decision"]["action"]) == (200, "edit")
    run_jobs()
    assert Message.objects.using("owner").get(direction="out").text == "Twelve euro."
    assert answer.json()["decision"]["edit_distance"] > 0.5


@pytest.mark.parametrize(
    ("reason", "stored"),
    [
        ("tone", ("tone", "")),
        ("The price is from last year", ("other", "The price is from last year")),
        (" ", ("other", "")),
        ("", ("other", "")),
        (None, ("other", "")),
        ("💥" * 500, ("other", "💥" * 500)),
    ],
)
def test_a_rejected_draft_sends_nothing_and_keeps_the_reason(
    program: Program, draft: Draft, reason: str | None, stored: tuple[str, str]
) -> None:
    answer = decide(program, draft, "reject", reason=reason)
    assert (answer.status_code, answer.json()["draft"]["state"]) == (200, "rejected")
    run_jobs()
    assert not Message.objects.using("owner").filter(direction="out").exists()
    assert [(one.reason, one.comment) for one in decisions()] == [stored]


def test_after_taking_over_the_conversation_is_theirs(program: Program, cast: Cast, draft: Draft) -> None:
    answer = decide(program, draft, "take_over")
    assert (answer.status_code, answer.json()["draft"]["state"]) == (200, "superseded")
    matter = Conversation.objects.using("owner").get()
    assert matter.assignee_id == cast.ana.pk and matter.assistant_paused


def test_a_supervisor_may_decide_too(cast: Cast, draft: Draft) -> None:
    assert decide(Program(cast.sam), draft, "approve").status_code == 200
    assert [one.by_id for one in decisions()] == [cast.sam.pk]


def test_the_second_to_decide_gets_the_draft_as_it_is(program: Program, cast: Cast, draft: Draft) -> None:
    decide(program, draft, "reject", reason="tone")
    before = rows()
    late = decide(Program(cast.sam), draft, "approve")
    assert late.status_code == 409
    assert (late.json()["error"]["code"], late.json()["draft"]["state"]) == ("conflict", "rejected")
    assert rows() == before | {"core_auditevent": before["core_auditevent"] + 1}, "Sam's token, and nothing else"


def test_a_draft_that_changed_since_it_was_read_is_not_decided(program: Program, draft: Draft) -> None:
    before = rows()
    answer = decide(program, draft, "approve", version=draft.version - 1)
    assert (answer.status_code, answer.json()["draft"]["version"]) == (409, draft.version)
    assert rows() == before
    assert decide(program, draft, "approve", version=draft.version).status_code == 200


def test_a_draft_that_did_not_see_the_newest_message_is_not_decided(program: Program, cast: Cast, draft: Draft) -> None:
    arrives(cast.orders, "Forget it", conversation=draft.conversation_id)
    before = rows()
    assert decide(program, draft, "approve").status_code == 409
    assert rows() == before


def test_a_draft_still_composing_is_not_decided(program: Program, cast: Cast) -> None:
    accepted = arrives(cast.orders, "Hello")
    made = Draft.objects.using("owner").create(
        conversation=accepted.conversation, inbox=cast.orders, in_reply_to=accepted.message, deadline="2030-01-01T00:00Z"
    )
    before = rows()
    answer = decide(program, made, "approve")
    assert (answer.status_code, answer.json()["draft"]["state"]) == (409, "composing")
    assert rows() == before


def test_a_draft_without_words_is_not_approved_but_can_be_written(program: Program, cast: Cast) -> None:
    accepted = arrives(cast.orders, "What is the meaning of life?")
    run_jobs()
    empty = draft_of(accepted.message)
    assert empty.text == ""
    before = rows()
    assert decide(program, empty, "approve").status_code == 422
    assert rows() == before
    assert decide(program, empty, "edit", text="Forty-two.").status_code == 200


def test_the_same_key_again_gives_the_same_decision(program: Program, draft: Draft) -> None:
    first = decide(program, draft, "approve", key="d-1")
    before = rows()
    second = decide(program, draft, "approve", key="d-1")
    assert (second.status_code, second.json()["decision"]) == (200, first.json()["decision"])
    assert rows() == before


def test_the_same_key_gives_no_other_decision_and_no_other_draft(program: Program, cast: Cast, draft: Draft) -> None:
    decide(program, draft, "approve", key="d-1")
    other = arrives(cast.orders, "How long may I return a tent?", email="x@customer.example")
    run_jobs()
    before = rows()
    assert decide(program, draft, "reject", key="d-1").status_code == 409
    assert rows() == before
    answer = decide(program, draft_of(other.message), "reject", key="d-1")
    assert (answer.status_code, answer.json()["decision"]["draft"]) == (200, draft_of(other.message).pk)


def test_one_key_of_two_programs_is_two_keys(program: Program, cast: Cast, draft: Draft) -> None:
    decide(program, draft, "approve", key="d-1")
    for user in (cast.ana, cast.sam):
        assert decide(Program(user), draft, "approve", key="d-1").status_code == 409
    assert len(decisions()) == 1


def in_threads(number: int, call) -> list:
    def alone(place: int):
        try:
            return call(place)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(alone, range(number)))


def test_a_request_that_comes_twice_at_one_moment_is_one_decision(cast: Cast, draft: Draft) -> None:
    programs = [Program(None, token=Program(cast.ana).token)] * 4
    answers = in_threads(4, lambda place: decide(programs[place], draft, "approve", key="d-1"))
    assert {one.status_code for one in answers} == {200}
    assert len({one.json()["decision"]["id"] for one in answers}) == 1 and len(decisions()) == 1
    assert not any(broken().values())


def test_of_many_at_one_moment_one_decides(cast: Cast, draft: Draft) -> None:
    programs = [Program(user) for user in (cast.ana, cast.sam, cast.ana, cast.sam)]
    actions = ["approve", "reject", "take_over", "edit"]
    answers = in_threads(4, lambda place: decide(programs[place], draft, actions[place], text="Twelve."))
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    assert len(decisions()) == 1
    assert not any(broken().values())


def test_a_foreign_and_a_missing_draft_look_the_same_and_stay_as_they_are(cast: Cast, draft: Draft) -> None:
    ben = Program(cast.ben)
    before = rows()
    answers = [decide(ben, draft, action, text="x") for action in ("approve", "edit", "reject", "take_over")]
    answers += [ben.post(f"/drafts/{pk}/decisions", {"action": "approve"}) for pk in (999_999, 0, 2**63)]
    assert {one.status_code for one in answers} == {404}
    assert len({one.content for one in answers}) == 1
    assert rows() == before


@pytest.mark.parametrize(
    "body",
    [
        {}, {"action": "send"}, {"action": None}, {"action": "APPROVE"}, {"action": "undo"}, {"action": ["approve"]},
        {"action": "edit"}, {"action": "edit", "text": ""}, {"action": "edit", "text": " \n"}, {"action": "edit", "text": None},
        {"action": "edit", "text": "x" * 20_001}, {"action": "edit", "text": "a\0"}, {"action": "edit", "text": "\ud800"},
        {"action": "approve", "text": 1}, {"action": "reject", "reason": "x" * 501}, {"action": "reject", "reason": "a\0"},
        {"action": "reject", "reason": ["tone"]}, {"action": "approve", "version": 0}, {"action": "approve", "version": "1"},
        {"action": "approve", "version": 2**31}, [], "approve", None, b"",
    ],
    ids=lambda body: str(body)[:50],
)  # fmt: skip
def test_a_decision_that_makes_no_sense_is_refused(program: Program, draft: Draft, body: object) -> None:
    before = rows()
    answer = program.post(f"/drafts/{draft.pk}/decisions", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
    assert answer.json()["error"]["fields"]
    assert rows() == before
