"""Small builders on top of the cast: articles to answer from, messages that arrive, jobs that run."""

import uuid

from accounts.models import User
from approvals.models import Draft
from conversations.models import Delivery, Inbox, Message
from core import jobs
from core.context import acting_as
from gateways.types import InboundMessage
from intake.accept import Accepted, accept
from knowledge.indexing import index_article
from knowledge.models import Article, KnowledgeBase
from tests.cast import SYSTEM
from tests.house.world import owner_sql

RETURNS = (
    "You can return anything you bought from us within 30 days of delivery. Open your order, choose Return and print the"
    " label. The refund reaches your card within 5 working days after the parcel has arrived."
)
SHIPPING = (
    "Standard delivery takes 2 to 4 working days and costs 4.90 euro. Express delivery arrives on the next working day and"
    " costs 12 euro. Orders over 80 euro ship free of charge."
)


def article(base: KnowledgeBase, external_id: str, title: str, body: str, *, audience: str = "public") -> Article:
    """A published article, indexed."""
    with acting_as(SYSTEM):
        made = Article.objects.create(base=base, external_id=external_id, title=title, body=body, audience=audience)
    index_article(made.pk)
    return made


def arrives(
    inbox: Inbox, text: str, *, key: str = "", email: str = "cara@customer.example", conversation: int | None = None
) -> Accepted:
    """A customer's message, accepted as a door would."""
    inbound = InboundMessage(text=text, sender_email=email, sender_name="Cara Cast", conversation_id=conversation)
    return accept(inbox, inbound, provider_id=key or uuid.uuid4().hex, payload=text.encode())


def run_jobs(*, early: bool = True, rounds: int = 20) -> int:
    """Run what is due until nothing is; `early` does not wait for undo windows. Returns how many ran."""
    ran = 0
    for _ in range(rounds):
        if early:
            owner_sql("UPDATE conversations_delivery SET not_before = now() WHERE state = 'pending'")
            owner_sql("UPDATE core_job SET run_at = now() WHERE state = 'ready' AND attempts = 0")
        found = jobs.due()
        if not found:
            break
        for pk, *_ in found:
            jobs.run(pk)
            ran += 1
    return ran


def draft_of(message: Message) -> Draft:
    return Draft.objects.using("owner").get(in_reply_to_id=message.pk)


def delivery_of(draft: Draft) -> Delivery:
    return Delivery.objects.using("owner").get(message_id=draft.message_id)


def fresh_draft(draft: Draft, user: User) -> Draft:
    """The draft as it is now, to be decided by somebody who acts."""
    return Draft.objects.get(pk=draft.pk)
