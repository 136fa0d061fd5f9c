"""What the clock asks of every Gmail inbox: to be read, to have Gmail tell of changes for another week, and to be counted through."""

import logging
import time
from datetime import datetime, timedelta

from django.utils import timezone

from conversations.models import Account
from core.context import acting_as
from core.jobs import Retry, enqueue, job
from core.sealing import CannotOpen
from gateways.breaker import guarded
from gateways.errors import Busy, GatewayError
from gateways.mail.gmail_reading import Mailbox
from intake.gmail.connected import Box, box_of, inboxes
from intake.gmail.sync import BUDGET_SECONDS, MORE_SECONDS, WITHOUT, ask, looked_through
from intake.gmail.taking import Taken, take, unknown
from intake.models import DOORMAN
from intake.reading import ask_all

logger = logging.getLogger(__name__)

# Gmail tells for seven days; asked anew every day, six of them may fail.
RENEWED_BEFORE = timedelta(days=6)
COUNTED_HOURS = 26
# What has only just come may be on its way to us.
UNDER_WAY_SECONDS = 300


def read_all() -> int:
    """Have every Gmail inbox read; how many there are. Pushes may be lost or never have been set up: this is what counts."""
    return ask_all(inboxes, ask)


def renew_all() -> int:
    """Have Gmail go on telling of changes, for every inbox that wants to be told and soon would not be; how many."""
    with acting_as(DOORMAN):
        known = {one.inbox_id: one for one in Account.objects.all()}
        due = [one for one in inboxes() if one.pk in known and _is_due(known[one.pk])]
        for inbox in due:
            enqueue(renew, ref=inbox.pk, scope=inbox.pk)
    return len(due)


def count_all() -> None:
    """Have every Gmail inbox counted through."""
    with acting_as(DOORMAN):
        for inbox in inboxes():
            enqueue(count_through, ref=inbox.pk, scope=inbox.pk)


@job(lane="bulk")
def renew(inbox_id: int) -> None:
    """Have Gmail tell of one inbox's changes for another week. Until it does the clock reads it every minute all the same."""
    box = _box(inbox_id)
    topic = str(box.account.settings.get("topic") or "") if box else ""
    if box is None or not topic:
        return
    try:
        until = guarded(box.breaker, lambda: _watched(box, topic))
    except GatewayError as error:
        logger.warning("Gmail does not tell of changes", extra={"facts": {"inbox": inbox_id, "why": str(error)}})
        return
    with acting_as(DOORMAN):
        Account.objects.filter(pk=box.account.pk).update(watch_until=until)


@job(lane="bulk")
def count_through(inbox_id: int) -> None:
    """Compare what the mailbox holds of the last day with what we have, and take in what is missing: nothing should ever be."""
    box = _box(inbox_id)
    if box is None or not box.place:
        return
    try:
        taken = guarded(box.breaker, lambda: _counted(box))
    except Busy as error:
        raise Retry(after=error.seconds, reason="Gmail asks to wait") from error
    except GatewayError as error:
        logger.warning("an inbox could not be counted through", extra={"facts": {"inbox": inbox_id, "why": str(error)}})
        return
    level = logging.WARNING if taken.kept or taken.failed else logging.INFO
    logger.log(level, "reconcile_missing", extra={"facts": {"inbox": inbox_id, "count": taken.kept + len(taken.failed)}})
    if taken.left:
        raise Retry(after=MORE_SECONDS, reason="there is more to count")


def _watched(box: Box, topic: str) -> datetime:
    with Mailbox(box.connection) as mailbox:
        return mailbox.watch(topic)


def _counted(box: Box) -> Taken:
    now = int(time.time())
    query = f"after:{now - COUNTED_HOURS * 3600} before:{now - UNDER_WAY_SECONDS} {WITHOUT}"
    with Mailbox(box.connection) as mailbox:
        return take(box, mailbox, unknown(box, looked_through(mailbox, query)), time.monotonic() + BUDGET_SECONDS)


def _box(inbox_id: int) -> Box | None:
    """None also when its secrets cannot be opened: reading it says so on its account."""
    try:
        return box_of(inbox_id)
    except CannotOpen:
        return None


def _is_due(account: Account) -> bool:
    until = account.watch_until
    return bool(account.settings.get("topic")) and (until is None or until < timezone.now() + RENEWED_BEFORE)
