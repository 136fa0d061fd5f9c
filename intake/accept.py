"""Taking something in: the raw receipt, the message, and the job that will answer it, in one transaction.

A second arrival of the same thing finds the first receipt and gives its result. Nothing here speaks to a broker or to anybody
outside; the caller may answer 202 the moment this returns.
"""

import hashlib
from dataclasses import dataclass

from django.db import IntegrityError

from approvals.drafting import ask_for_draft
from conversations.models import Conversation, Inbox, Message
from conversations.receive import receive
from core.context import acting_as
from core.failpoints import failpoint
from gateways.types import InboundMessage
from intake.models import DOORMAN, Receipt

__all__ = ["DOORMAN", "Accepted", "DifferentBody", "accept"]


class DifferentBody(Exception):
    """The same id came with other contents: neither a repetition nor a new message."""


@dataclass(frozen=True)
class Accepted:
    conversation: Conversation
    message: Message
    is_new: bool


def accept(inbox: Inbox, inbound: InboundMessage, *, provider_id: str, payload: bytes) -> Accepted:
    """Store what arrived exactly once. Raises DifferentBody, and receive.UnknownConversation when it names a foreign one."""
    digest = hashlib.sha256(payload).hexdigest()
    try:
        with acting_as(DOORMAN):
            return _seen_before(inbox, provider_id, digest) or _store(inbox, inbound, provider_id, payload, digest)
    except IntegrityError:
        # Two arrivals at the same moment: the unique receipt let one through, and the other now finds it.
        with acting_as(DOORMAN):
            found = _seen_before(inbox, provider_id, digest)
        if found is None:
            raise
        return found


def _seen_before(inbox: Inbox, provider_id: str, digest: str) -> Accepted | None:
    rows = Receipt.objects.select_related("message__conversation").defer("payload")
    receipt = rows.filter(inbox=inbox, provider_id=provider_id).first()
    if receipt is None or receipt.message is None:
        return None
    if receipt.sha256 != digest:
        raise DifferentBody(provider_id)
    return Accepted(receipt.message.conversation, receipt.message, is_new=False)


def _store(inbox: Inbox, inbound: InboundMessage, provider_id: str, payload: bytes, digest: str) -> Accepted:
    receipt = Receipt.objects.create(inbox=inbox, provider_id=provider_id, payload=payload, sha256=digest)
    received = receive(inbox, inbound)
    Receipt.objects.filter(pk=receipt.pk).update(message=received.message)
    if received.wants_answer:
        ask_for_draft(received.message)
    failpoint("ingest.before_commit")
    return Accepted(received.conversation, received.message, is_new=True)
