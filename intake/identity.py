"""A site says who of its signed-in customers writes: a JWT under a secret that it shares with the inbox. Pure.

One way of signing and no other: the algorithm is ours to name, not the token's. A token that is not good is as if there were none.
"""

import base64
import binascii
import hashlib
import hmac
import json
import math
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

SECRET = "identity_secret"  # noqa: S105  the name of one
# Whoever holds a token can try secrets against it at home: a short one is no secret.
SHORTEST_SECRET = 32
LONGEST_TOKEN = 4096
LONGEST_LIFE = 3600
LEEWAY = 30
LAST_MOMENT = 2**53
LONGEST_SUBJECT = 150


class NotGood(Exception):
    """The token proves nothing; the reason is for our log, never for whoever brought it."""


@dataclass(frozen=True)
class SignedIn:
    """Whom the site vouches for: `subject` is what it calls him, the rest what it says of him."""

    subject: str
    email: str = ""
    name: str = ""
    phone: str = ""


def verified(token: str, secret: str, *, now: float) -> SignedIn:
    """Whom the token names. Raises NotGood."""
    if len(secret.encode()) < SHORTEST_SECRET:
        raise NotGood("the inbox's secret is too short")
    if len(token) > LONGEST_TOKEN or token.count(".") != 2:
        raise NotGood("not a token")
    signed, _dot, signature = token.rpartition(".")
    header, claims = signed.split(".")
    named = _object(header)
    if named.get("alg") != "HS256" or named.get("typ", "JWT") != "JWT" or "crit" in named:
        raise NotGood("signed in another way")
    expected = hmac.digest(secret.encode(), signed.encode("utf-8", "replace"), hashlib.sha256)
    if not hmac.compare_digest(expected, _bytes(signature)):
        raise NotGood("signed with another secret")
    return _checked(_object(claims), now)


def _checked(claims: dict[str, Any], now: float) -> SignedIn:
    issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
    if not expires - issued <= LONGEST_LIFE:
        raise NotGood("good for too long")
    if not (issued - LEEWAY <= now < expires + LEEWAY):
        raise NotGood("not good now")
    subject = claims.get("sub")
    if isinstance(subject, int) and not isinstance(subject, bool):
        subject = str(subject)
    if not isinstance(subject, str) or not subject.strip() or len(subject) > LONGEST_SUBJECT or not subject.isprintable():
        raise NotGood("names nobody")
    # What the site itself has not verified is no proof of ours. Some say so in words.
    email = _email(claims) if claims.get("email_verified", True) in (True, "true") else ""
    return SignedIn(subject.strip(), email, _line(claims, "name", 160), _line(claims, "phone", 40))


def _moment(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotGood(f"no {name}")
    # Beyond this no clock goes, and no floating number may.
    return float(value) if abs(value) < LAST_MOMENT else math.inf


def _email(claims: dict[str, Any]) -> str:
    email = _line(claims, "email", 254)
    try:
        validate_email(email)
    except ValidationError:
        return ""
    return email


def _line(claims: dict[str, Any], name: str, longest: int) -> str:
    value = claims.get(name)
    line = " ".join(value.split()) if isinstance(value, str) else ""
    return line if line.isprintable() and len(line) <= longest else ""


def _object(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_bytes(part))
    except (ValueError, RecursionError) as error:
        raise NotGood("not a token") from error
    if not isinstance(found, dict):
        raise NotGood("not a token")
    return found


def _bytes(part: str) -> bytes:
    """Base64 as tokens write it: the letters for addresses, no padding, one spelling."""
    try:
        found = base64.urlsafe_b64decode(part.encode("ascii") + b"=" * (-len(part) % 4))
    except (UnicodeEncodeError, binascii.Error, ValueError) as error:
        raise NotGood("not a token") from error
    if base64.urlsafe_b64encode(found).rstrip(b"=") != part.encode("ascii"):
        raise NotGood("not a token")
    return found
