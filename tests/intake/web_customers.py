"""Customers of the web form whose inbox mails through another one, and what that one sends."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from conversations import delivery
from conversations.models import Conversation, Inbox, Message
from core import limits
from core.context import Actor, acting_as
from gateways import fakes
from intake import nonces
from tests.build import run_jobs
from tests.cast import Cast
from tests.house.world import owner_sql

__all__ = ["answered", "begin", "mail", "now", "through"]


@pytest.fixture
def through(cast: Cast) -> Inbox:
    """The inbox by whose address the web form's customers are mailed."""
    made = Inbox.objects.using("owner").create(
        name="Mail", slug="mail", channel="email", address="help@shop.example", knowledge_base=cast.base
    )
    owner_sql(f"UPDATE conversations_inbox SET mail_through_id = {made.pk}, undo_seconds = 0 WHERE id = {cast.orders.pk}")
    cast.orders.refresh_from_db(using="owner")
    return made


@pytest.fixture
def mail(through: Inbox, settings: Any) -> Iterator[fakes.FakeChannel]:
    """What leaves by mail; nobody has used up any of his limits yet."""
    limits.forget()
    caches["redis"].clear()
    caches["process"].clear()
    settings.CHANNEL_GATEWAYS = {"email": "gateways.fakes.channel"}
    fakes.forget_channels()
    yield fakes.named("email")
    fakes.forget_channels()


def begin(cast: Cast, email: str = "cara@customer.example", text: str = "Where is my parcel?") -> Conversation:
    """A conversation begun in the chat, of which nothing else is to be done."""
    fields = {"message": text, "email": email, "nonce": nonces.issue(f"inbox {cast.orders.pk}")}
    assert Client().post("/contact/?chat=1", fields).status_code == 303
    owner_sql("DELETE FROM core_job")
    return now(Conversation.objects.using("owner").latest("pk"))


def now(matter: Conversation) -> Conversation:
    return Conversation.objects.using("owner").get(pk=matter.pk)


def answered(matter: Conversation, by: Any, text: str) -> Message:
    """A person's reply that has been carried to the customer."""
    with acting_as(Actor.of(by)):
        message = delivery.reply(Conversation.objects.get(pk=matter.pk), text, by=by, client_key=uuid.uuid4())
    run_jobs()
    return message
