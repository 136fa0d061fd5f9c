"""What WhatsApp's door is asked for beside: a confirmation, a length that is no number, a year that no calendar has."""

import pytest
from django.test import Client

from conversations.models import Inbox, Message
from gateways.whatsapp.parsing import moment
from tests.intake.whatsapp import connect, messages, receive
from tests.peers.whatsapp import message_call, said


def test_an_inbox_that_wants_it_confirms_receipt_once(cast) -> None:
    inbox = connect(cast)
    receive(message_call(said("wamid.1", "Hello?")))
    assert not Message.objects.using("owner").filter(author="system").exists()
    Inbox.objects.using("owner").filter(pk=inbox.pk).update(sends_receipt=True)
    for number in ("2", "3"):
        receive(message_call(said(f"wamid.{number}", "Where is my parcel?", phone="491511234567")))
    (told,) = Message.objects.using("owner").filter(author="system")
    assert told.in_reply_to_id == next(one.pk for one in messages(inbox) if one.provider_id == "wamid.2")


@pytest.mark.parametrize("path", ["/hooks/whatsapp/wa/", "/hooks/email/support/"])
def test_a_length_that_is_no_number_breaks_nothing(cast, path: str) -> None:
    connect(cast)
    answer = Client().post(path, b"x", content_type="text/plain", headers={"X-Signature": "0"}, CONTENT_LENGTH="\u00b2")
    assert answer.status_code in (400, 401)


@pytest.mark.parametrize("given", ["-62135596800", 253402300799, "1e400", "10" * 40, "", None, [], True, "\u00b2"])
def test_a_time_that_nobody_can_be_shown_is_none(given: object) -> None:
    assert moment(given) is None
