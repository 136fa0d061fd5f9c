"""Replies that went out by themselves are looked at again; when too many were wrong, the rest waits for people."""

import random
from typing import Any

import pytest
from django.core.management import call_command

from approvals import audits, drift, drift_figures, restoring
from approvals.drafting import open_draft, settle_draft
from approvals.drift_figures import Seen
from approvals.models import Audit, Automation, Calibration, Draft, DriftReading, Label, TopicStanding
from core.context import acting_as
from core.models import AuditEvent
from replies.types import Evidence, Reply, Sentence
from tests import build
from tests.cast import SYSTEM, Cast
from tests.house.world import owner_sql
from tests.sockets import signed_in

ASKED = "How long do I have to return something I bought?"


@pytest.fixture
def sent(cast: Cast) -> Draft:
    """A reply that was sure enough to go out by itself, and was drawn for an audit as all of the first are."""
    article = build.article(cast.base, "returns", "Returning an item", build.RETURNS)
    accepted = build.arrives(cast.orders, ASKED)
    opened = open_draft(accepted.message.pk)
    assert opened is not None
    quote = build.RETURNS.split(". ")[0] + "."
    reply = Reply(
        text=quote, confidence=0.95, answer_model="local-v1", sentences=(Sentence(quote, (1,)),), language="en",
        evidence=(Evidence(1, "returns", article.pk, 0, "Returning an item", quote, 0.9),), articles=("returns",),
    )  # fmt: skip
    settle_draft(opened, reply, latency_ms=1.0)
    build.run_jobs()
    draft = build.draft_of(accepted.message)
    assert draft.state == "sent"
    return draft


def the_audit() -> Audit:
    return Audit.objects.using("owner").get()


def labels() -> list[Label]:
    return list(Label.objects.using("owner").filter(source="audit"))


# ------------------------------------------------------------------------------------------------------------- audits
def test_every_one_of_the_first_automatic_replies_is_drawn_for_an_audit(cast: Cast, sent: Draft) -> None:
    assert (the_audit().draft_id, the_audit().chance, the_audit().state) == (sent.pk, 1.0, "waiting")


def test_after_two_hundred_one_in_twenty_is_drawn_and_each_stands_for_twenty(cast: Cast, sent: Draft) -> None:
    drawn = [audits._lot(number) < audits.SHARE for number in range(20_000)]
    assert 800 < sum(drawn) < 1200


def test_the_page_shows_question_and_answer_and_no_word_of_how_sure_it_was(cast: Cast, sent: Draft) -> None:
    page = signed_in(cast.ana).get("/approvals/audits/").content.decode()
    assert ASKED in page and "30 days" in page
    assert f"{sent.percent}" not in page.split('id="main"')[1].split("</main>")[0].replace("30 days", "")


def test_who_does_not_serve_the_inbox_sees_no_audit_and_cannot_answer_it(cast: Cast, sent: Draft) -> None:
    ben = signed_in(cast.ben)
    assert ASKED not in ben.get("/approvals/audits/").content.decode()
    assert ben.post(f"/approvals/audits/{the_audit().pk}/", {"answer": "wrong"}).status_code == 404
    build.run_jobs()
    assert (the_audit().state, labels()) == ("waiting", [])


def test_an_answer_becomes_a_label_once(cast: Cast, sent: Draft) -> None:
    owner_sql("UPDATE approvals_audit SET chance = 0.05")
    ana, sam = signed_in(cast.ana), signed_in(cast.sam)
    address = f"/approvals/audits/{the_audit().pk}/"
    assert ana.post(address, {"answer": "wrong", "comment": "It is 14 days for sale items"}).status_code == 302
    assert sam.post(address, {"answer": "right"}).status_code == 302  # too late: Ana's answer stands
    build.run_jobs()
    [label] = labels()
    assert (label.value, label.weight, label.probability, the_audit().by_id) == (0.0, 20.0, sent.confidence, cast.ana.pk)


