"""A worker that has gone deaf ends itself, so that its supervisor starts one that hears.

After a broken connection a Celery worker with threads can stay alive and never take a message again (celery issues 8091, 10302). It
cannot tell; but its queues can: they fill while nothing arrives here and nothing is in hand.
"""

import logging
import os
import threading
from dataclasses import dataclass
from typing import Any

import redis
from celery import bootsteps
from celery.worker import state
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

LOOK_SECONDS = 3.0
LOOKS = 4
EXIT_CODE = 75  # EX_TEMPFAIL: nothing is wrong with the work, try again.


class Hearing(bootsteps.StartStopStep):
    """Looks every few seconds; `LOOKS` times in a row with waiting messages and no sign of life end the process."""

    requires = {"celery.worker.components:Pool"}

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self.stopping = threading.Event()

    def start(self, worker: Any) -> None:
        queues = list(worker.app.amqp.queues.consume_from)
        threading.Thread(target=self.watch, args=(queues,), name="hearing", daemon=True).start()

    def stop(self, worker: Any) -> None:
        self.stopping.set()

    def watch(self, queues: list[str]) -> None:
        """Until stopped. A broker that is away is no reason to end: then everybody is deaf, and the pump does the work."""
        limits = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0}
        broker = redis.Redis.from_url(settings.REDIS_URL, retry=Retry(NoBackoff(), 0), **limits)
        ear = Ear()
        while not self.stopping.wait(LOOK_SECONDS):
            if ear.is_deaf(received(), busy=bool(state.active_requests), waiting=waiting(broker, queues)):
                logger.critical("deaf to the broker, ending", extra={"facts": {"queues": queues}})
                os._exit(EXIT_CODE)


@dataclass
class Ear:
    """What was seen at the last looks."""

    received: int = -1
    looks: int = 0

    def is_deaf(self, received: int, *, busy: bool, waiting: int) -> bool:
        """True once messages have waited at `LOOKS` looks in a row while none arrived and none was in hand."""
        silent = received == self.received and not busy and waiting > 0
        self.received, self.looks = received, self.looks + 1 if silent else 0
        return self.looks >= LOOKS


def received() -> int:
    """How many messages this worker has taken so far."""
    return sum(state.total_count.values())


def waiting(broker: "redis.Redis", queues: list[str]) -> int:
    """How many messages wait in `queues`; 0 when the broker cannot be asked."""
    try:
        return sum(int(broker.llen(queue)) for queue in queues)  # type: ignore[arg-type]
    except redis.RedisError:
        return 0
