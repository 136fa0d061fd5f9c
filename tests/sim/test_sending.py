"""Random histories of sending, with the product's own transition functions on real PostgreSQL and a seeded scheduler.

Workers run, pause in the middle of a call, die before or after the provider heard of it, lose their lock and go on all the same; time
jumps past every deadline, customers write, agents take replies back, answers get lost, the provider asks us to wait, refuses the account, or reports
before, after and against what it answered. Whatever the order: the provider's own ledger never holds a key
twice, what it holds and what we say agree, and nothing stays half done.

A failure prints its seed and its steps. SIM_SCHEDULES=2000 runs more of them.
"""

import os
import random
import threading
import uuid
from dataclasses import dataclass, field

import pytest
from django.db import connections

from contactcenter.invariants import broken
from conversations import delivery, retries, statuses
from conversations.models import Conversation, Delivery, Message
from core import jobs, liveness
from core.context import Actor, acting_as
from gateways import fakes
from gateways.breaker import breaker
from gateways.errors import Busy, GatewayError, Misconfigured
from gateways.types import Connection, OutboundMessage, Progress
from tests.cast import Cast, conversation, inbound
from tests.house.world import owner_sql

SCHEDULES = int(os.environ.get("SIM_SCHEDULES", "120"))
STEPS = 14
FATES = ("ok", "ok", "down", "lost", "dies", "dies_after", "refused", "pauses", "pauses", "busy", "misconfigured", "reported")
STEPS_OF_A_HISTORY = (
    "work", "work", "work", "time", "resume", "lock_falls", "customer_writes", "recall", "provider_reports", "admin_mends",
    "person_decides",
)  # fmt: skip
PROVIDERS = {
    "drops repetitions": {"keeps_keys": True, "drops_repetitions": True},
    "can be asked": {"keeps_keys": True, "drops_repetitions": False},
    "knows nothing": {"keeps_keys": False, "drops_repetitions": False},
}
FINAL = {"sent", "delivered", "read", "failed", "recalled", "held"}
HAS_IT = {"sent", "delivered", "read"}
HOOK = Actor.system("hook")


@dataclass
class PausingChannel(fakes.FakeChannel):
    """A fake provider whose callers may stop in front of the call until the scheduler lets them go on."""

    waiting: "list[Worker]" = field(default_factory=list)

    def send(self, message: OutboundMessage, idempotency_key: str, progress: Progress) -> str:
        if self.script and self.script[0] == "pauses":
            self.script.pop(0)
            me = threading.current_thread()
            assert isinstance(me, Worker)
            self.waiting.append(me)
            me.stopped.set()
            me.go_on.wait(20)
            if me.is_late:
                self.script = []
                raise GatewayError("no time left for the call")
        step = self.script[0] if self.script else "ok"
        if step in ("busy", "misconfigured"):
            self.script.pop(0)
            raise Busy("too many requests", 30) if step == "busy" else Misconfigured("bad credentials")
        if step == "reported":
            self.script[0] = "ok"
            provider_id = super().send(message, idempotency_key, progress)
            report(idempotency_key, "delivered")  # The webhook is quicker than the answer, which is lost.
            raise GatewayError("no answer", ambiguous=bool(provider_id))
        return super().send(message, idempotency_key, progress)


class Worker(threading.Thread):
    """One run of one job, as a worker's thread does it; the scheduler goes on once it has ended or stopped in its call."""

    def __init__(self, job_id: int) -> None:
        super().__init__(daemon=True)
        self.job_id, self.stopped, self.go_on, self.is_late = job_id, threading.Event(), threading.Event(), False

    def run(self) -> None:
        try:
            jobs.run(self.job_id)
        except fakes.ProcessDied:
            liveness.let_go()
        finally:
            connections.close_all()
            self.stopped.set()


def report(key: str, status: str) -> None:
    """What a webhook does."""
    with acting_as(HOOK):
        found = Delivery.objects.filter(send_key=key).first()
        if found is not None:
            statuses.reported(found, status, reason="mailbox full", provider_id=f"hook-{key}"[:60])


provider = PausingChannel()


def channel(connection: Connection) -> PausingChannel:
    return provider


