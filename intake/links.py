"""The address of a customer's own page: the conversation's id under our signature. Whoever has it may read and write there."""

from django.conf import settings
from django.core.signing import Signer

_signer = Signer(salt="customer page", sep="~")


def conversation_token(conversation_id: int) -> str:
    """The token in /c/<token>/; the same for the same conversation, so that an answer can be repeated exactly."""
    return _signer.sign(str(conversation_id))


def conversation_id_of(token: str) -> int:
    """The conversation that a token names. Raises django.core.signing.BadSignature."""
    return int(_signer.unsign(token))


def customer_url(conversation_id: int) -> str:
    """The absolute address of the customer's page."""
    return f"{settings.PUBLIC_URL}/c/{conversation_token(conversation_id)}/"
