"""The pump: wakes on NOTIFY or every second and hands due jobs to Celery; runs them itself when the broker is away or unheard.

It is the only one that speaks to the broker, so a hung Redis can never hold up a request.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import redis
from celery import current_app
from django.conf import settings
from django.db import DatabaseError, close_old_connections
from kombu.exceptions import KombuError
from redis.backoff import NoBackoff
from redis.retry import Retry

from core import jobs
from core.liveness import dsn

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0
BROKER_PAUSE = 2.0
# Work for customers that nobody has taken for so long is done here: a worker can be alive and yet deaf to the broker.
UNHEARD_SECONDS = 8.0
FOR_CUSTOMERS = ("ingest", "send", "draft")
# So many ids in one queue are enough; PostgreSQL keeps the rest.
FULL_QUEUE = 1000


class Broker:
    """Publishes to Celery, and knows within half a second when it cannot."""

    def __init__(self) -> None:
        self.redis = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0)
        )
        self.closed_until = 0.0

    def publish(self, job_id: int, kind: str, lane: str) -> bool:
        """True when Celery has it. One failure closes the way for two seconds; a queue that nobody empties takes no more."""
        if time.monotonic() < self.closed_until:
            return False
        try:
            if int(self.redis.llen(lane)) >= FULL_QUEUE:  # type: ignore[arg-type]
                return False
            current_app.send_task(kind, args=[job_id], queue=lane, retry=False, ignore_result=True)
        except (redis.RedisError, KombuError, OSError) as error:
            self.closed_until = time.monotonic() + BROKER_PAUSE
            logger.warning("broker away, running jobs here", extra={"facts": {"error": type(error).__name__}})
            return False
        return True


class Pump:
    """`run` until `stop`. One of them is enough; several do no harm."""

    def __init__(self) -> None:
        self.broker = Broker()
        self.stopping = threading.Event()
        self.here = ThreadPoolExecutor(max_workers=4, thread_name_prefix="inline")
        self.running: set[int] = set()

    def stop(self) -> None:
        self.stopping.set()

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                with psycopg.connect(dsn(), autocommit=True, application_name="pump", connect_timeout=5) as listener:
                    listener.execute("LISTEN jobs")
                    self.listen(listener)
            except (psycopg.Error, DatabaseError) as error:
                logger.warning("database away", extra={"facts": {"error": type(error).__name__}})
                close_old_connections()
                self.stopping.wait(SWEEP_SECONDS)
        self.here.shutdown(wait=True)

    def listen(self, listener: psycopg.Connection) -> None:
        while not self.stopping.is_set():
            self.hand_out()
            for _ in listener.notifies(timeout=SWEEP_SECONDS, stop_after=1):
                break

    def hand_out(self) -> None:
        for job in jobs.due():
            unheard = job.lane in FOR_CUSTOMERS and job.waited > UNHEARD_SECONDS
            if unheard or not self.broker.publish(job.id, job.kind, job.lane):
                self.run_here(job.id)

    def run_here(self, job_id: int) -> None:
        if job_id in self.running:
            return
        self.running.add(job_id)
        self.here.submit(self._inline, job_id, jobs.run)

    def _inline(self, job_id: int, run: Callable[[int], None]) -> None:
        try:
            run(job_id)
        except (psycopg.Error, DatabaseError):
            logger.exception("inline job", extra={"facts": {"job": job_id}})
        finally:
            self.running.discard(job_id)
            close_old_connections()
