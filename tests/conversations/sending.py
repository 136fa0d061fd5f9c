"""A reply of Ana's to Cara and the provider that it goes to: for every test of what becomes of it."""

import uuid

import pytest

from conversations import delivery
from conversations.models import Conversation, Message
from gateways import fakes
from tests.cast import Cast, conversation

__all__ = ["provider", "reply"]


@pytest.fixture(autouse=True)
def provider(settings) -> fakes.FakeChannel:
    """A provider with a ledger of its own, for every channel that reaches outside."""
    settings.CHANNEL_GATEWAYS = {"web": "gateways.fakes.channel", "email": "gateways.fakes.channel"}
    fakes.forget_channels()
    return fakes.named("web")


@pytest.fixture
def reply(cast: Cast) -> Message:
    """Ana's answer to Cara, waiting out its undo window."""
    matter, _ = conversation(cast.orders, cast.cara)
    with cast.acting(cast.ana):
        found = Conversation.objects.select_related("inbox").get(pk=matter.pk)
        return delivery.reply(found, "It leaves today.", by=cast.ana, client_key=uuid.uuid4())
