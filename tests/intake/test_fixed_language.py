"""Fixed words of the house go to a customer in his language, whatever the server, the worker or a colleague speaks."""

import pytest
from django.test import Client
from django.utils import translation

from conversations.models import Message
from gateways import fakes
from intake.chat import continuing
from intake.links import conversation_token
from tests.build import run_jobs
from tests.cast import Cast
from tests.house.world import owner_sql
from tests.intake.web_customers import answered, begin, mail, through
from tests.mails import comes, support
from tests.mails import mail as written

__all__ = ["mail", "through"]

GERMAN = "Wo bleibt mein Paket? Ich warte schon seit einer Woche darauf."


@pytest.mark.parametrize(
    ("text", "begins"),
    [(GERMAN, "Danke, dass Sie uns schreiben."), ("Where is my parcel? I wait for a week.", "Thank you for")],
)
@pytest.mark.parametrize("worker", ["en", "de"])
def test_a_confirmation_is_in_the_language_that_he_writes(cast: Cast, text: str, begins: str, worker: str) -> None:
    inbox = support(cast, sends_receipt=True)
    with translation.override(worker):
        comes(inbox, written(text))
    assert Message.objects.using("owner").get(author="system").text.startswith(begins)


def test_a_code_is_mailed_in_the_language_that_he_writes(mail: fakes.FakeChannel, cast: Cast) -> None:
    matter = begin(cast, text=GERMAN)
    Client().post(f"/c/{conversation_token(matter.pk)}/code/", HTTP_ACCEPT_LANGUAGE="en")
    run_jobs()
    letter = mail.ledger[-1].message
    assert letter.subject.startswith("Ihr Code für") and "ist Ihr Code für" in letter.text


def test_what_was_not_read_follows_in_the_language_of_the_conversation(mail: fakes.FakeChannel, cast: Cast) -> None:
    matter = begin(cast, text="Hallo?")
    owner_sql(f"UPDATE conversations_conversation SET language = 'de-AT' WHERE id = {matter.pk}")
    answered(matter, cast.ana, "Morgen.")
    owner_sql("UPDATE conversations_message SET published_at = published_at - interval '20 minutes'")
    continuing.ask_for_due()
    run_jobs()
    letter = mail.ledger[-1].message.text
    assert letter.startswith("Sie haben die Seite verlassen, bevor unsere Antwort da war.")
    assert "Ana von " in letter and "Morgen." in letter
