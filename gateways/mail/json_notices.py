"""What Amazon's mail service tells of a mail of ours in JSON, where somebody asked to be told by mail. Its lines may have been wrapped."""

import json
from typing import Any

from gateways.mail.limits import ID_CHARACTERS
from gateways.mail.types import DeliveryNotice

_LONGEST = 200_000
_FINAL = "Permanent"


def told_in_json(text: str) -> DeliveryNotice | None:
    """The notice, None when this is none. Everything in it is somebody's claim, as in every notice."""
    told = _object(text.strip())
    told = _object(told["Message"]) if isinstance(told.get("Message"), str) else told
    bounce, mail = told.get("bounce"), told.get("mail")
    if told.get("notificationType", told.get("eventType")) != "Bounce" or not isinstance(bounce, dict):
        return None
    failed = bounce.get("bouncedRecipients")
    first = next((one for one in failed if isinstance(one, dict)), {}) if isinstance(failed, list) else {}
    return DeliveryNotice(
        is_final=bounce.get("bounceType") == _FINAL,
        recipient=_words(first, "emailAddress").lower(),
        status=_words(first, "status"),
        reason=_words(first, "diagnosticCode").partition(";")[2].strip() or _words(first, "diagnosticCode"),
        mail_id=_mail_id(mail if isinstance(mail, dict) else {}),
    )


def _object(text: str) -> dict[str, Any]:
    if not text.startswith("{") or len(text) > _LONGEST:
        return {}
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _words(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    return value if isinstance(value, str) else ""


def _mail_id(mail: dict[str, Any]) -> str:
    """The Message-ID that we gave the mail; the service's own name for it is none of ours."""
    common = mail.get("commonHeaders")
    value = _words(common, "messageId") if isinstance(common, dict) else ""
    headers = mail.get("headers")
    if not value and isinstance(headers, list):
        named = (one for one in headers if isinstance(one, dict) and _words(one, "name").lower() == "message-id")
        value = next((_words(one, "value") for one in named), "")
    return value.strip("<> ")[:ID_CHARACTERS]
