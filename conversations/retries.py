"""Replies that did not get through, put right by a person: tried again where surely nothing was sent, decided where nobody knows."""

from django.db.models.functions import Now

from accounts.models import User
from conversations import carriage, doubts, leaving, live
from conversations.models import Delivery, Event, Message
from core import audit
from core.claims import LostClaim
from core.context import acting_as
from core.jobs import enqueue


class MayHaveArrived(Exception):
    """The channel had taken it: sending it again by itself might send it twice."""


def try_again(message: Message) -> None:
    """A refused or failed reply goes out once more. Raises LostClaim when it is not failed any more, MayHaveArrived."""
    delivery = message.delivery
    if not delivery.is_surely_not_sent:
        raise MayHaveArrived(delivery.pk)
    with acting_as(carriage.CARRIER):
        leaving.believe_again(delivery)
    _queue(delivery, Delivery.State.FAILED)
    audit.record(Event.DELIVERY_RETRIED, message, delivery=delivery.pk)
    live.message_status(message)


def send_twice_if_need_be(message: Message, *, why: str) -> None:
    """A reply that may have arrived goes out once more: somebody chose that, for one of the reasons in asks.WHY_TWICE. Raises LostClaim.

    It carries the same key as before, so that a channel which did take it can tell that it is the same.
    """
    with acting_as(carriage.CARRIER):
        doubts.give_up(message.delivery)
    _queue(message.delivery, Delivery.State.HELD)
    audit.record(Event.DELIVERY_RETRIED, message, delivery=message.delivery.pk, may_be_twice=True, why=why)
    live.message_status(message)


def confirm(message: Message, *, by: User) -> None:
    """A reply that nobody knows about did arrive: `by` says so. Raises LostClaim."""
    with acting_as(carriage.CARRIER):
        doubts.settle(message.delivery, said_by=f"confirmed:{by.pk}")
    audit.record(Event.DELIVERY_CONFIRMED, message, delivery=message.delivery.pk)


def _queue(delivery: Delivery, from_state: str) -> None:
    if not Delivery.objects.claim(
        delivery.pk, from_state=from_state, to_state=Delivery.State.PENDING, reason="", not_before=Now()
    ):
        raise LostClaim("somebody was first")
    key = f"deliver:{delivery.pk}:by-hand:{delivery.version}"
    enqueue(carriage.deliver, ref=delivery.pk, scope=delivery.inbox_id, key=key)
