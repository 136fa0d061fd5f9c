"""Where a customer said nothing that can be shown, words of ours stand in the row, and each colleague reads them in his language."""

import pytest
from django.utils import translation

from conversations import queries
from conversations.cards import card
from conversations.models import Conversation
from conversations.rows import row
from gateways.mail.bodies import ENCRYPTED
from intake.mail.accepting import accept_mail
from intake.mail.taking_in import KEEPS_FAILING, taken_in
from tests.cast import Cast
from tests.house.world import owner_sql
from tests.mails import comes, conversation_of, mail, message_of, support


def shown(cast: Cast, pk: int) -> str:
    with cast.acting(cast.ana), translation.override("de"):
        message = queries.message(pk)
        assert message is not None
        return " ".join(str(one.html) for one in card(message).words)


def test_a_mail_that_could_not_be_read_says_so_in_german(cast: Cast) -> None:
    told = taken_in(accept_mail(support(cast), mail(subject="")).pk, unread_for=KEEPS_FAILING)
    matter = conversation_of(told)
    assert matter.subject == "A mail could not be read"
    with cast.acting(cast.ana), translation.override("de"):
        assert row(Conversation.objects.get(pk=matter.pk)).subject == "Eine E-Mail ließ sich nicht lesen"
    assert "hängt an, wie sie kam: Sie zu lesen ist mehrmals gescheitert" in shown(cast, message_of(told).pk)


@pytest.mark.parametrize(("text", "read"), [(ENCRYPTED, "(Diese Nachricht ist verschlüsselt."), ("Paused", "Paused")])
def test_only_words_of_ours_are_translated(cast: Cast, text: str, read: str) -> None:
    told = comes(support(cast), mail(text))
    owner_sql(f"UPDATE conversations_message SET text = '{text}' WHERE id = {message_of(told).pk}")
    assert read in shown(cast, message_of(told).pk)


@pytest.mark.parametrize(("channel", "subject"), [("whatsapp", "Foto"), ("email", "Photo")])
def test_a_photo_without_a_word_is_named_in_german_and_a_mail_called_photo_is_not(
    cast: Cast, channel: str, subject: str
) -> None:
    matter = conversation_of(comes(support(cast), mail(subject="Photo")))
    matter.channel = channel
    with cast.acting(cast.ana), translation.override("de"):
        assert row(matter).subject == subject
