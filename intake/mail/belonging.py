"""Where a mail belongs: by a signed address, else by the mails it goes back to; never by its subject.

Whoever names a conversation must take part in it. Otherwise the mail begins a conversation of its own, and says which one it named:
a person decides. What only looks like a signature of ours counts for nothing, and is told too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from conversations import families
from conversations.addresses import mail_address
from conversations.marks import FORGED, POSSIBLE_CONTINUATION
from conversations.models import Conversation, Delivery, Identity, Inbox, Message
from conversations.reaching import reachable_through
from gateways.mail import tokens
from gateways.mail.types import Mail

MOST_LOOKED_AT = 50
_LIKE_AN_ADDRESS = re.compile(r"[^@\s]+\+c\d{1,19}\.[a-z2-7]{16}@[^@\s]+", re.I)
_LIKE_A_MESSAGE_ID = re.compile(r"r\.[0-9a-f]{32}\.[a-z2-7]{16}@[^@\s]+", re.I)


@dataclass(frozen=True)
class Place:
    """The conversation that a mail goes on with, None for a new one; `marks` says what else is to be known."""

    conversation: Conversation | None = None
    marks: dict[str, str] = field(default_factory=dict)


def place_of(inbox: Inbox, mail: Mail, sender: str) -> Place:
    """Where `sender`'s mail belongs. Runs as the system."""
    named: Conversation | None = None
    for conversation in _named(inbox, mail):
        if takes_part(conversation, sender):
            return Place(conversation)
        named = named or conversation
    marks = {POSSIBLE_CONTINUATION: str(named.pk)} if named else {}
    forged = _forged(mail)
    return Place(None, marks | ({FORGED: forged[:200]} if forged else {}))


def takes_part(conversation: Conversation, address: str) -> bool:
    """Whether that address is the customer's own, or one of those that got a mail of this conversation."""
    own = Identity.objects.filter(customer__in=families.person_ids(conversation.customer), kind=Identity.Kind.EMAIL)
    return own.filter(address=address).exists() or address in participants(conversation)


def participants(conversation: Conversation) -> set[str]:
    """Every address in To and Cc of its mails."""
    told = families.said_in(families.home_of(conversation)).exclude(recipients={}).values_list("recipients", flat=True)
    return {mail_address(str(one)) for known in told for field in ("to", "cc") for one in known.get(field, [])}


def known_by(inbox: Inbox, mail_id: str) -> Conversation | None:
    """The conversation that holds the mail with this Message-ID: one that we sent, or one that came into the inbox."""
    key = tokens.send_key_in(mail_id)
    if key is not None:
        sent = Delivery.objects.filter(send_key=key).select_related("message__conversation__inbox").first()
        return sent.message.conversation if sent and reachable_through(inbox, sent.message.conversation) else None
    said = Message.objects.filter(mail_id=mail_id[:255], inbox=inbox) if mail_id else Message.objects.none()
    # Whoever reuses an id comes after the one who had it first.
    first = said.select_related("conversation__inbox").order_by("pk").first()
    return first.conversation if first else None


def _named(inbox: Inbox, mail: Mail) -> Iterator[Conversation]:
    """What the mail names, best proof first: signed addresses, then the mails it answers, newest first."""
    for address in _addressed(mail):
        pk = tokens.conversation_in(address)
        found = Conversation.objects.select_related("inbox", "customer").filter(pk=pk).first() if pk else None
        if found is not None and reachable_through(inbox, found):
            yield found
    for mail_id in _answered(mail):
        found = known_by(inbox, mail_id)
        if found is not None:
            yield found


def _addressed(mail: Mail) -> list[str]:
    seen = [*mail.delivered_to, *(one.address for one in (*mail.to, *mail.cc))]
    return list(dict.fromkeys(seen))[:MOST_LOOKED_AT]


def _answered(mail: Mail) -> list[str]:
    return list(dict.fromkeys(reversed(mail.references)))[:MOST_LOOKED_AT]


def _forged(mail: Mail) -> str:
    """The first that is made like a signature of ours and is none."""
    for address in _addressed(mail):
        if _LIKE_AN_ADDRESS.fullmatch(address) and tokens.conversation_in(address) is None:
            return address
    for mail_id in _answered(mail):
        if _LIKE_A_MESSAGE_ID.fullmatch(mail_id) and tokens.send_key_in(mail_id) is None:
            return mail_id
    return ""
