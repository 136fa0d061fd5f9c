"""A mail that could not be read: still a conversation, with the mail as it came attached for a person to open."""

from django.utils.translation import gettext as _

from gateways.types import InboundFile, InboundMessage

NAME = "mail.eml"
# The code of the mark on its message.
UNREADABLE = "unreadable"


def unread(raw: bytes, why: str, *, provider_id: str = "") -> InboundMessage:
    """What is stored of it. `why` is said in a few words; nothing in it was looked at."""
    text = _("This mail could not be read: %(why)s. It is attached as it came.") % {"why": why}
    return InboundMessage(
        text=text,
        provider_id=provider_id,
        subject=_("A mail that could not be read"),
        attachments=(InboundFile(NAME, raw, declared="message/rfc822"),),
        marks={UNREADABLE: why[:200]},
    )
