"""Reading a Gmail inbox: by its history since the last time, or by looking through it when the history does not reach that far.

The place in the history is asked for before anything is listed and moves when everything before it is kept. So a process may die
anywhere: the next one lists again, finds what is kept already, and goes on.
"""

import time
from collections.abc import Callable

from core.context import acting_as
from core.failpoints import failpoint
from core.jobs import Retry, job, settle
from core.models import Job
from core.sealing import NO_KEY, CannotOpen
from core.words import gettext_noop
from gateways.breaker import guarded
from gateways.errors import Busy, GatewayError
from gateways.mail.gmail_reading import Found, HistoryGone, Mailbox, Page
from intake.gmail.connected import Box, box_of, read_up_to
from intake.gmail.taking import Taken, take, unknown
from intake.models import DOORMAN
from intake.reading import ask_once, went_wrong

# Shorter than a job's lease, with a call of ten seconds on top.
BUDGET_SECONDS = 20.0
MOST_PAGES = 400
MORE_SECONDS, LONGEST_WAIT = 0.2, 600.0
# Left out of what is looked through, as it is of what the history tells.
WITHOUT = "-in:chats -in:drafts"
LOCK_CLASS = 0x0CD
NEVER_ENDS = gettext_noop("Gmail’s list does not come to an end")


def ask(inbox_id: int) -> None:
    """Have the inbox read soon. A burst of asking is one reading, and one that has begun is followed by another."""
    ask_once(sync, inbox_id, lock=LOCK_CLASS, while_in=(Job.State.READY,))


@job(lane="ingest")
def sync(inbox_id: int) -> None:
    """Take in what has come since the inbox was read last. What goes wrong stands on its account; the clock asks again."""
    try:
        box = box_of(inbox_id)
        taken = guarded(box.breaker, lambda: _read(box)) if box else None
    except CannotOpen:
        went_wrong(inbox_id, NO_KEY)
    except Busy as error:
        went_wrong(inbox_id, str(error))
        raise Retry(after=min(error.seconds, LONGEST_WAIT), reason="Gmail asks to wait") from error
    except GatewayError as error:
        went_wrong(inbox_id, str(error))
    else:
        if taken is not None and taken.left:
            raise Retry(after=MORE_SECONDS, reason="there is more to read")


def _read(box: Box) -> Taken:
    until = time.monotonic() + BUDGET_SECONDS
    with Mailbox(box.connection) as mailbox:
        place, found = _news(box, mailbox)
        taken = take(box, mailbox, unknown(box, found), until)
    failpoint("gmail.before_place")
    if not taken.left:
        with acting_as(DOORMAN):
            read_up_to(box, place, "; ".join(taken.failed))
            settle()
    return taken


def _news(box: Box, mailbox: Mailbox) -> tuple[str, list[Found]]:
    """What may have come, oldest first, and the place up to which that tells everything."""
    if box.place:
        try:
            pages = listed(lambda page: mailbox.history(box.place, page))
            # The first page's number: what comes while the others are listed is told the next time. Never backwards.
            place = max(int(box.place), int(pages[0].history_id or 0))
            return str(place), [one for page in pages for one in page.found]
        except HistoryGone:
            pass
    begins = mailbox.profile().history_id
    return begins, looked_through(mailbox, f"after:{box.unread_since} {WITHOUT}")


def looked_through(mailbox: Mailbox, query: str) -> list[Found]:
    """Everything that fits the query, oldest first."""
    pages = listed(lambda page: mailbox.search(query, page))
    return [one for page in pages for one in page.found][::-1]


def listed(ask_for: Callable[[str], Page]) -> list[Page]:
    """Every page of a list. Raises GatewayError for one that goes round in circles."""
    pages = [ask_for("")]
    while pages[-1].more:
        if len(pages) >= MOST_PAGES:
            raise GatewayError(NEVER_ENDS)
        pages.append(ask_for(pages[-1].more))
    return pages
