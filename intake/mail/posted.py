"""The raw mail out of what a provider posts: the body itself, or the field of a form or of JSON in which it lies.

The body is bounded by the caller. A form is taken apart here by its boundary alone: Django's own reader keeps fields below 3 MB, and a
mail is larger.
"""

import json
import re
from email.message import Message
from urllib.parse import unquote_to_bytes

# SendGrid, Mailgun, and those that were made like them; Postmark.
FIELDS = ("email", "body-mime", "message", "mime", "raw")
JSON_FIELDS = ("RawEmail", *FIELDS)
MOST_PARTS = 200
_NAME = re.compile(rb'[;\s]name="([^"\r\n]{1,100})"', re.I)


def mail_in(content_type: str, body: bytes) -> bytes | None:
    """The mail as it came; None when there is none where it should be."""
    kind, boundary = _kind(content_type)
    if kind == "multipart/form-data":
        return _first(_parts(body, boundary)) if boundary else None
    if kind == "application/x-www-form-urlencoded":
        return _first(_pairs(body))
    if kind == "application/json":
        return _in_json(body)
    return body or None


def _kind(content_type: str) -> tuple[str, bytes]:
    header = Message()
    header["Content-Type"] = content_type.replace("\r", " ").replace("\n", " ")[:500] or "message/rfc822"
    boundary = header.get_param("boundary", "")
    return header.get_content_type(), str(boundary).encode("latin-1", "replace")


def _first(fields: dict[str, bytes]) -> bytes | None:
    return next((fields[name] for name in FIELDS if fields.get(name)), None)


def _parts(body: bytes, boundary: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    line = b"\r\n--" + boundary
    pieces = (b"\r\n" + body).split(line, MOST_PARTS)
    for piece in pieces[1:]:
        head, empty, content = piece.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if empty and name:
            found.setdefault(name[1].decode("latin-1"), content)
    return found


def _pairs(body: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for pair in body.split(b"&", MOST_PARTS):
        name, _equals, value = pair.partition(b"=")
        found.setdefault(unquote_to_bytes(name).decode("latin-1"), unquote_to_bytes(value.replace(b"+", b" ")))
    return found


def _in_json(body: bytes) -> bytes | None:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, dict):
        return None
    found = next((given[name] for name in JSON_FIELDS if isinstance(given.get(name), str) and given[name]), None)
    return found.encode("utf-8", "surrogatepass") if found else None
