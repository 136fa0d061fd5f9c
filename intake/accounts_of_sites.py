"""A signed-in customer of a site, and which of our customers he is.

The account is known by what its site calls it, per inbox: two sites may both have a customer 42. Seen for the first time it joins the
customer whose mailbox it names, when that mailbox was proven to us as well (docs/adr/0014); what somebody merely typed is no reason.
"""

import logging
import time

from django.http import HttpRequest

from conversations.models import Customer, Event, Identity, Inbox, InboxSecret, Level
from core import audit
from core.context import acting_as
from core.sealing import CannotOpen
from intake import identity
from intake.identity import SignedIn
from intake.models import DOORMAN

logger = logging.getLogger(__name__)

FIELD = "identity"


def signed_in(request: HttpRequest, inbox: Inbox) -> SignedIn | None:
    """Whom the inbox's site vouches for in this request; None for nobody and, to whoever looks at the page, the same for a bad token."""
    token = request.POST.get(FIELD) or request.GET.get(FIELD) or ""
    if not token:
        return None
    try:
        return identity.verified(token, _secret(inbox), now=time.time())
    except identity.NotGood as why:
        logger.warning("identity refused", extra={"facts": {"inbox": inbox.slug, "why": str(why)}})
        return None


def account_of(inbox: Inbox, who: SignedIn) -> str:
    """The account's address among identities; the customer behind it is there from now on."""
    address = f"{inbox.slug}:{who.subject}"[:254]
    with acting_as(DOORMAN):
        if not Identity.objects.filter(kind=Identity.Kind.ACCOUNT, address=address).exists():
            _make(inbox, address, who)
    return address


def _secret(inbox: Inbox) -> str:
    with acting_as(DOORMAN):
        try:
            return InboxSecret.objects.filter(inbox=inbox, name=identity.SECRET).values_list("value", flat=True).first() or ""
        except CannotOpen:
            return ""


def _make(inbox: Inbox, address: str, who: SignedIn) -> None:
    mailbox = who.email.lower()
    known = Identity.objects.filter(kind=Identity.Kind.EMAIL, address=mailbox).first() if mailbox else None
    proven = known is not None and known.level >= Level.CHANNEL
    customer = known.customer if known and proven else Customer.objects.create(name=who.name)
    made = [Identity(customer=customer, kind=Identity.Kind.ACCOUNT, address=address, display=who.subject, level=Level.PROVEN)]
    if mailbox and known is None:
        made.append(
            Identity(customer=customer, kind=Identity.Kind.EMAIL, address=mailbox, display=who.email, level=Level.PROVEN)
        )
    # Two sendings at the same moment: the first one's rows stand, and the second one's customer is not needed.
    Identity.objects.bulk_create(made, ignore_conflicts=True)
    settled = Identity.objects.get(kind=Identity.Kind.ACCOUNT, address=address)
    if settled.customer_id == customer.pk:
        audit.record(Event.IDENTITY_ADDED, settled, scope=inbox.pk, customer=customer.pk, joined=int(proven))
    elif not proven:
        customer.identities.all().delete()
        customer.delete()