class History:
    """One random history."""

    def __init__(self, seed: int, cast: Cast, kind: str) -> None:
        self.came_back: set[str] = set()
        self.die, self.cast, self.told = random.Random(seed), cast, [f"seed {seed}, a provider that {kind}"]
        provider.__init__(**PROVIDERS[kind])  # type: ignore[misc]
        self.matters = [conversation(cast.orders, cast.cara)[0] for _ in range(2)]
        for matter in self.matters:
            self.agent_replies(matter)
        self.assistant_replies(self.matters[0])

    def agent_replies(self, matter: Conversation) -> None:
        with self.cast.acting(self.cast.ana):
            found = Conversation.objects.select_related("inbox").get(pk=matter.pk)
            delivery.reply(found, f"It leaves today. {uuid.uuid4()}", by=self.cast.ana, client_key=uuid.uuid4())

    def assistant_replies(self, matter: Conversation) -> None:
        with acting_as(Actor.assistant()):
            found = Conversation.objects.select_related("inbox").get(pk=matter.pk)
            asked = Message.objects.filter(conversation=found, direction="in").latest("pk")
            licence = delivery.Licence(confidence=0.93)
            delivery.send_for_assistant(found, "Within 30 days.", licence=licence, in_reply_to=asked)

    def step(self) -> None:
        what = self.die.choice(STEPS_OF_A_HISTORY)
        self.told.append(what)
        getattr(self, what)()

    def work(self) -> None:
        due = jobs.due()
        if not due:
            return
        provider.script = [self.die.choice(FATES)]
        self.told[-1] += f" {provider.script[0]}"
        worker = Worker(self.die.choice(due)[0])
        worker.start()
        assert worker.stopped.wait(20), self.told

    def time(self) -> None:
        """Undo windows close, back-offs end, leases and calls run out, and what was handed out may be handed out again."""
        for worker in provider.waiting:
            worker.is_late = True
        owner_sql("UPDATE conversations_deliveryattempt SET deadline = now() WHERE state = 'calling'")
        breaker("channel:web").close()
        owner_sql("UPDATE conversations_delivery SET not_before = now() WHERE state = 'pending'")
        owner_sql("UPDATE core_job SET run_at = now(), dispatched_at = NULL WHERE state = 'ready'")
        owner_sql("UPDATE core_job SET lease_until = now() - interval '1 second', dispatched_at = NULL WHERE state = 'leased'")

    def resume(self) -> None:
        if provider.waiting:
            worker = provider.waiting.pop(self.die.randrange(len(provider.waiting)))
            provider.script = [self.die.choice(["ok", "lost", "dies", "dies_after"])]
            worker.go_on.set()
            worker.join(20)

    def lock_falls(self) -> None:
        """The process seems dead to everybody, although what it had begun may still go on."""
        liveness.let_go()

    def customer_writes(self) -> None:
        inbound(self.matters[0], "One more thing")

    def recall(self) -> None:
        with self.cast.acting(self.cast.ana):
            waiting = Message.objects.select_related("delivery", "conversation").filter(delivery__state="pending").first()
            if waiting:
                delivery.recall(waiting)

    def provider_reports(self) -> None:
        """A late word, an early one or a repeated one, about something that the provider has."""
        if provider.ledger:
            line, status = self.die.choice(provider.ledger), self.die.choice(("sent", "delivered", "read", "failed", "delayed"))
            self.told[-1] += f" {status}"
            self.came_back |= {line.key} if status == "failed" else set()
            report(line.key, status)

    def admin_mends(self) -> None:
        owner_sql("UPDATE conversations_account SET paused_at = NULL, paused_reason = ''")

    def person_decides(self) -> None:
        """Somebody sends what failed once more. Of what came back the customer has nothing, so that is no second time."""
        with self.cast.acting(self.cast.ana):
            found = Message.objects.select_related("delivery", "conversation").filter(delivery__state="failed").first()
            if found and found.delivery.is_surely_not_sent:
                retries.try_again(found)

    def settle(self) -> None:
        """Everything goes well from here on; ends when nothing is left to do."""
        while provider.waiting:
            self.resume()
        for _ in range(30):
            provider.script = []
            self.admin_mends()
            self.time()
            for pk, *_ in jobs.due():
                worker = Worker(pk)
                worker.start()
                worker.join(20)
            left = Delivery.objects.using("owner").exclude(state__in=FINAL)
            if not left.exists():
                return
        pytest.fail(f"still open: {list(left.values_list('state', flat=True))}\n{self.told}")

    def check(self) -> None:
        keys = [line.key for line in provider.ledger]
        arrived = [key for key in keys if key not in self.came_back]
        assert len(arrived) == len(set(arrived)), f"sent twice\n{self.told}"
        mine = Delivery.objects.using("owner").filter(message__conversation__in=[matter.pk for matter in self.matters])
        for key, state in mine.values_list("send_key", "state"):
            # What is held is exactly what nobody can know; what came back is in the provider's ledger all the same.
            if state != "held" and not (state == "failed" and str(key) in self.came_back):
                assert (str(key) in keys) == (state in HAS_IT), f"we say {state}, the provider knows better\n{self.told}"
        wrong = {code: rows for code, rows in broken().items() if rows}
        assert not wrong, f"{wrong}\n{self.told}"


@pytest.mark.parametrize("kind", PROVIDERS)
@pytest.mark.parametrize("part", range(2))
def test_no_history_sends_twice_or_loses_a_reply(cast: Cast, settings, part: int, kind: str) -> None:
    settings.CHANNEL_GATEWAYS = {"web": "tests.sim.test_sending.channel"}
    for seed in range(part, SCHEDULES, 6):
        history = History(seed, cast, kind)
        for _ in range(STEPS):
            history.step()
        history.settle()
        history.check()
