"""Who may bring mails to an inbox: whoever knows its secret. Every comparison takes as long whatever was guessed."""

import base64
import binascii
import hashlib
import hmac
import secrets

from django.http import HttpRequest

from conversations.models import Channel, Inbox, InboxSecret
from core.comparing import is_same
from core.context import acting_as
from core.sealing import CannotOpen
from intake.models import DOORMAN

NAME = "secret"
SIGNATURE = "X-Signature"
# What an inbox that is not there, or has no secret, is compared with: nobody has it.
_NOBODYS = secrets.token_hex(32)


def inbox_and_secret(slug: str) -> tuple[Inbox | None, str]:
    """The inbox and its secret, None and a secret of nobody's where there is none to bring mails to."""
    with acting_as(DOORMAN, read_only=True):
        inbox = Inbox.objects.filter(slug=slug, channel=Channel.EMAIL).first()
        try:
            kept = InboxSecret.objects.filter(inbox=inbox, name=NAME).values_list("value", flat=True).first() if inbox else None
        except CannotOpen:
            kept = None
    return (inbox, kept) if inbox and kept else (None, _NOBODYS)


def is_known(request: HttpRequest, secret: str) -> bool:
    """Whether the request brings the secret itself: as a bearer's token, or as the password of a name that does not matter."""
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return is_same(given.strip(), secret)
    return scheme.lower() == "basic" and is_same(_password(given.strip()), secret)


def has_signed(request: HttpRequest) -> bool:
    return SIGNATURE in request.headers


def is_signed(request: HttpRequest, body: bytes, secret: str) -> bool:
    """Whether the header holds the HMAC-SHA256 of exactly these bytes, in hexadecimal, with or without "sha256=" before it."""
    given = request.headers.get(SIGNATURE, "").strip().lower().removeprefix("sha256=")
    return is_same(given, hmac.new(secret.encode(), body, hashlib.sha256).hexdigest())


def _password(given: str) -> str:
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
