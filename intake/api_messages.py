"""A program brings what a customer wrote: the same path as every other door, once for each Idempotency-Key."""

from accounts.tokens import Bearer
from conversations.models import Conversation, Inbox
from conversations.receive import UnknownConversation
from core.context import Actor, acting_as
from gateways.types import InboundMessage
from intake.accept import DOORMAN, DifferentBody, accept
from intake.api_errors import Problem, not_found
from intake.api_schemas import AcceptedOut, CustomerIn, MessageIn
from intake.links import customer_url
from intake.models import Receipt

LONGEST_KEY = 128


def take_in(bearer: Bearer, given: MessageIn, *, key: str, raw: bytes) -> AcceptedOut:
    """Store the message and the job that answers it. The same key again gives the same answer. Raises Problem."""
    provider_id = f"api:{bearer.token_id}:{key}"  # no other token's key and no form's nonce can be this
    with acting_as(Actor.of(bearer.user)):
        inboxes = {one.slug: one for one in Inbox.objects.all()}
        inbox = inboxes.pop(given.inbox, None)
        if inbox is None:
            raise not_found("inbox")
        if given.conversation and not Conversation.objects.filter(pk=given.conversation, inbox=inbox).exists():
            raise not_found("conversation")
        if inboxes and _was_used(provider_id, [one.pk for one in inboxes.values()]):
            raise _other_body()
        try:
            accepted = accept(inbox, _inbound(given, provider_id), provider_id=provider_id, payload=raw)
        except DifferentBody as error:
            raise _other_body() from error
        except UnknownConversation as error:
            raise not_found("conversation") from error
        conversation = accepted.conversation.pk
        return AcceptedOut(conversation=conversation, message=accepted.message.pk, customer_url=customer_url(conversation))


def _inbound(given: MessageIn, provider_id: str) -> InboundMessage:
    customer = given.customer or CustomerIn()
    return InboundMessage(
        text=given.text,
        provider_id=provider_id,
        sender_name=customer.name or "",
        sender_email=customer.email or "",
        sender_phone=customer.phone or "",
        subject=given.subject or "",
        conversation_id=given.conversation,
    )


def _was_used(provider_id: str, inboxes: list[int]) -> bool:
    """Receipts are unique per inbox; a key is unique for its token, so the other inboxes are looked at too."""
    with acting_as(DOORMAN):
        return Receipt.objects.filter(inbox__in=inboxes, provider_id=provider_id).exists()


def _other_body() -> Problem:
    return Problem(409, "key_reused", "This Idempotency-Key was used with another body. Nothing was stored.")
