"""The address of a customer's own page: the conversation's id under our signature. Whoever has it may read and write there.

Whoever has shown more than that, with a code or a token of a site that knows him, goes on under an address that says so, for a day.
The proof is in the address and not in the conversation: who has only the plain one stays who he says he is.
"""

from datetime import timedelta

from django.conf import settings
from django.core.signing import SignatureExpired, Signer, TimestampSigner

from conversations.models import Level

PROVEN_FOR = timedelta(days=1)
MARK = ".p"

_signer = Signer(salt="customer page", sep="~")
_prover = TimestampSigner(salt="customer page, proven", sep="~")


def conversation_token(conversation_id: int, level: int = Level.CLAIMED) -> str:
    """The token in /c/<token>/; the plain one is the same for the same conversation, so that an answer can be repeated exactly."""
    if level >= Level.PROVEN:
        return _prover.sign(f"{conversation_id}{MARK}")
    return _signer.sign(str(conversation_id))


def read(token: str) -> tuple[int, int]:
    """The conversation that a token names, and how sure we are of its holder. Raises django.core.signing.BadSignature."""
    if f"{MARK}~" not in token:
        return int(_signer.unsign(token)), Level.CLAIMED
    named = int(_prover.unsign(token).removesuffix(MARK))
    try:
        _prover.unsign(token, max_age=PROVEN_FOR)
    except SignatureExpired:
        return named, Level.CLAIMED
    return named, Level.PROVEN


def customer_url(conversation_id: int) -> str:
    """The absolute address of the customer's page."""
    return f"{settings.PUBLIC_URL}/c/{conversation_token(conversation_id)}/"
