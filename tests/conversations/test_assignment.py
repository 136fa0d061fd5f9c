"""Who gets a conversation: by hand, by team, in turn, by load; and what becomes of it when that person is not there."""

import threading
from typing import Any

import pytest
from django.db import connection

from accounts import roles, tokens
from accounts.models import Membership, User
from conversations import availability, distribution
from conversations.assignment import assign, give_to_team, hand_over, release_unreachable, reopen, resolve
from conversations.models import Conversation
from core.context import acting_as
from core.models import AuditEvent, Job
from tests.build import arrives, run_jobs
from tests.cast import SYSTEM, Cast, conversation, person
from tests.conversations.test_screens import HX
from tests.house.world import owner_sql
from tests.sockets import signed_in


def found(one: Conversation) -> Conversation:
    return Conversation.objects.using("owner").select_related("assignee").get(pk=one.pk)


def told(one: Conversation) -> list[dict[str, Any]]:
    events = AuditEvent.objects.using("owner").filter(subject_id=one.pk, event="conversation.assigned").order_by("pk")
    return [event.facts for event in events]


def hands_out(cast: Cast, how: str) -> None:
    owner_sql("UPDATE conversations_inbox SET distribution = %s", how)


def colleague(cast: Cast, name: str, **fields: Any) -> User:
    one = person(name, "agent", **fields)
    Membership.objects.using("owner").create(user=one, team=cast.orders_team)
    return cast.fresh(one)


def needing(cast: Cast) -> Conversation:
    """A conversation that the assistant has just handed over."""
    matter, _ = conversation(cast.orders, cast.cara)
    with acting_as(SYSTEM):
        matter = Conversation.objects.select_related("inbox").get(pk=matter.pk)
        hand_over(matter, reason="Asked for a person")
    return matter


def alone(cast: Cast) -> None:
    """Nobody but Ana answers for the orders inbox."""
    owner_sql("UPDATE accounts_user SET availability = 'away' WHERE id = %s", cast.sam.pk)


def test_by_hand_nobody_is_given_anything(cast: Cast) -> None:
    one = needing(cast)
    run_jobs()
    assert found(one).assignee_id is None


def test_in_turn_the_one_whose_last_turn_is_longest_ago_is_next(cast: Cast) -> None:
    hands_out(cast, "round_robin")
    zoe = colleague(cast, "Zoe")
    given = []
    for _ in range(4):
        one = needing(cast)
        run_jobs()
        given.append(found(one).assignee_id)
    assert given == [cast.ana.pk, cast.sam.pk, zoe.pk, cast.ana.pk]
    assert told(one)[-1]["why"] == "in_turn"


def test_by_load_the_one_with_the_fewest_open_conversations_is_next(cast: Cast) -> None:
    hands_out(cast, "load")
    alone(cast)
    zoe = colleague(cast, "Zoe")
    for _ in range(2):
        matter, _ = conversation(cast.orders, cast.cara)
        owner_sql("UPDATE conversations_conversation SET assignee_id = %s WHERE id = %s", cast.ana.pk, matter.pk)
    given = []
    for _ in range(3):
        one = needing(cast)
        run_jobs()
        given.append(found(one).assignee_id)
    assert given[:2] == [zoe.pk, zoe.pk]
    assert told(one)[-1]["why"] == "load"
    page = signed_in(cast.ana).get(f"/conversations/{one.pk}/").content.decode()
    assert f"Assigned to {found(one).assignee.name}: fewest open conversations" in page


@pytest.mark.parametrize("state", ["busy", "away"])
def test_only_people_who_are_available_are_given_anything(cast: Cast, state: str) -> None:
    hands_out(cast, "load")
    alone(cast)
    owner_sql("UPDATE accounts_user SET availability = %s WHERE id = %s", state, cast.ana.pk)
    one = needing(cast)
    run_jobs()
    assert found(one).assignee_id is None and found(one).needs_person == "Asked for a person"


def test_what_found_nobody_goes_to_whoever_comes_back(cast: Cast) -> None:
    hands_out(cast, "load")
    owner_sql("UPDATE accounts_user SET availability = 'away'")
    one = needing(cast)
    run_jobs()
    assert found(one).assignee_id is None
    with cast.acting(cast.ana):
        availability.choose(cast.ana, "available")
    run_jobs()
    assert found(one).assignee_id == cast.ana.pk


def test_nobody_gets_more_than_he_can_hold_however_many_come_at_once(cast: Cast) -> None:
    hands_out(cast, "load")
    alone(cast)
    owner_sql("UPDATE accounts_user SET capacity = 2 WHERE id = %s", cast.ana.pk)
    matters = [needing(cast) for _ in range(5)]
    start = threading.Barrier(5)

    def give(pk: int) -> None:
        start.wait()
        distribution.distribute(pk)
        connection.close()

    threads = [threading.Thread(target=give, args=[one.pk]) for one in matters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(found(one).assignee_id) for one in matters) == sorted([str(cast.ana.pk)] * 2 + ["None"] * 3)


def test_a_person_who_claims_first_keeps_it(cast: Cast) -> None:
    hands_out(cast, "load")
    one = needing(cast)
    with cast.acting(cast.sam):
        assign(Conversation.objects.get(pk=one.pk), to=cast.sam, by=cast.sam)
    run_jobs()
    assert found(one).assignee_id == cast.sam.pk


