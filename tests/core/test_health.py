"""Health: alive is not ready, and losing Redis is not losing service."""

from core import health
from core.models import Job


def test_alive_needs_nothing(client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_ready_names_each_dependency(db, client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "dependencies": {"database": "up", "schema": "up", "redis": "up"}}


def test_a_schema_without_a_migration_of_this_build_is_not_ready(db, client, monkeypatch) -> None:
    monkeypatch.setattr(health, "expected", lambda: frozenset({("core", "9999_not_there")}))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["dependencies"]["schema"] == "behind"


def test_without_redis_it_still_serves(db, client, settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    health._redis.cache_clear()
    try:
        answer = client.get("/readyz")
    finally:
        health._redis.cache_clear()
    assert answer.status_code == 200
    assert answer.json()["dependencies"]["redis"] == "down"


def test_metrics_tell_what_waits(db, client) -> None:
    Job.objects.using("owner").create(kind="some.job", ref=1, lane="send")
    text = client.get("/metrics").content.decode()
    assert 'cc_jobs{lane="send",state="ready"} 1' in text
    assert "cc_dead_letters 0" in text