def test_an_answer_that_is_neither_right_nor_wrong_changes_nothing(cast: Cast, sent: Draft) -> None:
    answer = signed_in(cast.ana).post(f"/approvals/audits/{the_audit().pk}/", {"answer": "maybe"})
    assert (answer.status_code, the_audit().state) == (422, "waiting")


# -------------------------------------------------------------------------------------------------------------- drift
def honest(count: int, seed: int = 1) -> list[Seen]:
    lot = random.Random(seed)
    claims = [lot.uniform(0.5, 0.99) for _ in range(count)]
    return [Seen(p, float(lot.random() < p), match=lot.gauss(0.6, 0.1)) for p in claims]


def boastful(count: int, seed: int = 2) -> list[Seen]:
    lot = random.Random(seed)
    return [Seen(p, float(lot.random() < p - 0.25)) for p in (lot.uniform(0.7, 0.99) for _ in range(count))]


def test_honest_claims_raise_no_alarm_and_boasts_do() -> None:
    for seed in range(20):
        assert drift_figures.lasting_excess(honest(200, seed)) < drift_figures.LASTING
        assert drift_figures.ece(honest(200, seed)) < 0.12
    assert drift_figures.lasting_excess(boastful(200)) > drift_figures.LASTING
    assert drift_figures.ece(boastful(200)) > 0.15


def test_another_population_is_noticed_and_the_same_is_not() -> None:
    lot = random.Random(3)
    before = [lot.gauss(0.6, 0.1) for _ in range(1000)]
    same, other = [lot.gauss(0.6, 0.1) for _ in range(200)], [lot.gauss(0.5, 0.1) for _ in range(200)]
    assert drift_figures.psi(before, same) < 0.2 < drift_figures.psi(before, other)
    assert drift_figures.psi(before[:10], same) == 0.0


def test_nothing_seen_is_no_alarm(cast: Cast) -> None:
    drift.watch_base(cast.base.pk)
    assert DriftReading.objects.using("owner").get().alerts == []


def audited(cast: Cast, sent: Draft, *, wrong: int, right: int) -> None:
    """So many answered audits, of drafts like the one that was sent."""
    with acting_as(SYSTEM):
        for number in range(wrong + right - 1):
            accepted = build.arrives(cast.orders, f"{ASKED} {number}")
            Draft.objects.create(
                conversation=accepted.message.conversation, inbox=cast.orders, in_reply_to=accepted.message,
                deadline=sent.deadline, base=cast.base,
            )  # fmt: skip
        Draft.objects.filter(pk=sent.pk).update(base=cast.base)
        for number, draft in enumerate(Draft.objects.order_by("pk")):
            Audit.objects.update_or_create(
                draft=draft, defaults={"inbox": cast.orders, "chance": 1, "state": "done", "is_right": number >= wrong}
            )


def test_audited_replies_that_were_wrong_too_often_stop_automatic_replies_and_say_why(cast: Cast, sent: Draft) -> None:
    audited(cast, sent, wrong=6, right=24)
    drift.watch_base(cast.base.pk)
    row = Automation.objects.using("owner").get(base=cast.base)
    assert (row.state, row.reason) == ("stopped", "6 of 30 audited replies were wrong")
    assert DriftReading.objects.using("owner").get().alerts[-1].startswith("Audited replies are wrong in at least ")
    assert AuditEvent.objects.using("owner").filter(event="automation.stopped").count() == 1
    assert "6 of 30 audited replies were wrong" in signed_in(cast.sam).get("/approvals/automation/").content.decode()
    drift.watch_base(cast.base.pk)  # a second reading does not stop twice
    assert AuditEvent.objects.using("owner").filter(event="automation.stopped").count() == 1


def test_a_few_wrong_ones_among_many_stop_nothing(cast: Cast, sent: Draft) -> None:
    audited(cast, sent, wrong=2, right=38)
    drift.watch_base(cast.base.pk)
    assert not Automation.objects.using("owner").filter(state="stopped").exists()


