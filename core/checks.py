"""What `manage.py check` looks at: settings that make no sense together, and with `--database` whether the database still keeps
what the house promises. Each complaint names the setting or the table, and the page that explains it.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.db import DatabaseError, connection, connections
from django.http.request import validate_host
from psycopg_pool import PoolTimeout

from core.context import Actor, acting_as
from core.rls import unprotected_tables

CHECK = Actor.system("check")
SETTINGS_PAGE = "See “Settings” in docs/operations.md."
DATABASE_PAGE = "See “Servers of your own” in docs/operations.md."
RIGHTS_PAGE = "See “Who may see what” in docs/architecture.md."
OUR_OWN = ("localhost", "127.0.0.1", "[::1]", "::1", "testserver")


def settings_fit_together(**asked: Any) -> list[CheckMessage]:
    """Settings that are each well-formed and together make no sense; contactcenter/env.py refuses the rest at the start."""
    host = settings.PUBLIC_URL.partition("://")[2].partition("/")[0].rpartition("@")[2]
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    is_public = name not in OUR_OWN
    others = [one for one in settings.ALLOWED_HOSTS if one not in OUR_OWN]
    found: list[CheckMessage | None] = [
        _wrong(
            "E001", "ALLOWED_HOSTS: * lets any page open sockets here and any name into links", "*" in settings.ALLOWED_HOSTS
        ),
        _wrong("E002", "PUBLIC_URL: starts with http:// although HTTPS=1", is_public and _is_plain() and settings.HTTPS),
        _wrong("E003", f"PUBLIC_URL: {name} is not in ALLOWED_HOSTS, so its links are refused", not _may_serve(name)),
        _wrong(
            "E004", "DEBUG: 1 is for a machine of one’s own, and ALLOWED_HOSTS names others", settings.DEVELOPMENT and others
        ),
        _wrong("E005", "CHAOS: 1 opens the knobs for tests, and DEBUG is off", settings.CHAOS and not settings.DEVELOPMENT),
        _wrong("E006", "APP_DATABASE_URL: is the owner’s login, whom row security does not bind", _is_owners_login()),
        _odd("W007", "PUBLIC_URL: still this machine’s own address, and ALLOWED_HOSTS names others", others and not is_public),
        _odd("W008", "TRUSTED_PROXIES: 0, so behind a proxy everybody counts as one address", _hides_visitors(others)),
        _odd("W009", "OPENAI_BASE_URL: set without OPENAI_API_KEY, so it is never asked", _is_mute("OPENAI", "api.openai.com")),
        _odd("W010", "ANTHROPIC_BASE_URL: set without ANTHROPIC_API_KEY", _is_mute("ANTHROPIC", "api.anthropic.com")),
    ]
    return [one for one in found if one]


def _wrong(code: str, text: str, is_so: object) -> CheckMessage | None:
    return Error(text, hint=SETTINGS_PAGE, id=f"core.{code}") if is_so else None


def _odd(code: str, text: str, is_so: object) -> CheckMessage | None:
    return Warning(text, hint=SETTINGS_PAGE, id=f"core.{code}") if is_so else None


def _is_plain() -> bool:
    return bool(settings.PUBLIC_URL.startswith("http://"))


def _may_serve(name: str) -> bool:
    return validate_host(name, settings.ALLOWED_HOSTS)


def _is_owners_login() -> bool:
    owner: dict[str, Any] = settings.DATABASES.get("owner") or {}
    ours: dict[str, Any] = settings.DATABASES["default"]
    return bool(owner) and (owner["USER"], owner["HOST"], owner["PORT"]) == (ours["USER"], ours["HOST"], ours["PORT"])


def _hides_visitors(others: list[str]) -> bool:
    return bool(settings.HTTPS and others and not settings.TRUSTED_PROXIES)


def _is_mute(vendor: str, own_host: str) -> bool:
    return own_host not in getattr(settings, f"{vendor}_BASE_URL") and not getattr(settings, f"{vendor}_API_KEY")


def database_keeps_its_promises(databases: Sequence[str] | None = None, **asked: Any) -> list[CheckMessage]:
    """Asked for with `check --database default`. The owner's connection is left out: it migrates, and may have to mend."""
    found: list[CheckMessage] = []
    for alias in [one for one in databases or [] if one != "owner"]:
        try:
            found += _login_is_plain(alias) + _tables_are_protected(alias) + _licence_holds(alias)
            found += _identities_are_good() if alias == "default" else []
        except (DatabaseError, psycopg.Error, PoolTimeout) as error:
            found.append(Error(f"{alias}: cannot be asked ({type(error).__name__})", hint=DATABASE_PAGE, id="core.E101"))
    return found


