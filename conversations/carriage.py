"""Carrying a delivery to its customer, once.

The ledger (DeliveryAttempt) has a row before any byte leaves. What surely was not sent is tried again; what may have been sent is
never repeated blindly: it is looked up at the channel, and shown to a person when the channel cannot tell. Nobody looks before the
call's own deadline has passed, so that a caller who only seemed dead has let go of it as well.
"""

import hashlib
import time
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from conversations import families, live
from conversations.asks import DOUBTFUL
from conversations.connections import connection_of
from conversations.models import Conversation, Delivery, DeliveryAttempt, Event, Message
from conversations.outbound import outbound_of
from conversations.outcomes import accepted, ask_for_a_person, end_attempt, failed, locked
from conversations.ownership import may_leave
from core import audit
from core.claims import LostClaim
from core.context import Actor, acting_as
from core.failpoints import failpoint
from core.jobs import LeaseLost, Retry, enqueue, is_last_attempt, job, settle
from core.liveness import is_gone, worker_key
from core.words import gettext_noop
from gateways.choose import carrier
from gateways.errors import DeadlinePassed, GatewayError
from gateways.types import Connection, OutboundMessage, Progress

CARRIER = Actor.system("delivery")
RECHECK_SECONDS = 5.0
RECONCILE_SECONDS = 60.0


def recall(message: Message, *, reason: str = gettext_noop("taken back")) -> bool:
    """Take a message back before it goes; False when it is already on its way."""
    moved = Delivery.objects.claim(
        message.delivery.pk, from_state=Delivery.State.PENDING, to_state=Delivery.State.RECALLED, reason=reason
    )
    if moved:
        audit.record(Event.MESSAGE_RECALLED, message)
        live.message_status(message)
    return moved


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@job(lane="send", max_attempts=8)
def deliver(delivery_id: int) -> None:
    """Carry one delivery as far as it can be carried now."""
    attempt = begin(delivery_id)
    if attempt is None:
        return
    failpoint("send.after_attempt")
    outbound, provider_id, error = attempt.outbound, "", None
    try:
        if time.monotonic() > attempt.give_up_at:
            raise DeadlinePassed("this process was held up before the call")
        provider_id = carrier(attempt.connection).send(outbound, attempt.key, Progress())
    except GatewayError as raised:
        error = raised
    failpoint("send.after_call")
    record(attempt, provider_id, error)


@dataclass(frozen=True)
class Attempt:
    id: int
    delivery_id: int
    key: str
    outbound: OutboundMessage
    connection: Connection
    give_up_at: float


def begin(delivery_id: int) -> Attempt | None:
    """Check once more, claim the delivery and write the ledger row. None when there is nothing to carry."""
    key = worker_key()
    with acting_as(CARRIER):
        conversation, delivery = locked(delivery_id)
        if delivery.state == Delivery.State.SENDING:
            return _pick_up(delivery)
        if delivery.state != Delivery.State.PENDING:
            settle()
            return None
        wait = (delivery.not_before - timezone.now()).total_seconds()
        if wait > 0:
            raise Retry(after=wait, reason="inside the undo window")
        if why := _why_not(delivery, conversation):
            recall(delivery.message, reason=why)
            settle()
            return None
        Delivery.objects.claim(delivery.pk, from_state=Delivery.State.PENDING, to_state=Delivery.State.SENDING)
        connection = connection_of(delivery.message.conversation.inbox)
        seconds = carrier(connection).call_seconds
        attempt = DeliveryAttempt.objects.create(
            delivery=delivery,
            inbox_id=delivery.inbox_id,
            worker_key=key,
            body_sha256=sha256(delivery.message.text),
            deadline=timezone.now() + timedelta(seconds=seconds),
        )
        return Attempt(
            attempt.pk, delivery.pk, str(delivery.send_key), outbound_of(delivery), connection, time.monotonic() + seconds
        )  # fmt: skip


def _pick_up(delivery: Delivery) -> None:
    """A worker before us got as far as the call. While it may still be calling, wait; once it cannot, find out."""
    attempt = delivery.attempts.get(state=DeliveryAttempt.State.CALLING)
    if not is_gone(attempt.worker_key):
        raise Retry(after=RECHECK_SECONDS, reason="its worker is still alive")
    left = (attempt.deadline - timezone.now()).total_seconds()
    if left > 0:
        raise Retry(after=left, reason="its call may still be going on")
    _doubtful(delivery, attempt.pk, gettext_noop("its worker died during the call"))
    settle()


def _why_not(delivery: Delivery, conversation: Conversation) -> str:
    """Why it does not go out any more; empty when it does."""
    if _is_overtaken(delivery):
        return gettext_noop("the customer wrote again")
    if not may_leave(conversation, delivery.ownership, delivery.message):
        return gettext_noop("somebody else has the conversation now")
    return ""


def _is_overtaken(delivery: Delivery) -> bool:
    """Whether the customer has written something that this reply of the assistant did not see."""
    if delivery.based_on_id is None:
        return False
    return families.received_in(delivery.message.conversation_id).filter(pk__gt=delivery.based_on_id).exists()


