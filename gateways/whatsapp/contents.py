"""A message of each kind as words and files. Pure, and never raises: whatever is not as it should be is as if it were not there."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import phonenumbers

from core.words import gettext_noop
from gateways.types import InboundFile

MEDIA = {
    "image": gettext_noop("Photo"),
    "video": gettext_noop("Video"),
    "audio": gettext_noop("Audio"),
    "voice": gettext_noop("Voice message"),
    "document": gettext_noop("Document"),
    "sticker": gettext_noop("Sticker"),
}
UNREADABLE = gettext_noop("A message that WhatsApp could not pass on")
_ENDINGS = {"image/jpeg": ".jpg", "audio/ogg": ".ogg", "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "image/webp": ".webp"}
# A NUL and half of a pair are no characters that a database keeps.
_BROKEN = re.compile("[\x00\ud800-\udfff]")
LONGEST, MOST_LINES = 65_536, 200
_TOKENS = ("flow_token",)


@dataclass(frozen=True)
class Content:
    """`subject` names what has no words."""

    text: str = ""
    subject: str = ""
    files: tuple[InboundFile, ...] = ()
    marks: dict[str, str] = field(default_factory=dict)


def content_of(message: dict[str, Any]) -> Content | None:
    """What the customer said; None for a kind that says nothing to anybody, like a permission to be called."""
    kind = words(message.get("type"))
    if kind == "interactive" and words(part(message, "interactive").get("type")) == "call_permission_reply":
        return None
    reader = READERS.get(kind, _unreadable)
    found = reader(message)
    return Content(found.text[:LONGEST], found.subject, found.files, found.marks | _about(message))


def part(holder: Any, name: str) -> dict[str, Any]:
    """The object under `name`, an empty one when there is none."""
    found = holder.get(name) if isinstance(holder, dict) else None
    return found if isinstance(found, dict) else {}


def parts(holder: Any, name: str) -> list[dict[str, Any]]:
    """The objects of the list under `name`."""
    found = holder.get(name) if isinstance(holder, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def words(value: Any) -> str:
    """A text or number as text that can be kept; empty for everything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return _BROKEN.sub("\ufffd", str(value))


def phone_of(given: Any) -> str:
    """A WhatsApp id, which is a phone number without its plus, in E.164. Empty for what is none."""
    digits = words(given).lstrip("+")
    if not (digits.isascii() and digits.isdigit() and 6 <= len(digits) <= 20):
        return ""
    try:
        return phonenumbers.format_number(phonenumbers.parse(f"+{digits}"), phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        return f"+{digits}"


def _about(message: dict[str, Any]) -> dict[str, str]:
    """What is to be known about it besides: that it was passed on, or that an advertisement led here."""
    context, found = part(message, "context"), {}
    if context.get("frequently_forwarded") is True:
        found["passed_on"] = "many"
    elif context.get("forwarded") is True:
        found["passed_on"] = "once"
    if referral := part(message, "referral"):
        found["referral"] = (words(referral.get("headline")) or words(referral.get("source_url")))[:200]
    return found


def _text(message: dict[str, Any]) -> Content:
    return Content(words(part(message, "text").get("body")))


def _button(message: dict[str, Any]) -> Content:
    button = part(message, "button")
    return Content(words(button.get("text")) or words(button.get("payload")))


def _interactive(message: dict[str, Any]) -> Content:
    chosen = part(message, "interactive")
    kind = words(chosen.get("type"))
    reply = part(chosen, kind)
    if kind == "nfm_reply":
        return Content("\n".join(_lines([words(reply.get("body")), *_answers(reply)])))
    return Content("\n".join(_lines([words(reply.get("title")), words(reply.get("description"))])) or words(reply.get("id")))


def _answers(reply: dict[str, Any]) -> Iterator[str]:
    """A form that was filled in, one answer a line."""
    try:
        found = json.loads(words(reply.get("response_json")) or "{}")
    except (ValueError, RecursionError):
        return
    for name, value in found.items() if isinstance(found, dict) else ():
        if name not in _TOKENS and words(value):
            yield f"{words(name)}: {words(value)}"


def _location(message: dict[str, Any]) -> Content:
    place = part(message, "location")
    where = ", ".join(_lines([words(place.get("latitude")), words(place.get("longitude"))]))
    text = "\n".join(_lines([words(place.get("name")), words(place.get("address")), where]))
    return Content(text, marks={"location": where})


def _contacts(message: dict[str, Any]) -> Content:
    lines = []
    for card in parts(message, "contacts")[:MOST_LINES]:
        reached = [words(one.get("phone")) for one in parts(card, "phones")]
        reached += [words(one.get("email")) for one in parts(card, "emails")]
        lines.append(", ".join(_lines([words(part(card, "name").get("formatted_name")), *reached])))
    return Content("\n".join(_lines(lines)), marks={"contacts": str(len(lines))})


def _order(message: dict[str, Any]) -> Content:
    order = part(message, "order")
    items = parts(order, "product_items")[:MOST_LINES]
    lines = [
        f"{words(one.get('quantity'))} × {words(one.get('product_retailer_id'))},"
        f" {words(one.get('item_price'))} {words(one.get('currency'))}"
        for one in items
    ]
    return Content("\n".join(_lines([words(order.get("text")), *lines])), marks={"order": str(len(items))})


def _media(message: dict[str, Any]) -> Content:
    kind = words(message.get("type"))
    media = part(message, kind)
    declared = words(media.get("mime_type"))[:100]
    name = words(media.get("filename")) or kind + _ENDINGS.get(
        declared.split(";")[0], "." + declared.split(";")[0].split("/")[-1]
    )
    is_voice = media.get("voice") is True
    file = InboundFile(name=name, declared=declared, remote=words(media.get("id"))[:300])
    return Content(
        words(media.get("caption")),
        MEDIA["voice" if is_voice else kind],
        (file,) if file.remote else (),
        {"voice": "yes"} if is_voice else {},
    )


def _unreadable(message: dict[str, Any]) -> Content:
    """What we or WhatsApp do not know: somebody wrote all the same, and a person must learn of it."""
    trouble = next(iter(parts(message, "errors")), {})
    why = words(part(trouble, "error_data").get("details")) or words(trouble.get("title")) or words(message.get("type"))
    return Content("", UNREADABLE, marks={"unsupported": why[:200]})


def _lines(given: list[str]) -> list[str]:
    return [one for one in given if one.strip()]


READERS: dict[str, Callable[[dict[str, Any]], Content]] = {
    "text": _text,
    "button": _button,
    "interactive": _interactive,
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    **dict.fromkeys(MEDIA, _media),
}
