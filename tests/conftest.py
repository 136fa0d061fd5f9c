"""Every test runs on real PostgreSQL and real Valkey, commits for real, and leaves empty tables behind.

One throw-away cluster serves the whole run; each xdist worker makes a database of its own in it. With DATABASE_URL or
REDIS_URL in the environment those servers are used instead (Redis databases 1 to 15 are emptied).
"""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import django
import psycopg
import pytest

from contactcenter.embedded import Stores

LOGIN = "cc_login_test"
KEPT = ("django_migrations", "django_content_type", "auth_permission", "core_legalstep")
ROLES_LOCK = 20_011
EMPTYINGS = 5

stores: Stores | None = None


def pytest_configure(config: pytest.Config) -> None:
    """Runs before pytest-django reads the settings. Only the controller starts servers; workers inherit its environment."""
    global stores
    os.environ["DJANGO_SETTINGS_MODULE"] = "contactcenter.settings"
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        folder = Path(tempfile.mkdtemp(prefix="cc-tests-"))
        stores = Stores(folder, for_tests=True)
        found = stores.start(dict(os.environ))
        (folder / "static").mkdir(exist_ok=True)
        parts = urlsplit(found["APP_DATABASE_URL"])
        login = parts._replace(netloc=f"{LOGIN}:{parts.password}@{parts.netloc.rpartition('@')[2]}").geturl()
        os.environ |= found | {"APP_DATABASE_URL": login, "DEBUG": "1", "LOG_LEVEL": "WARNING", "DB_POOL": "12"}
    number = 1 + int((worker or "gw0").removeprefix("gw")) % 15
    os.environ["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}").geturl()
    sys.addaudithook(_refuse_the_outside)
    django.setup()
    _use_redis_of_ones_own()


def _use_redis_of_ones_own() -> None:
    """pytest-django has read a worker's settings before we could name its database: workers would share queues and counts."""
    from django.conf import settings

    settings.REDIS_URL = settings.CACHES["redis"]["LOCATION"] = os.environ["REDIS_URL"]


def pytest_unconfigure(config: pytest.Config) -> None:
    if stores is not None:
        stores.stop()
        shutil.rmtree(stores.data, ignore_errors=True)


def _refuse_the_outside(event: str, args: tuple) -> None:
    """Fails any connection that would leave this machine."""
    if event == "socket.connect" and isinstance(args[1], tuple):
        host = str(args[1][0])
        if not (host.startswith("127.") or host in ("localhost", "::1", "0.0.0.0")):
            raise RuntimeError(f"a test tried to reach {host}")
    if event == "socket.getaddrinfo" and args[0] not in (None, "", "localhost", b"localhost"):
        host = args[0].decode() if isinstance(args[0], bytes) else str(args[0])
        if not host.startswith("127.") and host != "::1":
            raise RuntimeError(f"a test tried to look up {host}")


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_test_environment, django_db_modify_db_settings, django_db_blocker):
    """One database, made and migrated by its owner, reached by the application through a login that owns nothing."""
    from django.db import connections
    from django.test.utils import setup_databases, teardown_databases

    with django_db_blocker.unblock():
        _make_roles()
        made = setup_databases(
            verbosity=0,
            interactive=False,
            aliases={"default", "owner"},
            serialized_aliases=set(),
            keepdb=request.config.getvalue("reuse_db"),
        )
        assert connections["default"].settings_dict["NAME"].startswith("test_")
        _install_key()
    yield
    from core.liveness import let_go

    let_go()
    with django_db_blocker.unblock():
        _close(connections["default"])
        if not request.config.getvalue("reuse_db"):
            teardown_databases(made, verbosity=0)


def _make_roles() -> None:
    from django.db import connections

    from core.roles import create_roles

    # Roles belong to the server: workers that make them at the same moment would trip over each other.
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as lock:
        lock.execute("SELECT pg_advisory_lock(%s)", [ROLES_LOCK])
        login = connections["default"].settings_dict
        create_roles(connections["owner"], login["USER"], login["PASSWORD"])
        connections["owner"].close()


def _install_key() -> None:
    from django.db import connections

    from core.roles import install_identity_key

    install_identity_key(connections["owner"])


def _close(connection) -> None:
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()


