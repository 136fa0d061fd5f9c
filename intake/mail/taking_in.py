"""From a kept mail to its place in a conversation: read outside of every transaction, stored in one."""

from django.utils.translation import gettext as _

from conversations.receive import receive
from core.context import acting_as
from core.jobs import job, settle
from intake.mail.unread import UNREADABLE, unread
from intake.models import DOORMAN, Receipt

# A fact of the receipt: how long a mail was that is too long to be read.
TOO_LONG = "too_long"


@job(lane="ingest")
def take_in(receipt_id: int) -> None:
    """Store what one receipt holds, once."""
    with acting_as(DOORMAN):
        receipt = Receipt.objects.select_for_update(of=("self",)).select_related("inbox").get(pk=receipt_id)
        if receipt.state == Receipt.State.ACCEPTED:
            _store_unread(receipt, _("nothing could be made of it"))
        settle()


def _store_unread(receipt: Receipt, why: str) -> None:
    received = receive(receipt.inbox, unread(bytes(receipt.payload), why, provider_id=receipt.provider_id[:200]))
    Receipt.objects.filter(pk=receipt.pk).update(
        message=received.message, state=Receipt.State.DONE, outcome=UNREADABLE, error=why[:300]
    )
