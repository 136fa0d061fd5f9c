"""Rights: who changes them, when they count, what ends with them. Told in the database's own terms and over a real socket."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection

from accounts import people, roles, sessions, teams
from accounts.models import Membership, Session, Team, User
from conversations import assignment
from conversations.models import Conversation
from core.context import Actor, acting_as
from core.live import RIGHTS_CHANGED, in_thread
from core.models import AuditEvent
from tests.cast import SYSTEM, Cast, conversation
from tests.house.world import owner_sql
from tests.sockets import WAIT, opened, signed_in


def said(event: str) -> list[dict[str, Any]]:
    """The facts of every such event, with whom it is about and who did it."""
    found = AuditEvent.objects.using("owner").filter(event=event).order_by("pk")
    return [one.facts | {"about": one.subject_id, "by": (one.actor_kind, one.actor_id)} for one in found]


# --- Who changes them, and what is written down ---------------------------------------------------------------------------------


def test_a_granted_role_is_written_down_with_the_one_before(cast: Cast) -> None:
    with cast.acting(cast.ada):
        roles.grant(cast.ana, "supervisor", by=cast.ada)
    assert cast.fresh(cast.ana).role == "supervisor"
    assert said("role.granted") == [{"role": "supervisor", "was": "agent", "about": cast.ana.pk, "by": ("admin", cast.ada.pk)}]


def test_granting_the_role_one_has_says_nothing(cast: Cast) -> None:
    with cast.acting(cast.ada):
        roles.grant(cast.ana, "agent", by=cast.ada)
    assert said("role.granted") == []
    assert cast.fresh(cast.ana).epoch == cast.ana.epoch


@pytest.mark.parametrize("name", ["ana", "sam"])
@pytest.mark.parametrize(
    "change",
    [
        lambda cast, by: roles.grant(cast.ben, "admin", by=by),
        lambda cast, by: roles.grant(by, "admin", by=by),
        lambda cast, by: roles.deactivate(cast.ben, by=by),
        lambda cast, by: roles.reactivate(cast.mallory, by=by),
        lambda cast, by: roles.join(by, cast.app_team, by=by),
        lambda cast, by: roles.leave(cast.ben, cast.app_team, by=by),
        lambda cast, by: people.set_password(cast.ben, "a new password", by=by),
        lambda cast, by: teams.remove(cast.app_team, by=by),
    ],
)
def test_only_admins_change_rights(cast: Cast, name: str, change: Callable[[Cast, User], None]) -> None:
    before = everything()
    with pytest.raises((DatabaseError, User.DoesNotExist)), cast.acting(getattr(cast, name)):
        change(cast, getattr(cast, name))
    assert everything() == before


def everything() -> list[Any]:
    users = list(User.objects.using("owner").order_by("pk").values_list("pk", "role", "is_active", "epoch", "password"))
    memberships = list(Membership.objects.using("owner").order_by("pk").values_list("user", "team"))
    return [users, memberships, AuditEvent.objects.using("owner").count(), Team.objects.using("owner").count()]


def test_joining_and_leaving_a_team_is_written_down_once(cast: Cast) -> None:
    with cast.acting(cast.ada):
        roles.join(cast.ana, cast.app_team, by=cast.ada)
        roles.join(cast.ana, cast.app_team, by=cast.ada)
        roles.leave(cast.ana, cast.orders_team, by=cast.ada)
        roles.leave(cast.ana, cast.orders_team, by=cast.ada)
    assert [team.pk for team in Team.objects.using("owner").filter(members=cast.ana)] == [cast.app_team.pk]
    assert [one["team"] for one in said("team.joined") + said("team.left")] == [cast.app_team.pk, cast.orders_team.pk]


def test_nobody_takes_the_admin_role_or_the_access_from_himself(cast: Cast) -> None:
    with cast.acting(cast.ada):
        with pytest.raises(roles.Refused, match="take the admin role from yourself"):
            roles.grant(cast.ada, "agent", by=cast.ada)
        with pytest.raises(roles.Refused, match="deactivate yourself"):
            roles.deactivate(cast.ada, by=cast.ada)
    assert (cast.fresh(cast.ada).role, cast.fresh(cast.ada).is_active) == ("admin", True)
    assert said("role.granted") == said("user.deactivated") == []


def test_two_admins_who_demote_each_other_at_the_same_moment_leave_one(cast: Cast) -> None:
    owner_sql("UPDATE accounts_user SET role = 'admin' WHERE id = %s", cast.sam.pk)
    sam = cast.fresh(cast.sam)
    both_in = threading.Barrier(2)
    lost: list[str] = []

    def demote(by: User, other: User) -> None:
        try:
            with acting_as(Actor.of(by)):
                both_in.wait(WAIT)
                roles.grant(other, "agent", by=by)
        except (roles.Refused, DatabaseError, User.DoesNotExist) as refused:
            lost.append(type(refused).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=demote, args=pair) for pair in ((cast.ada, sam), (sam, cast.ada))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert len(lost) == 1
    assert User.objects.using("owner").filter(role="admin", is_active=True).count() == 1


# --- When they count -------------------------------------------------------------------------------------------------------------


def test_a_change_counts_at_the_next_statement_of_another_connection(cast: Cast) -> None:
    conversation(cast.orders, cast.cara)
    demoted, seen = threading.Event(), []

    def reads() -> None:
        with acting_as(Actor.of(cast.ana)):
            seen.append(Conversation.objects.count())
            assert demoted.wait(WAIT)
            seen.append(Conversation.objects.count())
        connection.close()

    reader = threading.Thread(target=reads)
    reader.start()
    while not seen:
        threading.Event().wait(0.01)
    with cast.acting(cast.ada):
        roles.grant(cast.ana, "supervisor", by=cast.ada)
    demoted.set()
    reader.join(WAIT)
    assert seen == [1, 0]


@pytest.mark.parametrize(
    "change",
    [
        lambda cast: roles.grant(cast.ana, "supervisor", by=cast.ada),
        lambda cast: roles.deactivate(cast.ana, by=cast.ada),
        lambda cast: roles.join(cast.ana, cast.app_team, by=cast.ada),
        lambda cast: roles.leave(cast.ana, cast.orders_team, by=cast.ada),
        lambda cast: people.set_password(cast.ana, "a new password", by=cast.ada),
    ],
)
async def test_every_change_of_rights_closes_the_open_sockets(
    cast: Cast, hub_ends: None, change: Callable[[Cast], None]
) -> None:
    ana, sam = await opened(cast.ana), await opened(cast.sam)

    def by_ada() -> None:
        with acting_as(Actor.of(cast.ada)):
            change(cast)

    await in_thread(by_ada)()
    closed = await ana.receive_output(timeout=WAIT)
    assert (closed["type"], closed["code"]) == ("websocket.close", RIGHTS_CHANGED)
    assert await sam.receive_nothing(timeout=0.5)
    await sam.disconnect()


def test_a_change_that_is_rolled_back_closes_nothing_and_ends_nothing(cast: Cast) -> None:
    client = signed_in(cast.ana)
    with pytest.raises(ValueError), cast.acting(cast.ada):
        roles.deactivate(cast.ana, by=cast.ada)
        raise ValueError
    assert client.get("/queue/").status_code == 200
    assert said("user.deactivated") == []


# --- What ends with them -----------------------------------------------------------------------------------------------------------


def test_whoever_is_deactivated_is_signed_out_everywhere_at_once(cast: Cast) -> None:
    laptop, phone, sams = signed_in(cast.ana), signed_in(cast.ana), signed_in(cast.sam)
    with cast.acting(cast.ada):
        roles.deactivate(cast.ana, by=cast.ada)
    assert not Session.objects.using("owner").filter(user=cast.ana).exists()
    for client in (laptop, phone):
        assert client.get("/queue/")["Location"].startswith("/accounts/login/")
    assert sams.get("/queue/").status_code == 200


def test_reactivated_he_may_come_in_again_but_old_sessions_stay_ended(cast: Cast) -> None:
    before = signed_in(cast.ana)
    with cast.acting(cast.ada):
        roles.deactivate(cast.ana, by=cast.ada)
        roles.reactivate(cast.ana, by=cast.ada)
    assert before.get("/queue/").status_code == 302
    assert signed_in(cast.fresh(cast.ana)).get("/queue/").status_code == 200


def test_a_password_set_by_an_admin_ends_the_others_sessions_and_not_his_own(cast: Cast) -> None:
    anas, adas = signed_in(cast.ana), signed_in(cast.ada)
    with cast.acting(cast.ada):
        people.set_password(cast.ana, "another one, longer", by=cast.ada)
    assert anas.get("/queue/").status_code == 302
    assert adas.get("/admin/").status_code == 200
    assert said("user.password_set") == [{"about": cast.ana.pk, "by": ("admin", cast.ada.pk)}]


def test_ending_sessions_ends_nobody_else_s(cast: Cast) -> None:
    signed_in(cast.ana), signed_in(cast.sam)
    sessions.end_all(cast.ana)
    assert [one.user_id for one in Session.objects.using("owner").all()] == [cast.sam.pk]


def test_open_work_of_somebody_who_left_returns_to_the_team(cast: Cast) -> None:
    mine, waiting, done, sams = (taken(cast, to) for to in (cast.ana, cast.ana, cast.ana, cast.sam))
    owner_sql("UPDATE conversations_conversation SET state = 'waiting', version = version + 1 WHERE id = %s", waiting.pk)
    owner_sql("UPDATE conversations_conversation SET state = 'resolved', version = version + 1 WHERE id = %s", done.pk)
    with cast.acting(cast.ada):
        roles.deactivate(cast.ana, by=cast.ada)
        assert assignment.release_unreachable(by=cast.ada, assignee=cast.ana) == 2
    assert [assignee_of(one) for one in (mine, waiting, done, sams)] == [None, None, None, cast.sam.pk]
    assert [one["about"] for one in said("conversation.assigned")] == [mine.pk, waiting.pk]
    assert {(one["left"], one["by"]) for one in said("conversation.assigned")} == {(cast.ana.pk, ("system", 0))}


def test_where_the_assistant_was_silent_for_him_somebody_is_asked_for(cast: Cast) -> None:
    one = taken(cast, cast.ana)
    owner_sql("UPDATE conversations_conversation SET assistant_paused = true WHERE id = %s", one.pk)
    with cast.acting(cast.ada):
        roles.deactivate(cast.ana, by=cast.ada)
        assignment.release_unreachable(by=cast.ada, assignee=cast.ana)
    found = Conversation.objects.using("owner").get(pk=one.pk)
    assert (found.needs_person, found.priority) == ("Was with Ana Cast", 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda cast: roles.leave(cast.ana, cast.orders_team, by=cast.ada),
        lambda cast: roles.grant(cast.ana, "admin", by=cast.ada),
    ],
)
def test_what_somebody_may_no_longer_see_is_no_longer_his(cast: Cast, change: Callable[[Cast], None]) -> None:
    one = taken(cast, cast.ana)
    with cast.acting(cast.ada):
        change(cast)
        assert assignment.release_unreachable(by=cast.ada, assignee=cast.ana) == 1
    assert assignee_of(one) is None


def test_whoever_still_sees_his_work_keeps_it(cast: Cast) -> None:
    one = taken(cast, cast.ana)
    with cast.acting(cast.ada):
        roles.grant(cast.ana, "supervisor", by=cast.ada)
        assert assignment.release_unreachable(by=cast.ada, assignee=cast.ana) == 0
    assert assignee_of(one) == cast.ana.pk


def taken(cast: Cast, to: User) -> Conversation:
    matter, _ = conversation(cast.orders, cast.cara)
    with acting_as(SYSTEM):
        Conversation.objects.filter(pk=matter.pk).update(assignee=to)
    return matter


def assignee_of(matter: Conversation) -> int | None:
    return Conversation.objects.using("owner").get(pk=matter.pk).assignee_id


def test_an_old_address_lets_nobody_in_after_it_was_corrected(cast: Cast) -> None:
    owner_sql(
        'INSERT INTO account_emailaddress (user_id, email, verified, "primary") VALUES (%s, %s, true, true)',
        cast.ana.pk,
        cast.ana.email,
    )
    with cast.acting(cast.ada):
        people.correct(cast.ana, by=cast.ada, email="anna@cast.example")
    assert owner_sql("SELECT count(*) FROM account_emailaddress") == [(0,)]
    assert cast.fresh(cast.ana).email == "anna@cast.example"
    assert said("user.changed") == [{"changed": ["email"], "about": cast.ana.pk, "by": ("admin", cast.ada.pk)}]
