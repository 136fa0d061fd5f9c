"""Carrying a delivery to its customer, once.

The ledger (DeliveryAttempt) has a row before any byte leaves. What surely was not sent is tried again; what may have been sent is
never repeated blindly: it is looked up at the channel, and shown to a person when the channel cannot tell. Nobody looks before the
call's own deadline has passed, so that a caller who only seemed dead has let go of it as well.
"""

import time
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from conversations import holding, live, scanning
from conversations.asks import DOUBTFUL
from conversations.connections import connection_of
from conversations.holding import Hold
from conversations.leaving import sha256, way_of, why_it_cannot, why_not
from conversations.models import Conversation, Delivery, DeliveryAttempt, Event, Message, Transport
from conversations.on_mail import remember
from conversations.outbound import outbound_of
from conversations.outcomes import accepted, ask_for_a_person, end_attempt, failed, locked
from core import audit
from core.context import Actor, acting_as
from core.failpoints import failpoint
from core.jobs import LeaseLost, Retry, enqueue, is_last_attempt, job, next_backoff, settle
from core.liveness import is_gone, worker_key
from core.sealing import CannotOpen
from core.words import gettext_noop
from gateways.choose import carrier
from gateways.errors import Busy, CircuitOpen, DeadlinePassed, Deferred, GatewayError, Misconfigured
from gateways.types import Connection, OutboundMessage, Progress

CARRIER = Actor.system("delivery")
MOST_TRIES = 8
# A call has to begin within so many seconds of its row in the ledger, or not at all.
BEGIN_SECONDS = 3.0
RECHECK_SECONDS = 5.0
RECONCILE_SECONDS = 60.0
# How long a channel that cannot be asked is given to report by itself what became of it.
PATIENCE = {Transport.CLOUD: 600.0}
# A provider that answers and cannot tell, and one that does not answer, are asked for so long.
CANNOT_TELL, DOES_NOT_ANSWER = timedelta(minutes=30), timedelta(hours=24)
NO_SECRETS = gettext_noop("A secret of this connection cannot be opened: FIELD_ENCRYPTION_KEYS lacks its key")
NOT_THERE = gettext_noop("not found at the channel")


class HeldUp(DeadlinePassed):
    """This process was held up between its row in the ledger and the call, so it did not call."""


def recall(message: Message, *, reason: str = gettext_noop("taken back")) -> bool:
    """Take a message back before it goes; False when it is already on its way."""
    moved = Delivery.objects.claim(
        message.delivery.pk, from_state=Delivery.State.PENDING, to_state=Delivery.State.RECALLED, reason=reason
    )
    if moved:
        audit.record(Event.MESSAGE_RECALLED, message)
        live.message_status(message)
    return moved


@job(lane="send", max_attempts=MOST_TRIES)
def deliver(delivery_id: int) -> None:
    """Carry one delivery as far as it can be carried now."""
    attempt = begin(delivery_id)
    if attempt is None:
        return
    failpoint("send.after_attempt")
    provider_id, error = _call(attempt)
    failpoint("send.after_call")
    record(attempt, provider_id, error)


@dataclass(frozen=True)
class Attempt:
    """One call that may now be made. `ref` is what the provider called it when an earlier try got half-way."""

    id: int
    delivery_id: int
    key: str
    ref: str
    outbound: OutboundMessage
    connection: Connection
    give_up_at: float

    def keep(self, ref: str) -> None:
        """Write down what the provider calls it. Raises LeaseLost when others gave this call up meanwhile: nothing more is sent."""
        with acting_as(CARRIER):
            calling = DeliveryAttempt.objects.filter(pk=self.id, state=DeliveryAttempt.State.CALLING)
            if not calling.update(provider_ref=ref[:200]):
                raise LeaseLost("the call was given up")


def begin(delivery_id: int) -> Attempt | None:
    """Check once more, claim the delivery and write the ledger row. None when there is nothing to carry; raises Retry while it waits."""
    key = worker_key()
    with acting_as(CARRIER):
        conversation, delivery = locked(delivery_id)
        if delivery.state == Delivery.State.SENDING:
            return _pick_up(delivery)
        if delivery.state == Delivery.State.PENDING:
            found = _looked_at(delivery, conversation, key)
            if isinstance(found, Attempt):
                return found
            if found is not None:
                holding.wait(delivery, found.seconds)
        else:
            found = None
        if found is None:
            settle()
            return None
    raise Retry(after=found.seconds, reason=found.why)


