"""Whether the demo may be loaded here, and what is here already."""

import json
from enum import Enum, auto
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections

from accounts.models import ApiToken, User
from contactcenter.demo.people import DOMAIN

TOKEN_NAME = "demo"  # noqa: S105  the name of a token
# The rows that migrations have put there, which are no part of anybody's work.
KEPT = ("django_migrations", "django_content_type", "auth_permission", "core_legalstep")
STORES = {"postgres", "redis"}


class Ground(Enum):
    """What stands in the database: nothing, a demo that was cut short, the whole demo, or somebody's own work."""

    EMPTY = auto()
    CUT_SHORT = auto()
    COMPLETE = auto()
    TAKEN = auto()


def refusal() -> str:
    """Why no demo may be loaded here, in one line; empty when it may be."""
    if not settings.DEVELOPMENT:
        return "seed: the demo has well-known passwords, so it is refused when DEBUG is off"
    if not is_embedded():
        return "seed: the demo is only for the embedded PostgreSQL and Redis; DATABASE_URL or REDIS_URL names another server"
    if working := sorted(_at_work() - STORES):
        return f"seed: an instance is running here ({', '.join(working)}); stop it first with script/down"
    return ""


def is_embedded() -> bool:
    """Whether both stores are this instance's own: their passwords are those that were generated for it."""
    try:
        keys = json.loads((settings.DATA_DIR / "secrets.json").read_text())
    except (OSError, ValueError):
        return False
    given = urlsplit(settings.OWNER_URL).password, urlsplit(settings.REDIS_URL).password
    return given == (keys.get("owner"), keys.get("redis"))


def look() -> Ground:
    """What is here. The token is made last, so a demo without it was cut short."""
    addresses = list(User.objects.using("owner").values_list("email", flat=True))
    if not addresses:
        return Ground.EMPTY
    if ApiToken.objects.using("owner").filter(name=TOKEN_NAME, user__email=f"sam@{DOMAIN}").exists():
        return Ground.COMPLETE
    only_ours = all(address.endswith(f"@{DOMAIN}") for address in addresses)
    return Ground.CUT_SHORT if only_ours else Ground.TAKEN


_CLEAR = """
DO $$
DECLARE t record;
BEGIN
  -- Append-only tables refuse to be emptied, whoever asks; the trigger is back before anybody else can look.
  FOR t IN SELECT c.relname AS name, g.tgname AS trigger FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
            WHERE g.tgname = 'append_only_all' LOOP
    EXECUTE format('ALTER TABLE public.%I DISABLE TRIGGER %I', t.name, t.trigger);
  END LOOP;
  EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('public.%I', tablename), ', ') || ' RESTART IDENTITY CASCADE'
             FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL (<kept>));
  FOR t IN SELECT c.relname AS name, g.tgname AS trigger FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
            WHERE g.tgname = 'append_only_all' LOOP
    EXECUTE format('ALTER TABLE public.%I ENABLE TRIGGER %I', t.name, t.trigger);
  END LOOP;
END $$
"""


def clear() -> None:
    """Remove what a demo that was cut short has left. Only for Ground.CUT_SHORT: nobody else has worked here then."""
    kept = ", ".join(f"'{name}'" for name in KEPT)
    with connections["owner"].cursor() as cursor:
        cursor.execute(_CLEAR.replace("<kept>", f"ARRAY[{kept}]"))


def _at_work() -> set[str]:
    """Which processes of this instance are alive; one that was killed with everything else has left its state.json."""
    try:
        listed = json.loads((settings.DATA_DIR / "state.json").read_text())["components"]
    except (OSError, ValueError, KeyError):
        return set()
    return {name for name, one in listed.items() if one["pid"] and Path(f"/proc/{one['pid']}").exists()}
