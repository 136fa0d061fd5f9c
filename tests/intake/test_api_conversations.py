"""GET /api/v1/conversations/{id}: everything about one conversation, to those who may see it."""

import uuid
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import review
from approvals.models import Draft
from conversations import delivery
from conversations.models import Conversation
from tests.build import RETURNS, SHIPPING, arrives, article, draft_of, run_jobs
from tests.cast import Cast, conversation, inbound
from tests.house.world import owner_sql
from tests.intake.program import Program, rows


@pytest.fixture
def library(cast: Cast) -> None:
    article(cast.base, "returns", "Returning something you bought", RETURNS)
    article(cast.base, "shipping", "Delivery times and costs", SHIPPING)


@pytest.fixture
def program(cast: Cast) -> Program:
    return Program(cast.ana)


def shown(program: Program, pk: int) -> dict:
    answer = program.get(f"/conversations/{pk}")
    assert answer.status_code == 200
    return answer.json()


def in_order(entries: list[dict], key: str = "id") -> bool:
    return all(one[key] <= two[key] for one, two in pairwise(entries))


def test_it_has_the_promised_shape(program: Program, cast: Cast, library: None) -> None:
    accepted = arrives(cast.orders, "How long do I have to return something I bought?")
    run_jobs()
    found = shown(program, accepted.conversation.pk)
    assert {"id", "state", "channel", "messages", "drafts", "decisions", "deliveries", "events"} <= found.keys()
    assert (found["id"], found["channel"], found["inbox"]) == (accepted.conversation.pk, "web", "web")
    assert {"id", "direction", "author", "text", "state", "provider_id"} <= found["messages"][0].keys()
    promised = {"id", "in_reply_to", "state", "confidence", "decision", "reasons", "articles", "text"}
    [draft] = found["drafts"]
    assert promised <= draft.keys()
    assert (draft["in_reply_to"], draft["articles"][0]) == (accepted.message.pk, "returns")
    assert "30 days" in draft["text"] and 0 < draft["confidence"] <= 1 and draft["reasons"]


def test_a_draft_is_undecided_while_it_is_composing(program: Program, cast: Cast) -> None:
    accepted = arrives(cast.orders, "Hello")
    assert shown(program, accepted.conversation.pk)["drafts"] == []
    Draft.objects.using("owner").create(
        conversation=accepted.conversation, inbox=cast.orders, in_reply_to=accepted.message, deadline="2030-01-01T00:00Z"
    )
    [draft] = shown(program, accepted.conversation.pk)["drafts"]
    assert (draft["state"], draft["decision"], draft["confidence"], draft["text"]) == ("composing", None, None, "")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the meaning of life?", {"review"}),
        ("I will sue you, my lawyer is informed!", {"escalate"}),
        ("How long do I have to return something I bought?", {"auto", "review"}),
    ],
)
def test_a_draft_tells_what_was_decided(program: Program, cast: Cast, library: None, question: str, expected: set) -> None:
    accepted = arrives(cast.orders, question)
    run_jobs()
    [draft] = shown(program, accepted.conversation.pk)["drafts"]
    assert draft["decision"] in expected
    assert (draft["state"] == "sent") == (draft["decision"] == "auto")
    assert draft["decision"] == "auto" or draft["reasons"], "what holds it is said"