def _looked_at(delivery: Delivery, conversation: Conversation, key: int) -> Attempt | Hold | None:
    """What is to be done about a waiting delivery now; None when it has come to an end here."""
    wait = (delivery.not_before - timezone.now()).total_seconds()
    if wait > 0:
        raise Retry(after=wait, reason="inside the undo window")
    if why := why_not(delivery, conversation):
        recall(delivery.message, reason=why)
        return None
    way = way_of(delivery)
    try:
        connection = connection_of(way)
    except CannotOpen:
        holding.pause(way, NO_SECRETS)
        return Hold(holding.PAUSED_SECONDS, holding.PAUSED, ends=False)
    if scanning.still_waits(delivery.message):
        raise Retry(after=RECHECK_SECONDS, reason="a file of it is being looked through")
    outbound = outbound_of(delivery)
    if why := why_it_cannot(delivery, outbound):
        failed(delivery, why)
        return None
    hold = holding.hold_of(delivery, way, connection, outbound.recipient)
    if hold is None:
        return _claimed(delivery, key, connection, outbound)
    if holding.is_over(delivery, hold):
        failed(delivery, holding.TOO_LONG)
        return None
    return hold


def _claimed(delivery: Delivery, key: int, connection: Connection, outbound: OutboundMessage) -> Attempt:
    Delivery.objects.claim(delivery.pk, from_state=Delivery.State.PENDING, to_state=Delivery.State.SENDING, retry_at=None)
    seconds, ref = carrier(connection).call_seconds, _last_ref(delivery)
    attempt = DeliveryAttempt.objects.create(
        delivery=delivery,
        inbox_id=delivery.inbox_id,
        worker_key=key,
        body_sha256=sha256(delivery.message.text),
        deadline=timezone.now() + timedelta(seconds=BEGIN_SECONDS + seconds),
    )
    remember(delivery, outbound)
    give_up_at = time.monotonic() + BEGIN_SECONDS
    return Attempt(attempt.pk, delivery.pk, str(delivery.send_key), ref, outbound, connection, give_up_at)


def _last_ref(delivery: Delivery) -> str:
    """What the provider calls this sending, from the latest try that heard of it and was not given up."""
    open_ended = (DeliveryAttempt.State.NOT_SENT, DeliveryAttempt.State.UNKNOWN, DeliveryAttempt.State.CALLING)
    known = delivery.attempts.filter(state__in=open_ended).exclude(provider_ref="")
    return known.order_by("-pk").values_list("provider_ref", flat=True).first() or ""


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


def _call(attempt: Attempt) -> tuple[str, GatewayError | None]:
    """The provider's id, or what went wrong."""

    def send() -> str:
        if time.monotonic() > attempt.give_up_at:
            raise HeldUp("this process was held up before the call")
        return carrier(attempt.connection).send(attempt.outbound, attempt.key, Progress(attempt.ref, attempt.keep))

    try:
        return holding.breaker_of(attempt.connection.inbox).call(send, excused=(HeldUp, Deferred)), None
    except GatewayError as raised:
        return "", raised
    except Exception as raised:  # Whatever a carrier stumbled over, its last byte may have left before that.
        return "", GatewayError(f"{type(raised).__name__} during the call", ambiguous=True)


def record(attempt: Attempt, provider_id: str, error: GatewayError | None) -> None:
    """Write what the channel said. Raises Retry after a call that surely sent nothing and may be made again.

    Raises LeaseLost when others gave this call up meanwhile and found out without us what became of it.
    """
    with acting_as(CARRIER):
        _, delivery = locked(attempt.delivery_id)
        again = _recorded(delivery, attempt.id, provider_id, error)
        if again is None:
            settle()
    if again is not None:
        raise again


def _recorded(delivery: Delivery, attempt_id: int, provider_id: str, error: GatewayError | None) -> Retry | None:
    known = delivery.attempts.get(pk=attempt_id).state
    if known in (DeliveryAttempt.State.ACCEPTED, DeliveryAttempt.State.RETURNED):
        return None  # The channel reported it before its answer came in: everything is said.
    if known != DeliveryAttempt.State.CALLING:
        raise LeaseLost("the call was given up")
    if error is None:
        accepted(delivery, attempt_id, provider_id)
    elif error.ambiguous:
        _doubtful(delivery, attempt_id, str(error))
    else:
        return _not_sent(delivery, attempt_id, error)
    return None


