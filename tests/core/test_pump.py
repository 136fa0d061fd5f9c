"""The pump hands work to Celery while somebody hears, and does it itself when nobody does."""

from collections.abc import Iterator

import pytest
import redis
from django.conf import settings as django_settings

from core import jobs
from core.context import acting_as
from core.pump import FULL_QUEUE, UNHEARD_SECONDS, Broker, Pump
from tests.cast import SYSTEM
from tests.house.world import owner_sql

runs: list[int] = []


@jobs.job(lane="draft")
def answer_somebody(ref: int) -> None:
    runs.append(ref)


@jobs.job(lane="bulk")
def tidy_up(ref: int) -> None:
    runs.append(ref)


@pytest.fixture
def queues(db: None) -> Iterator["redis.Redis"]:
    """The broker, with nothing in its queues; no worker listens in these tests."""
    runs.clear()
    client = redis.Redis.from_url(django_settings.REDIS_URL)
    client.delete(*jobs.LANES)
    yield client
    client.delete(*jobs.LANES)
    client.close()


@pytest.fixture
def pump() -> Iterator[Pump]:
    made = Pump()
    yield made
    made.here.shutdown(wait=True)


def enqueue(function) -> None:  # type: ignore[no-untyped-def]
    with acting_as(SYSTEM):
        jobs.enqueue(function, ref=7, scope=None)


def waits_since(seconds: float) -> None:
    owner_sql(f"UPDATE core_job SET run_at = now() - interval '{seconds} seconds', dispatched_at = NULL")


def handed_out(pump: Pump) -> None:
    pump.hand_out()
    pump.here.shutdown(wait=True)


def test_fresh_work_goes_to_the_workers(pump: Pump, queues: "redis.Redis") -> None:
    enqueue(answer_somebody)
    handed_out(pump)
    assert queues.llen("draft") == 1 and runs == []


def test_what_nobody_takes_although_the_broker_is_there_is_done_here(pump: Pump, queues: "redis.Redis") -> None:
    enqueue(answer_somebody)
    waits_since(UNHEARD_SECONDS + 1)
    handed_out(pump)
    assert runs == [7] and queues.llen("draft") == 0
    assert owner_sql("SELECT state FROM core_job") == [("done",)]


def test_what_no_customer_waits_for_is_left_to_the_workers(pump: Pump, queues: "redis.Redis") -> None:
    enqueue(tidy_up)
    waits_since(UNHEARD_SECONDS + 60)
    handed_out(pump)
    assert queues.llen("bulk") == 1 and runs == []


def test_a_queue_that_nobody_empties_takes_no_more(pump: Pump, queues: "redis.Redis") -> None:
    queues.rpush("draft", *["x"] * FULL_QUEUE)
    enqueue(answer_somebody)
    handed_out(pump)
    assert queues.llen("draft") == FULL_QUEUE and runs == [7]


def test_without_a_broker_everything_is_done_here(pump: Pump, queues: "redis.Redis", settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    pump.broker = Broker()
    enqueue(answer_somebody)
    enqueue(tidy_up)
    handed_out(pump)
    assert sorted(runs) == [7, 7]