def test_work_of_a_team_is_handed_out_within_the_team(cast: Cast) -> None:
    hands_out(cast, "load")
    owner_sql("INSERT INTO accounts_team (name, icon) VALUES ('Returns', '')")
    [(team,)] = owner_sql("SELECT id FROM accounts_team WHERE name = 'Returns'")
    owner_sql("INSERT INTO conversations_inboxteam (inbox_id, team_id) VALUES (%s, %s)", cast.orders.pk, team)
    zoe = person("Zoe", "agent")
    owner_sql("INSERT INTO accounts_membership (user_id, team_id) VALUES (%s, %s)", zoe.pk, team)
    matter, _ = conversation(cast.orders, cast.cara)
    owner_sql("UPDATE conversations_conversation SET assignee_id = %s WHERE id = %s", cast.ana.pk, matter.pk)
    with cast.acting(cast.sam):
        one = Conversation.objects.select_related("inbox").get(pk=matter.pk)
        give_to_team(one, cast.orders_team.__class__.objects.get(pk=team), by=cast.sam)
    assert (found(one).assignee_id, found(one).team_id) == (None, team)
    run_jobs()
    assert found(one).assignee_id == zoe.pk


def held_by(cast: Cast, user: User, state: str = "open") -> Conversation:
    matter, _ = conversation(cast.orders, cast.cara)
    until = "now() + interval '1 day'" if state == "snoozed" else "NULL"
    owner_sql(
        f"UPDATE conversations_conversation SET assignee_id = %s, state = %s, version = version + %s, snoozed_until = {until} WHERE id = %s",
        user.pk, state, int(state != "open"), matter.pk,
    )  # fmt: skip
    return matter


def test_going_away_returns_what_waits_for_us_and_keeps_the_rest(cast: Cast) -> None:
    waits, answered, aside = (held_by(cast, cast.ana, state) for state in ("open", "waiting", "snoozed"))
    with cast.acting(cast.ana):
        changed = availability.choose(cast.ana, "away")
    assert (changed.returned, changed.kept) == ([waits.pk], 2)
    assert [found(one).assignee_id for one in (waits, answered, aside)] == [None, cast.ana.pk, cast.ana.pk]
    assert found(waits).needs_person == "Was with Ana Cast, who is away"
    assert told(waits) == [{"to": None, "left": cast.ana.pk, "why": "away"}]


def test_what_he_kept_returns_when_the_customer_writes_while_he_is_away(cast: Cast) -> None:
    answered = held_by(cast, cast.ana, "waiting")
    with cast.acting(cast.ana):
        availability.choose(cast.ana, "away")
    arrives(cast.orders, "And where is the other parcel?", conversation=answered.pk)
    assert (found(answered).state, found(answered).assignee_id) == ("open", None)
    assert found(answered).needs_person == "Was with Ana Cast, who is away"


def test_coming_back_at_once_takes_back_what_nobody_has_taken(cast: Cast) -> None:
    hands_out(cast, "load")
    one, other = held_by(cast, cast.ana), held_by(cast, cast.ana)
    with cast.acting(cast.ana):
        changed = availability.choose(cast.ana, "away")
    with cast.acting(cast.sam):
        assign(Conversation.objects.get(pk=other.pk), to=cast.sam, by=cast.sam)
    assert Job.objects.using("owner").filter(kind__endswith="distribute", state="ready").count() == 2
    with cast.acting(cast.ana):
        availability.choose(cast.ana, "available")
        assert availability.take_back(cast.ana, changed.returned) == (1, 1)
    assert (found(one).assignee_id, found(other).assignee_id) == (cast.ana.pk, cast.sam.pk)
    assert found(one).needs_person == ""
    run_jobs()
    assert found(one).assignee_id == cast.ana.pk


def test_a_resolved_one_opened_again_by_hand_goes_to_its_owner_or_to_the_team(cast: Cast) -> None:
    one, other = held_by(cast, cast.ana), held_by(cast, cast.ana)
    with cast.acting(cast.sam):
        for matter in (one, other):
            resolve(Conversation.objects.get(pk=matter.pk), by=cast.sam)
        reopen(Conversation.objects.get(pk=one.pk), by=cast.sam)
    owner_sql("UPDATE accounts_user SET availability = 'away' WHERE id = %s", cast.ana.pk)
    with cast.acting(cast.sam):
        reopen(Conversation.objects.get(pk=other.pk), by=cast.sam)
    assert (found(one).assignee_id, found(other).assignee_id) == (cast.ana.pk, None)
    assert found(one).resolved_at is None


def test_a_deactivated_agent_leaves_her_work_to_the_team_and_her_name_on_what_she_did(cast: Cast) -> None:
    one, aside = held_by(cast, cast.ana), held_by(cast, cast.ana, "snoozed")
    ana = signed_in(cast.ana)
    with cast.acting(cast.ana):
        secret = tokens.issue(cast.ana, "her script", ["messages:read"])
        assign(Conversation.objects.get(pk=one.pk), to=cast.ana, by=cast.ana)
    with cast.acting(cast.ada):
        roles.deactivate(cast.ana, by=cast.ada)
        assert release_unreachable(by=cast.ada, assignee=cast.ana) == 2
    assert (found(one).assignee_id, found(aside).assignee_id) == (None, None)
    assert ana.get("/queue/").status_code == 302
    assert tokens.authenticate(secret) is None
    page = signed_in(cast.sam).get(f"/conversations/{one.pk}/").content.decode()
    assert "Assigned to Ana Cast" in page


def test_a_foreign_conversation_cannot_be_given_to_anybody(cast: Cast) -> None:
    one = held_by(cast, cast.ana)
    ben = signed_in(cast.ben)
    for path, data in (("assignment", {"me": "1"}), ("team", {"team": cast.app_team.pk}), ("priority", {"priority": "2"})):
        assert ben.post(f"/conversations/{one.pk}/{path}/", data, **HX).status_code == 404
    after = found(one)
    assert (after.assignee_id, after.team_id, after.priority, after.ownership) == (cast.ana.pk, None, 0, 1)
