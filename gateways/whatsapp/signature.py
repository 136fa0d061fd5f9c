"""Whether a webhook call was signed with the app's secret: HMAC-SHA256 over the bytes as they came, compared in constant time."""

import hashlib
import hmac

from core.comparing import is_same

HEADER = "X-Hub-Signature-256"
_PREFIX = "sha256="


def sign(raw: bytes, secret: str) -> str:
    """The header's value for `raw`."""
    return _PREFIX + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def is_signed(raw: bytes, given: str, secret: str) -> bool:
    """Whether `given` is the header of these very bytes under `secret`. Without a secret nothing is."""
    if not secret:
        return False
    return is_same(given, sign(raw, secret))
