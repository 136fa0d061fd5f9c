"""Runs every cell of the matrix: table x principal x verb, blind statements included, against the oracle."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import DatabaseError, connection, connections, transaction

from core.context import Actor, signed_identity
from tests.cast import Cast
from tests.house.oracle import ORACLE, Row, Who
from tests.house.world import owner_sql

DENIED = "42501"
GRANTED_TABLES = """
SELECT DISTINCT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attribute t ON t.attrelid = c.oid AND t.attnum > 0
 WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm')
   AND (EXISTS (SELECT 1 FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner)
     OR EXISTS (SELECT 1 FROM aclexplode(t.attacl) a WHERE a.grantee <> c.relowner)) ORDER BY 1
"""


def granted_tables() -> list[str]:
    """Every table or view that somebody besides the owner has any right to."""
    return [name for (name,) in owner_sql(GRANTED_TABLES)]


def rows_of(table: str) -> list[Row]:
    return [json.loads(text) for (text,) in owner_sql(f'SELECT to_json(t)::text FROM "{table}" t')]


def key_of(table: str) -> str:
    return {"accounts_session": "session_key"}.get(table, "id")


def teams_of(user: int) -> frozenset[int]:
    return frozenset(team for (team,) in owner_sql("SELECT team_id FROM accounts_membership WHERE user_id = %s", user))


def read_by(customer: int) -> frozenset[int]:
    """The messages that a customer may read."""
    rows = owner_sql(
        "SELECT id FROM conversations_message WHERE customer_id = %s AND direction <> 'note' AND published_at IS NOT NULL",
        customer,
    )
    return frozenset(pk for (pk,) in rows)


class Principals:
    """The principals of the matrix: each kind, two of some, and identities that are no good."""

    def __init__(self, cast: Cast) -> None:
        orders, app = frozenset({cast.orders.pk}), frozenset({cast.app.pk})
        cara, dan = frozenset({cast.cara.pk}), frozenset({cast.dan.pk})
        ana = Actor.of(cast.ana)
        gone = Actor.of(cast.mallory)
        good = [
            (Who("ana", "agent", cast.ana.pk, orders, cara, teams_of(cast.ana.pk)), ana),
            (Who("ben", "agent", cast.ben.pk, app, dan, teams_of(cast.ben.pk)), Actor.of(cast.ben)),
            (Who("sam", "supervisor", cast.sam.pk, orders, cara, teams_of(cast.sam.pk)), Actor.of(cast.sam)),
            (Who("ada", "admin", cast.ada.pk), Actor.of(cast.ada)),
            (
                Who("cara", "customer", cast.cara.pk, orders, messages=read_by(cast.cara.pk)),
                Actor.customer(cast.cara.pk),
            ),
            (Who("dan", "customer", cast.dan.pk, app, messages=read_by(cast.dan.pk)), Actor.customer(cast.dan.pk)),
            (Who("system", "system"), Actor.system("matrix")),
            (Who("door", "door"), Actor.door()),
        ]
        self.all: list[tuple[Who, str, str]] = [(who, f"cc_{who.kind}", signed_identity(actor)) for who, actor in good]
        token = signed_identity(ana)
        forged = token[:-1] + ("0" if token[-1] != "0" else "1")
        bad = {
            "deactivated": signed_identity(gone),
            "old epoch": signed_identity(Actor(kind="agent", id=ana.id, epoch=ana.epoch - 1)),
            "expired": signed_identity(ana, now=1_000_000),
            "forged": forged,
            "other kind": signed_identity(Actor.customer(cast.cara.pk)),
            "none": "",
        }
        self.all += [(Who(name, "", cast.ana.pk), "cc_agent", value) for name, value in bad.items()]
        self.all += [
            (Who(f"expired {who.kind}", ""), f"cc_{who.kind}", signed_identity(actor, now=1_000_000)) for who, actor in good
        ]
        self.all.append((Who("agent as supervisor", "", cast.ana.pk), "cc_supervisor", token))
        self.all.append((Who("agent as system", "", cast.ana.pk), "cc_system", token))


@contextmanager
def in_the_shoes_of(role: str, token: str) -> Iterator[Any]:
    """A transaction of the application's login as `role` with `token`, always rolled back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('role', %s, true), set_config('app.token', %s, true)", [role, token])
        yield cursor
        transaction.set_rollback(True)


def attempt(cursor: Any, sql: str, values: list[Any] | None = None) -> tuple[str, Any]:
    """("rows", what it gave or touched), ("denied", None) or ("broke", sqlstate) for any other refusal."""
    try:
        with transaction.atomic():
            cursor.execute(sql, values or [])
            outcome = cursor.fetchall() if cursor.description else cursor.rowcount
            transaction.set_rollback(True)  # the next cell finds the rows as they were
            return "rows", outcome
    except DatabaseError as error:
        cause = error.__cause__
        state = cause.sqlstate if isinstance(cause, psycopg.Error) else None
        return ("denied", None) if state == DENIED else ("broke", state)


