"""What every inbox has in common that we read ourselves, whichever way it is reached: asked for once, and told of what went wrong."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from conversations.models import Account, Inbox
from core.context import acting_as
from core.jobs import enqueue, kind_of
from core.models import Job
from intake.models import DOORMAN

# How far back is looked in a mailbox that was never read, unless the account says otherwise (backfill_days).
FIRST_DAYS = 1
Reading = Callable[[int], None]


def ask_once(reading: Reading, inbox_id: int, *, lock: int, while_in: tuple[str, ...]) -> None:
    """Have the inbox read soon, unless a reading of it is in one of these states. `lock` is that kind of reading's own number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [lock, inbox_id])
    if not Job.objects.filter(kind=kind_of(reading).name, ref=inbox_id, state__in=while_in).exists():
        enqueue(reading, ref=inbox_id, scope=inbox_id)


def ask_all(inboxes: Callable[[], list[Inbox]], ask: Callable[[int], None]) -> int:
    """Have each of them read; how many there are."""
    with acting_as(DOORMAN):
        found = inboxes()
        for inbox in found:
            ask(inbox.pk)
    return len(found)


def begins_at(account: Account) -> datetime:
    """From when on mails of a mailbox count that was never read."""
    days = account.settings.get("backfill_days", FIRST_DAYS)
    return timezone.now() - timedelta(days=days if isinstance(days, int) else FIRST_DAYS)


def went_wrong(inbox_id: int, why: str) -> None:
    """Keep why it could not be read, for whoever looks after it."""
    with acting_as(DOORMAN):
        Account.objects.filter(inbox_id=inbox_id).update(poll_error=why[:200])
