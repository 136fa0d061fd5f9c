"""What the thread says about a message besides its words."""

import pytest
from django.test import Client
from django.utils import timezone

from conversations import rewording
from conversations.models import Conversation, Message
from core.context import acting_as
from tests.cast import SYSTEM, Cast, conversation, inbound
from tests.house.world import owner_sql


@pytest.fixture
def said(cast: Cast) -> Message:
    _, message = conversation(cast.orders, cast.cara, "Where is my tent?")
    return message


def page(ana: Client, message: Message) -> str:
    return ana.get(f"/conversations/{message.conversation_id}/").content.decode()


@pytest.mark.parametrize(
    ("marks", "shown"),
    [
        ('{"unauthenticated": "fail"}', "Sender not verified"),
        ('{"unproven_colleague": "ana@x.example"}', "Comes in a colleague’s name, unproven"),
        ('{"forwarded": "Ana Cast"}', "Forwarded by Ana Cast"),
        ('{"possible_continuation": "17"}', 'href="/conversations/17/"'),
        ('{"possible_continuation": "javascript:alert(1)"}', "May go on from another conversation"),
        ('{"unreadable": "too many parts"}', "Could not be read: the raw mail is attached"),
        ('{"forwarded": "<script>alert(1)</script>"}', "Forwarded by &lt;script&gt;"),
    ],
)
def test_what_is_to_be_known_of_a_message_stands_beside_its_author(ana: Client, said: Message, marks: str, shown: str) -> None:
    owner_sql("UPDATE conversations_message SET marks = %s WHERE id = %s", marks, said.pk)
    told = page(ana, said)
    assert shown in told and "<script>alert" not in told and 'href="javascript' not in told


def test_a_machine_s_message_is_shown_as_one(ana: Client, said: Message) -> None:
    owner_sql("UPDATE conversations_message SET is_automatic = true")
    assert "Automatic message, no answer needed" in page(ana, said)


def test_an_edit_keeps_what_was_said_before(ana: Client, said: Message) -> None:
    with acting_as(SYSTEM):
        rewording.edited(said, "Where is my <b>blue</b> tent?", timezone.now())
    told = page(ana, said)
    assert "Edited by the customer" in told and "What it said before" in told
    assert "Where is my tent?" in told and "&lt;b&gt;blue&lt;/b&gt;" in told


def test_a_deleted_message_says_so_and_hides_its_words(ana: Client, said: Message) -> None:
    with acting_as(SYSTEM):
        rewording.withdrawn(said, timezone.now())
    told = page(ana, said)
    assert "The customer deleted this message." in told and "Show what it said" in told


def test_reactions_are_shown_with_whose_they_are(ana: Client, said: Message) -> None:
    with acting_as(SYSTEM):
        rewording.reacted(said, "👍", timezone.now())
    assert "👍 by the customer" in page(ana, said)


def test_on_whatsapp_a_message_shows_what_it_answers(cast: Cast, ana: Client, said: Message) -> None:
    answer = inbound(Conversation.objects.using("owner").get(pk=said.conversation_id), "That one!")
    owner_sql("UPDATE conversations_message SET in_reply_to_id = %s WHERE id = %s", said.pk, answer.pk)
    assert "msg__answers" not in page(ana, said)
    owner_sql("UPDATE conversations_conversation SET channel = 'whatsapp'")
    assert f'<a href="#msg-{said.pk}">' in page(ana, said)


def test_what_a_colleague_sent_from_elsewhere_has_an_author_even_without_an_account(ana: Client, said: Message) -> None:
    owner_sql("UPDATE conversations_message SET direction = 'out', author = 'agent', from_outside = true")
    told = page(ana, said)
    assert "A colleague" in told and "Sent from a mail program" in told