def record(attempt: Attempt, provider_id: str, error: GatewayError | None) -> None:
    """Write what the channel said. Raises `error` again after a call that surely sent nothing, so that the job is retried.

    Raises LeaseLost when others gave this call up meanwhile and found out without us what became of it.
    """
    again = None
    with acting_as(CARRIER):
        _, delivery = locked(attempt.delivery_id)
        known = delivery.attempts.get(pk=attempt.id).state
        if known in (DeliveryAttempt.State.ACCEPTED, DeliveryAttempt.State.RETURNED):
            pass  # The channel reported it before its answer came in: everything is said.
        elif known != DeliveryAttempt.State.CALLING:
            raise LeaseLost("the call was given up")
        elif error is None:
            accepted(delivery, attempt.id, provider_id)
        elif error.ambiguous:
            _doubtful(delivery, attempt.id, str(error))
        elif error.permanent:
            end_attempt(attempt.id, DeliveryAttempt.State.REJECTED, error=str(error))
            failed(delivery, str(error))
        elif is_last_attempt():
            end_attempt(attempt.id, DeliveryAttempt.State.NOT_SENT, error=str(error))
            failed(delivery, str(error))
        else:
            end_attempt(attempt.id, DeliveryAttempt.State.NOT_SENT, error=str(error))
            Delivery.objects.claim(delivery.pk, from_state=Delivery.State.SENDING, to_state=Delivery.State.PENDING)
            live.message_status(delivery.message)
            again = error
        if again is None:
            settle()
    if again is not None:
        raise again


def _doubtful(delivery: Delivery, attempt_id: int, error: str) -> None:
    end_attempt(attempt_id, DeliveryAttempt.State.UNKNOWN, error=error)
    Delivery.objects.claim(delivery.pk, from_state=Delivery.State.SENDING, to_state=Delivery.State.UNKNOWN, reason=error[:200])
    audit.record(Event.DELIVERY_UNKNOWN, delivery.message, delivery=delivery.pk)
    wait = 0.0 if carrier(connection_of(delivery.message.conversation.inbox)).keeps_keys else RECONCILE_SECONDS
    run_at = timezone.now() + timedelta(seconds=wait)
    enqueue(reconcile, ref=delivery.pk, scope=delivery.inbox_id, run_at=run_at, key=f"reconcile:{attempt_id}")
    live.message_status(delivery.message)


@job(lane="send")
def reconcile(delivery_id: int) -> None:
    """Find out at the channel what became of a doubtful call; ask a person when the channel cannot tell."""
    with acting_as(CARRIER):
        _, delivery = locked(delivery_id)
        attempt = delivery.attempts.filter(state=DeliveryAttempt.State.UNKNOWN).order_by("-pk").first()
        if delivery.state != Delivery.State.UNKNOWN or attempt is None:
            settle()
            return
        gateway = carrier(connection_of(delivery.message.conversation.inbox))
    try:
        found = gateway.lookup(str(delivery.send_key))
    except GatewayError as error:
        raise Retry(after=RECONCILE_SECONDS, reason="the channel cannot be asked") from error
    with acting_as(CARRIER):
        _, delivery = locked(delivery_id)
        if found:
            accepted(delivery, attempt.pk, found)
        elif gateway.keeps_keys:
            # The channel knows every key that it was given: not there means not sent, so one more try is safe.
            end_attempt(attempt.pk, DeliveryAttempt.State.NOT_SENT, error=gettext_noop("not found at the channel"))
            Delivery.objects.claim(delivery.pk, from_state=Delivery.State.UNKNOWN, to_state=Delivery.State.PENDING)
            enqueue(deliver, ref=delivery.pk, scope=delivery.inbox_id, key=f"deliver:{delivery.pk}:{attempt.pk}")
        else:
            Delivery.objects.claim(delivery.pk, from_state=Delivery.State.UNKNOWN, to_state=Delivery.State.HELD)
            ask_for_a_person(delivery.message, DOUBTFUL)
            audit.record(Event.DELIVERY_HELD, delivery.message, delivery=delivery.pk)
            live.message_status(delivery.message)
        settle()


def settle_doubt(doubtful: Delivery, *, said_by: str) -> None:
    """A person knows that a held reply arrived. Raises LostClaim when it is not held any more."""
    delivery, attempt = _held(doubtful)
    accepted(delivery, attempt.pk, said_by)


def give_up_doubt(doubtful: Delivery) -> None:
    """A person wants a held reply sent once more: its doubtful attempt ends, so that there can be another. Raises LostClaim."""
    _, attempt = _held(doubtful)
    end_attempt(attempt.pk, DeliveryAttempt.State.NOT_SENT, error="given up: a person asked for another try")


def _held(doubtful: Delivery) -> tuple[Delivery, DeliveryAttempt]:
    _, delivery = locked(doubtful.pk)
    attempt = delivery.attempts.filter(state=DeliveryAttempt.State.UNKNOWN).order_by("-pk").first()
    if delivery.state != Delivery.State.HELD or attempt is None:
        raise LostClaim("somebody was first")
    return delivery, attempt
