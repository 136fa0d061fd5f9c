"""A draft in front of one reviewer is left to him for two minutes, and of two who decide at once one wins."""

import threading
import uuid
from collections.abc import Callable

import pytest
from django.db import connections
from django.test import Client

from approvals import claiming, queries, review
from approvals.consumers import stack_frame
from approvals.models import Decision, Draft
from conversations.models import Message
from core.claims import LostClaim
from tests.approvals.test_screens import HX, decision, now, waiting_draft
from tests.cast import Cast, conversation
from tests.house.world import owner_sql
from tests.sockets import signed_in


@pytest.fixture
def draft(cast: Cast, db) -> Draft:
    return waiting_draft(conversation(cast.orders, cast.cara)[1])


@pytest.fixture
def other(cast: Cast, draft: Draft) -> Draft:
    """A second draft, less urgent."""
    return waiting_draft(conversation(cast.orders, cast.cara, "And the second?")[1])


@pytest.fixture
def sam(cast: Cast) -> Client:
    return signed_in(cast.sam)


def claim(client: Client, draft: Draft, **values: str) -> str:
    answer = client.post(f"/drafts/{draft.pk}/claim/", values, **HX)
    assert answer.status_code == 200
    return answer.content.decode()


def first_shown(client: Client) -> int:
    return int(client.get("/approvals/").context["draft"].pk)


def expire(draft: Draft) -> None:
    owner_sql("UPDATE approvals_draft SET claimed_until = now() - interval '1 second' WHERE id = %s", draft.pk)


def test_what_one_looks_at_is_skipped_by_the_next_and_shown_as_such(ana, sam, cast: Cast, draft: Draft, other: Draft) -> None:
    claim(ana, draft)
    assert first_shown(sam) == other.pk and first_shown(ana) == draft.pk
    assert "Ana is looking at this" in sam.get("/approvals/").content.decode()
    assert "Ana is looking at this" not in ana.get("/approvals/").content.decode()


def test_looking_at_another_one_lets_go_of_the_first(ana, sam, draft: Draft, other: Draft) -> None:
    claim(ana, draft)
    claim(ana, other)
    assert first_shown(sam) == draft.pk and now(draft).claimed_by_id is None


def test_a_claim_ends_after_two_minutes_and_is_renewed_by_looking(ana, sam, cast: Cast, draft: Draft) -> None:
    claim(ana, draft)
    [(seconds,)] = owner_sql("SELECT extract(epoch FROM claimed_until - now()) FROM approvals_draft WHERE id = %s", draft.pk)
    assert 110 < seconds <= 120
    owner_sql("UPDATE approvals_draft SET claimed_until = now() + interval '1 second' WHERE id = %s", draft.pk)
    claim(ana, draft)
    [(seconds,)] = owner_sql("SELECT extract(epoch FROM claimed_until - now()) FROM approvals_draft WHERE id = %s", draft.pk)
    assert seconds > 110
    expire(draft)
    assert first_shown(sam) == draft.pk
    assert "is looking at this" not in sam.get("/approvals/").content.decode()


def test_a_second_reviewer_is_told_and_may_take_it_explicitly(ana, sam, cast: Cast, draft: Draft) -> None:
    claim(ana, draft)
    assert "Ana is looking at this" in claim(sam, draft) and now(draft).claimed_by_id == cast.ana.pk
    assert "is looking at this" not in claim(sam, draft, take="1") and now(draft).claimed_by_id == cast.sam.pk
    assert "Sam is looking at this" in claim(ana, draft)


@pytest.mark.parametrize("where", ["approvals", "dock"])
@pytest.mark.parametrize("action", ["approve", "reject", "take_over"])
def test_nobody_decides_what_a_colleague_has_in_front_of_him(ana, sam, draft: Draft, action: str, where: str) -> None:
    claim(ana, draft)
    wanted = decision(draft, action, reason="tone", **{"from": where})
    refused = sam.post(f"/drafts/{draft.pk}/decisions/", wanted, **HX)
    assert refused.status_code == 409 and "Ana is looking at this draft" in refused.content.decode()
    assert now(draft).state == "in_review" and not Decision.objects.using("owner").exists()
    expire(draft)
    assert sam.post(f"/drafts/{draft.pk}/decisions/", wanted, **HX).status_code == 200


