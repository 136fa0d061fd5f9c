"""The durable queue. PostgreSQL is the queue of record; Celery and Redis only make it fast.

    @job(lane="draft")
    def draft_reply(message_id: int) -> None: ...

    enqueue(draft_reply, ref=message.pk, scope=message.inbox_id)     # inside the transaction that stores the message

The pump (core/pump.py) hands due ids to Celery. Whoever runs one claims it first: attempts are counted at the claim, so that a
job that kills its process still comes to an end, and a fence tells a worker that lost its lease from the one that has it now.
"""

import logging
import random
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from celery import shared_task
from django.conf import settings
from django.db import connection
from django.utils import timezone

from core import telemetry
from core.context import Actor, acting_as
from core.liveness import GONE, worker_key

logger = logging.getLogger(__name__)

LANES = {"ingest": 1, "send": 2, "draft": 3, "bulk": 9}
MAX_ATTEMPTS = 5
FIRST_RETRY, LAST_RETRY = 1.0, 600.0
JOBS = Actor.system("jobs")


class LeaseLost(Exception):
    """Another worker has taken the job over; everything done under this lease is rolled back."""


class Retry(Exception):
    """The job asks to be run again `after` seconds, for a reason that is no defect. Only one that `counts` is held against its tries."""

    def __init__(self, after: float, reason: str = "", *, counts: bool = False) -> None:
        super().__init__(reason)
        self.after, self.counts = after, counts


class Permanent(Exception):
    """The job can never succeed; it goes to the dead letters without further attempts."""


@dataclass(frozen=True)
class Kind:
    name: str
    lane: str
    function: Callable[[int], None]
    max_attempts: int


@dataclass(frozen=True)
class Lease:
    id: int
    kind: str
    ref: int
    scope_id: int | None
    fence: int
    attempts: int
    max_attempts: int


_kinds: dict[str, Kind] = {}
_lease: ContextVar[Lease | None] = ContextVar("lease", default=None)


def job(*, lane: str, max_attempts: int = MAX_ATTEMPTS) -> Callable[[Callable[[int], None]], Callable[[int], None]]:
    """Make the function below runnable as a job: a Celery task of its name that claims, runs and settles."""
    if lane not in LANES:
        raise ValueError(f"unknown lane {lane}")

    def register(function: Callable[[int], None]) -> Callable[[int], None]:
        name = f"{function.__module__}.{function.__name__}"
        _kinds[name] = Kind(name, lane, function, max_attempts)
        shared_task(name=name, ignore_result=True)(run)
        return function

    return register


def kind_of(function: Callable[[int], None]) -> Kind:
    return _kinds[f"{function.__module__}.{function.__name__}"]


ENQUEUE = """
INSERT INTO core_job (kind, ref, lane, rank, scope_id, key, run_at, max_attempts, request_id)
VALUES (%s, %s, %s, %s, %s, %s, coalesce(%s, now()), %s, %s) ON CONFLICT DO NOTHING
"""


def enqueue(
    function: Callable[[int], None], *, ref: int, scope: int | None, run_at: datetime | None = None, key: str | None = None
) -> None:
    """Commit a job together with the caller's transaction. `key` makes it at most one; `scope` is its inbox."""
    kind = kind_of(function)
    row = (kind.name, ref, kind.lane, LANES[kind.lane], scope, key, run_at, kind.max_attempts, telemetry.request_id())
    with connection.cursor() as cursor:
        cursor.execute(ENQUEUE, row)
        cursor.execute("SELECT pg_notify('jobs', '')")


def run(job_id: int) -> None:
    """Claim job `job_id` and run it; quietly nothing when somebody else has it or it is done."""
    lease = _claim(job_id)
    if lease is None:
        return
    mark = _lease.set(lease)
    try:
        _kinds[lease.kind].function(lease.ref)
        _finish_unless_settled(lease)
    except Exception as error:  # One of the house's two broad excepts: count, log, settle the lease.
        _fail(lease, error)
    finally:
        _lease.reset(mark)


CLAIM = f"""
UPDATE core_job SET state = 'leased', attempts = attempts + 1, fence = fence + 1, worker_key = %s,
       lease_until = now() + make_interval(secs => %s)
 WHERE id = %s AND attempts < max_attempts
   AND ((state = 'ready' AND run_at <= now()) OR (state = 'leased' AND (lease_until < now() OR {GONE})))
RETURNING id, kind, ref, scope_id, fence, attempts, max_attempts, request_id
"""  # noqa: S608  only our own constant is put in


def _claim(job_id: int) -> Lease | None:
    key = worker_key()
    with acting_as(JOBS), connection.cursor() as cursor:
        cursor.execute(CLAIM, [key, settings.JOB_LEASE_SECONDS, job_id])
        row = cursor.fetchone()
    if row is None:
        return None
    telemetry.begin_request(row[7])
    return Lease(*row[:7])


FINISH = "UPDATE core_job SET state = 'done', finished_at = now(), error = '' WHERE id = %s AND fence = %s AND state = 'leased'"


def is_last_attempt() -> bool:
    """Whether the job in hand will not be tried again; False outside of a job."""
    lease = _lease.get()
    return lease is not None and lease.attempts >= lease.max_attempts


def next_backoff() -> float:
    """After how many seconds the job in hand should be tried again, by how often it was tried already."""
    lease = _lease.get()
    return backoff(lease.attempts if lease else 1)


def settle() -> None:
    """Inside a job's last transaction: mark it done together with its effect. Raises LeaseLost when another has it now.

    Outside of a job (a test that calls the function itself) there is nothing to settle.
    """
    lease = _lease.get()
    if lease is None:
        return
    with acting_as(JOBS), connection.cursor() as cursor:
        cursor.execute(FINISH, [lease.id, lease.fence])
        if cursor.rowcount == 0:
            raise LeaseLost(lease.kind)