# ------------------------------------------------------------------------------------------------------ the way back
def calibrators(cast: Cast) -> list[tuple[int, str]]:
    rows = Calibration.objects.using("owner").filter(base=cast.base).order_by("version")
    return list(rows.values_list("version", "state"))


@pytest.fixture
def three(cast: Cast) -> None:
    for version, state in ((1, "retired"), (2, "refused"), (3, "active")):
        owner_sql(
            """INSERT INTO approvals_calibration (base_id, answer_model, is_warm, version, document, digest, state, labels, figures,
                 activated_at) VALUES (%s, 'local-v1', false, %s, '{}', '', %s, 200, '{}', now())""",
            cast.base.pk, version, state,
        )  # fmt: skip


def test_one_command_goes_back_to_the_last_good_calibrator_and_lifts_the_stop(cast: Cast, three: None, capsys: Any) -> None:
    with acting_as(SYSTEM):
        restoring.reach(cast.base.pk, "trusted", by=None)
        assert drift.stop(cast.base.pk, "wrong too often")
    call_command("restore_calibrator", base=cast.base.slug)
    assert calibrators(cast) == [(1, "active"), (2, "refused"), (3, "refused")]
    assert Automation.objects.using("owner").get(base=cast.base).state == "trusted"
    assert "in use: local-v1 v1" in capsys.readouterr().out
    call_command("restore_calibrator", base=cast.base.slug)  # and once more: the shipped one
    assert [state for _, state in calibrators(cast)] == ["refused"] * 3
    assert "the shipped calibrator" in capsys.readouterr().out


def test_a_stop_returns_to_what_was_before_and_not_further(cast: Cast) -> None:
    with acting_as(SYSTEM):
        restoring.reach(cast.base.pk, "earning", by=None)
        drift.stop(cast.base.pk, "a")
        restoring.reach(cast.base.pk, "stopped", by=None, reason="b")
        lifted = restoring.lift(cast.base.pk, by=None)
    assert lifted is not None and lifted.state == "earning"


# --------------------------------------------------------------------------------------------------------- the screen
def test_only_a_supervisor_decides_how_far_the_assistant_may_go(cast: Cast) -> None:
    address = f"/approvals/automation/{cast.base.pk}/"
    for user in (cast.ana, cast.ada):
        assert signed_in(user).post(address, {"state": "trusted"}).status_code == 403
    assert signed_in(cast.sam).post(address, {"state": "all of it"}).status_code == 422
    assert not Automation.objects.using("owner").filter(changed_by__isnull=False).exists()
    assert signed_in(cast.sam).post(address, {"state": "stopped", "reason": "New prices tomorrow"}).status_code == 302
    row = Automation.objects.using("owner").get(base=cast.base)
    assert (row.state, row.reason, row.changed_by_id) == ("stopped", "New prices tomorrow", cast.sam.pk)


def test_a_supervisor_closes_a_topic_and_opens_it_again(cast: Cast) -> None:
    owner_sql(
        "INSERT INTO approvals_topicstanding (base_id, topic, approved, failed, state) VALUES (%s, 'Refunds', 20, 1, 'earned')",
        cast.base.pk,
    )
    row = TopicStanding.objects.using("owner").get()
    page = signed_in(cast.sam).get("/approvals/automation/").content.decode()
    assert "Refunds" in page and "79 %" in page  # at least so many were good, with 95 % certainty
    assert signed_in(cast.ana).post(f"/approvals/topics/{row.pk}/", {"state": "closed"}).status_code == 403
    assert signed_in(cast.sam).post(f"/approvals/topics/{row.pk}/", {"state": "closed"}).status_code == 302
    assert TopicStanding.objects.using("owner").get().state == "closed"
    signed_in(cast.sam).post(f"/approvals/topics/{row.pk}/", {"state": "earned"})
    assert TopicStanding.objects.using("owner").get().state == "earned"
