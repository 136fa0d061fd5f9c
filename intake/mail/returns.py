"""A notice of a mail server about a mail of ours: it changes that mail's delivery, and never opens a conversation.

Anybody can write such a notice. It counts only for a mail whose signed Message-ID it names, and for an address that mail went to.
"""

from django.utils import timezone

from conversations import statuses
from conversations.addresses import mail_address
from conversations.asks import NOT_DELIVERED
from conversations.models import Delivery, Event, Identity, Inbox, Message
from conversations.outbound import outbound_of
from conversations.outcomes import ask_for_a_person
from conversations.reaching import reachable_through
from core import audit
from core.words import gettext_noop
from gateways.mail import tokens
from gateways.mail.types import DeliveryNotice, Mail

LONGEST_REASON = 200
NO_REASON = gettext_noop("The mail server gave no reason")


def concerns(inbox: Inbox, mail: Mail) -> Delivery | None:
    """The delivery that the notice is about, None when it is none of this inbox's. Runs as the system."""
    assert mail.notice is not None
    for mail_id in dict.fromkeys((mail.notice.mail_id, *reversed(mail.references))):
        key = tokens.send_key_in(mail_id)
        found = _sent(key) if key else None
        if found is not None and reachable_through(inbox, found.message.conversation):
            return found
    return None


def take_back(delivery: Delivery, notice: DeliveryNotice) -> Message:
    """Write on the delivery what became of it; an address that failed for good is not written to unseen any more."""
    about = mail_address(notice.recipient)
    went_to = _went_to(delivery)
    status = statuses.FAILED if notice.is_final else statuses.DELAYED
    if about and about in went_to[1:]:
        # A copy that did not arrive says nothing of the reply itself.
        if notice.is_final:
            ask_for_a_person(delivery.message, NOT_DELIVERED)
    else:
        statuses.reported(delivery, status, reason=_reason(notice, about))
    if notice.is_final and (about in went_to or not about):
        _flag(about or went_to[0], _reason(notice, ""))
    return delivery.message


def _sent(key: str) -> Delivery | None:
    return Delivery.objects.filter(send_key=key).select_related("message__conversation__inbox", "message__customer").first()


def _went_to(delivery: Delivery) -> list[str]:
    sent = outbound_of(delivery)
    return [mail_address(one) for one in (sent.recipient, *sent.also_to, *sent.cc)]


def _reason(notice: DeliveryNotice, about: str) -> str:
    said = " ".join((notice.reason or notice.status or NO_REASON).split())
    told = f"{notice.status} {said}" if notice.status and notice.status not in said else said
    return (f"{about}: {told}" if about else told)[:LONGEST_REASON]


def _flag(address: str, reason: str) -> None:
    for identity in Identity.objects.filter(kind=Identity.Kind.EMAIL, address=address, undeliverable_at__isnull=True):
        Identity.objects.filter(pk=identity.pk).update(undeliverable_at=timezone.now(), undeliverable_reason=reason)
        audit.record(Event.IDENTITY_UNDELIVERABLE, identity)
