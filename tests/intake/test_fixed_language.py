"""Fixed words of the house go to a customer in his language, whatever the server, the worker or a colleague speaks."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import translation

from conversations import delivery
from conversations.models import Conversation, Inbox, Message
from core import limits
from core.context import Actor, acting_as
from gateways import fakes
from intake import nonces
from intake.chat import continuing
from intake.links import conversation_token
from tests.build import run_jobs
from tests.cast import Cast
from tests.house.world import owner_sql
from tests.mails import comes, mail, support

GERMAN = "Wo bleibt mein Paket? Ich warte schon seit einer Woche darauf."


@pytest.fixture
def sent(cast: Cast, settings: Any) -> Iterator[fakes.FakeChannel]:
    """What leaves by mail, from the web form's customers too."""
    limits.forget()
    for cache in caches.all():
        cache.clear()
    settings.CHANNEL_GATEWAYS = {"email": "gateways.fakes.channel"}
    fakes.forget_channels()
    through = Inbox.objects.using("owner").create(
        name="Mail", slug="mail", channel="email", address="help@shop.example", knowledge_base=cast.base
    )
    owner_sql(f"UPDATE conversations_inbox SET mail_through_id = {through.pk}, undo_seconds = 0 WHERE id = {cast.orders.pk}")
    yield fakes.named("email")
    fakes.forget_channels()


def begin(cast: Cast, text: str) -> Conversation:
    fields = {"message": text, "email": "cara@customer.example", "nonce": nonces.issue(f"inbox {cast.orders.pk}")}
    assert Client().post("/contact/?chat=1", fields).status_code == 303
    owner_sql("DELETE FROM core_job")
    return Conversation.objects.using("owner").latest("pk")


@pytest.mark.parametrize(
    ("text", "begins"),
    [(GERMAN, "Danke, dass Sie uns schreiben."), ("Where is my parcel? I wait for a week.", "Thank you for")],
)
@pytest.mark.parametrize("worker", ["en", "de"])
def test_a_confirmation_is_in_the_language_that_he_writes(cast: Cast, text: str, begins: str, worker: str) -> None:
    inbox = support(cast, sends_receipt=True)
    with translation.override(worker):
        comes(inbox, mail(text))
    assert Message.objects.using("owner").get(author="system").text.startswith(begins)


def test_a_code_is_mailed_in_the_language_that_he_writes(sent: fakes.FakeChannel, cast: Cast) -> None:
    matter = begin(cast, GERMAN)
    Client().post(f"/c/{conversation_token(matter.pk)}/code/", HTTP_ACCEPT_LANGUAGE="en")
    run_jobs()
    letter = sent.ledger[-1].message
    assert letter.subject.startswith("Ihr Code für") and "ist Ihr Code für" in letter.text


def test_what_was_not_read_follows_in_the_language_of_the_conversation(sent: fakes.FakeChannel, cast: Cast) -> None:
    matter = begin(cast, "Hallo?")
    owner_sql(f"UPDATE conversations_conversation SET language = 'de-AT' WHERE id = {matter.pk}")
    with acting_as(Actor.of(cast.ana)):
        delivery.reply(Conversation.objects.get(pk=matter.pk), "Morgen.", by=cast.ana, client_key=uuid.uuid4())
    run_jobs()
    owner_sql("UPDATE conversations_message SET published_at = published_at - interval '20 minutes'")
    continuing.ask_for_due()
    run_jobs()
    letter = sent.ledger[-1].message.text
    assert letter.startswith("Sie haben die Seite verlassen, bevor unsere Antwort da war.")
    assert "Ana von " in letter and "Morgen." in letter
