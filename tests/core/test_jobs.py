"""Work that is committed is done, once, whatever dies on the way."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from core import jobs, liveness
from core.context import Actor, acting_as
from core.models import DeadLetter, Job
from tests.cast import SYSTEM
from tests.house.world import owner_sql

runs: list[int] = []


@jobs.job(lane="bulk")
def note_down(ref: int) -> None:
    runs.append(ref)


@jobs.job(lane="bulk", max_attempts=2)
def stumble(ref: int) -> None:
    runs.append(ref)
    raise ValueError("the customer said: my password is hunter2")


@jobs.job(lane="bulk")
def wait_for_it(ref: int) -> None:
    runs.append(ref)
    raise jobs.Retry(after=60)


@pytest.fixture(autouse=True)
def fresh(db: None) -> Iterator[None]:
    runs.clear()
    yield


def enqueue(function, ref: int = 7, **how) -> int:  # type: ignore[no-untyped-def]
    with acting_as(SYSTEM):
        jobs.enqueue(function, ref=ref, scope=None, **how)
    [(newest,)] = owner_sql("SELECT max(id) FROM core_job")
    return newest


def job(pk: int) -> Job:
    return Job.objects.using("owner").get(pk=pk)


def test_a_job_runs_once_however_often_it_is_handed_out() -> None:
    pk = enqueue(note_down)
    for _ in range(3):
        jobs.run(pk)
    assert runs == [7] and job(pk).state == "done" and job(pk).attempts == 1


def test_a_job_of_a_transaction_that_failed_never_was() -> None:
    with pytest.raises(ValueError), acting_as(SYSTEM):
        jobs.enqueue(note_down, ref=1, scope=None)
        raise ValueError
    assert owner_sql("SELECT count(*) FROM core_job") == [(0,)]


def test_the_same_key_is_one_job() -> None:
    enqueue(note_down, key="once")
    enqueue(note_down, key="once")
    assert owner_sql("SELECT count(*) FROM core_job") == [(1,)]


def test_the_pump_hands_out_what_is_due_most_urgent_first_and_not_twice_at_once() -> None:
    slow = enqueue(note_down)
    owner_sql("UPDATE core_job SET rank = 1, lane = 'send' WHERE id = %s", enqueue(note_down))
    assert [one.id for one in jobs.due()] == [slow + 1, slow]
    assert jobs.due() == []


def test_what_the_broker_lost_is_handed_out_again() -> None:
    pk = enqueue(note_down)
    jobs.due()
    owner_sql("UPDATE core_job SET dispatched_at = now() - interval '6 seconds'")
    assert [one.id for one in jobs.due()] == [pk]


def test_a_failure_is_tried_again_later_and_ends_in_the_dead_letters_without_the_customers_words() -> None:
    pk = enqueue(stumble)
    jobs.run(pk)
    assert job(pk).state == "ready" and jobs.due() == []
    owner_sql("UPDATE core_job SET run_at = now()")
    jobs.run(pk)
    letter = DeadLetter.objects.using("owner").get()
    assert (job(pk).state, letter.attempts, letter.error_class) == ("dead", 2, "ValueError")
    assert "hunter2" not in letter.error + job(pk).error


def test_a_redriven_job_gets_its_attempts_back_once() -> None:
    pk = enqueue(stumble)
    owner_sql("UPDATE core_job SET attempts = 1")
    jobs.run(pk)
    letter = DeadLetter.objects.using("owner").get()
    assert jobs.redrive(letter.pk) and not jobs.redrive(letter.pk)
    assert (job(pk).state, job(pk).attempts) == ("ready", 0)


def test_waiting_on_purpose_costs_no_attempt() -> None:
    pk = enqueue(wait_for_it)
    jobs.run(pk)
    assert (job(pk).state, job(pk).attempts) == ("ready", 0)


def test_the_job_of_a_worker_that_died_is_free_at_once_and_that_of_a_living_one_is_not() -> None:
    pk = enqueue(note_down)
    with psycopg.connect(liveness.dsn(), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", [liveness.LOCK_CLASS, 4711])
        owner_sql(
            "UPDATE core_job SET state = 'leased', attempts = 1, fence = 1, worker_key = 4711, lease_until = now() + interval '1 hour'"
        )
        assert jobs.due() == []
    assert [one.id for one in jobs.due()] == [pk]
    jobs.run(pk)
    assert runs == [7] and job(pk).fence == 2


def test_a_worker_that_lost_its_lease_settles_nothing() -> None:
    pk = enqueue(note_down)
    lease = jobs._claim(pk)
    assert lease is not None
    owner_sql("UPDATE core_job SET fence = fence + 1")
    mark = jobs._lease.set(lease)
    try:
        with pytest.raises(jobs.LeaseLost), acting_as(Actor.system("x")):
            jobs.settle()
    finally:
        jobs._lease.reset(mark)
    assert job(pk).state == "leased"


def test_a_job_that_kills_its_process_each_time_comes_to_an_end() -> None:
    pk = enqueue(note_down)
    owner_sql("UPDATE core_job SET state = 'leased', attempts = 5, worker_key = 4712, lease_until = now() + interval '1 hour'")
    assert jobs.due() == []
    assert job(pk).state == "dead" and DeadLetter.objects.using("owner").get().error_class == "ProcessEnded"


def test_of_many_who_claim_at_the_same_moment_one_wins() -> None:
    pk = enqueue(note_down)

    def claim() -> None:
        try:
            jobs.run(pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert runs == [7]
