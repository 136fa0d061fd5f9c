"""Which inboxes are read from Gmail, and what is kept of how far each has been read."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now

from conversations.connections import account_of, connection_of, transport_of
from conversations.models import Account, Channel, Inbox, Transport
from core.context import acting_as
from gateways.types import Connection
from intake.models import DOORMAN
from intake.reading import begins_at

# Where the reading of an inbox goes on (Account.cursor): the place in Gmail's history.
HISTORY = "history_id"


@dataclass(frozen=True)
class Box:
    """One inbox at Gmail, with how far it has been read."""

    inbox: Inbox
    account: Account
    connection: Connection

    @property
    def breaker(self) -> str:
        return f"gmail:{self.inbox.slug}"

    @property
    def place(self) -> str:
        """Where Gmail's history was read up to; empty when it never was."""
        return str(self.account.cursor.get(HISTORY) or "")

    @property
    def unread_since(self) -> int:
        """From when on is looked for mails without the history, in seconds since 1970: a day before everything was read last."""
        read = self.account.polled_at
        return int((read - timedelta(days=1) if read else begins_at(self.account)).timestamp())


def inboxes() -> list[Inbox]:
    """Every inbox that is read from Gmail. In the caller's transaction."""
    return [one for one in Inbox.objects.filter(channel=Channel.EMAIL) if is_at_gmail(one)]


def is_at_gmail(inbox: Inbox) -> bool:
    return inbox.channel == Channel.EMAIL and transport_of(inbox, account_of(inbox)) == Transport.GMAIL


def box_of(inbox_id: int) -> Box | None:
    """The inbox with its connection; None when it is not at Gmail any more. Raises core.sealing.CannotOpen."""
    with acting_as(DOORMAN):
        inbox = Inbox.objects.filter(pk=inbox_id).first()
        if inbox is None or not is_at_gmail(inbox):
            return None
        # One that stands in by the environment has no row of its own until it is read.
        account, _ = Account.objects.get_or_create(inbox=inbox)
        return Box(inbox, account, connection_of(inbox))


def read_up_to(box: Box, place: str, why_not: str = "") -> bool:
    """Move the inbox's place; False when somebody else moved it meanwhile. In the transaction of the caller.

    With `why_not` something in between could not be read: then the place stays, and everything after it is looked at again.
    """
    changes: dict[str, Any] = {"poll_error": why_not[:200]}
    if not why_not:
        changes |= {"cursor": box.account.cursor | {HISTORY: place}, "polled_at": Now()}
    return bool(Account.objects.filter(pk=box.account.pk, cursor=box.account.cursor).update(**changes))