def test_a_whole_story_in_order(program: Program, cast: Cast, library: None) -> None:
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    first = arrives(cast.orders, "How much is express delivery?")
    run_jobs()
    draft = draft_of(first.message)
    with cast.acting(cast.ana):
        review.approve(draft, by=cast.ana, version=draft.version, request_key=uuid.uuid4())
    run_jobs()
    with cast.acting(cast.ana):
        matter = Conversation.objects.select_related("inbox").get()
        delivery.note(matter, "Keep an eye on this", by=cast.ana, client_key=uuid.uuid4())
        delivery.reply(matter, "Anything else?", by=cast.ana, client_key=uuid.uuid4())
    found = shown(program, first.conversation.pk)
    assert [(one["direction"], one["author"], one["state"]) for one in found["messages"]] == [
        ("in", "customer", "received"), ("out", "assistant", "sent"), ("note", "agent", "private"), ("out", "agent", "pending"),
    ]  # fmt: skip
    assert found["messages"][1]["provider_id"].startswith("web-") and found["messages"][3]["provider_id"] == ""
    [decision] = found["decisions"]
    assert (decision["action"], decision["by"], decision["by_name"], decision["draft"]) == (
        "approve", cast.ana.pk, "Ana Cast", draft.pk,
    )  # fmt: skip
    assert [(one["message"], one["state"]) for one in found["deliveries"]] == [
        (found["messages"][1]["id"], "sent"), (found["messages"][3]["id"], "pending"),
    ]  # fmt: skip
    for name in ("messages", "drafts", "decisions", "deliveries"):
        assert in_order(found[name])
    assert in_order(found["events"], "at")
    steps = [(one["subject"], one["from_state"], one["to_state"]) for one in found["events"] if one["event"] == "state"]
    assert steps == [
        ("conversation", None, "open"), ("draft", None, "composing"), ("draft", "composing", "in_review"),
        ("delivery", None, "pending"), ("draft", "in_review", "sent"), ("delivery", "pending", "sending"),
        ("delivery", "sending", "sent"), ("conversation", "open", "waiting"), ("delivery", None, "pending"),
    ]  # fmt: skip
    audited = {one["event"]: one["actor"] for one in found["events"] if one["event"] != "state"}
    assert audited["draft.approved"] == f"agent:{cast.ana.pk}"
    assert "message.received" not in audited, "an agent sees her own audit rows only"


def test_a_supervisor_sees_the_audit_of_his_inbox(cast: Cast) -> None:
    accepted = arrives(cast.orders, "Hello")
    found = shown(Program(cast.sam), accepted.conversation.pk)
    assert {"conversation.opened", "message.received"} <= {one["event"] for one in found["events"]}
    assert {one["actor"] for one in found["events"]} == {"system:0"}


def test_events_of_other_conversations_stay_out(program: Program, cast: Cast) -> None:
    mine, _ = arrives(cast.orders, "Mine").conversation, arrives(cast.orders, "Another", email="x@customer.example")
    found = shown(program, mine.pk)
    assert {(one["subject"], one["subject_id"]) for one in found["events"]} == {("conversation", mine.pk)}
    assert [one["text"] for one in found["messages"]] == ["Mine"]


def test_a_foreign_and_a_missing_conversation_look_the_same(program: Program, cast: Cast) -> None:
    theirs, _ = conversation(cast.app, cast.dan)
    answers = [program.get(f"/conversations/{pk}") for pk in (theirs.pk, 999_999, 0, 2**63, 10**30)]
    assert {one.status_code for one in answers} == {404}
    assert len({one.content for one in answers}) == 1
    assert answers[0].json()["error"]["code"] == "not_found"


def test_rights_that_end_end_here_at_once(program: Program, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    assert program.get(f"/conversations/{mine.pk}").status_code == 200
    owner_sql("DELETE FROM accounts_membership WHERE user_id = %s", cast.ana.pk)
    assert program.get(f"/conversations/{mine.pk}").status_code == 404


def test_reading_changes_nothing(program: Program, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    before = rows()
    for address in (f"/conversations/{mine.pk}", "/messages", "/conversations/999"):
        program.get(address)
    assert rows() == before


@pytest.mark.parametrize("number", [1, 60])
def test_a_conversation_costs_the_same_however_long_it_is(program: Program, cast: Cast, number: int) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    for turn in range(number):
        message = inbound(mine, f"No {turn}")
        Draft.objects.using("owner").create(
            conversation=mine, inbox=cast.orders, in_reply_to=message, deadline="2030-01-01T00:00Z"
        )
        owner_sql(
            "INSERT INTO approvals_decision (draft_id, conversation_id, inbox_id, action, by_id, reason, comment, edit_distance,"
            " draft_version, request_key) SELECT max(id), %s, %s, 'reject', %s, 'tone', '', 0, 1, gen_random_uuid()"
            " FROM approvals_draft", mine.pk, cast.orders.pk, cast.ana.pk,
        )  # fmt: skip
    with CaptureQueriesContext(connection) as asked:
        found = shown(program, mine.pk)
    assert len(found["drafts"]) == len(found["decisions"]) == number
    reads = [one["sql"] for one in asked if one["sql"].startswith("SELECT") and "set_config" not in one["sql"]]
    assert len(reads) == 8, "the token, and seven for the conversation"
