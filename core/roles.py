"""The PostgreSQL roles: one login that owns nothing, and one role per kind of actor that it may switch to."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from core.context import identity_key
from core.rls import KINDS

GROUPS = tuple(f"cc_{kind}" for kind in KINDS)


class CannotPrepare(Exception):
    """The given connection may not do what a first start needs; the text says what and why, in one line."""


def create_roles(connection: BaseDatabaseWrapper, login: str, password: str) -> None:
    """Make the roles that are missing and set the login's password. Roles belong to the server, so this can run again.

    Raises CannotPrepare when the connection's user may not create roles.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            raise CannotPrepare("DATABASE_URL: its user may not create roles (needs CREATEROLE or superuser)")
        for name in GROUPS:
            _create(cursor, name, sql.SQL("NOLOGIN"))
        _create(cursor, login, sql.SQL("LOGIN"))
        attributes = sql.SQL("ALTER ROLE {} LOGIN NOINHERIT PASSWORD {}")
        _run(cursor, attributes.format(sql.Identifier(login), sql.Literal(password)))
        _refuse_powerful(cursor, login)
        for name in GROUPS:
            grant = sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE")
            _run(cursor, grant.format(sql.Identifier(name), sql.Identifier(login)))


def _refuse_powerful(cursor: Any, login: str) -> None:
    # Only a superuser may take these attributes away, and even naming them is refused to anybody else: look instead.
    cursor.execute("SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = %s", [login])
    if cursor.fetchone()[0]:
        raise CannotPrepare(f"APP_DATABASE_URL: its user {login} has rights of its own; give a plain one")


def _create(cursor: Any, name: str, kind: sql.SQL) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
    if cursor.fetchone() is None:
        _run(cursor, sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(name), kind))


def _run(cursor: Any, statement: sql.Composed) -> None:
    cursor.execute(statement.as_string(None))


def install_identity_key(connection: BaseDatabaseWrapper) -> None:
    """Store the key that signs identities where only the database's own functions can read it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sec.key (id, secret) VALUES (1, %s) ON CONFLICT (id) DO UPDATE SET secret = EXCLUDED.secret",
            [identity_key()],
        )
