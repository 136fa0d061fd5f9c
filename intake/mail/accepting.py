"""Taking a mail in at the door: its bytes and the job that reads them, in one transaction. Nothing is read here.

Whoever has this receipt may tell the outside that the mail arrived: what becomes of it is decided by rows from here on.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError

from conversations.models import Inbox
from core.context import acting_as
from core.failpoints import failpoint
from core.jobs import enqueue
from intake.mail.taking_in import take_in
from intake.models import DOORMAN, Receipt

# What a door that can refuse does refuse, and how much is kept of what comes by one that cannot.
LONGEST, MOST_KEPT = 25 * 1024 * 1024, 50 * 1024 * 1024
LONGEST_ID = 255
# A fact of the receipt: how long a mail was that is longer than can be read.
TOO_LONG = "too_long"


def accept_mail(inbox: Inbox, raw: bytes, *, provider_id: str = "", facts: Mapping[str, Any] | None = None) -> Receipt:
    """Keep the mail and ask for it to be read. A second arrival of the same `provider_id` in the inbox gives the first receipt.

    A door whose provider has no name for a mail leaves it out: then the bytes name themselves. Of what is longer than can be read the
    beginning is kept, and it is shown as a mail that could not be read.
    """
    return arrive(inbox, raw, provider_id=provider_id, facts=facts)[0]


def arrive(inbox: Inbox, raw: bytes, *, provider_id: str = "", facts: Mapping[str, Any] | None = None) -> tuple[Receipt, bool]:
    """The same, and whether it is new."""
    digest = hashlib.sha256(raw).hexdigest()
    name = _name(provider_id, digest)
    known = dict(facts or {}) | ({TOO_LONG: len(raw)} if len(raw) > LONGEST else {})
    try:
        with acting_as(DOORMAN):
            first = _seen_before(inbox, name)
            return (first, False) if first else (_keep(inbox, name, raw[:MOST_KEPT], digest, known), True)
    except IntegrityError:
        # Two arrivals at the same moment: the unique receipt let one through, and the other now finds it.
        with acting_as(DOORMAN):
            found = _seen_before(inbox, name)
        if found is None:
            raise
        return found, False


def _name(provider_id: str, digest: str) -> str:
    if len(provider_id) > LONGEST_ID:
        return f"id:{hashlib.sha256(provider_id.encode()).hexdigest()}"
    return provider_id or f"sha256:{digest}"


def _seen_before(inbox: Inbox, name: str) -> Receipt | None:
    return Receipt.objects.defer("payload").filter(inbox=inbox, provider_id=name).first()


def _keep(inbox: Inbox, name: str, raw: bytes, digest: str, facts: dict[str, Any]) -> Receipt:
    receipt = Receipt.objects.create(
        inbox=inbox, provider_id=name, kind=Receipt.Kind.MAIL, payload=raw, sha256=digest, facts=facts
    )
    enqueue(take_in, ref=receipt.pk, scope=inbox.pk, key=f"mail:{receipt.pk}")
    failpoint("mail.before_commit")
    return receipt
