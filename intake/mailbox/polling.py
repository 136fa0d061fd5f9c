"""Reading a mailbox by IMAP: every mail is kept in the transaction that moves the folder's place past it.

So a process may die anywhere: the next one begins where the place stands. A mail has the name that its folder gives it; when a server
numbers a folder anew, its last days are looked through again, and who reads the mails knows those that were there before.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.context import acting_as
from core.failpoints import failpoint
from core.jobs import Retry, job
from core.models import Job
from core.sealing import NO_KEY, CannotOpen
from core.words import gettext_noop
from gateways.breaker import guarded
from gateways.errors import CircuitOpen, GatewayError
from gateways.mail.imap import Mailbox, Missing, NotGiven
from gateways.mail.servers import Bounds
from intake.mail.accepting import accept_mail
from intake.mailbox.places import Box, Place, box_of, inboxes, keep_place, went_well
from intake.models import DOORMAN
from intake.reading import ask_all, ask_once, went_wrong

# Shorter than a job's lease, with the last mail on top.
BUDGET_SECONDS, SESSION_SECONDS = 20.0, 30.0
MOST_AT_ONCE = 500
MORE_SECONDS = 0.2
# A mail that cannot be had must not hold up those behind it; when several cannot, it is not the mails.
MOST_FAILURES = 3
LOCK_CLASS = 0x0CE


def read_all() -> int:
    """Have every mailbox read; how many there are."""
    return ask_all(inboxes, ask)


def ask(inbox_id: int) -> None:
    """Have the mailbox read soon. While one reading waits or is under way no other is asked for."""
    ask_once(poll, inbox_id, lock=LOCK_CLASS, while_in=(Job.State.READY, Job.State.LEASED))


@job(lane="ingest")
def poll(inbox_id: int) -> None:
    """Take in what has come since the mailbox was read last. What goes wrong stands on its account; the clock asks again."""
    try:
        box = box_of(inbox_id)
        taken = guarded(box.breaker, lambda: read(box)) if box else None
    except CannotOpen:
        went_wrong(inbox_id, NO_KEY)
    except CircuitOpen:
        pass  # Why it is left alone stands there already.
    except GatewayError as error:
        went_wrong(inbox_id, str(error))
    else:
        if taken is not None and taken.is_more:
            raise Retry(after=MORE_SECONDS, reason="there is more to read")


@dataclass
class Taken:
    """What came of one reading."""

    kept: int = 0
    is_more: bool = False
    failed: list[str] = field(default_factory=list)


def read(box: Box) -> Taken:
    """Everything new in each of its folders, as far as time allows. Raises GatewayError."""
    taken, until = Taken(), time.monotonic() + BUDGET_SECONDS
    with Mailbox(box.connection, Bounds(SESSION_SECONDS)) as mailbox:
        for kind, folder in box.folders.items():
            _read_folder(box, mailbox, kind, folder, taken, until)
    if not taken.is_more:
        went_well(box, _told(taken.failed))
    return taken


def _read_folder(box: Box, mailbox: Mailbox, kind: str, folder: str, taken: Taken, until: float) -> None:
    validity, newest = mailbox.open(folder)
    place = box.place(folder)
    if place.uidvalidity != validity:
        # What was sent before anybody read along answers nothing that we know of.
        is_first_of_sent = kind == "sent" and not place.uidvalidity
        lately = [] if is_first_of_sent else mailbox.since(box.unread_since)
        place = Place(validity, newest, tuple(uid for uid in lately if uid <= newest))
        _move(box, folder, place)
    # What could not be had before must not hold up what is new.
    for number, uid in enumerate([*mailbox.after(place.uid), *place.left_out]):
        if number >= MOST_AT_ONCE or time.monotonic() >= until:
            taken.is_more = True
            return
        place = _take(box, mailbox, kind, folder, place, uid, taken)


def _take(box: Box, mailbox: Mailbox, kind: str, folder: str, place: Place, uid: int, taken: Taken) -> Place:
    """Fetch and keep one mail; the folder's place after it."""
    raw = None
    try:
        raw = mailbox.mail(uid)
    except Missing:
        pass  # Somebody took it away meanwhile.
    except NotGiven as error:
        taken.failed.append(str(error))
        # What was left for later before is no news of how the server is today.
        if len(taken.failed) > MOST_FAILURES and uid not in place.left_out:
            raise
        place = place.past(uid, is_had=False)
        _move(box, folder, place)
        return place
    place = place.past(uid)
    with acting_as(DOORMAN):
        if raw is not None:
            accept_mail(box.inbox, raw, provider_id=f"imap:{folder}:{place.uidvalidity}:{uid}", facts={"folder": kind})
            taken.kept += 1
        failpoint("mailbox.before_place")
        keep_place(box, folder, place)
    return place


def _move(box: Box, folder: str, place: Place) -> None:
    with acting_as(DOORMAN):
        keep_place(box, folder, place)


def _told(failed: Sequence[str]) -> str:
    return gettext_noop("Some mails could not be fetched: {0}").format(failed[0]) if failed else ""
