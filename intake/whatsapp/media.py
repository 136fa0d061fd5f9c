"""Files that customers sent: WhatsApp keeps them for a while, and we fetch them into our own storage."""

from datetime import timedelta

from django.utils import timezone

from conversations import live, scanning
from conversations.arriving_files import fill
from conversations.connections import connection_of
from conversations.models import Attachment, Event
from core import audit
from core.context import acting_as
from core.jobs import Retry, is_last_attempt, job, settle
from core.words import gettext_noop
from gateways.errors import Busy, GatewayError, Misconfigured
from gateways.whatsapp.client import carrier
from intake.models import DOORMAN

NOT_FETCHED = gettext_noop("WhatsApp did not hand the file over")
# So long it is there; an operator has this time to mend the connection.
KEPT, LOOK_AGAIN = timedelta(days=7), 600.0


@job(lane="bulk", max_attempts=8)
def fetch(attachment_id: int) -> None:
    """Fetch one file's bytes."""
    with acting_as(DOORMAN):
        waiting = _waiting(attachment_id)
        connection = connection_of(waiting.inbox) if waiting else None
    if waiting is None or connection is None:
        return
    content, error = None, None
    try:
        content = carrier(connection).fetch(waiting.remote)
    except GatewayError as raised:
        error = raised
    if error is not None and not _is_final(error, waiting):
        if isinstance(error, Busy | Misconfigured):
            raise Retry(after=getattr(error, "seconds", LOOK_AGAIN), reason="the file cannot be fetched now") from error
        raise error
    with acting_as(DOORMAN):
        _settle(attachment_id, content, error)
        settle()


def _waiting(attachment_id: int) -> Attachment | None:
    rows = Attachment.objects.filter(pk=attachment_id, state=Attachment.State.WAITING, size=0).exclude(remote="")
    return rows.select_related("inbox", "message").first()


def _is_final(error: GatewayError, waiting: Attachment) -> bool:
    """Whether there is no use in asking again: not there any more, or not to be mended within the time that it is."""
    if isinstance(error, Busy | Misconfigured):
        return timezone.now() - waiting.created_at > KEPT
    return error.permanent or is_last_attempt()


def _settle(attachment_id: int, content: bytes | None, error: GatewayError | None) -> None:
    Attachment.objects.select_for_update(of=("self",)).filter(pk=attachment_id).first()
    waiting = _waiting(attachment_id)
    if waiting is None or waiting.message is None:
        return
    if content is not None:
        fill(waiting, content)
    else:
        waiting.state, waiting.scan_note = Attachment.State.REFUSED, f"{NOT_FETCHED}: {error}"[:200]
        audit.record(Event.ATTACHMENT_REFUSED, waiting)
    waiting.save()
    if content is not None:
        scanning.ask(waiting)
    live.message_status(waiting.message)
