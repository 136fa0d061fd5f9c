"""What makes a form's second arrival the same as its first: a number issued with the form, under our signature, for one day."""

import uuid
from datetime import timedelta

from django.core.signing import BadSignature, TimestampSigner

GOOD_FOR = timedelta(hours=24)

_signer = TimestampSigner(salt="form nonce", sep="~")


def issue(place: str) -> str:
    """A new nonce for the form at `place`, to be printed into it."""
    return _signer.sign(f"{uuid.uuid4().hex}.{place}")


def read(signed: str, place: str) -> str:
    """The id that names this one sending. Raises BadSignature when it is not ours, for another place, or older than a day."""
    number, _, issued_for = _signer.unsign(signed, max_age=GOOD_FOR).partition(".")
    if issued_for != place:
        raise BadSignature("issued for another form")
    return f"form:{number}"
