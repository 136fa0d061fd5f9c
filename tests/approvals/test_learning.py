"""Every decision about a draft is learned from once, whoever makes it and however often the job runs."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from approvals import learning, outcomes, review
from approvals.audits import label_audit
from approvals.drafting import open_draft, settle_draft
from approvals.models import Audit, Decision, Draft, Label, TopicStanding
from core.context import Actor, acting_as
from knowledge.models import Article, KnowledgeBase, ReviewMemory
from replies.types import Evidence, Reply, Rule, Sentence
from tests import build
from tests.cast import SYSTEM, Cast
from tests.house.world import owner_sql
from tests.intake.program import Program

ASKED = "How long do I have to return something I bought?"
HX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial"}


@pytest.fixture
def returns(cast: Cast) -> Article:
    build.article(cast.base, "shipping", "Delivery times and costs", build.SHIPPING)
    found = build.article(cast.base, "returns", "Returning an item", build.RETURNS)
    owner_sql("UPDATE knowledge_article SET category = 'Orders' WHERE id = %s", found.pk)
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    return found


def drafted(
    cast: Cast, article: Article, *, asked: str = ASKED, confidence: float = 0.9, rules: tuple[Rule, ...] = (), **arrival: Any
) -> Draft:
    """A draft that cites the article, as confident as wanted: what the search finds is tested elsewhere."""
    accepted = build.arrives(cast.orders, asked, **arrival)
    opened = open_draft(accepted.message.pk)
    assert opened is not None
    quote = build.RETURNS.split(". ")[0] + "."
    reply = Reply(
        text=quote, confidence=confidence, answer_model="local-extract.v1", calibration="local-v1", language="en", rules=rules,
        sentences=(Sentence(quote, (1,)),), articles=(article.external_id,),
        evidence=(Evidence(1, article.external_id, article.pk, 0, article.title, quote, 0.9),),
    )  # fmt: skip
    settle_draft(opened, reply, latency_ms=1.0)
    owner_sql("UPDATE core_job SET state = 'done' WHERE kind LIKE '%%draft_reply'")
    return build.draft_of(accepted.message)


def decide(cast: Cast, draft: Draft, verb: Any, **more: Any) -> Decision:
    with cast.acting(cast.ana):
        now = Draft.objects.get(pk=draft.pk)
        made = verb(now, by=cast.fresh(cast.ana), version=now.version, request_key=uuid.uuid4(), **more)
    build.run_jobs(early=False)
    return made


def label() -> tuple[str, float, float] | None:
    found = Label.objects.using("owner").values_list("source", "value", "weight")
    return found[0] if len(found) == 1 else None if not found else pytest.fail(f"{found}")


def memories() -> list[tuple[str, str | None]]:
    return list(ReviewMemory.objects.using("owner").order_by("pk").values_list("outcome", "article__external_id"))


def tally(topic: str = "Orders") -> tuple[float, float]:
    found = TopicStanding.objects.using("owner").filter(topic=topic).values_list("approved", "failed")
    return found[0] if found else (0.0, 0.0)


def everything() -> list[Any]:
    labels = (
        Label.objects.using("owner")
        .order_by("draft_id", "source")
        .values_list("draft_id", "source", "value", "weight", "topic")
    )
    topics = TopicStanding.objects.using("owner").order_by("topic").values_list("topic", "approved", "failed")
    known = ReviewMemory.objects.using("owner").order_by("source").values_list("source", "outcome", "article__external_id")
    return [list(labels), list(topics), list(known)]


def test_an_approval_is_a_good_label_a_tally_and_a_memory(cast: Cast, returns: Article) -> None:
    draft = drafted(cast, returns)
    decide(cast, draft, review.approve)
    assert (label(), tally(), memories()) == (("approve", 1.0, 1.0), (1.0, 0.0), [("approved", "returns")])
    [kept] = Label.objects.using("owner").all()
    assert (kept.topic, kept.answer_model, kept.probability, kept.is_warm) == ("Orders", "local-extract.v1", 0.9, False)
    assert (kept.base_id, kept.inbox_id) == (cast.base.pk, cast.orders.pk)
    [memory] = ReviewMemory.objects.using("owner").all()
    assert (memory.customer_ref, memory.proposed_id) == (draft.conversation.customer_id, returns.pk)


@pytest.mark.parametrize(
    ("change", "expected", "taught"),
    [
        (("You can", "Yes, you can"), ("edit", 1.0, 1.0), [("edited", "returns")]),
        (("30 days", "14 days"), ("edit", 0.0, 1.0), [("edited", "returns")]),
        ((build.RETURNS.split(". ")[0], "Please ask in the shop where it was bought, they decide"), ("edit", 0.0, 1.0), []),
    ],
)
def test_an_edit_is_worth_what_it_left(
    cast: Cast, returns: Article, change: tuple[str, str], expected: Any, taught: list[Any]
) -> None:
    draft = drafted(cast, returns)
    decide(cast, draft, review.approve, text=draft.text.replace(*change))
    assert (label(), memories()) == (expected, taught)
    assert tally() == (expected[1] * expected[2], (1 - expected[1]) * expected[2])


@pytest.mark.parametrize(
    ("reason", "article", "taught"),
    [
        ("missing_fact", "", [("rejected", None)]),
        ("wrong_article", "shipping", [("rejected", "shipping")]),
        ("wrong_article", "", []),
        ("tone", "", []),
        ("false_claim", "", []),
    ],
)
def test_a_rejection_teaches_what_its_reason_says(cast: Cast, returns: Article, reason: str, article: str, taught: Any) -> None:
    decide(cast, drafted(cast, returns), review.reject, reason=reason, article=article)
    assert (label(), tally(), memories()) == (("reject", 0.0, 1.0), (0.0, 1.0), taught)
    assert owner_sql("SELECT count(*) FROM knowledge_question") == [(int(reason == "missing_fact"),)]


def test_taking_over_counts_half(cast: Cast, returns: Article) -> None:
    decide(cast, drafted(cast, returns), review.take_over)
    assert (label(), tally(), memories()) == (("take_over", 0.0, 0.5), (0.0, 0.5), [])


def test_what_is_taken_back_is_forgotten_and_the_next_decision_learned(cast: Cast, returns: Article) -> None:
    draft = drafted(cast, returns)
    decide(cast, draft, review.approve)
    with cast.acting(cast.ana):
        assert review.undo(Draft.objects.get(pk=draft.pk), by=cast.fresh(cast.ana))
    build.run_jobs(early=False)
    assert (label(), tally(), memories()) == (None, (0.0, 0.0), [])
    decide(cast, draft, review.reject, reason="missing_fact")
    assert (label(), tally(), memories()) == (("reject", 0.0, 1.0), (0.0, 1.0), [("rejected", None)])


def test_in_whatever_order_and_however_often_the_jobs_run_the_last_decision_is_what_is_learned(
    cast: Cast, returns: Article
) -> None:
    draft = drafted(cast, returns)
    decide(cast, draft, review.approve)
    with cast.acting(cast.ana):
        review.undo(Draft.objects.get(pk=draft.pk), by=cast.fresh(cast.ana))
    decide(cast, draft, review.reject, reason="wrong_article", article="shipping")
    before = everything()
    for pk in Decision.objects.using("owner").order_by("-pk").values_list("pk", flat=True):
        learning.learn(pk)
        learning.learn(pk)
    assert everything() == before and tally() == (0.0, 1.0)
    learning.learn(999_999)
    assert everything() == before


def test_an_unsure_draft_is_a_label_and_a_memory_but_no_tally(cast: Cast, returns: Article) -> None:
    decide(cast, drafted(cast, returns, confidence=0.6), review.approve)
    assert (label(), tally(), memories()) == (("approve", 1.0, 1.0), (0.0, 0.0), [("approved", "returns")])


def test_where_a_rule_decided_the_figure_is_not_to_blame(cast: Cast, returns: Article) -> None:
    decide(cast, drafted(cast, returns, rules=(Rule("legal", "Legal steps", escalates=True),)), review.take_over)
    assert (label(), tally()) == (None, (0.0, 0.0))


def test_a_draft_without_words_claims_nothing_and_still_shows_a_gap(cast: Cast, returns: Article) -> None:
    accepted = build.arrives(cast.orders, "Can you tell me the airspeed velocity of an unladen swallow?")
    build.run_jobs(early=False)
    draft = build.draft_of(accepted.message)
    if not draft.text:
        decide(cast, draft, review.reject, reason="missing_fact")
        assert (label(), memories()) == (None, [("rejected", None)])


def test_the_api_and_the_screen_teach_the_same(cast: Cast, returns: Article) -> None:
    first, second = drafted(cast, returns), drafted(cast, returns, email="dan@customer.example")
    told = {"action": "reject", "reason": "wrong_article", "article": "shipping"}
    assert Program(cast.ana).post(f"/drafts/{first.pk}/decisions", told).status_code == 200
    client = Client()
    with acting_as(Actor.door(cast.ana.pk)):
        client.force_login(cast.ana)
    form = told | {"version": second.version, "request_key": uuid.uuid4()}
    assert client.post(f"/drafts/{second.pk}/decisions/", form, **HX).status_code == 200
    build.run_jobs(early=False)
    assert memories() == [("rejected", "shipping")] * 2 and tally() == (0.0, 2.0)


@pytest.mark.parametrize("article", ["nothing-like-this", "returns2", "'; DROP TABLE"])
def test_an_article_that_does_not_exist_is_refused_and_nothing_is_decided(cast: Cast, returns: Article, article: str) -> None:
    draft = drafted(cast, returns)
    told = {"action": "reject", "reason": "wrong_article", "article": article}
    assert Program(cast.ana).post(f"/drafts/{draft.pk}/decisions", told).status_code == 422
    client = Client()
    with acting_as(Actor.door(cast.ana.pk)):
        client.force_login(cast.ana)
    form = told | {"version": draft.version, "request_key": uuid.uuid4()}
    assert client.post(f"/drafts/{draft.pk}/decisions/", form, **HX).status_code == 422
    assert build.draft_of(draft.in_reply_to).state == "in_review" and not Decision.objects.using("owner").exists()


def test_the_dialog_offers_articles_by_their_titles_to_those_who_may_decide(cast: Cast, returns: Article) -> None:
    draft = drafted(cast, returns)
    other = KnowledgeBase.objects.using("owner").create(name="Other", slug="other")
    build.article(other, "foreign", "Returning elsewhere", build.RETURNS)
    found = {}
    for user in (cast.ana, cast.ben):
        client = Client()
        with acting_as(Actor.door(user.pk)):
            client.force_login(user)
        found[user.pk] = client.get(f"/drafts/{draft.pk}/articles/", {"article": "return ITEM"})
    assert found[cast.ana.pk].content.decode().strip() == '<option value="returns">Returning an item</option>'
    assert found[cast.ben.pk].status_code == 404
    assert Client().get(f"/drafts/{draft.pk}/articles/").status_code == 302


# ------------------------------------------------------------------------------------------------- afterwards, and anew
@pytest.fixture
def sent(cast: Cast, returns: Article) -> Draft:
    """A reply that went out by itself a moment ago."""
    owner_sql("UPDATE conversations_inbox SET auto_send = true")
    draft = drafted(cast, returns, confidence=0.97)
    build.run_jobs()
    assert build.draft_of(draft.in_reply_to).verdict == "send"
    return build.draft_of(draft.in_reply_to)


def test_who_comes_back_on_the_same_topic_was_not_helped(cast: Cast, returns: Article, sent: Draft) -> None:
    assert label() is None
    again = "That does not answer it. How long do I have to return it?"
    drafted(cast, returns, asked=again, confidence=0.5, conversation=sent.conversation_id)
    build.run_jobs()
    assert (label(), tally()) == (("reopen", 0.0, 1.0), (0.0, 1.0))


def test_who_asks_something_else_or_later_says_nothing_about_the_reply_before(
    cast: Cast, returns: Article, sent: Draft
) -> None:
    other = Article.objects.using("owner").get(external_id="shipping")
    drafted(cast, other, asked="And what is express delivery?", confidence=0.5, conversation=sent.conversation_id)
    build.run_jobs()
    owner_sql(
        "UPDATE conversations_message SET published_at = %s WHERE direction = 'out'", timezone.now() - timedelta(hours=73)
    )
    drafted(cast, returns, asked="How long can I return it?", confidence=0.5, conversation=sent.conversation_id)
    build.run_jobs()
    assert label() is None


def test_a_complaint_speaks_against_the_reply_whatever_it_is_about(cast: Cast, returns: Article, sent: Draft) -> None:
    other = Article.objects.using("owner").get(external_id="shipping")
    complaint = (Rule("complaint", "A complaint", escalates=True),)
    drafted(cast, other, asked="I want to complain", confidence=0.5, rules=complaint, conversation=sent.conversation_id)
    build.run_jobs()
    assert label() == ("reopen", 0.0, 1.0)


def test_a_bad_rating_is_a_label_once_and_what_a_person_approved_is_his(cast: Cast, returns: Article, sent: Draft) -> None:
    with acting_as(learning.LEARNER):
        for _ in range(2):
            outcomes.label_outcome(Draft.objects.select_related("inbox").get(pk=sent.pk), Label.Source.RATING)
    assert (label(), tally()) == (("rating", 0.0, 1.0), (0.0, 1.0))
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    reviewed = drafted(cast, returns, email="dan@customer.example")
    decide(cast, reviewed, review.approve)
    with acting_as(learning.LEARNER):
        assert outcomes.label_outcome(Draft.objects.get(pk=reviewed.pk), Label.Source.RATING) is None


def test_only_bad_outcomes_are_heard_of_so_they_count_as_claims_only_where_good_ones_are_looked_at_too(
    cast: Cast, returns: Article, sent: Draft
) -> None:
    owner_sql("DELETE FROM approvals_audit")
    with acting_as(learning.LEARNER):
        outcomes.label_outcome(Draft.objects.select_related("inbox").get(pk=sent.pk), Label.Source.REOPEN)
    [kept] = Label.objects.using("owner").all()
    assert (kept.value, kept.probability, kept.features, tally()) == (0.0, None, {}, (0.0, 0.0))


def test_everything_can_be_learned_anew_and_an_article_that_changed_counts_half(cast: Cast, returns: Article) -> None:
    for number in range(3):
        decide(cast, drafted(cast, returns, email=f"c{number}@customer.example"), review.approve)
    decide(cast, drafted(cast, returns, email="d@customer.example"), review.reject, reason="missing_fact")
    before = everything()
    owner_sql(
        "DELETE FROM knowledge_reviewmemory; DELETE FROM approvals_label; UPDATE approvals_topicstanding SET approved = 9"
    )
    call_command("relearn", base=cast.base.slug, verbosity=0)
    assert everything() == before and tally() == (3.0, 1.0)
    owner_sql("UPDATE knowledge_article SET version = version + 1 WHERE id = %s", returns.pk)
    call_command("relearn", base=cast.base.slug, verbosity=0)
    assert tally() == (1.5, 0.5)
    owner_sql("UPDATE knowledge_article SET state = 'archived' WHERE id = %s", returns.pk)
    call_command("relearn", base=cast.base.slug, verbosity=0)
    assert tally() == (0.0, 0.0)


def test_the_search_remembers_what_was_approved(cast: Cast, returns: Article) -> None:
    decide(cast, drafted(cast, returns), review.approve)
    accepted = build.arrives(cast.orders, ASKED, email="dan@customer.example")
    build.run_jobs(early=False)
    found = build.draft_of(accepted.message)
    assert found.articles[0] == "returns"
    with acting_as(SYSTEM):
        assert ReviewMemory.objects.filter(base=cast.base, customer_ref=cast.cara.pk).count() == 1


def test_an_audit_is_counted_once_for_its_topic_and_weighs_what_it_stands_for(
    cast: Cast, returns: Article, sent: Draft
) -> None:
    owner_sql("UPDATE approvals_audit SET chance = 0.05, state = 'done', is_right = true")
    audits = Audit.objects.using("owner").get()
    label_audit(audits.pk)
    label_audit(audits.pk)
    assert (label(), tally()) == (("audit", 1.0, 20.0), (1.0, 0.0))


def test_only_replies_that_would_have_gone_out_are_counted_and_a_changed_article_counts_half(
    cast: Cast, returns: Article
) -> None:
    for number, confidence in enumerate((0.9, 0.81, 0.8, 0.3)):
        decide(cast, drafted(cast, returns, confidence=confidence, email=f"c{number}@customer.example"), review.approve)
    decide(cast, drafted(cast, returns, email="d@customer.example"), review.reject, reason="tone")
    assert tally() == (2.0, 1.0)
    owner_sql("UPDATE knowledge_article SET version = version + 1, updated_at = now() WHERE id = %s", returns.pk)
    learning.forget_changed()
    learning.forget_changed()
    assert tally() == (1.0, 0.5)
    owner_sql("UPDATE approvals_topicstanding SET state = 'closed'")
    owner_sql("UPDATE knowledge_article SET state = 'archived' WHERE id = %s", returns.pk)
    learning.forget_changed()
    assert tally() == (0.0, 0.0)
    assert TopicStanding.objects.using("owner").get().state == "closed"


def test_an_article_that_changed_long_ago_is_not_looked_at_again(cast: Cast, returns: Article) -> None:
    decide(cast, drafted(cast, returns), review.approve)
    owner_sql("UPDATE knowledge_article SET version = version + 1, updated_at = now() - interval '1 day'")
    learning.forget_changed()
    assert tally() == (1.0, 0.0)
