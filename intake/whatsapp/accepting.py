"""Taking a webhook call in: its bytes and the job that reads them, in one transaction. Nothing is made of it here; only that it is signed, and is JSON.

Once this returns, WhatsApp may be told that we have it.
"""

import hashlib

from django.db import IntegrityError

from conversations.models import Channel, Inbox, InboxSecret
from core.comparing import is_same
from core.context import acting_as
from core.failpoints import failpoint
from core.jobs import enqueue
from gateways.whatsapp import signature
from gateways.whatsapp.parsing import loaded
from intake.models import DOORMAN, Receipt
from intake.whatsapp.taking_in import take_batch

APP_SECRET, VERIFY_TOKEN = "app_secret", "verify_token"


class NoSuchInbox(LookupError):
    """Nothing of ours is called so on this channel."""


class NotSigned(Exception):
    """It was not signed by the app of this inbox, so it says nothing."""


def accept(slug: str, raw: bytes, signed: str) -> None:
    """Keep one call, once. Raises NoSuchInbox, NotSigned, and parsing.Unreadable for what is no JSON; then nothing is kept.

    What came only in part is sent again, because it is refused.
    """
    try:
        with acting_as(DOORMAN):
            inbox = inbox_of(slug)
            if not signature.is_signed(raw, signed, secret_of(inbox, APP_SECRET)):
                raise NotSigned(slug)
            loaded(raw)
            _keep(inbox, raw)
    except IntegrityError:
        # The same bytes at the same moment: the other arrival has kept them.
        return


def knows_token(slug: str, token: str) -> bool:
    """Whether whoever asks knows the word that was agreed upon. Raises NoSuchInbox."""
    with acting_as(DOORMAN, read_only=True):
        return is_same(token, secret_of(inbox_of(slug), VERIFY_TOKEN))


def inbox_of(slug: str) -> Inbox:
    found = Inbox.objects.filter(slug=slug, channel=Channel.WHATSAPP).first()
    if found is None:
        raise NoSuchInbox(slug)
    return found


def secret_of(inbox: Inbox, name: str) -> str:
    """Empty where there is none, which opens nothing."""
    return InboxSecret.objects.filter(inbox=inbox, name=name).values_list("value", flat=True).first() or ""


def _keep(inbox: Inbox, raw: bytes) -> None:
    digest = hashlib.sha256(raw).hexdigest()
    name = f"batch:{digest}"
    if Receipt.objects.filter(inbox=inbox, provider_id=name).exists():
        return
    kept = Receipt.objects.create(inbox=inbox, provider_id=name, kind=Receipt.Kind.BATCH, payload=raw, sha256=digest)
    enqueue(take_batch, ref=kept.pk, scope=inbox.pk, key=f"whatsapp:{kept.pk}")
    failpoint("ingest.before_commit")
