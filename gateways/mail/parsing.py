"""Bytes to a Mail, step by step. Runs in a process of its own (gateways/mail/child.py), without Django."""

import hashlib
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gateways.mail.addresses import addresses
from gateways.mail.authentication import authentication
from gateways.mail.automatic import automatic
from gateways.mail.bodies import Body, read_body
from gateways.mail.forwarding import forwarded_from
from gateways.mail.headers import Headers
from gateways.mail.limits import HEADER_BLOCK_BYTES, ID_CHARACTERS, REFERENCES, SUBJECT_CHARACTERS, Limits
from gateways.mail.notices import message_id, notice
from gateways.mail.structure import Part, read_structure
from gateways.mail.types import Mail

OUR_MARK = "x-contactcenter-mail"
_ID = re.compile(r"<([^<>\s]{1,998})>")
_LOOSE_ID = re.compile(r"[^<>\s,;\"]{1,200}@[^<>\s,;\"]{1,200}")
_DELIVERED = ("delivered-to", "x-delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-rcpt-to")
_OF_THE_MAIL = ("from", "date", "message-id", "subject", "to", "cc", "content-type", "content-transfer-encoding")
_LONGEST_DATE = 120
_STEP = 1 << 20


def parse(raw: bytes) -> Mail:
    """The whole mail."""
    limits = Limits()
    root = read_structure(raw, limits)
    return _mail(root, read_body(root), limits)


def parse_beginning(raw: bytes) -> Mail:
    """What the beginning of a mail says: who wrote, and the words as far as they go. Files would be cut, so there are none."""
    limits = Limits()
    root = read_structure(raw, limits)
    return _mail(root, Body(read_body(root).pieces), limits)


def parse_head(raw: bytes) -> Mail:
    """Only who wrote, when and about what: where the rest cannot be read."""
    limits = Limits()
    root = read_structure(raw[:HEADER_BLOCK_BYTES], limits)
    return _mail(Part(root.headers, b"", 0, 0), Body(), limits)


def _mail(root: Part, body: Body, limits: Limits) -> Mail:
    headers = root.headers
    subject, text = headers.text("subject")[:SUBJECT_CHARACTERS], body.text(limits)
    senders = addresses([headers.first("from") or headers.first("sender")], limits)
    sender, reply_to = next(iter(senders), None), addresses(headers.all("reply-to"), limits)
    told = notice(root, text)
    return Mail(
        sender=sender,
        reply_to=reply_to,
        to=addresses(headers.all("to"), limits),
        cc=addresses(headers.all("cc"), limits),
        delivered_to=_delivered_to(headers, limits),
        subject=subject,
        text=text,
        html=body.markup(),
        date=_date(headers),
        mail_id=message_id(headers),
        references=_references(headers),
        files=tuple(body.files),
        automatic="report" if told else automatic(root, sender, reply_to, text),
        notice=told,
        # What was found out about one of two senders cannot be told of whom.
        authentication=authentication(root, sender if len(senders) == 1 else None),
        forwarded_from=None if told else forwarded_from(root, subject, text),
        is_ours=headers.has(OUR_MARK),
        mark=headers.plain(OUR_MARK)[:ID_CHARACTERS],
        fingerprint=_fingerprint(root),
        problem=limits.problem,
    )


def _delivered_to(headers: Headers, limits: Limits) -> tuple[str, ...]:
    values = [value for name in _DELIVERED for value in headers.all(name)]
    return tuple(dict.fromkeys(one.address for one in addresses(values, limits)))


def _date(headers: Headers) -> datetime | None:
    """When it was written, in UTC; None for dates that no calendar has."""
    try:
        date = parsedate_to_datetime(headers.plain("date")[:_LONGEST_DATE])
        aware = date if date.tzinfo else date.replace(tzinfo=UTC)
        told = aware.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    return told if 1970 <= told.year <= 2100 else None


def _references(headers: Headers) -> tuple[str, ...]:
    """What it goes back to, oldest first. Of a long chain the first and the newest."""
    found = [*_ids(headers.plain("references")), *_ids(headers.plain("in-reply-to"))]
    # The last mention of each counts, so that what is answered stands last.
    chain = list(dict.fromkeys(reversed(found)))[::-1]
    return tuple(chain if len(chain) <= REFERENCES else [chain[0], *chain[1 - REFERENCES :]])


def _ids(value: str) -> list[str]:
    found = _ID.findall(value) or (_LOOSE_ID.findall(value) if "<" not in value else [])
    return [one[:ID_CHARACTERS] for one in found]


def _fingerprint(root: Part) -> str:
    """The same for the same mail by another way: whatever the servers on the way add is left out.

    How its body is to be read belongs to what it says.
    """
    headers = root.headers
    told = [headers.text(name) for name in _OF_THE_MAIL]
    digest = hashlib.sha256("\n".join(told).encode("utf-8", "replace"))
    body = memoryview(root.raw)[root.start : root.end]
    rest = b""
    for at in range(0, len(body), _STEP):
        piece = (rest + bytes(body[at : at + _STEP])).replace(b"\r\n", b"\n")
        # A line end that lies on the border, and empty lines at the end of the mail, wait for what follows.
        kept = piece.rstrip(b"\r\n \t")
        digest.update(kept)
        rest = piece[len(kept) :]
    return digest.hexdigest()
