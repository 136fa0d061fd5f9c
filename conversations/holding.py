"""What keeps a message waiting that may go: a paused account, a provider that is left alone, our own pace, the reply before it.

An account's trouble is its own: nothing here looks at any other account.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from conversations import live, throttle
from conversations.connections import account_of
from conversations.models import Account, Delivery, Event, Inbox
from core import audit
from core.models import Job
from core.words import gettext_noop
from gateways.breaker import Breaker, breaker
from gateways.types import Connection

PAUSED_SECONDS = 60.0
BEFORE_IT_SECONDS = 2.0
# Shorter waits are over before anybody could read of them.
SHOWN_FROM_SECONDS = 5.0
LONGEST = timedelta(hours=24)
TOO_LONG = gettext_noop("The provider could not take it for a whole day")
PAUSED, LEFT_ALONE, TOO_FAST, BEFORE_IT = "the account is paused", "left alone for a while", "not so fast", "one is before it"


@dataclass(frozen=True)
class Hold:
    """Look again after so many seconds. `ends`: not for longer than a day, then a person is asked for."""

    seconds: float
    why: str
    ends: bool = True


def breaker_of(slug: str) -> Breaker:
    """The breaker of the account of the inbox of that slug."""
    return breaker(f"channel:{slug}")


def hold_of(delivery: Delivery, way: Inbox, connection: Connection, recipient: str) -> Hold | None:
    """Why `delivery` has to wait, None when it may go now. What goes has taken its place in the account's pace."""
    if account_of(way).paused_at is not None:
        return Hold(PAUSED_SECONDS, PAUSED, ends=False)
    rest = breaker_of(way.slug).rest
    if rest > 0:
        return Hold(rest, LEFT_ALONE)
    if _is_behind_another(delivery):
        return Hold(BEFORE_IT_SECONDS, BEFORE_IT)
    wait = throttle.take(throttle.buckets_of(connection, recipient))
    return Hold(wait, TOO_FAST) if wait > 0 else None


def is_over(delivery: Delivery, hold: Hold) -> bool:
    """Whether it has waited long enough."""
    return hold.ends and timezone.now() - delivery.not_before > LONGEST


def wait(delivery: Delivery, seconds: float) -> None:
    """Note when it is tried again, where that is long enough for somebody to see."""
    if seconds < SHOWN_FROM_SECONDS:
        return
    was_told = delivery.retry_at is not None
    Delivery.objects.filter(pk=delivery.pk).update(retry_at=timezone.now() + timedelta(seconds=seconds))
    if not was_told:
        live.message_status(delivery.message)


def pause(inbox: Inbox, reason: str) -> None:
    """The provider refuses the account: nothing leaves by it until an admin has mended it."""
    account = account_of(inbox)
    if account.pk is None:
        account.save()
    paused = Account.objects.filter(pk=account.pk, paused_at__isnull=True)
    if paused.update(paused_at=timezone.now(), paused_reason=reason[:200]):
        audit.record(Event.ACCOUNT_PAUSED, account, scope=inbox.pk)
        live.account_changed(inbox)


def _is_behind_another(delivery: Delivery) -> bool:
    """Whether an earlier message of the same conversation still waits to leave: what was said first arrives first.

    One whose job has died holds nobody up.
    """
    lively = Job.objects.filter(
        kind="conversations.carriage.deliver", ref=OuterRef("pk"), state__in=(Job.State.READY, Job.State.LEASED)
    )
    earlier = Delivery.objects.filter(
        message__conversation=delivery.message.conversation_id, pk__lt=delivery.pk, via=delivery.via
    )
    waiting = earlier.filter(state__in=(Delivery.State.PENDING, Delivery.State.SENDING), not_before__lte=timezone.now())
    return waiting.filter(Exists(lively)).exists()