def _finish_unless_settled(lease: Lease) -> None:
    with acting_as(JOBS), connection.cursor() as cursor:
        cursor.execute(FINISH, [lease.id, lease.fence])


FAIL = """
UPDATE core_job SET state = %s, run_at = now() + make_interval(secs => %s), error = %s, lease_until = NULL, attempts = attempts - %s
 WHERE id = %s AND fence = %s AND state = 'leased' RETURNING id
"""
BURY = """
INSERT INTO core_deadletter (job_id, scope_id, kind, ref, error_class, error, attempts) VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


def _fail(lease: Lease, error: Exception) -> None:
    if isinstance(error, LeaseLost):
        logger.warning("lease lost", extra={"facts": {"job": lease.id, "kind": lease.kind}})
        return
    asked = isinstance(error, Retry) and not error.counts
    dead = not asked and (isinstance(error, Permanent) or lease.attempts >= lease.max_attempts)
    after = error.after if isinstance(error, Retry) else backoff(lease.attempts)
    # An asked-for retry is not held against the job, so that waiting for a channel never buries a message.
    with acting_as(JOBS), connection.cursor() as cursor:
        state = "dead" if dead else "ready"
        cursor.execute(FAIL, [state, 0 if dead else after, _short(error), int(asked), lease.id, lease.fence])
        if cursor.fetchone() and dead:
            _bury(cursor, lease, type(error).__name__, _short(error))
    facts = {"job": lease.id, "kind": lease.kind, "ref": lease.ref, "attempt": lease.attempts, "error": type(error).__name__}
    if isinstance(error, Retry) and not dead:
        logger.info("job asks for a retry", extra={"facts": facts | {"after": after}})
    else:
        logger.error("job failed for good" if dead else "job failed", exc_info=error, extra={"facts": facts})


def _bury(cursor, lease: Lease, error_class: str, error: str) -> None:  # type: ignore[no-untyped-def]
    cursor.execute(BURY, [lease.id, lease.scope_id, lease.kind, lease.ref, error_class, error, lease.attempts])


def _short(error: Exception) -> str:
    """Class and place, not the message: an exception's text can carry a customer's words."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"[:500]


def backoff(attempt: int) -> float:
    """Seconds before attempt `attempt` + 1: doubling from one second to ten minutes, with up to a quarter of jitter."""
    return float(min(LAST_RETRY, FIRST_RETRY * 2 ** (attempt - 1)) * random.uniform(0.75, 1.0))  # noqa: S311  jitter, not a secret


# What has spent its attempts while leased killed its process each time.
POISON = f"""
UPDATE core_job SET state = 'dead', lease_until = NULL, error = 'ended its process'
 WHERE state = 'leased' AND attempts >= max_attempts AND (lease_until < now() OR {GONE})
RETURNING id, kind, ref, scope_id, fence, attempts, max_attempts
"""  # noqa: S608
DUE = f"""
UPDATE core_job SET dispatched_at = now() WHERE id IN (
  SELECT id FROM core_job
   WHERE attempts < max_attempts AND (dispatched_at IS NULL OR dispatched_at < now() - make_interval(secs => %s)
         OR (state = 'ready' AND run_at > dispatched_at) OR state = 'leased')
     AND ((state = 'ready' AND run_at <= now()) OR (state = 'leased' AND (lease_until < now() OR {GONE})))
   ORDER BY rank, run_at, id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING id, kind, lane, extract(epoch FROM now() - run_at)::float8, rank
"""  # noqa: S608
REDISPATCH_SECONDS = 5.0


class Due(NamedTuple):
    """A job that should be handed out; `waited` is the seconds since it could first have run."""

    id: int
    kind: str
    lane: str
    waited: float


def due(limit: int = 100) -> list[Due]:
    """What should be handed out now, most urgent first; buries what keeps killing its process."""
    with acting_as(JOBS), connection.cursor() as cursor:
        cursor.execute(POISON)
        for row in cursor.fetchall():
            _bury(cursor, Lease(*row), "ProcessEnded", "ended its process")
        cursor.execute(DUE, [REDISPATCH_SECONDS, limit])
        found = sorted(cursor.fetchall(), key=lambda row: (row[4], row[0]))
    return [Due(*row[:4]) for row in found]


def redrive(dead_letter_id: int) -> bool:
    """Give a dead job its attempts back. A send goes through the ledger again, so it cannot be doubled."""
    with acting_as(JOBS), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_deadletter SET state = 'redriven', resolved_at = now() WHERE id = %s AND state = 'open' RETURNING job_id",
            [dead_letter_id],
        )
        row = cursor.fetchone()
        if row is None:
            return False
        cursor.execute(
            "UPDATE core_job SET state = 'ready', attempts = 0, run_at = now(), dispatched_at = NULL WHERE id = %s AND state = 'dead'",
            [row[0]],
        )
        cursor.execute("SELECT pg_notify('jobs', '')")
        return True


def discard(dead_letter_id: int, reason: str) -> bool:
    """Give a dead job up, with a reason; the row stays."""
    with acting_as(JOBS), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_deadletter SET state = 'discarded', resolved_at = now(), reason = %s WHERE id = %s AND state = 'open'",
            [reason, dead_letter_id],
        )
        return bool(cursor.rowcount)


def purge(older_than: timedelta = timedelta(days=1)) -> int:
    """Delete finished jobs older than `older_than`; returns how many."""
    with acting_as(JOBS), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM core_job j WHERE state = 'done' AND finished_at < %s"
            " AND NOT EXISTS (SELECT 1 FROM core_deadletter d WHERE d.job_id = j.id)",
            [timezone.now() - older_than],
        )
        return int(cursor.rowcount)
