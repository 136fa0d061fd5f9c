"""Looking through files before anybody opens them. What is infected is put away where nothing serves it.

Without a scanner (CLAMAV_SOCKET) a file is taken as it came. With one nobody sees it before it has been looked through: while the
scanner is away files wait, and so does a message that they go with.
"""

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models.functions import Now

from conversations import live
from conversations.models import Attachment, Event, Message
from core import audit
from core.context import Actor, acting_as
from core.jobs import Retry, enqueue, job, settle
from core.words import gettext_noop
from gateways import clamav
from gateways.errors import GatewayError

SCANNER = Actor.system("scanner")
AGAIN_SECONDS = 30.0
GONE = gettext_noop("the file is not in the storage any more")


def first_state() -> str:
    """The state that a file begins with once its bytes are here."""
    return Attachment.State.WAITING if settings.CLAMAV_SOCKET else Attachment.State.CLEAN


def ask(attachment: Attachment) -> None:
    """Have the file looked through, if there is anybody to do it. In the transaction that stores its row."""
    if attachment.state == Attachment.State.WAITING and settings.CLAMAV_SOCKET:
        enqueue(scan, ref=attachment.pk, scope=attachment.inbox_id, key=f"scan:{attachment.pk}")


def still_waits(message: Message) -> bool:
    """Whether a file of the message has not been looked through yet: until then it does not go out."""
    return message.attachments.filter(state=Attachment.State.WAITING).exists()


def is_unfit(message: Message) -> bool:
    """Whether a file of the message must not go out."""
    return message.attachments.filter(state__in=(Attachment.State.INFECTED, Attachment.State.REFUSED)).exists()


@job(lane="ingest")
def scan(attachment_id: int) -> None:
    """Look through one file and say on its row what was found."""
    with acting_as(SCANNER):
        found = Attachment.objects.filter(pk=attachment_id, state=Attachment.State.WAITING).first()
        if found is None:
            settle()
            return
    state, note = _looked_through(found)
    with acting_as(SCANNER):
        held = Attachment.objects.select_for_update(of=("self",)).select_related("message").filter(pk=attachment_id).first()
        if held is not None and held.state == Attachment.State.WAITING:
            _settle(held, state, note)
        settle()


def _looked_through(file: Attachment) -> tuple[str, str]:
    """The state and the note. Raises core.jobs.Retry while the scanner is away: waiting is better than opening."""
    try:
        with default_storage.open(file.key) as content:
            virus = clamav.scan(settings.CLAMAV_SOCKET, content).virus
    except FileNotFoundError:
        return Attachment.State.REFUSED, GONE
    except clamav.TooLarge as error:
        return Attachment.State.REFUSED, str(error)
    except GatewayError as error:
        raise Retry(after=AGAIN_SECONDS, reason=str(error)) from error
    return (Attachment.State.INFECTED, virus) if virus else (Attachment.State.CLEAN, "")


def _settle(file: Attachment, state: str, note: str) -> None:
    changes = {"state": state, "scan_note": note[:200], "scanned_at": Now()}
    if state == Attachment.State.INFECTED:
        changes["key"] = _put_away(file)
    Attachment.objects.filter(pk=file.pk).update(**changes)
    if state == Attachment.State.INFECTED:
        audit.record(Event.ATTACHMENT_INFECTED, file, found=note)
    elif state == Attachment.State.REFUSED:
        audit.record(Event.ATTACHMENT_REFUSED, file)
    if file.message is not None:
        live.message_status(file.message)


def _put_away(file: Attachment) -> str:
    """Where the infected bytes lie now. They are kept: somebody may have to prove what was sent to us."""
    kept = file.key.replace("attachments/", "quarantine/", 1)
    with default_storage.open(file.key) as content:
        default_storage.save(kept, content)
    default_storage.delete(file.key)
    return kept
