"""What a mail server tells about a mail of ours that it could not deliver (RFC 3464). Servers that tell it in their own words only are
read by gateways/mail/plain_notices.py, Amazon's by json_notices.py. Whoever uses a notice must know the mail that it is about: anybody can write one.
"""

import re

from gateways.mail.headers import Headers, raw_text, read_head, words
from gateways.mail.json_notices import told_in_json
from gateways.mail.limits import ID_CHARACTERS, Limits
from gateways.mail.plain_notices import ADDRESS, told_plainly
from gateways.mail.structure import Part
from gateways.mail.types import DeliveryNotice

_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_RETURNED_TYPES = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.])([45])\d\d(?![\d.])")
_ID = re.compile(r"<([^<>\s]{1,998})>")
_LOOSE_ID = re.compile(r"[^<>\s,;\"]{1,200}@[^<>\s,;\"]{1,200}")
_ID_LINE = re.compile(r"^[\s>|]{0,9}(?:x-)?(?:original-)?message-id\s?:\s{0,9}(?:<([^<>\s]{1,998})>|$)", re.I | re.M)
_DELIVERED = ("delivered", "relayed", "expanded")
_REASON_CHARACTERS = 500
_MOST_GROUPS = 50


def notice(root: Part, text: str) -> DeliveryNotice | None:
    """The notice, None when this mail is none or tells that all went well."""
    status = next((part for part in root.walk() if part.type in _STATUS_TYPES), None)
    told = _formal(status) if status else told_in_json(text) or told_plainly(root, text)
    if status is not None and told is None and not _tells_success(status):
        told = told_plainly(root, text)
    if told is None:
        return None
    reason = told.reason or _reason_in(root, text)
    status_in_words = _status_in(reason, is_final=told.is_final)
    # Many servers say 5.0.0 where their words know better.
    is_vague = told.status.endswith(".0.0") and status_in_words[:1] == told.status[:1]
    return DeliveryNotice(
        is_final=told.is_final, recipient=told.recipient, status=status_in_words if is_vague or not told.status else told.status,
        reason=reason[:_REASON_CHARACTERS], mail_id=told.mail_id or _returned_id(root, text),
    )  # fmt: skip


def _formal(part: Part) -> DeliveryNotice | None:
    """The first recipient that failed, else the first that is late."""
    judged = [one for one in map(_judged, _groups(part)) if one is not None]
    return next((one for one in judged if one.is_final), judged[0] if judged else None)


def _groups(part: Part) -> list[Headers]:
    """The fields of the mail and of each recipient; between them stand empty lines, of which some servers write too many."""
    groups: list[Headers] = []
    content, at = part.content, 0
    while at < len(content) and len(groups) < _MOST_GROUPS:
        headers, following = read_head(content, at, len(content), Limits())
        if following <= at:
            break
        groups.append(headers)
        at = following
    return [group for group in groups if group.has("final-recipient") or group.has("original-recipient") or group.has("action")]


def _judged(group: Headers) -> DeliveryNotice | None:
    action = group.plain("action").lower()
    status = _STATUS.search(group.plain("status"))
    code = status[1] if status else ""
    if action.startswith(_DELIVERED) or (not action and code.startswith("2")):
        return None
    is_final = action.startswith("fail") if action else not code.startswith("4")
    kind, _, said = words(group.first("diagnostic-code")).partition(";")
    return DeliveryNotice(is_final=is_final, recipient=_recipient(group), status=code, reason=(said or kind).strip())


def _recipient(group: Headers) -> str:
    """The address that we wrote to, where the server tells it, else the one that it became."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        value = raw_text(group.first(name))
        found = ADDRESS.search(value.partition(";")[2] or value)
        if found:
            return found[0].lower()
    return ""


def _tells_success(part: Part) -> bool:
    return any(group.plain("action").lower().startswith(_DELIVERED) for group in _groups(part))


def _reason_in(root: Part, text: str) -> str:
    plainly = told_plainly(root, text, is_known=True)
    return plainly.reason if plainly else ""


def _status_in(reason: str, *, is_final: bool) -> str:
    found = _STATUS.search(reason)
    if found and not found[1].startswith("2"):
        return found[1]
    code = _CODE.search(reason)
    return f"{code[1]}.0.0" if code else "5.0.0" if is_final else "4.0.0"


def message_id(headers: Headers) -> str:
    """The Message-ID without its brackets, which some programs forget."""
    value = headers.plain("message-id")
    found = _ID.search(value)
    loose = None if found else _LOOSE_ID.search(value)
    return (found[1] if found else loose[0] if loose else "")[:ID_CHARACTERS]


def _returned_id(root: Part, text: str) -> str:
    """The Message-ID of the mail that came back: in what was returned, or quoted in the text, or what the notice answers."""
    for part in root.walk():
        if part is root or part.type not in _RETURNED_TYPES:
            continue
        headers = part.parts[0].headers if part.parts else read_head(part.content, 0, len(part.content), Limits())[0]
        if returned := message_id(headers):
            return returned
    for line in _ID_LINE.finditer(text):
        if line[1]:
            return line[1][:ID_CHARACTERS]
        # Long ones stand on a line of their own.
        if found := _ID.match(text[line.end() : line.end() + 1000].lstrip()):
            return found[1][:ID_CHARACTERS]
    answered = _ID.findall(f"{root.headers.plain('references')} {root.headers.plain('in-reply-to')}")
    return str(answered[-1])[:ID_CHARACTERS] if answered else ""
