"""Proof that a process is alive: a PostgreSQL session lock that it holds for as long as it lives.

The lock falls the moment the process or its connection dies, so the work of a killed worker is free at once, while that of
one that is merely paused is not: nobody repeats a call that may still be going on.
"""

import os
import secrets
import threading

import psycopg
from django.db import connection
from psycopg.conninfo import make_conninfo

LOCK_CLASS = 0x0CC

_guard = threading.Lock()
_holder: psycopg.Connection | None = None
_key = 0
_pid = 0


def dsn() -> str:
    """The application's own database as a libpq string, for connections held outside of Django's pool."""
    given = connection.settings_dict
    parts = {"host": "HOST", "port": "PORT", "dbname": "NAME", "user": "USER", "password": "PASSWORD"}
    return make_conninfo("", **{name: str(given[key]) for name, key in parts.items() if given[key]})


def worker_key() -> int:
    """This process's key, 1 to 2**31 - 1, with its lock held. A lost connection means a new key."""
    global _holder, _key, _pid
    with _guard:
        if _holder is None or _pid != os.getpid() or not _is_open(_holder):
            _holder = psycopg.connect(dsn(), autocommit=True, application_name="liveness", connect_timeout=5)
            _key, _pid = secrets.randbelow(2**31 - 1) + 1, os.getpid()
            _holder.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_CLASS, _key])
        return _key


def let_go() -> None:
    """Give this process's lock back, as its death would."""
    global _holder
    with _guard:
        if _holder is not None:
            _holder.close()
        _holder = None


def _is_open(holder: psycopg.Connection) -> bool:
    try:
        holder.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


# For use in a query: whether nobody holds the lock of `worker_key`.
GONE = f"""NOT EXISTS (SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
  AND l.classid = {LOCK_CLASS} AND l.objid = worker_key
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))"""  # noqa: S608


def is_gone(key: int) -> bool:
    """Whether the process with this key has died."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + GONE.replace("worker_key", "%s::oid"), [key])
        return bool(cursor.fetchone()[0])
