"""Taking the next conversation: the best that is free, never the same for two, and why."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from approvals.models import Draft
from conversations import taking
from conversations.models import Conversation, Presence
from core.context import Actor, acting_as
from tests.cast import Cast, conversation
from tests.conversations.test_queue_views import matter
from tests.sockets import signed_in

NOW = timezone.now()  # of the import: exact times are taken where they matter
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def owner_of(matter: Conversation) -> int | None:
    return Conversation.objects.using("owner").get(pk=matter.pk).assignee_id


def test_the_most_urgent_comes_first_then_what_is_due_first(ana: Client, cast: Cast) -> None:
    later = matter(cast, due_at=NOW + timedelta(hours=3))
    soon = matter(cast, due_at=NOW + timedelta(minutes=4, seconds=5))
    urgent = matter(cast, due_at=NOW + timedelta(hours=5), priority=2)
    order = [ana.post("/queue/next/")["Location"] for _ in range(3)]
    assert order == [f"/conversations/{one.pk}/?view=mine" for one in (urgent, soon, later)]
    assert {owner_of(one) for one in (later, soon, urgent)} == {cast.ana.pk}


def test_it_says_why_this_one(ana: Client, cast: Cast) -> None:
    made = matter(cast, due_at=timezone.now() + timedelta(minutes=4, seconds=20), priority=2)
    answer = ana.post("/queue/next/", headers=HX)
    assert answer["HX-Redirect"] == f"/conversations/{made.pk}/?view=mine"
    assert "Yours now. Due in 4 minutes, urgent." in ana.get(answer["HX-Redirect"]).content.decode()


@pytest.mark.parametrize(
    ("minutes", "says"),
    [(None, "Nothing is due before it"), (-6, "6 minutes over"), (60 * 5, "Due in 5 hours"), (60 * 72, "Due in 3 days")],
)
def test_it_says_how_much_time_is_left(cast: Cast, minutes: int | None, says: str) -> None:
    matter(cast, due_at=None if minutes is None else timezone.now() + timedelta(minutes=minutes))
    with cast.acting(cast.ana):
        taken = taking.take_next(cast.ana)
    assert taken is not None and taken.why == says


def test_what_somebody_has_looks_at_reviews_or_may_not_see_is_not_free(ana: Client, cast: Cast) -> None:
    matter(cast, assignee=cast.sam)
    matter(cast, state="snoozed")
    kept = matter(cast, assignee=cast.sam)
    matter(cast, merged_into=kept)
    matter(cast, team_id=cast.app_team.pk)
    conversation(cast.app, cast.dan)
    looked_at = matter(cast)
    Presence.objects.using("owner").create(conversation_id=looked_at.pk, inbox_id=cast.orders.pk, user_id=cast.sam.pk)
    reviewed, message = conversation(cast.orders, cast.cara)
    Draft.objects.using("owner").create(
        conversation_id=reviewed.pk, inbox_id=cast.orders.pk, in_reply_to_id=message.pk, state="composing",
        deadline=NOW + timedelta(minutes=5),
    )  # fmt: skip
    Draft.objects.using("owner").update(
        state="in_review", version=2, claimed_by=cast.sam.pk, claimed_until=timezone.now() + timedelta(minutes=2)
    )
    answer = ana.post("/queue/next/", headers=HX)
    assert "HX-Redirect" not in answer and "Nothing is free right now" in answer.content.decode()
    assert ana.post("/queue/next/")["Location"] == "/queue/"
    assert "Nothing is free right now" in ana.get("/queue/").content.decode()
    assert Conversation.objects.using("owner").filter(assignee=cast.ana).count() == 0
    Presence.objects.using("owner").update(seen_at=NOW - timedelta(minutes=3))
    assert ana.post("/queue/next/")["Location"] == f"/conversations/{looked_at.pk}/?view=mine"
    Draft.objects.using("owner").update(claimed_until=NOW - timedelta(minutes=1))
    assert ana.post("/queue/next/")["Location"] == f"/conversations/{reviewed.pk}/?view=mine"


def test_one_s_own_page_does_not_stand_in_the_way(ana: Client, cast: Cast) -> None:
    made = matter(cast)
    Presence.objects.using("owner").create(conversation_id=made.pk, inbox_id=cast.orders.pk, user_id=cast.ana.pk)
    assert ana.post("/queue/next/")["Location"] == f"/conversations/{made.pk}/?view=mine"


def test_two_who_ask_at_once_never_get_the_same(cast: Cast) -> None:
    for n in range(12):
        matter(cast, due_at=NOW + timedelta(minutes=n))
    both, took = threading.Barrier(2), {cast.ana.pk: [], cast.sam.pk: []}

    def take(user) -> None:
        for _ in range(6):
            both.wait(timeout=20)
            with acting_as(Actor.of(user)):
                taken = taking.take_next(user)
                took[user.pk].append(taken.conversation.pk if taken else None)
        connection.close()

    threads = [threading.Thread(target=take, args=[user]) for user in (cast.ana, cast.sam)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    everything = took[cast.ana.pk] + took[cast.sam.pk]
    assert None not in everything and len(everything) == len(set(everything)) == 12
    for user, matters in took.items():
        assert {Conversation.objects.using("owner").get(pk=pk).assignee_id for pk in matters} == {user}


def test_looking_does_not_take(ana: Client, cast: Cast) -> None:
    made = matter(cast)
    assert ana.get("/queue/next/").status_code == 405
    assert signed_in(cast.ada).post("/queue/next/").status_code == 403
    assert owner_of(made) is None
