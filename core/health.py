"""Whether this process lives, whether it can serve, and the numbers that machines watch."""

import time
from functools import cache

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, JsonResponse
from psycopg_pool import PoolTimeout
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.context import Actor, acting_as

HEALTH = Actor.system("health")
UP, DOWN, BEHIND = "up", "down", "behind"
REDIS_SECONDS = 0.5

LANES = """
SELECT lane, state, count(*), coalesce(extract(epoch FROM max(now() - run_at) FILTER (WHERE run_at <= now())), 0)::float8
  FROM core_job WHERE state IN ('ready', 'leased') GROUP BY lane, state ORDER BY lane, state
"""


def live(request: HttpRequest) -> HttpResponse:
    """GET /healthz: this process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def ready(request: HttpRequest) -> JsonResponse:
    """GET /readyz: each dependency by name. 503 without PostgreSQL or with an old schema; Redis is only speed."""
    found = states()
    serving = found["database"] == UP and found["schema"] == UP
    return JsonResponse({"ready": serving, "dependencies": found}, status=200 if serving else 503)


def states() -> dict[str, str]:
    """database, schema and redis: up, down, or behind for a schema that lacks a migration of this build."""
    try:
        with acting_as(HEALTH, read_only=True), connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            applied = set(cursor.fetchall())
    except (DatabaseError, InterfaceError, PoolTimeout):
        return {"database": DOWN, "schema": DOWN, "redis": redis_state()}
    return {"database": UP, "schema": UP if expected() <= applied else BEHIND, "redis": redis_state()}


@cache
def expected() -> frozenset[tuple[str, str]]:
    """The migrations that this build brings."""
    return frozenset(MigrationLoader(None).disk_migrations or {})


@cache
def _redis() -> "redis.Redis":
    limits = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
    return redis.Redis.from_url(settings.REDIS_URL, retry=Retry(NoBackoff(), 0), **limits)


def redis_state() -> str:
    """up or down, within a second."""
    try:
        _redis().ping()
    except redis.RedisError:
        return DOWN
    return UP


def metrics(request: HttpRequest) -> HttpResponse:
    """GET /metrics: Prometheus text. Ages, not lengths, are what to scale by."""
    lines = ["# TYPE cc_jobs gauge", "# TYPE cc_job_oldest_seconds gauge", "# TYPE cc_dead_letters gauge"]
    began = time.monotonic()
    with acting_as(HEALTH, read_only=True), connection.cursor() as cursor:
        cursor.execute(LANES)
        for lane, state, count, age in cursor.fetchall():
            lines.append(f'cc_jobs{{lane="{lane}",state="{state}"}} {count}')
            if state == "ready":
                lines.append(f'cc_job_oldest_seconds{{lane="{lane}"}} {age:.3f}')
        cursor.execute("SELECT count(*) FROM core_deadletter WHERE state = 'open'")
        lines.append(f"cc_dead_letters {cursor.fetchone()[0]}")
    lines += ["# TYPE cc_metrics_seconds gauge", f"cc_metrics_seconds {time.monotonic() - began:.4f}"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")