def allowed(table: str, who: Who, verb: str) -> Any:
    return ORACLE.get(table, {}).get(who.kind, {}).get(verb)


VERBS = ("select", "insert", "update", "delete")


def failures(table: str, principals: Principals, *, role: str = "", verbs: tuple[str, ...] = VERBS) -> list[str]:
    """What a table does differently from the oracle, one line a cell; of one PostgreSQL role and some verbs if asked."""
    rows = rows_of(table)
    found = []
    for who, its_role, token in principals.all:
        if role in ("", its_role):
            with in_the_shoes_of(its_role, token) as cursor:
                cells = (CELLS[verb](cursor, table, rows, who) for verb in verbs)
                found += [f"{table} / {who.name}: {text}" for lines in cells for text in lines]
    return found


def _keys(table: str, rows: list[Row], rule: Any, who: Who) -> set[Any]:
    return {row[key_of(table)] for row in rows if rule is not None and rule(row, who)}


def _select(cursor: Any, table: str, rows: list[Row], who: Who) -> Iterator[str]:
    expected = _keys(table, rows, allowed(table, who, "select"), who)
    outcome, got = attempt(cursor, f'SELECT {key_of(table)} FROM "{table}"')
    seen = {key for (key,) in got} if outcome == "rows" else set()
    if seen != expected:
        yield f"select saw {sorted(map(str, seen))}, expected {sorted(map(str, expected))}"


def _update(cursor: Any, table: str, rows: list[Row], who: Who) -> Iterator[str]:
    columns = list(rows[0]) if rows else []
    rule, listed = allowed(table, who, "update") or (None, set())
    expected = _keys(table, rows, rule, who)
    for column in columns:
        granted = listed == "*" or column in listed
        # Blind: no WHERE and no RETURNING, so that no SELECT policy lends a hand.
        outcome, touched = attempt(cursor, f'UPDATE "{table}" SET "{column}" = {_constant(table, column)}')
        count = touched if outcome == "rows" else 0
        if outcome == "broke" and granted and expected:
            continue  # a key or a check stood in the way of rows that may be touched
        if outcome == "broke" or count != (len(expected) if granted else 0):
            yield f"blind update of {column} touched {count}, expected {len(expected) if granted else 0} ({outcome})"


_constants: dict[tuple[str, str], str] = {}


def _constant(table: str, column: str) -> str:
    if (table, column) not in _constants:
        [(value,)] = owner_sql(f'SELECT quote_nullable(max("{column}"::text)) FROM "{table}"')
        [(kind,)] = owner_sql(
            "SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE attrelid = %s::regclass AND attname = %s",
            table, column,
        )  # fmt: skip
        _constants[table, column] = f"{value}::{kind}".replace("%", "%%")
    return _constants[table, column]


def _delete(cursor: Any, table: str, rows: list[Row], who: Who) -> Iterator[str]:
    rule = allowed(table, who, "delete")
    expected = _keys(table, rows, rule, who)
    outcome, touched = attempt(cursor, f'DELETE FROM "{table}"')
    if outcome == "broke" and rule is not None:
        return  # a foreign key stood in the way, not a policy
    count = touched if outcome == "rows" else 0
    if count != len(expected):
        yield f"blind delete touched {count}, expected {len(expected)} ({outcome})"


def _insert(cursor: Any, table: str, rows: list[Row], who: Who) -> Iterator[str]:
    """Each row again: a policy refuses it first, a unique key only afterwards, and that tells them apart."""
    rule = allowed(table, who, "insert")
    for row in rows:
        sql = f'INSERT INTO "{table}" SELECT * FROM json_populate_record(NULL::"{table}", %s)'
        outcome, _ = attempt(cursor, sql, [json.dumps(row)])
        expected = rule is not None and rule(row, who)
        if (outcome != "denied") != expected:
            yield f"insert of {row[key_of(table)]}: {outcome}, expected {'accepted' if expected else 'denied'}"


CELLS = {"select": _select, "insert": _insert, "update": _update, "delete": _delete}


def policies() -> list[tuple[str, str, str, str | None, str | None]]:
    """(table, name, command, using, check) of every policy but the owner's."""
    rows = owner_sql(
        "SELECT tablename, policyname, cmd, qual, with_check FROM pg_policies"
        " WHERE schemaname = 'public' AND policyname <> 'owner_all' ORDER BY 1, 2"
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


@contextmanager
def mutated(table: str, name: str, using: str | None, check: str | None) -> Iterator[None]:
    """The policy with other expressions, for the length of the block."""
    before = next(p for p in policies() if p[:2] == (table, name))
    _alter(table, name, using, check)
    try:
        yield
    finally:
        _alter(table, name, before[3] and using and before[3], before[4] and check and before[4])


def _alter(table: str, name: str, using: str | None, check: str | None) -> None:
    clauses = (f" USING ({using})" if using else "") + (f" WITH CHECK ({check})" if check else "")
    with connections["owner"].cursor() as cursor:
        cursor.execute(f'ALTER POLICY "{name}" ON "{table}"{clauses}')
