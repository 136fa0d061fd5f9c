"""What is signed in our mails, so that an answer finds its conversation and nobody can invent one.

Only small letters and digits carry meaning: there are mail servers that change the case of an address, and either case is read.
"""

import base64
import re
import uuid

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

# The header that every mail of ours carries; what stands in it is signed like its Message-ID, which some servers replace.
MARKER = "X-Contactcenter-Mail"
MAC_BYTES = 10
# RFC 5321: what stands before the @ has at most so many letters.
LONGEST_NAME = 64

_IN_ADDRESS = re.compile(r"[^@\s]+\+c([1-9][0-9]{0,18})\.([a-z2-7]{16})@[^@\s]+")
_IN_MESSAGE_ID = re.compile(r"r\.([0-9a-f]{32})\.([a-z2-7]{16})@[^@\s]+")


def reply_address(our_address: str, conversation_id: int) -> str:
    """Our address with the conversation in it: support+c12.<mac>@shop.example. As it is when its name is too long to carry more."""
    name, _at, host = our_address.rpartition("@")
    signed = f"{name}+c{conversation_id}.{_mac('conversation', str(conversation_id))}"
    return f"{signed}@{host}" if len(signed.encode()) <= LONGEST_NAME else our_address


def conversation_in(address: str) -> int | None:
    """Which conversation a signed address names; None for any that we did not sign."""
    found = _IN_ADDRESS.fullmatch(address.strip().strip("<>").lower())
    return int(found[1]) if found and _is_mac("conversation", found[1], found[2]) else None


def message_id(send_key: str, our_address: str) -> str:
    """The Message-ID of what is sent under that key, without angle brackets: the same at every try."""
    key = uuid.UUID(send_key).hex
    return f"r.{key}.{_mac('message', key)}@{domain_of(our_address)}"


def send_key_in(message_id: str) -> str | None:
    """The key under which the mail with this Message-ID was sent; None for any that we did not sign."""
    found = _IN_MESSAGE_ID.fullmatch(message_id.strip().strip("<>").lower())
    return str(uuid.UUID(found[1])) if found and _is_mac("message", found[1], found[2]) else None


def is_ours(message_id: str) -> bool:
    """Whether we gave that Message-ID to a mail."""
    return send_key_in(message_id) is not None


def mark(message_id: str) -> str:
    """What stands under MARKER in the mail of that Message-ID."""
    return message_id.partition("@")[0]


def is_mark(value: str) -> bool:
    """Whether this installation put it there; another one's mails are nobody's loop."""
    return is_ours(f"{value.strip()}@mark")


def domain_of(address: str) -> str:
    """What follows the @, in letters that every server reads; localhost when there is nothing that could be read so."""
    host = address.rpartition("@")[2].strip().lower()
    try:
        return host.encode("idna").decode("ascii") or "localhost"
    except UnicodeError:
        return "localhost"


def _mac(purpose: str, text: str, secret: str | bytes | None = None) -> str:
    digest = salted_hmac(f"gateways.mail.{purpose}", text, secret=secret, algorithm="sha256").digest()
    return base64.b32encode(digest[:MAC_BYTES]).decode("ascii").lower()


def _is_mac(purpose: str, text: str, given: str) -> bool:
    """Signed with the key of today, or with one that is kept for what was signed before."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(_mac(purpose, text, one), given) for one in secrets)
