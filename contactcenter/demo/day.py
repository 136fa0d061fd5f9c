"""Plays the day: customers write through the doors, the assistant drafts, people act, channels carry. Nothing is written past them.

The model's confidences are what they are. What a person of the story would no longer find to do is left out.
"""

import json
from datetime import timedelta

from celery import current_app
from django.db.models.functions import Now
from django.utils import timezone

from contactcenter.demo.acts import Scene, act
from contactcenter.demo.clock import Clock
from contactcenter.demo.people import Staff
from contactcenter.demo.story import Step
from conversations.models import Customer
from core import jobs
from core.context import Actor, acting_as
from core.models import Job
from gateways.types import InboundMessage
from intake.accept import accept

PLAYER = Actor.system("seed")
# How long after a step the assistant has drafted, and then whatever goes out has gone.
APPOINTED = timedelta(minutes=5)
DRAFTED, CARRIED = timedelta(seconds=3), timedelta(seconds=8)


class Unfinished(RuntimeError):
    """Work was left over that would still change the picture."""


class Day:
    """`conversations` maps the story's keys to rows; `left_out` are the steps that found nothing to do."""

    def __init__(self, staff: Staff, clock: Clock) -> None:
        self.staff = staff
        self.clock = clock
        self.conversations: dict[str, int] = {}
        self.left_out: list[Step] = []

    def play(self, steps: list[Step]) -> None:
        """Every step at its time, and after it what the assistant and the channels make of it. Raises Unfinished."""
        current_app.loader.import_default_modules()
        for step in steps:
            self.clock.set(step.ago)
            self._take(step)
            if not step.is_hurried:
                self._work(step)
        if left := _unfinished():
            raise Unfinished(f"{left} jobs were left over")

    def _take(self, step: Step) -> None:
        if step.customer:
            self._customer_writes(step)
        elif not act(Scene(self.staff, self.conversations[step.matter.key], step)):
            self.left_out.append(step)

    def _work(self, step: Step) -> None:
        for later in (DRAFTED, CARRIED):
            self.clock.set(step.ago - later)
            _end_quiet_time()
            due = jobs.due()
            if not due:
                return
            for job in due:
                jobs.run(job.id)

    def _customer_writes(self, step: Step) -> None:
        matter, who = step.matter, step.matter.customer
        known = self.conversations.get(matter.key)
        inbound = InboundMessage(
            text=step.customer, sender_name=who.name, sender_email=who.email, sender_phone=who.phone,
            subject=matter.subject, conversation_id=known,
        )  # fmt: skip
        raw = json.dumps({"from": who.email or who.phone, "subject": matter.subject, "text": step.customer}, ensure_ascii=False)
        provider_id = f"demo-{matter.key}-{step.number}"
        accepted = accept(self.staff.inboxes[matter.inbox], inbound, provider_id=provider_id, payload=raw.encode())
        self.conversations[matter.key] = accepted.conversation.pk
        # The clock starts with what a customer writes, and with nothing else.
        self.clock.promise(accepted.conversation.pk, accepted.conversation.due_at)
        if known is None:
            with acting_as(PLAYER):
                customer = Customer.objects.filter(pk=accepted.conversation.customer_id)
                customer.update(place=who.place, language=who.language)


def _end_quiet_time() -> None:
    """Seconds of the play are hours of the day: whoever wrote before did not write a moment ago, and is not waited for."""
    with acting_as(PLAYER):
        waiting = Job.objects.filter(state=Job.State.READY, lane="draft", run_at__gt=Now())
        waiting.update(run_at=Now())


def _unfinished() -> int:
    """Jobs still to do, but for what is meant for later and changes no conversation (an answer is looked through after a while)."""
    with acting_as(PLAYER, read_only=True):
        left = Job.objects.filter(state__in=(Job.State.READY, Job.State.LEASED))
        return left.exclude(lane="bulk", run_at__gt=Now()).exclude(attempts=0, run_at__gt=timezone.now() + APPOINTED).count()