def _not_sent(delivery: Delivery, attempt_id: int, error: GatewayError) -> Retry | None:
    """Nothing has left: it waits for the account, for the provider or for its next try, or it has failed."""
    hold = _hold_after(delivery, error)
    is_over = holding.is_over(delivery, hold) if hold else error.permanent or is_last_attempt()
    is_refused = hold is None and error.permanent
    end_attempt(attempt_id, DeliveryAttempt.State.REJECTED if is_refused else DeliveryAttempt.State.NOT_SENT, error=str(error))
    if is_over:
        failed(delivery, str(error))
        return None
    again = Retry(hold.seconds, hold.why) if hold else Retry(next_backoff(), str(error), counts=True)
    Delivery.objects.claim(delivery.pk, from_state=Delivery.State.SENDING, to_state=Delivery.State.PENDING)
    holding.wait(delivery, again.after)
    live.message_status(delivery.message)
    return again


def _hold_after(delivery: Delivery, error: GatewayError) -> Hold | None:
    """What is no failure of this message, and so not held against it: the account is refused, or asked to wait."""
    if isinstance(error, Misconfigured):
        holding.pause(way_of(delivery), str(error))
        return Hold(holding.PAUSED_SECONDS, holding.PAUSED, ends=False)
    if isinstance(error, Busy):
        return Hold(max(1.0, error.seconds), holding.LEFT_ALONE)
    if isinstance(error, CircuitOpen):
        return Hold(max(1.0, holding.breaker_of(way_of(delivery).slug).rest), holding.LEFT_ALONE)
    return None


def _doubtful(delivery: Delivery, attempt_id: int, error: str) -> None:
    end_attempt(attempt_id, DeliveryAttempt.State.UNKNOWN, error=error)
    Delivery.objects.claim(delivery.pk, from_state=Delivery.State.SENDING, to_state=Delivery.State.UNKNOWN, reason=error[:200])
    audit.record(Event.DELIVERY_UNKNOWN, delivery.message, delivery=delivery.pk)
    connection = connection_of(way_of(delivery))
    patience = 0.0 if carrier(connection).keeps_keys else PATIENCE.get(Transport(connection.transport), RECONCILE_SECONDS)
    run_at = timezone.now() + timedelta(seconds=patience)
    enqueue(reconcile, ref=delivery.pk, scope=delivery.inbox_id, run_at=run_at, key=f"reconcile:{attempt_id}")
    live.message_status(delivery.message)


@job(lane="send")
def reconcile(delivery_id: int) -> None:
    """Find out at the channel what became of a doubtful call; ask a person when the channel cannot tell."""
    with acting_as(CARRIER):
        _, delivery = locked(delivery_id)
        attempt = _in_doubt(delivery)
        if attempt is None:
            settle()
            return
        gateway, ref = carrier(connection_of(way_of(delivery))), _last_ref(delivery)
    found, error = "", None
    try:
        found = gateway.lookup(str(delivery.send_key), ref) or ""
    except GatewayError as raised:
        error = raised
        if timezone.now() - (attempt.ended_at or attempt.deadline) < (CANNOT_TELL if error.ambiguous else DOES_NOT_ANSWER):
            raise Retry(after=RECONCILE_SECONDS, reason="the channel cannot tell yet") from error
    with acting_as(CARRIER):
        _, delivery = locked(delivery_id)
        # The channel may have reported it while it was asked.
        if (now := _in_doubt(delivery)) is not None and now.pk == attempt.pk:
            _found_out(delivery, attempt.pk, found, is_proof=gateway.keeps_keys and error is None)
        settle()


def _in_doubt(delivery: Delivery) -> DeliveryAttempt | None:
    if delivery.state != Delivery.State.UNKNOWN:
        return None
    return delivery.attempts.filter(state=DeliveryAttempt.State.UNKNOWN).order_by("-pk").first()


def _found_out(delivery: Delivery, attempt_id: int, found: str, *, is_proof: bool) -> None:
    if found:
        accepted(delivery, attempt_id, found)
    elif not is_proof:
        Delivery.objects.claim(delivery.pk, from_state=Delivery.State.UNKNOWN, to_state=Delivery.State.HELD)
        ask_for_a_person(delivery.message, DOUBTFUL)
        audit.record(Event.DELIVERY_HELD, delivery.message, delivery=delivery.pk)
        live.message_status(delivery.message)
    else:
        # The channel knows every key that it was given: not there means not sent, so one more try is safe.
        end_attempt(attempt_id, DeliveryAttempt.State.NOT_SENT, error=NOT_THERE)
        if delivery.attempts.count() >= MOST_TRIES:
            failed(delivery, NOT_THERE)
            return
        Delivery.objects.claim(delivery.pk, from_state=Delivery.State.UNKNOWN, to_state=Delivery.State.PENDING, reason="")
        enqueue(deliver, ref=delivery.pk, scope=delivery.inbox_id, key=f"deliver:{delivery.pk}:{attempt_id}")
        live.message_status(delivery.message)
