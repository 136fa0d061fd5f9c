"""A mail that could not be read: still a conversation, with the mail as it came attached for a person to open."""

from conversations.asks import UNREAD
from conversations.marks import UNREADABLE
from core.words import gettext_noop
from gateways.types import InboundFile, InboundMessage

NAME = "mail.eml"


def unread(raw: bytes, why: str, *, provider_id: str, sender_email: str = "", subject: str = "") -> InboundMessage:
    """What is stored of it. `why` is a sentence without its full stop; `sender_email` and `subject` as far as they were read."""
    return InboundMessage(
        text=gettext_noop("This mail could not be read and is attached as it came: {0}").format(why),
        provider_id=provider_id,
        sender_email=sender_email,
        subject=subject or UNREAD,
        attachments=(as_it_came(raw),),
        marks={UNREADABLE: why[:200]},
    )


def as_it_came(raw: bytes) -> InboundFile:
    """The whole mail as a file."""
    return InboundFile(NAME, raw, declared="message/rfc822")
