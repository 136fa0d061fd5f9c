"""One action on many: those that were meant, by the rights that the person has then, with a report, and taken back."""

from typing import Any

import pytest
from django.test import Client

from accounts import roles
from approvals.bulk_work import carry_on
from conversations import bulk
from conversations.models import BulkItem, BulkRun, CannedReply, Conversation, Message, Tag
from core.models import AuditEvent
from tests.build import run_jobs
from tests.cast import Cast, conversation
from tests.conversations.test_assignment import found, held_by
from tests.conversations.test_screens import HX
from tests.house.world import owner_sql
from tests.sockets import signed_in


def many(cast: Cast, number: int) -> list[Conversation]:
    return [conversation(cast.orders, cast.cara)[0] for _ in range(number)]


def run_of() -> BulkRun:
    return BulkRun.objects.using("owner").order_by("-pk").first()


def ask(client: Client, action: str, rows: list[Conversation], **more: Any) -> Any:
    return client.post("/queue/bulk/", {"action": action, "pick": [one.pk for one in rows], **more}, **HX)


def reasons(run: BulkRun) -> list[tuple[str, str]]:
    return list(
        BulkItem.objects.using("owner").filter(run=run).exclude(reason="").values_list("state", "reason").order_by("pk")
    )


def test_what_was_picked_is_resolved_behind_the_page_and_put_back(cast: Cast, ana: Client) -> None:
    rows, other = many(cast, 30), conversation(cast.orders, cast.cara)[0]
    answer = ask(ana, "resolve", rows)
    assert answer.status_code == 200 and "Resolving" in answer.content.decode()
    assert found(rows[0]).state == "open"
    run_jobs()
    run = run_of()
    assert (run.state, run.total, run.done, run.skipped, run.failed) == ("done", 30, 30, 0, 0)
    assert {found(one).state for one in rows} == {"resolved"} and found(other).state == "open"
    told = ana.get(f"/queue/bulk/{run.pk}/", **HX).content.decode()
    assert "30 of 30 done" in told and "/undo/" in told
    owner_sql("UPDATE conversations_conversation SET state = 'open', version = version + 1 WHERE id = %s", rows[3].pk)
    ana.post(f"/queue/bulk/{run.pk}/undo/", **HX)
    assert ana.post(f"/queue/bulk/{run.pk}/undo/", **HX).status_code == 200
    run_jobs()
    assert {found(one).state for one in rows} == {"open"}
    assert run_of().state == "undone"
    assert reasons(run) == [("done", "Was changed since, and left as it is now")]
    assert "29 put back, 1 was changed since" in ana.get(f"/queue/bulk/{run.pk}/", **HX).content.decode()


def test_all_that_match_means_those_that_matched_when_it_was_asked_for(cast: Cast, ana: Client) -> None:
    rows = [held_by(cast, cast.ana) for _ in range(3)]
    sams = held_by(cast, cast.sam)
    scope = ana.get("/queue/bulk/scope/?view=mine", **HX).content.decode()
    assert "All 3 that match are selected" in scope
    ana.post("/queue/bulk/", {"action": "priority", "priority": "2", "all": "1", "query": "view=mine"}, **HX)
    late = held_by(cast, cast.ana)
    run_jobs()
    assert [found(one).priority for one in [*rows, sams, late]] == [2, 2, 2, 0, 0]
    assert run_of().query == "view=mine"


def test_what_may_not_change_is_skipped_with_the_reason_and_failures_are_listed(cast: Cast, ana: Client) -> None:
    open_one, done = many(cast, 2)
    owner_sql("UPDATE conversations_conversation SET state = 'resolved', version = version + 1 WHERE id = %s", done.pk)
    ask(ana, "resolve", [open_one, done])
    run_jobs()
    run = run_of()
    assert (run.done, run.skipped) == (1, 1)
    assert reasons(run) == [("skipped", "Is resolved already")]
    report = ana.get(f"/queue/bulk/{run.pk}/report/", **HX).content.decode()
    assert "Is resolved already" in report and f"#{done.pk}" in report


def test_a_foreign_conversation_is_not_even_part_of_it(cast: Cast, ana: Client) -> None:
    theirs, _ = conversation(cast.app, cast.dan)
    ask(ana, "resolve", [theirs])
    run_jobs()
    assert run_of().total == 0 and found(theirs).state == "open"
    run = BulkRun.objects.using("owner").create(by=cast.ana, action="resolve", total=1)
    ben = signed_in(cast.ben)
    assert ben.get(f"/queue/bulk/{run.pk}/", **HX).status_code == 404
    assert ben.post(f"/queue/bulk/{run.pk}/undo/", **HX).status_code == 404


