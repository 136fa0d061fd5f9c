"""The rights of everybody on everything, generated from the catalogue and held against an oracle that never read a policy."""

import pytest
from django.db import ProgrammingError, connection

from accounts.models import User
from conversations.models import Conversation
from core.context import Actor, acting_as
from core.rls import unprotected_tables
from tests.cast import Cast, conversation
from tests.house import matrix
from tests.house.oracle import ORACLE, UNIFORM
from tests.house.world import fill, owner_sql


@pytest.fixture
def principals(db: None, cast: Cast) -> matrix.Principals:
    fill(cast)
    return matrix.Principals(cast)


def test_the_tests_connect_as_a_role_that_owns_nothing_and_bypasses_nothing(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls, rolcreaterole, rolinherit FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False, False, False)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
        assert cursor.fetchone() == (0,)


def test_every_table_that_anybody_may_touch_is_under_forced_row_security_and_in_the_oracle(db: None) -> None:
    assert unprotected_tables("owner") == []
    assert [table for table in matrix.granted_tables() if table not in ORACLE] == []


def test_no_right_is_given_to_everybody(db: None) -> None:
    granted = owner_sql(
        "SELECT relname FROM pg_class c, aclexplode(c.relacl) a JOIN pg_namespace n ON true"
        " WHERE c.relnamespace = n.oid AND n.nspname IN ('public', 'sec') AND a.grantee = 0"
    )
    functions = owner_sql(
        "SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = 'sec' AND (p.proacl IS NULL OR EXISTS (SELECT 1 FROM aclexplode(p.proacl) a WHERE a.grantee = 0))"
    )
    assert (granted, functions) == ([], [])


def test_a_new_table_with_a_grant_and_no_policies_is_found(db: None) -> None:
    owner_sql("CREATE TABLE public.forgotten (id int)")
    try:
        owner_sql("GRANT SELECT ON public.forgotten TO cc_agent")
        assert unprotected_tables("owner") == ["forgotten"]
        assert "forgotten" in matrix.granted_tables() and "forgotten" not in ORACLE
    finally:
        owner_sql("DROP TABLE public.forgotten")


def test_everybody_sees_and_changes_exactly_what_the_table_of_rights_says(principals: matrix.Principals) -> None:
    vacuous = [table for table in ORACLE if table not in UNIFORM and len(matrix.rows_of(table)) < 2]
    assert vacuous == []
    assert [line for table in ORACLE for line in matrix.failures(table, principals)] == []


def test_the_matrix_notices_every_policy_that_is_too_wide_or_too_narrow(principals: matrix.Principals) -> None:
    survivors, killed = [], 0
    for table, name, command, using, check in matrix.policies():
        role = f"cc_{name.split('_')[0]}"
        for value in ("true", "false"):
            with matrix.mutated(table, name, value if using else None, value if check else None):
                if matrix.failures(table, principals, role=role, verbs=(command.lower(),)):
                    killed += 1
                else:
                    survivors.append((table, name, value))
    print(f"policy mutants: {killed} killed, {len(survivors)} survived")
    assert survivors == []
    assert killed > 200


def test_taking_force_away_from_any_table_is_noticed(db: None) -> None:
    for table in ORACLE:
        owner_sql(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')
        try:
            assert unprotected_tables("owner") == [table]
        finally:
            owner_sql(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')


def test_without_an_actor_every_query_fails(db: None, cast: Cast) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        list(User.objects.all())


def test_a_lost_role_counts_at_the_very_next_statement(db: None, cast: Cast) -> None:
    conversation(cast.orders, cast.cara)
    with acting_as(Actor.of(cast.ana)):
        assert Conversation.objects.count() == 1
        owner_sql("UPDATE accounts_user SET role = 'supervisor' WHERE id = %s", cast.ana.pk)
        assert Conversation.objects.count() == 0


def test_a_pooled_connection_keeps_nothing_of_the_actor_before(db: None, cast: Cast) -> None:
    with acting_as(Actor.of(cast.ana)):
        pass
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('role'), nullif(current_setting('app.token', true), '')")
        assert cursor.fetchone() == ("none", None)


def test_an_inner_actor_ends_with_its_block(db: None, cast: Cast) -> None:
    conversation(cast.orders, cast.cara)
    conversation(cast.app, cast.dan)
    with acting_as(Actor.of(cast.ana)):
        with acting_as(Actor.system("inner")):
            assert Conversation.objects.count() == 2
        assert Conversation.objects.count() == 1
        with pytest.raises(ValueError), acting_as(Actor.system("inner")):
            raise ValueError
        assert Conversation.objects.count() == 1


def test_sql_injected_into_a_request_cannot_become_somebody_else(db: None, cast: Cast) -> None:
    with acting_as(Actor.of(cast.ana)), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.token', %s, true)", [f"system.0.0.9999999999.{'0' * 64}"])
        cursor.execute("SELECT set_config('role', 'cc_system', true)")
        cursor.execute("SELECT count(*) FROM conversations_conversation")
        assert cursor.fetchone() == (0,)
