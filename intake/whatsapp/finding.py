"""Who wrote, and where it belongs: the customer behind a number or an id of WhatsApp's, and the conversation he is in.

The channel vouches for both, so both may be written to the same customer. A name that somebody gave himself changes nobody.
"""

from collections.abc import Iterable

from django.db import connection

from conversations.models import Conversation, Customer, Event, Identity, Inbox, Level, Message
from conversations.previews import first_words
from core import audit
from gateways.whatsapp.elements import Sender

PHONE, PERSON = Identity.Kind.PHONE, Identity.Kind.WHATSAPP


def known(sender: Sender) -> Customer | None:
    """Whose these are, found by the id first: a number can be given to somebody else, an id cannot."""
    by_id = _identity(PERSON, sender.user_id)
    if by_id is not None:
        return by_id.customer
    by_phone = _identity(PHONE, sender.phone)
    if by_phone is None or (sender.user_id and _has_other_id(by_phone.customer)):
        return None
    return by_phone.customer


def customer_of(sender: Sender) -> Customer:
    """The customer, made when nobody is known; held until the transaction ends, so that two messages of his open one conversation."""
    # Two messages that come at once may name him by number and by id: nobody looks before the other has written down who he is.
    _keep_others_off(f"{kind}:{address}" for kind, address in _addresses(sender))
    customer = known(sender) or _made(sender)
    for kind, address in _addresses(sender):
        _add(customer, kind, address)
    # Without keeping off those who only refer to the row: they hold the conversation that is waited for next.
    return Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer.pk)


def conversation_of(inbox: Inbox, customer: Customer) -> int | None:
    """The conversation that his next message goes to: the one not ended, else the last one, which opens again or is followed."""
    his = Conversation.objects.filter(inbox=inbox, customer=customer).order_by("-pk")
    found = his.filter(state__in=Conversation.UNRESOLVED).first() or his.first()
    return found.pk if found else None


def conversation_with(inbox: Inbox, customer: Customer, words: str) -> Conversation:
    """The same, opened where we wrote first."""
    pk = conversation_of(inbox, customer)
    if pk is not None:
        return Conversation.objects.select_related("inbox").get(pk=pk)
    subject = first_words(words, 80)
    opened = Conversation.objects.create(inbox=inbox, customer=customer, channel=inbox.channel, subject=subject)
    audit.record(Event.CONVERSATION_OPENED, opened)
    return opened


def message_of(inbox: Inbox, wamid: str) -> Message | None:
    """The message, his or ours, that WhatsApp calls so."""
    if not wamid:
        return None
    return Message.objects.filter(inbox=inbox, provider_id=wamid[:200]).select_related("conversation").order_by("pk").first()


def move(before: Sender, after: Sender) -> Customer | None:
    """Whoever was reached under `before` is reached under `after` too. None when we do not know him.

    What belongs to another customer stays his: whether the two are one person is for people to say.
    """
    customer = known(before)
    if customer is None:
        return None
    for kind, address in _addresses(after):
        _add(customer, kind, address)
    return customer


def hold(inbox: Inbox, *wamids: str) -> None:
    """Until the transaction ends nobody else says anything about these messages: what comes before its message is parked, and what it
    is about cannot arrive unseen in between."""
    _keep_others_off(f"{inbox.pk}:{wamid}" for wamid in wamids if wamid)


def _keep_others_off(names: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for name in sorted(set(names)):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"whatsapp:{name}"])


def _addresses(sender: Sender) -> list[tuple[str, str]]:
    return [(kind, address) for kind, address in ((PHONE, sender.phone), (PERSON, sender.user_id)) if address]


def _identity(kind: str, address: str) -> Identity | None:
    return Identity.objects.filter(kind=kind, address=address).select_related("customer").first() if address else None


def _has_other_id(customer: Customer) -> bool:
    """The number's owner is known under another id: whoever has the number now is somebody else."""
    return Identity.objects.filter(customer=customer, kind=PERSON).exists()


def _made(sender: Sender) -> Customer:
    made = Customer.objects.create(name=sender.name[:160])
    kind, address = (PERSON, sender.user_id) if sender.user_id else (PHONE, sender.phone)
    new = Identity(customer=made, kind=kind, address=address, display=address, level=Level.CHANNEL)
    Identity.objects.bulk_create([new], ignore_conflicts=True)
    settled = Identity.objects.select_related("customer").get(kind=kind, address=address)
    if settled.customer_id != made.pk:  # Another message of his was stored at the same moment: that row stands.
        made.delete()
    return settled.customer


def _add(customer: Customer, kind: str, address: str) -> None:
    new = Identity(customer=customer, kind=kind, address=address, display=address, level=Level.CHANNEL)
    is_new = not Identity.objects.filter(kind=kind, address=address).exists()
    if is_new:
        Identity.objects.bulk_create([new], ignore_conflicts=True)
    found = Identity.objects.get(kind=kind, address=address)
    if found.customer_id != customer.pk:
        return
    if is_new:
        audit.record(Event.IDENTITY_ADDED, found, customer=customer.pk)
    elif found.level < Level.CHANNEL:
        Identity.objects.filter(pk=found.pk).update(level=Level.CHANNEL)
        audit.record(Event.IDENTITY_PROVEN, found, level=int(Level.CHANNEL))
