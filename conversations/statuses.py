"""What a channel says later about a message that it was given: that it took it, brought it, showed it, or could not.

Such words come late, twice and in any order. They only ever move a delivery on: sent, delivered, read; failed is the end. Words about
a reply of which we know nothing certain prove that the channel had taken it.
"""

from datetime import datetime

from django.db.models.functions import Now

from conversations import live, outcomes
from conversations.models import Delivery, DeliveryAttempt, Event
from core import audit

SENT, DELIVERED, READ, FAILED, DELAYED = "sent", "delivered", "read", "failed", "delayed"
STATUSES = (SENT, DELIVERED, READ, FAILED, DELAYED)

_STEPS = {
    DELIVERED: (Delivery.State.DELIVERED, (Delivery.State.SENT,), Event.DELIVERY_RECEIVED),
    READ: (Delivery.State.READ, (Delivery.State.SENT, Delivery.State.DELIVERED), Event.DELIVERY_READ),
}
# What the ledger says of a call that may have reached the channel, or seemed not to have.
_IN_DOUBT = (DeliveryAttempt.State.CALLING, DeliveryAttempt.State.UNKNOWN, DeliveryAttempt.State.NOT_SENT)


def reported(delivery: Delivery, status: str, *, reason: str = "", at: datetime | None = None, provider_id: str = "") -> bool:
    """Take in that the channel reports `status` (of STATUSES); True when that changed anything.

    Runs as the system, in the transaction of the caller. `reason` holds the channel's words for failed and delayed, `at` is the time that
    it gives, `provider_id` how it calls the message. Raises ValueError for a word that is no status.
    """
    if status not in STATUSES:
        raise ValueError(f"no such status: {status}")
    _, now = outcomes.locked(delivery.pk)
    facts = {"at": int(at.timestamp())} if at else {}
    if status == FAILED:
        return _came_back(now, reason, provider_id, facts)
    is_news = _prove(now, provider_id)
    if status == DELAYED:
        return _hold_up(now, reason, facts) or is_news
    return _go_on(now, status, facts) or is_news


def _prove(delivery: Delivery, provider_id: str) -> bool:
    """Whoever can say anything about it has it: what was in doubt is sent."""
    if delivery.state not in (*outcomes.UNDER_WAY, Delivery.State.PENDING):
        return False
    attempt = _attempt(delivery, *_IN_DOUBT)
    if attempt is None:
        return False
    outcomes.accepted(delivery, attempt.pk, provider_id or attempt.provider_id or str(delivery.send_key))
    delivery.refresh_from_db()
    return True


def _go_on(delivery: Delivery, status: str, facts: dict[str, int]) -> bool:
    if status not in _STEPS:
        return False
    to_state, from_states, event = _STEPS[status]
    if not Delivery.objects.claim(delivery.pk, from_state=from_states, to_state=to_state, delayed_reason=""):
        return False
    audit.record(event, delivery.message, delivery=delivery.pk, **facts)
    live.message_status(delivery.message)
    return True


def _hold_up(delivery: Delivery, reason: str, facts: dict[str, int]) -> bool:
    said = reason[: outcomes.REASON]
    if delivery.state != Delivery.State.SENT or not said or said == delivery.delayed_reason:
        return False
    Delivery.objects.filter(pk=delivery.pk).update(delayed_reason=said, changed_at=Now())
    audit.record(Event.DELIVERY_DELAYED, delivery.message, delivery=delivery.pk, **facts)
    live.message_status(delivery.message)
    return True


def _came_back(delivery: Delivery, reason: str, provider_id: str, facts: dict[str, int]) -> bool:
    if delivery.state not in (*outcomes.UNDER_WAY, *outcomes.TAKEN, Delivery.State.PENDING):
        return False
    attempt = _attempt(delivery, DeliveryAttempt.State.ACCEPTED, *_IN_DOUBT)
    if attempt is None:
        return False
    known = provider_id or attempt.provider_id or delivery.provider_id
    outcomes.returned(delivery, attempt.pk, reason, provider_id=known, **facts)
    return True


def _attempt(delivery: Delivery, *states: str) -> DeliveryAttempt | None:
    """The call that the channel must mean: one that is still open before one that seemed to have sent nothing."""
    found = delivery.attempts.filter(state__in=states).order_by("-pk")
    return found.exclude(state=DeliveryAttempt.State.NOT_SENT).first() or found.first()
