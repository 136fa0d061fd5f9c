"""What the page says about a message besides its words: who vouches for it, what it answers, what became of it afterwards."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from conversations import marks
from conversations.models import Channel, Level, Message
from conversations.previews import first_words
from conversations.quoting import said

LONGEST_CONTEXT = 140


@dataclass(frozen=True)
class Sign:
    """A chip beside the author's name; `url` leads to what it speaks of. `kind` is plain or warn."""

    icon: str
    text: str
    kind: str = "plain"
    url: str = ""


@dataclass(frozen=True)
class Answered:
    """The message that this one answers, in its first words."""

    pk: int
    by: str
    words: str


@dataclass(frozen=True)
class Earlier:
    """What it said before its writer changed it."""

    text: str
    at: datetime | None


def signs(message: Message) -> list[Sign]:
    """In the order of their weight: what makes one careful first."""
    return [*_careful(message), *_plain(message)]


def _careful(message: Message) -> list[Sign]:
    known, found = message.marks, []
    if marks.FORGED in known:
        found.append(Sign("alert", _("Names a conversation of ours without the right to"), "warn"))
    if marks.UNPROVEN_COLLEAGUE in known:
        found.append(Sign("alert", _("Comes in a colleague’s name, unproven"), "warn"))
    if marks.UNAUTHENTICATED in known:
        found.append(Sign("alert", _("Sender not verified"), "warn"))
    if marks.WRITTEN_BY in known:
        found.append(Sign("user", _("Written by %s") % known[marks.WRITTEN_BY], "warn"))
    if marks.REPLY_TO in known:
        found.append(Sign("mail", _("Answers go to %s") % known[marks.REPLY_TO], "warn"))
    if marks.POSSIBLE_CONTINUATION in known:
        number = str(known[marks.POSSIBLE_CONTINUATION])
        link = f"/conversations/{number}/" if number.isdigit() else ""
        found.append(Sign("link", _("May go on from another conversation"), "warn", link))
    if marks.UNREADABLE in known:
        found.append(Sign("file", _("Could not be read: the raw mail is attached"), "warn"))
    return found


def _plain(message: Message) -> list[Sign]:
    found = []
    if message.is_automatic:
        found.append(Sign("refresh", _("Automatic message, no answer needed")))
    if marks.FORWARDED in message.marks:
        found.append(Sign("arrow-r", _("Forwarded by %s") % message.marks[marks.FORWARDED]))
    found += [Sign(icon, told) for code, (icon, told) in _on_whatsapp(message).items() if code in message.marks]
    if marks.PARTLY_READ in message.marks:
        found.append(Sign("file", _("Only partly read: the raw mail is attached"), "warn"))
    if marks.CONTINUED in message.marks:
        told = _("Sent by email to %s: the customer had left the page")
        found.append(Sign("mail", told % message.marks[marks.CONTINUED]))
    if message.from_outside:
        found.append(Sign("external", _("Sent from a mail program")))
    if message.template:
        found.append(Sign("wa", _("Template %s") % message.template.get("name", "")))
    if message.direction == Message.Direction.IN and message.level == Level.PROVEN:
        found.append(Sign("key", _("Proven sender")))
    if message.edited_at and not message.withdrawn_at:
        found.append(Sign("edit", _("Edited by the customer")))
    return found


def _on_whatsapp(message: Message) -> dict[str, tuple[str, str]]:
    """What WhatsApp says of a message besides its words."""
    return {
        marks.UNSUPPORTED: ("alert", _("WhatsApp could not pass this on")),
        marks.PASSED_ON: ("arrow-r", _("Forwarded by the customer")),
        marks.REFERRAL: ("external", _("Came from an advertisement")),
        marks.VOICE: ("phone", _("Voice message")),
        marks.LOCATION: ("pin", _("Location")),
        marks.CONTACTS: ("users", _("Contact cards")),
        marks.ORDER: ("box", _("Order")),
    }


def answered(message: Message) -> Answered | None:
    """Only on WhatsApp, where people answer one message among many; elsewhere the order says it."""
    asked = message.in_reply_to if message.conversation.channel == Channel.WHATSAPP else None
    if asked is None or message.is_from_assistant:
        return None
    is_theirs = asked.direction == Message.Direction.IN
    by = str(message.customer) if is_theirs else _("Us")
    return Answered(asked.pk, by, first_words(said(asked.text), LONGEST_CONTEXT) or _("No text"))


def earlier(message: Message) -> list[Earlier]:
    """What it said before, newest first."""
    kept: list[dict[str, Any]] = message.marks.get(marks.EDITS, [])
    return [Earlier(str(one.get("text", "")), parse_datetime(str(one.get("at", "")) or "-")) for one in reversed(kept)]


def reactions(message: Message) -> list[str]:
    """Each sign once, with whose it is."""
    return [
        _("%(sign)s by the customer") % {"sign": one.sign} if one.by_id is None else _("%(sign)s by us") % {"sign": one.sign}
        for one in message.reactions.all()
    ]
