"""Which inboxes are read by IMAP, and how far each folder of theirs has been read."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.models.functions import Now

from conversations.connections import account_of, connection_of, transport_of
from conversations.models import Account, Channel, Inbox, Transport
from core.context import acting_as
from gateways.mail.imap import INBOX
from gateways.types import Connection
from intake.models import DOORMAN
from intake.reading import begins_at


@dataclass(frozen=True)
class Place:
    """Up to which number a folder was read, under which numbering, and which before it could not be had."""

    uidvalidity: int = 0
    uid: int = 0
    left_out: tuple[int, ...] = ()

    def past(self, uid: int, *, is_had: bool = True) -> "Place":
        """The same once that mail was kept, or, if it could not be had, was left for later."""
        others = [one for one in self.left_out if one != uid]
        return replace(self, uid=max(self.uid, uid), left_out=tuple(others if is_had else sorted({*others, uid})))


@dataclass(frozen=True)
class Box:
    """One inbox's mailbox."""

    inbox: Inbox
    account: Account
    connection: Connection

    @property
    def breaker(self) -> str:
        return f"imap:{self.inbox.slug}"

    @property
    def folders(self) -> dict[str, str]:
        """The folders to read, by what is in them: what came, and what was sent from elsewhere."""
        given = self.account.settings
        named = {"inbox": str(given.get("imap_folder") or INBOX), "sent": str(given.get("sent_folder") or "")}
        return {kind: folder for kind, folder in named.items() if folder}

    @property
    def unread_since(self) -> date:
        """From which day on a folder is looked through whose numbers tell nothing: a day before it was read last."""
        first, read = begins_at(self.account), self.account.polled_at
        return (min(first, read - timedelta(days=1)) if read else first).date()

    def place(self, folder: str) -> Place:
        return place_in(self.account.cursor, folder)


def inboxes() -> list[Inbox]:
    """Every inbox that names an IMAP server."""
    found = Inbox.objects.filter(channel=Channel.EMAIL, account__transport=Transport.MAIL).order_by("pk")
    return [one for one in found if is_read_by_imap(one, account_of(one))]


def is_read_by_imap(inbox: Inbox, account: Account) -> bool:
    is_mail = inbox.channel == Channel.EMAIL and transport_of(inbox, account) == Transport.MAIL
    return is_mail and bool(account.settings.get("imap_host"))


def box_of(inbox_id: int) -> Box | None:
    """The inbox with its connection; None when it is not read by IMAP any more. Raises core.sealing.CannotOpen."""
    with acting_as(DOORMAN):
        inbox = Inbox.objects.filter(pk=inbox_id).first()
        if inbox is None or not is_read_by_imap(inbox, account_of(inbox)):
            return None
        return Box(inbox, account_of(inbox), connection_of(inbox))


def place_in(cursor: dict[str, Any], folder: str) -> Place:
    kept = cursor.get(folder)
    if not isinstance(kept, dict):
        return Place()
    return Place(int(kept.get("uidvalidity", 0)), int(kept.get("uid", 0)), tuple(kept.get("left_out", ())))


def keep_place(box: Box, folder: str, place: Place) -> None:
    """In the caller's transaction, which holds what was read up to there. Never backwards under the same numbering."""
    account = Account.objects.select_for_update().get(pk=box.account.pk)
    before = place_in(account.cursor, folder)
    if before.uidvalidity == place.uidvalidity and before.uid > place.uid:
        place = replace(place, uid=before.uid)
    kept = {"uidvalidity": place.uidvalidity, "uid": place.uid, "left_out": list(place.left_out)}
    Account.objects.filter(pk=account.pk).update(cursor=account.cursor | {folder: kept})


def went_well(box: Box, why_not_all: str) -> None:
    """It was read just now; `why_not_all` says why some of it could not be had."""
    with acting_as(DOORMAN):
        Account.objects.filter(pk=box.account.pk).update(polled_at=Now(), poll_error=why_not_all[:200])
