"""A topic earns automatic replies, loses them, and is closed by hand."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from approvals import earning, topics
from approvals.earning import Ground, Tally
from approvals.evaluation import EVALUATOR, throw_away_base
from approvals.management.commands.evaluate_answers import tallies
from approvals.models import Automation, Calibration, Label, TopicStanding
from approvals.policy import CLOSED, FAILING, OPEN, STOPPED, UNEARNED, Reach
from core.context import acting_as
from core.models import AuditEvent
from knowledge.models import KnowledgeBase
from knowledge.sources import SourceArticle
from tests import build
from tests.approvals.test_learning import returns  # noqa: F401  a fixture
from tests.cast import SYSTEM, Cast
from tests.house.world import owner_sql

GOOD = Tally(95, 5)
PROVEN = Ground("earning", GOOD, labels=200, has_line=True)
TRUSTED = Ground("trusted", GOOD)
some = st.floats(0, 500)


# ------------------------------------------------------------------------------------------------------ the arithmetic
@pytest.mark.parametrize(
    ("tally", "expected"),
    [
        (Tally(14, 0), OPEN),
        (Tally(13, 0), UNEARNED),
        (Tally(), UNEARNED),
        (Tally(14, 4), UNEARNED),
        (Tally(60, 5), OPEN),
        (Tally(6, 8), UNEARNED),
    ],
)
def test_in_a_base_that_earns_a_topic_needs_fourteen_good_reviews(tally: Tally, expected: Reach) -> None:
    assert earning.reach(PROVEN, tally) == expected


@pytest.mark.parametrize(
    "ground",
    [
        Ground("earning", GOOD, labels=199, has_line=True),
        Ground("earning", GOOD, labels=5000, has_line=False),
        Ground("earning", GOOD),
        Ground(),
    ],
)
def test_before_two_hundred_labels_and_a_proven_line_nothing_is_earned(ground: Ground) -> None:
    assert earning.reach(ground, Tally(500, 0)) == UNEARNED


def test_the_arithmetic_is_what_was_promised() -> None:
    assert (earning.PRIOR, earning.GOOD, earning.CONFIDENCE) == (10.0, 0.80, 0.95)
    assert earning.posterior(Tally(14, 1), Tally(97, 1)) == (10 * 0.98 + 14, pytest.approx(10 * 0.02 + 1))
    assert earning.at_least(Tally(), Tally()) == pytest.approx(0.2513676, abs=1e-6)  # Beta(5, 5), by scipy.stats.beta.ppf.
    assert earning.reach(Ground(overall=GOOD, labels=200), Tally(500, 0)) == UNEARNED
    assert earning.reach(Ground(overall=GOOD, has_line=True), Tally(500, 0)) == UNEARNED


def test_in_a_base_where_little_goes_well_a_topic_needs_more() -> None:
    poor = Ground("earning", Tally(40, 60), labels=200, has_line=True)
    assert earning.reach(poor, Tally(14, 0)) == UNEARNED
    assert earning.reach(poor, Tally(60, 0)) == OPEN


@pytest.mark.parametrize(
    ("tally", "expected"),
    [
        (Tally(), OPEN),
        (Tally(0, 4), OPEN),
        (Tally(0, 20), FAILING),
        (Tally(2, 12), FAILING),
        (Tally(10, 4), OPEN),
        (Tally(7, 10), FAILING),
        (Tally(90, 10), OPEN),
    ],
)
def test_in_a_trusted_base_a_topic_is_open_until_it_fails(tally: Tally, expected: Reach) -> None:
    assert earning.reach(TRUSTED, tally) == expected


def test_a_few_bad_reviews_close_a_topic_before_many_do() -> None:
    assert not earning.fails(Tally(0, 4), Tally(100, 60))
    assert earning.fails(Tally(0, 5), Tally(100, 60))
    assert not earning.fails(Tally(12, 1.5), Tally(70, 30)) and earning.fails(Tally(9, 5), Tally(70, 30))


def test_what_a_supervisor_closed_and_what_is_stopped_is_reviewed_whatever_was_earned() -> None:
    for ground in (PROVEN, TRUSTED):
        assert earning.reach(ground, Tally(500, 0), is_closed=True) == CLOSED
    stopped = Ground("stopped", GOOD, labels=5000, has_line=True)
    assert earning.reach(stopped, Tally(500, 0)) == earning.reach(stopped, Tally(), is_closed=True) == STOPPED
    assert earning.reach(Ground("anything", GOOD, 5000, True), Tally(500, 0)) == STOPPED  # type: ignore[arg-type]


def test_a_reply_that_rests_on_no_article_has_earned_nothing() -> None:
    assert earning.reach(PROVEN, Tally(500, 0), is_named=False) == UNEARNED


@given(some, some, some, some, st.floats(0.5, 50))
def test_a_failure_more_never_opens_and_an_approval_more_never_closes(
    a: float, f: float, oa: float, of: float, more: float
) -> None:
    overall = Tally(oa, of)
    for ground in (Ground("earning", overall, 200, True), Ground("trusted", overall)):
        before = earning.reach(ground, Tally(a, f)).allowed
        assert before or not earning.reach(ground, Tally(a, f + more)).allowed or ground.state == "trusted"
        if ground.state == "earning":
            assert not before or earning.reach(ground, Tally(a + more, f)).allowed
        elif not before:
            assert not earning.reach(ground, Tally(a, f + more)).allowed


@given(some, some, some, some)
def test_every_reach_that_is_not_allowed_says_why(a: float, f: float, oa: float, of: float) -> None:
    for state in ("earning", "trusted", "stopped"):
        found = earning.reach(Ground(state, Tally(oa, of), 300, True), Tally(a, f))  # type: ignore[arg-type]
        assert found.allowed is True or (found.code and found.label)


# ------------------------------------------------------------------------------------------------------- the database
def label(cast: Cast, value: float, probability: float | None = 0.9, weight: float = 1.0, topic: str = "Orders") -> Label:
    return Label(
        base=cast.base, inbox=cast.orders, topic=topic, answer_model="m", value=value, weight=weight, probability=probability
    )


def tally(topic: str = "Orders") -> tuple[float, float]:
    found = TopicStanding.objects.using("owner").filter(topic=topic).values_list("approved", "failed")
    return found[0] if found else (0.0, 0.0)


def reach(cast: Cast, topic: str = "Orders", name: str = "mine") -> Reach:
    with acting_as(SYSTEM):
        return topics.reach(cast.base.pk, topic, "m", name)


def standing(cast: Cast, **fields: Any) -> None:
    with acting_as(SYSTEM):
        TopicStanding.objects.update_or_create(base=cast.base, topic="Orders", defaults=fields)


def test_a_topic_is_the_category_of_the_first_article_cited_or_the_article(cast: Cast, returns: Any) -> None:  # noqa: F811
    other = build.article(cast.base, "plain", "Plain", build.SHIPPING)
    pieces = [
        {"number": 1, "article": "plain", "article_pk": other.pk}, {"number": 2, "article": "returns", "article_pk": returns.pk},
    ]  # fmt: skip
    with acting_as(SYSTEM):
        assert topics.of(pieces, [{"text": "a", "citations": [2, 1]}]) == "Orders"
        assert topics.of(pieces, [{"text": "a", "citations": []}, {"text": "b", "citations": [1]}]) == "plain"
        assert topics.of(pieces, []) == topics.of(pieces, [{"text": "a", "citations": [7]}]) == ""


def test_a_base_about_which_nobody_has_decided_reviews_everything(cast: Cast) -> None:
    owner_sql("DELETE FROM approvals_automation")
    assert reach(cast) == UNEARNED


def test_a_base_that_earns_opens_once_labels_line_and_topic_say_so(cast: Cast) -> None:
    owner_sql("UPDATE approvals_automation SET state = 'earning'")
    standing(cast, approved=40, failed=1)
    assert reach(cast) == UNEARNED
    accepted = [build.arrives(cast.orders, f"Question {number}") for number in range(2)]
    build.run_jobs()
    draft = build.draft_of(accepted[0].message)
    owner_sql("ALTER TABLE approvals_label DROP CONSTRAINT label_once")
    try:
        with acting_as(SYSTEM):
            rows = [label(cast, 1.0) for _ in range(200)]
            for row in rows:
                row.draft = draft
            Label.objects.bulk_create(rows)
            Calibration.objects.create(
                base=cast.base,
                answer_model="m",
                version=1,
                document={},
                state="active",
                figures={"name": "mine", "has_line": True},
            )
        assert reach(cast) == OPEN
        assert reach(cast, name="another") == reach(cast, topic="Other") == reach(cast, topic="") == UNEARNED
        with acting_as(SYSTEM):
            assert topics.reach(cast.base.pk, "Orders", "another model", "mine") == UNEARNED
        owner_sql('UPDATE approvals_calibration SET figures = \'{"name": "mine", "has_line": false}\'')
        assert reach(cast) == UNEARNED
    finally:
        owner_sql(
            "DELETE FROM approvals_label; ALTER TABLE approvals_label ADD CONSTRAINT label_once UNIQUE (draft_id, source)"
        )


def test_closed_by_hand_failing_and_stopped(cast: Cast) -> None:
    assert reach(cast) == OPEN
    standing(cast, approved=1, failed=20)
    assert reach(cast) == FAILING
    standing(cast, approved=100, failed=0, state="closed")
    assert reach(cast) == CLOSED
    call_command("automation", "stopped", base=cast.base.slug, reason="Too many were wrong", verbosity=0)
    assert reach(cast) == STOPPED


def test_the_command_says_and_sets_how_far_the_assistant_may_go_and_leaves_its_trace(cast: Cast, capsys: Any) -> None:
    call_command("automation", base=cast.base.slug)
    assert capsys.readouterr().out.startswith("help: trusted")
    call_command("automation", "earning", base=cast.base.slug)
    assert Automation.objects.using("owner").get().state == "earning"
    assert AuditEvent.objects.using("owner").filter(event="automation.changed", actor_name="automation").count() == 1
    with pytest.raises(CommandError, match="no knowledge base"):
        call_command("automation", "trusted", base="nothing")
    with pytest.raises(CommandError):
        call_command("automation", "always", base=cast.base.slug)


def test_a_new_base_begins_with_every_reply_reviewed(cast: Cast, tmp_path: Any) -> None:
    (tmp_path / "a.md").write_text("# Returning\n\nWithin 30 days.")
    call_command("import_knowledge", str(tmp_path), base="fresh")
    fresh = KnowledgeBase.objects.using("owner").get(slug="fresh")
    assert not Automation.objects.using("owner").filter(base=fresh).exists()
    with acting_as(SYSTEM):
        assert topics.reach(fresh.pk, "a", "m", "") == UNEARNED


def test_a_sure_reply_of_an_untrusted_base_waits_and_says_why(cast: Cast, returns: Any) -> None:  # noqa: F811
    owner_sql("UPDATE conversations_inbox SET auto_send = true; UPDATE approvals_automation SET state = 'earning'")
    accepted = build.arrives(cast.orders, "How long do I have to return something I bought?")
    build.run_jobs()
    draft = build.draft_of(accepted.message)
    assert draft.state == "in_review" and "learning" in {rule["code"] for rule in draft.rules}
    assert draft.conversation.draft_state == "review"


def test_an_evaluation_counts_only_what_its_log_says_was_sure() -> None:
    articles = [SourceArticle("a", "A", "Words.", "Orders"), SourceArticle("b", "B", "Words.")]
    log = [
        {"proposed_article": "a", "outcome": "approved", "confidence": 0.9},
        {"proposed_article": "a", "outcome": "edited", "confidence": 0.81},
        {"proposed_article": "a", "outcome": "rejected", "confidence": 0.99},
        {"proposed_article": "b", "outcome": "rejected", "confidence": 0.9},
        {"proposed_article": "a", "outcome": "rejected", "confidence": 0.8},
        {"proposed_article": "a", "outcome": "rejected"},
        {"proposed_article": None, "outcome": "rejected", "confidence": 0.9},
        {"proposed_article": "gone", "outcome": "rejected", "confidence": 0.9},
        {"proposed_article": "a", "outcome": "rejected", "confidence": "0.9"},
    ]
    assert tallies(log, articles) == {"Orders": Tally(2, 1), "b": Tally(0, 1)}


def test_an_evaluation_holds_what_the_topics_of_its_log_hold(db: None) -> None:
    articles = [SourceArticle("a", "Returning an item", build.RETURNS, "Orders")]
    for tally, allowed in ((Tally(0, 30), False), (Tally(30, 0), True), (Tally(0, 0), True)):
        with throw_away_base(articles, (), {"Orders": tally}) as base, acting_as(EVALUATOR):
            assert topics.reach(base, "Orders", "m", "mine").allowed is allowed
            assert topics.reach(base, "Other", "m", "mine").allowed
