"""Whether somebody knows a secret: told in a time that says nothing about how much of it was right."""

import hmac


def is_same(given: str, right: str) -> bool:
    """Whether `given` is the secret. One that is empty is known to nobody; whatever letters were sent do no harm."""
    return bool(right) and hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())
