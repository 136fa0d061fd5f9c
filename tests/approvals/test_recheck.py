"""An article changes while a draft that rests on it waits for a person."""

import uuid

import pytest
from django.test import Client
from django.utils import timezone

from approvals import recheck, review
from approvals.drafting import ASSISTANT
from approvals.models import Draft, DraftSource
from approvals.recheck import recheck_all_drafts, recheck_drafts
from contactcenter.invariants import broken
from core.claims import LostClaim
from core.context import Actor, acting_as
from knowledge.indexing import content_hash, index_article
from knowledge.models import Article
from tests import build
from tests.cast import SYSTEM, Cast
from tests.house.world import owner_sql

ASKED = "How many days do I have to return what I bought?"
SIXTY = build.RETURNS.replace("30 days", "60 days")


@pytest.fixture
def waiting(cast: Cast) -> Draft:
    """A draft about returns that waits for Ana."""
    owner_sql("UPDATE conversations_inbox SET auto_send = false WHERE id = %s", cast.orders.pk)
    build.article(cast.base, "returns", "Returning an item", build.RETURNS)
    accepted = build.arrives(cast.orders, ASKED)
    build.run_jobs()
    draft = build.draft_of(accepted.message)
    assert (draft.state, "30 days" in draft.text) == ("in_review", True)
    return draft


def changes(external_id: str, **fields: object) -> Article:
    with acting_as(SYSTEM):
        found = Article.objects.get(external_id=external_id)
        for name, value in fields.items():
            setattr(found, name, value)
        found.content_hash = content_hash(found.title, found.body, found.audience, found.language)
        found.version += 1
        found.updated_at = timezone.now()
        found.save()
    index_article(found.pk)
    return found


def now(draft: Draft) -> Draft:
    return Draft.objects.using("owner").get(pk=draft.pk)


def test_a_draft_remembers_which_version_of_which_article_it_rests_on(cast: Cast, waiting: Draft) -> None:
    assert [(s.article.external_id, s.version) for s in DraftSource.objects.using("owner").select_related("article")] == [
        ("returns", 1)
    ]


def test_a_changed_article_has_the_waiting_draft_written_anew_and_it_still_waits(cast: Cast, waiting: Draft) -> None:
    changes("returns", body=SIXTY)
    recheck_drafts()
    build.run_jobs()
    draft = now(waiting)
    assert ("60 days" in draft.text, "30 days" in draft.text, draft.state) == (True, False, "in_review")
    assert draft.rules[0]["code"] == "article_changed"
    assert draft.version > waiting.version
    [source] = DraftSource.objects.using("owner").filter(draft=draft)
    assert source.version == 2


def test_who_read_the_old_words_cannot_approve_them_any_more(cast: Cast, waiting: Draft) -> None:
    changes("returns", body=SIXTY)
    recheck_drafts()
    build.run_jobs()
    with cast.acting(cast.ana), pytest.raises(LostClaim):
        review.approve(waiting, by=cast.ana, version=waiting.version, request_key=uuid.uuid4())
    assert now(waiting).state == "in_review"
    assert owner_sql("SELECT count(*) FROM conversations_message WHERE direction = 'out'") == [(0,)]


def test_a_draft_whose_article_was_taken_away_says_so_and_is_never_sent_by_itself(cast: Cast, waiting: Draft) -> None:
    changes("returns", state="archived")
    owner_sql("UPDATE conversations_inbox SET auto_send = true")
    recheck_drafts()
    build.run_jobs()
    draft = now(waiting)
    assert (draft.state, draft.rules[0]["code"], "30 days" in draft.text) == ("in_review", "article_changed", False)


def test_looking_twice_or_without_a_change_does_nothing(cast: Cast, waiting: Draft) -> None:
    recheck_drafts()
    recheck_all_drafts()
    assert build.run_jobs() == 0
    changes("returns", body=SIXTY)
    recheck_drafts()
    recheck_drafts()
    build.run_jobs()
    version = now(waiting).version
    recheck_all_drafts()
    build.run_jobs()
    assert now(waiting).version == version


def test_a_draft_that_was_decided_meanwhile_stays_as_it_was_decided(cast: Cast, waiting: Draft) -> None:
    changes("returns", body=SIXTY)
    recheck_drafts()
    with cast.acting(cast.ana):
        review.reject(waiting, by=cast.ana, version=waiting.version, request_key=uuid.uuid4(), reason="tone")
    build.run_jobs()
    assert (now(waiting).state, "30 days" in now(waiting).text) == ("rejected", True)


def test_the_article_s_page_lists_the_replies_that_rest_on_it_to_those_who_may_see_them(cast: Cast, waiting: Draft) -> None:
    article = Article.objects.using("owner").get(external_id="returns")
    seen = {}
    for user in (cast.ana, cast.ben, cast.sam, cast.ada):
        client = Client()
        with acting_as(Actor.door(user.pk)):
            client.force_login(user)
        answer = client.get(f"/knowledge/{article.pk}/replies/")
        assert answer.status_code == 200
        seen[user.name] = f"/conversations/{waiting.conversation_id}/" in answer.content.decode()
    assert seen == {"Ana Cast": True, "Ben Cast": False, "Sam Cast": True, "Ada Cast": False}
    assert Client().get(f"/knowledge/{article.pk}/replies/").status_code == 302


def test_every_step_is_written_down_as_any_other(cast: Cast, waiting: Draft) -> None:
    changes("returns", body=SIXTY)
    recheck_drafts()
    build.run_jobs()
    assert not any(broken().values())


def test_a_worker_that_dies_while_looking_again_leaves_the_draft_to_the_next(cast: Cast, waiting: Draft) -> None:
    changes("returns", body=SIXTY)
    with acting_as(ASSISTANT):
        assert recheck._begin(waiting.pk) is not None  # and then the process is gone
    assert now(waiting).state == "composing"
    recheck.recheck_draft(waiting.pk)
    assert (now(waiting).state, "60 days" in now(waiting).text) == ("in_review", True)
    assert not any(broken().values())
