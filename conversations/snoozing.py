"""Putting a conversation aside until a time, or until its customer writes.

The row says until when; the job only looks whether that time has come. So the job of an older snooze, and one that comes twice or
late, does nothing, and whoever moves the state first (a person, the time, the customer) is the one who woke it.

The reply clock is not stopped: a promise to a customer does not become longer because somebody put his conversation aside.
"""

from datetime import datetime

from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from conversations import distribution, live
from conversations.models import Conversation, Event
from core import audit
from core.claims import LostClaim
from core.context import Actor, acting_as
from core.jobs import enqueue, job, settle

ALARM = Actor.system("alarm")
AWAKE = (Conversation.State.OPEN, Conversation.State.WAITING)
# Why it came back, as the record and the row keep it.
BY_TIME, BY_CUSTOMER, BY_PERSON = "time", "customer", "person"
_WHY = {BY_TIME: "Snooze ended", BY_CUSTOMER: "The customer wrote"}


class NotInFuture(ValueError):
    """The time to come back has passed already."""


def snooze(conversation: Conversation, *, until: datetime, reason: str = "", by: User) -> None:
    """Out of sight until `until`; a conversation that is snoozed already gets the new time. Raises LostClaim, NotInFuture."""
    if until <= timezone.now():
        raise NotInFuture(until)
    aside = {"snoozed_until": until, "snooze_reason": reason[:120]}
    asleep = Conversation.objects.claim(conversation.pk, from_state=AWAKE, to_state=Conversation.State.SNOOZED, **aside)
    if not asleep and not _snoozed(conversation).update(changed_at=Now(), **aside):
        raise LostClaim("resolved meanwhile")
    conversation.refresh_from_db()
    audit.record(Event.CONVERSATION_SNOOZED, conversation, until=until.isoformat())
    set_alarm(conversation, until)
    live.conversation_changed(conversation)


def set_alarm(conversation: Conversation, until: datetime) -> None:
    """Have somebody look at `until` whether it is to come back."""
    enqueue(wake, ref=conversation.pk, scope=conversation.inbox_id, run_at=until)


@job(lane="ingest")
def wake(conversation_id: int) -> None:
    """Bring back what is due; nothing when it is awake already, or was put aside for longer since."""
    with acting_as(ALARM):
        rows = Conversation.objects.select_for_update(of=("self",)).select_related("inbox")
        conversation = rows.filter(pk=conversation_id, state=Conversation.State.SNOOZED, snoozed_until__lte=Now()).first()
        if conversation is not None:
            bring_back(conversation, why=BY_TIME)
            distribution.keep_or_let_go(conversation)
            if conversation.assignee_id is None:
                distribution.ask(conversation)
        settle()


def bring_back(conversation: Conversation, *, why: str) -> None:
    """Open again, with the reason for whoever sees it. Raises LostClaim when it is not snoozed."""
    said = ": ".join(part for part in (_WHY.get(why, ""), conversation.snooze_reason) if part)[:120]
    if not Conversation.objects.claim(
        conversation.pk,
        from_state=Conversation.State.SNOOZED,
        to_state=Conversation.State.OPEN,
        snoozed_until=None,
        snooze_reason=said,
    ):
        raise LostClaim("not snoozed")
    conversation.refresh_from_db()
    audit.record(Event.CONVERSATION_WOKEN, conversation, why=why)
    live.conversation_changed(conversation)


def _snoozed(conversation: Conversation):  # type: ignore[no-untyped-def]
    return Conversation.objects.filter(pk=conversation.pk, state=Conversation.State.SNOOZED)