def test_deciding_without_a_claim_works_while_nobody_has_one(sam, draft: Draft) -> None:
    assert sam.post(f"/drafts/{draft.pk}/decisions/", decision(draft, "approve"), **HX).status_code == 200


def test_the_next_one_is_in_front_of_the_reviewer_at_once(ana, sam, cast: Cast, draft: Draft, other: Draft) -> None:
    claim(ana, draft)
    ana.post(f"/drafts/{draft.pk}/decisions/", decision(draft, "approve"), **HX)
    assert now(other).claimed_by_id == cast.ana.pk
    done = sam.get("/approvals/")
    assert done.context.get("draft") is None and "colleague is looking at it" in done.content.decode()


def test_another_team_s_draft_cannot_be_claimed(cast: Cast, draft: Draft) -> None:
    assert signed_in(cast.ben).post(f"/drafts/{draft.pk}/claim/", {"take": "1"}, **HX).status_code == 404
    assert signed_in(cast.ada).post(f"/drafts/{draft.pk}/claim/", **HX).status_code == 403
    assert now(draft).claimed_by_id is None


def test_a_decided_draft_cannot_be_claimed(ana, sam, draft: Draft) -> None:
    sam.post(f"/drafts/{draft.pk}/decisions/", decision(draft, "reject", reason="tone"), **HX)
    claim(ana, draft, take="1")
    assert now(draft).claimed_by_id is None


def at_once(*deeds: Callable[[], None]) -> list[BaseException | None]:
    """Each in a thread of its own, all let go at one moment; what each raised."""
    start, raised = threading.Barrier(len(deeds)), list[BaseException | None]([None] * len(deeds))

    def run(place: int, deed: Callable[[], None]) -> None:
        start.wait(10)
        try:
            deed()
        except LostClaim as lost:
            raised[place] = lost
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, deed)) for place, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return raised


@pytest.mark.parametrize(
    "actions", [("approve", "approve"), ("approve", "reject"), ("take_over", "approve"), ("reject", "take_over")]
)
def test_of_two_reviewers_at_one_moment_exactly_one_decides(cast: Cast, draft: Draft, actions: tuple[str, str]) -> None:
    def deed(user, action: str) -> Callable[[], None]:
        def run() -> None:
            facts = {"by": user, "version": draft.version, "request_key": uuid.uuid4()}
            with cast.acting(user):
                seen = Draft.objects.select_related("conversation").get(pk=draft.pk)
                if action == "reject":
                    review.reject(seen, reason="tone", **facts)
                else:
                    getattr(review, action)(seen, **facts)

        return run

    raised = at_once(deed(cast.ana, actions[0]), deed(cast.sam, actions[1]))
    assert sum(one is None for one in raised) == 1, raised
    assert Decision.objects.using("owner").filter(draft=draft).count() == 1
    assert Message.objects.using("owner").filter(direction="out").count() == (now(draft).state == "sent")


def test_of_two_who_open_it_at_one_moment_one_has_it(cast: Cast, draft: Draft) -> None:
    got = []

    def look(user) -> Callable[[], None]:
        def run() -> None:
            with cast.acting(user):
                got.append(claiming.claim(queries.draft(draft.pk), by=user))

        return run

    at_once(look(cast.ana), look(cast.sam))
    assert sorted(other is None for other in got) == [False, True]


def test_a_page_that_was_opened_hears_who_looks_at_what(cast: Cast, draft: Draft) -> None:
    with cast.acting(cast.ana):
        claiming.claim(queries.draft(draft.pk), by=cast.ana)
        frame = stack_frame(queries.draft(draft.pk))
    mine, others = f"#stack[data-me=&quot;{cast.ana.pk}&quot;]", f"#stack:not([data-me=&quot;{cast.ana.pk}&quot;])"
    for target, is_told in ((mine, False), (others, True)):
        part = frame.split(f'hx-target="{target} ')[1].split("</hx-partial>")[0]
        assert ("Ana is looking at this" in part) is is_told