@pytest.fixture
def _django_db_helper(request: pytest.FixtureRequest, django_db_setup, django_db_blocker) -> Iterator[None]:
    """Stands behind pytest-django's `db` fixture and mark: real commits, and empty tables afterwards.

    Row security lives in transactions; a test wrapped in one of its own would prove nothing about it.
    """
    with django_db_blocker.unblock():
        yield
        _empty_tables()
        _forget_counts()


def _forget_counts() -> None:
    """Our own keys in Redis, also those of a browser test's processes; what Celery keeps there stays."""
    import redis
    from django.core.cache import caches

    from gateways import breaker

    breaker.reset()
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        for key in client.scan_iter("cc:*"):
            client.delete(key)
    caches["process"].clear()


EMPTY = """
DO $$
DECLARE t record; found bigint; most bigint := 0; used text[] := '{}'; emptied text;
BEGIN
  SET LOCAL lock_timeout = '20s';
  FOR t IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL (%s) LOOP
    EXECUTE format('SELECT count(*) FROM (SELECT 1 FROM public.%%I LIMIT 1001) AS rows_there', t.name) INTO found;
    IF found > 0 THEN used := used || format('public.%%I', t.name); most := greatest(most, found); END IF;
  END LOOP;
  IF used = '{}' THEN RETURN; END IF;
  -- Append-only tables refuse by triggers; they are back in place before anybody else can look.
  FOR t IN SELECT c.relname AS name, g.tgname AS trigger FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
            WHERE NOT g.tgisinternal AND (g.tgtype & 40) <> 0 LOOP
    EXECUTE format('ALTER TABLE public.%%I DISABLE TRIGGER %%I', t.name, t.trigger);
  END LOOP;
  IF most > 1000 THEN
    EXECUTE 'TRUNCATE ' || array_to_string(used, ', ') || ' RESTART IDENTITY CASCADE';
  ELSE
    -- New files for a table and its indexes cost far more than a few rows; every key is checked at the end, so any order will do.
    FOREACH emptied IN ARRAY used LOOP
      EXECUTE 'DELETE FROM ' || emptied;
      PERFORM setval(s.oid::regclass, 1, false) FROM pg_class s JOIN pg_depend d ON d.objid = s.oid
        WHERE s.relkind = 'S' AND d.refobjid = emptied::regclass AND d.deptype IN ('a', 'i');
    END LOOP;
  END IF;
  SET CONSTRAINTS ALL IMMEDIATE;
  FOR t IN SELECT c.relname AS name, g.tgname AS trigger FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
            WHERE NOT g.tgisinternal AND (g.tgtype & 40) <> 0 LOOP
    EXECUTE format('ALTER TABLE public.%%I ENABLE TRIGGER %%I', t.name, t.trigger);
  END LOOP;
END $$
"""


def _empty_tables() -> None:
    from django.db import IntegrityError, OperationalError, connections
    from psycopg import sql

    for connection in connections.all(initialized_only=True):
        if connection.in_atomic_block:
            connection.needs_rollback = True
        connection.close()
    owner, kept = connections["owner"], sql.Literal(list(KEPT)).as_string(None)
    for attempt in range(EMPTYINGS):
        try:
            with owner.cursor() as cursor:
                cursor.execute(EMPTY.replace("%s", kept).replace("%%", "%"))
            break
        # A process of a browser test was reading: of two that wait for each other one must let go. Or it wrote once more.
        except (OperationalError, IntegrityError):
            owner.close()
            if attempt + 1 == EMPTYINGS:
                raise
    owner.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of examples beside the checkout; tests that need it are skipped without it, except in CI."""
    found = Path(os.environ.get("SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
    if not found.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"SHARED_DATA: {found} is no folder")
        pytest.skip("no shared example data beside the checkout")
    return found


@pytest.fixture
async def hub_ends() -> AsyncIterator[None]:
    """The listener of this test's loop holds a connection, which would outlive the loop."""
    from core.live import hub

    yield
    if hub.loop is asyncio.get_running_loop():
        for task in hub.tasks:
            task.cancel()
        await asyncio.gather(*hub.tasks, return_exceptions=True)
    hub.loop, hub.tasks = None, []
    hub.sockets.clear()


@pytest.fixture
def cast(db):
    """The cast (tests/cast.py), freshly hired."""
    from tests.cast import make_cast

    return make_cast()


@pytest.fixture
def ana(cast):
    """A browser in which Ana has signed in."""
    from tests.sockets import signed_in

    return signed_in(cast.ana)