def test_rights_that_are_lost_meanwhile_count(cast: Cast, ana: Client) -> None:
    rows = many(cast, 30)
    ask(ana, "resolve", rows)
    carry_on(run_of().pk)
    with cast.acting(cast.ada):
        roles.leave(cast.ana, cast.orders_team, by=cast.ada)
    run_jobs()
    run = run_of()
    assert (run.state, run.done, run.skipped) == ("done", bulk.STEP, 30 - bulk.STEP)
    assert [found(one).state for one in rows[bulk.STEP :]] == ["open"] * 5
    assert set(reasons(run)) == {("skipped", "You may no longer see it")}


def test_the_run_of_somebody_who_was_deactivated_stops(cast: Cast, ana: Client) -> None:
    rows = many(cast, 30)
    ask(ana, "resolve", rows)
    carry_on(run_of().pk)
    with cast.acting(cast.ada):
        roles.deactivate(cast.ana, by=cast.ada)
    run_jobs()
    run = run_of()
    assert (run.state, run.done, run.skipped) == ("stopped", bulk.STEP, 5)
    assert found(rows[-1]).state == "open"


def test_a_crash_between_two_steps_repeats_nothing_and_loses_nothing(cast: Cast, ana: Client, monkeypatch) -> None:
    rows = many(cast, 30)
    ask(ana, "tag", rows, tag=tag().name)
    for _ in range(3):
        # The same step twice: a worker that died after its commit is followed by another one.
        carry_on(run_of().pk)
    run_jobs()
    run = run_of()
    assert (run.done, run.skipped, run.failed, run.state) == (30, 0, 0, "done")
    assert AuditEvent.objects.using("owner").filter(event="conversation.tagged").count() == 30


def tag(name: str = "Parcel") -> Tag:
    return Tag.objects.using("owner").create(name=name)


def canned(text: str) -> CannedReply:
    return CannedReply.objects.using("owner").create(name="Delay", shortcut="delay", texts={"": text}, scope="global")


def test_no_customer_gets_mail_before_the_number_of_customers_was_confirmed(cast: Cast, ana: Client) -> None:
    rows, reply = many(cast, 3), canned("Dear {{ customer.first_name }}, it is on its way.")
    asked = ask(ana, "reply", rows, canned=reply.pk).content.decode()
    assert "Send to 1 customer?" in asked and "Dear Cara, it is on its way." in asked
    assert run_of() is None
    assert "Send to 1 customer?" in ask(ana, "reply", rows, canned=reply.pk, confirm="3").content.decode()
    assert run_of() is None
    ask(ana, "reply", rows, canned=reply.pk, confirm="1")
    run_jobs(early=False)
    sent = Message.objects.using("owner").filter(direction="out")
    assert sent.count() == 3 and {one.text for one in sent} == {"Dear Cara, it is on its way."}
    assert run_of().done == 3


def test_a_reply_with_a_gap_in_it_is_not_sent_and_reported(cast: Cast, ana: Client) -> None:
    rows, reply = many(cast, 1), canned("Your order {{ conversation.attributes.order }} is on its way.")
    ask(ana, "reply", rows, canned=reply.pk, confirm="1")
    run_jobs()
    assert not Message.objects.using("owner").filter(direction="out").exists()
    assert reasons(run_of()) == [("failed", "Nothing is known for conversation.attributes.order; nothing was sent")]


@pytest.mark.parametrize(
    ("action", "more", "after", "name"),
    [
        ("assign", {"to": "sam"}, "sam", "assignee_id"),
        ("team", {"team": "team"}, "team", "team_id"),
        ("priority", {"priority": "2"}, 2, "priority"),
        ("snooze", {"when": "tomorrow"}, "snoozed", "state"),
    ],
)
def test_each_action_does_what_a_person_would_and_is_put_back(cast: Cast, ana: Client, action, more, after, name) -> None:
    known = {"sam": cast.sam.pk, "team": cast.orders_team.pk}
    one = held_by(cast, cast.ana, "waiting")
    before = getattr(found(one), name)
    ask(ana, action, [one], **{key: known.get(value, value) for key, value in more.items()})
    run_jobs(early=False)
    assert getattr(found(one), name) == known.get(after, after)
    ana.post(f"/queue/bulk/{run_of().pk}/undo/", **HX)
    run_jobs(early=False)
    assert getattr(found(one), name) == before
    assert found(one).state == "waiting"


def test_the_forms_of_the_bar_say_what_there_is_to_choose(ana: Client, cast: Cast) -> None:
    for action in ("assign", "team", "tag", "priority", "snooze", "reply"):
        assert "data-sheet" in ana.get(f"/queue/bulk/{action}/", **HX).content.decode()
    assert ana.get("/queue/bulk/nonsense/", **HX).status_code == 404
    assert ask(ana, "nonsense", many(cast, 1)).status_code == 422
    assert ask(ana, "resolve", []).status_code == 422
    assert run_of() is None