LOGIN = "SELECT rolname FROM pg_roles WHERE rolname = session_user AND (rolsuper OR rolbypassrls OR rolcreaterole)"


def _login_is_plain(alias: str) -> list[CheckMessage]:
    return [
        Error(
            f"APP_DATABASE_URL: {name} has rights of its own; row security does not bind it", hint=DATABASE_PAGE, id="core.E102"
        )
        for (name,) in _rows(alias, LOGIN)
    ]


OPEN = """
SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'public' AND relname = ANY (%s) AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY 1
"""


def _tables_are_protected(alias: str) -> list[CheckMessage]:
    ours = [model._meta.db_table for model in apps.get_models(include_auto_created=True)]
    open_ones = {name for (name,) in _rows(alias, OPEN, ours)} | set(unprotected_tables(alias))
    return [
        Error(f"{name}: row security is not enabled and forced", hint=RIGHTS_PAGE, id="core.E103") for name in sorted(open_ones)
    ]


LICENCE = """
SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint
 WHERE conname = 'assistant_licence' AND conrelid = to_regclass('public.conversations_message') AND convalidated
"""
# author, reviewer, confidence, and whether such a message may exist. A CHECK passes unless it is false: on NULL it passes.
LICENSED = (
    ("assistant", None, "NaN", False),
    ("assistant", None, "Infinity", False),
    ("assistant", None, "1.01", False),
    ("assistant", None, "0.8", False),
    ("assistant", None, "0", False),
    ("assistant", None, None, False),
    ("assistant", None, "0.81", True),
    ("assistant", None, "1", True),
    ("assistant", 1, None, True),
    ("customer", None, None, True),
    ("agent", None, None, True),
)


def _licence_holds(alias: str) -> list[CheckMessage]:
    """The rule as the database has it, tried on messages that may and may not exist."""
    rules = [rule for (rule,) in _rows(alias, LICENCE)]
    given = ", ".join("(%s::int, %s::varchar, %s::bigint, %s::float8)" for _ in LICENSED)
    values = [value for number, row in enumerate(LICENSED) for value in (number, *row[:3])]
    for rule in rules:
        trial = f"SELECT ({rule}) IS NOT FALSE FROM (VALUES {given}) AS m (n, author, reviewed_by_id, confidence) ORDER BY n"  # noqa: S608
        if [passes for (passes,) in _rows(alias, trial, *values)] == [row[3] for row in LICENSED]:
            return []
    text = "conversations_message: the licence of assistant-written messages is missing or does not hold"
    return [Error(text, hint="See “A message's life” in docs/architecture.md.", id="core.E104")]


def _identities_are_good() -> list[CheckMessage]:
    with acting_as(CHECK, read_only=True), connection.cursor() as cursor:
        cursor.execute("SELECT sec.subject('system') IS NOT NULL")
        if cursor.fetchone()[0]:
            return []
    text = "SECRET_KEY: is not the one that the database was prepared with, so nobody is anybody; run prepare_database"
    return [Error(text, hint=DATABASE_PAGE, id="core.E105")]


def _rows(alias: str, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
