"""What the tests of WhatsApp's door share: a connected inbox, signed calls, the jobs that follow, and the state that comes of it all."""

import json
from typing import Any

from django.test import Client

from conversations.models import Account, Conversation, Delivery, Identity, Inbox, InboxSecret, InboxTeam, Message, Reaction
from core import jobs
from core.context import acting_as
from gateways.whatsapp.signature import HEADER, sign
from intake.models import Receipt
from tests.cast import SYSTEM, Cast
from tests.peers.whatsapp import ACCOUNT, NUMBER, SECRET, TOKEN

TOKEN_WORD = "verify-1"


def connect(cast: Cast, slug: str = "wa", number: str = NUMBER) -> Inbox:
    """An inbox of the orders team at the Cloud API."""
    inbox = Inbox.objects.using("owner").create(name="WhatsApp", slug=slug, channel="whatsapp", knowledge_base=cast.base)
    InboxTeam.objects.using("owner").create(inbox=inbox, team=cast.orders_team)
    known = {"phone_number_id": number, "business_account_id": ACCOUNT}
    Account.objects.using("owner").create(inbox=inbox, transport="cloud", settings=known)
    for name, value in {"app_secret": SECRET, "verify_token": TOKEN_WORD, "access_token": TOKEN}.items():
        InboxSecret.objects.using("owner").create(inbox=inbox, name=name, value=value)
    return inbox


def post(body: Any, *, slug: str = "wa", headers: dict[str, str] | None = None, secret: str = SECRET) -> int:
    """The status of one call; signed unless `headers` say otherwise."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {HEADER: sign(raw, secret)} if headers is None else headers
    client = Client()
    return client.post(f"/hooks/whatsapp/{slug}/", raw, content_type="application/json", headers=given).status_code


def take_in() -> int:
    """Run what the door asked for, and nothing else: no drafts, no sending, no second looks. Returns how many ran."""
    ran = 0
    while found := [one for one in jobs.due(500) if one.lane == "ingest"]:
        for one in found:
            jobs.run(one.id)
            ran += 1
    return ran


def receive(*bodies: Any, slug: str = "wa") -> None:
    """Post each, and take all of them in."""
    for body in bodies:
        assert post(body, slug=slug) == 200
    take_in()


def messages(inbox: Inbox) -> list[Message]:
    with acting_as(SYSTEM):
        return list(Message.objects.filter(inbox=inbox).select_related("conversation", "customer").order_by("pk"))


def only(inbox: Inbox) -> Message:
    (found,) = messages(inbox)
    return found


def outcomes(inbox: Inbox) -> dict[str, int]:
    """How many elements came to what."""
    with acting_as(SYSTEM):
        words = list(Receipt.objects.filter(inbox=inbox, parent__isnull=False).values_list("outcome", flat=True))
    return {word: words.count(word) for word in sorted(set(words))}


def state_of(inbox: Inbox) -> dict[str, Any]:
    """All that a customer's calls can have changed, without the numbers and times that follow from the order of arrival."""
    with acting_as(SYSTEM):
        said = Message.objects.filter(inbox=inbox).select_related("conversation", "in_reply_to").prefetch_related("attachments")
        people = [
            sorted((one.kind, one.address, one.level) for one in Identity.objects.filter(customer=customer))
            for customer in Conversation.objects.filter(inbox=inbox).values_list("customer", flat=True).distinct()
        ]
        return {
            "people": sorted(people),
            "conversations": sorted(
                (one.state, sorted(one.messages.values_list("provider_id", flat=True)))
                for one in Conversation.objects.filter(inbox=inbox)
            ),
            "messages": sorted(
                (
                    one.provider_id, one.direction, one.text, one.level, json.dumps(one.marks, sort_keys=True),
                    str(one.edited_at), str(one.withdrawn_at), one.in_reply_to.provider_id if one.in_reply_to else "",
                    sorted((file.name, file.remote) for file in one.attachments.all()),
                )
                for one in said
            ),
            "reactions": sorted(Reaction.objects.filter(inbox=inbox).values_list("message__provider_id", "sign")),
            "deliveries": sorted(Delivery.objects.filter(inbox=inbox).values_list("provider_id", "state", "reason")),
            "elements": sorted(Receipt.objects.filter(inbox=inbox).values_list("provider_id", "kind", "outcome", "state")),
        }  # fmt: skip
