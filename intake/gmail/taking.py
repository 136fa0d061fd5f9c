"""From a list of Gmail's messages to receipts: what is known is passed over, what is ours too, the rest is fetched and kept.

Each mail is kept by itself, before the inbox's place in the history moves: whoever begins again finds it and goes on.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from conversations import statuses
from conversations.models import Delivery
from core.context import acting_as
from core.failpoints import failpoint
from gateways.errors import Busy, DeadlinePassed, GatewayError, Misconfigured
from gateways.mail.gmail_reading import Found, Mailbox
from gateways.mail.gmail_wire import Missing
from intake.gmail.connected import Box
from intake.mail.accepting import accept_mail
from intake.models import DOORMAN, Receipt

logger = logging.getLogger(__name__)

SENT, SEEN_TO = "SENT", "ignored"
LEFT_OUT = frozenset({"DRAFT", "SPAM", "TRASH", "CHAT"})
# A mail that cannot be had must not hold up those behind it; when several cannot, it is not the mails.
MOST_FAILURES = 3
AT_ONCE = 500


@dataclass
class Taken:
    """What came of a list. `left` were not come to in time; `failed` says why some could not be had."""

    kept: int = 0
    ours: int = 0
    left: int = 0
    failed: list[str] = field(default_factory=list)


def unknown(box: Box, found: Iterable[Found]) -> list[Found]:
    """What of it we have no receipt of, each once, in the order given; without what is left out by its labels."""
    wanted = {one.id: one for one in found if one.id and not (one.labels or frozenset()) & LEFT_OUT}
    names = [name_of(one) for one in wanted]
    known: set[str] = set()
    with acting_as(DOORMAN, read_only=True):
        for at in range(0, len(names), AT_ONCE):
            there = Receipt.objects.filter(inbox=box.inbox, provider_id__in=names[at : at + AT_ONCE])
            known.update(there.values_list("provider_id", flat=True))
    return [one for one in wanted.values() if name_of(one.id) not in known]


def take(box: Box, mailbox: Mailbox, wanted: Sequence[Found], until: float) -> Taken:
    """Fetch and keep every one of them, until that reading of time.monotonic. Raises GatewayError when Gmail is not well."""
    taken = Taken()
    for number, one in enumerate(wanted):
        if time.monotonic() >= until:
            taken.left = len(wanted) - number
            break
        try:
            _take(box, mailbox, one, taken)
        except Missing:
            logger.info("a mail was gone before it could be fetched", extra={"facts": {"inbox": box.inbox.pk}})
        except (Busy, Misconfigured, DeadlinePassed):
            raise
        except GatewayError as error:
            taken.failed.append(str(error))
            if len(taken.failed) > MOST_FAILURES:
                raise
    return taken


def _take(box: Box, mailbox: Mailbox, one: Found, taken: Taken) -> None:
    labels = one.labels
    if labels is None or SENT in labels:
        look = mailbox.look(one.id)
        labels = look.labels
        if look.send_key and SENT in labels:
            _pass_over_ours(box, one.id, look.send_key)
            taken.ours += 1
            return
    if labels & LEFT_OUT:
        return
    mail = mailbox.mail(one.id)
    if mail.labels & LEFT_OUT:
        return
    facts = {"folder": "sent" if SENT in mail.labels else "inbox", "thread": mail.thread}
    accept_mail(box.inbox, mail.raw, provider_id=name_of(one.id), facts=facts)
    failpoint("gmail.after_receipt")
    taken.kept += 1


def _pass_over_ours(box: Box, name: str, send_key: str) -> None:
    """Our own mail among what was sent: it proves that it left, should we not know."""
    with acting_as(DOORMAN):
        _, is_new = Receipt.objects.get_or_create(
            inbox=box.inbox,
            provider_id=name_of(name),
            defaults={
                "kind": Receipt.Kind.OTHER, "state": Receipt.State.DONE, "outcome": SEEN_TO, "payload": b"", "sha256": "",
            },
        )  # fmt: skip
        delivery = Delivery.objects.filter(Q(inbox=box.inbox) | Q(via=box.inbox), send_key=send_key).first() if is_new else None
        if delivery is not None:
            statuses.reported(delivery, statuses.SENT, provider_id=name)


def name_of(name: str) -> str:
    """What a receipt calls it: Gmail's own id. A Message-ID is the sender's to choose, who could suppress another's mail by it."""
    return f"gmail:{name}"
