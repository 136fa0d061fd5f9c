"""A customer writes to a Gmail inbox, an agent answers, the customer writes again: through every room, with Gmail failing on the way."""

import uuid
from email import message_from_bytes, policy

import pytest

from conversations import delivery
from conversations.models import Conversation, Delivery, Message
from core.context import acting_as
from gateways.errors import GatewayError
from gateways.mail.gmail_probe import GmailProbe
from intake.gmail.connected import box_of
from intake.gmail.sync import ask
from intake.models import DOORMAN
from tests.build import run_jobs
from tests.intake.gmail_inbox import ADDRESS, inbox, mail, peer, receipts

__all__ = ["inbox", "peer"]


def reads(inbox):
    with acting_as(DOORMAN):
        ask(inbox.pk)
    run_jobs()


def answers(cast, conversation, text):
    with cast.acting(cast.ana):
        found = Conversation.objects.select_related("inbox").get(pk=conversation.pk)
        return delivery.reply(found, text, by=cast.fresh(cast.ana), client_key=uuid.uuid4())


@pytest.mark.parametrize("fate", ["ok", "drop", "503-after", "503", "429"])
def test_a_conversation_by_gmail(cast, peer, inbox, fate):
    asked = peer.mailbox.arrives(mail(1))
    reads(inbox)
    first = Message.objects.using("owner").get(inbox=inbox)
    assert first.text.strip() == "Where is my order?" and first.direction == "in"
    peer.script["drafts.send"] = [fate]
    reply = answers(cast, first.conversation, "It leaves today.")
    run_jobs()
    if fate in ("503", "429"):
        assert Delivery.objects.using("owner").get(message=reply).state in ("unknown", "pending") and peer.mailbox.ledger == []
        return
    carried = Delivery.objects.using("owner").get(message=reply)
    assert carried.state == "sent" and len(peer.mailbox.ledger) == 1
    sent = peer.mailbox.messages[carried.provider_id]
    assert sent.thread == peer.mailbox.messages[asked].thread and sent.headers["In-Reply-To"] == "<q1@customer.example>"
    back = message_from_bytes(sent.raw, policy=policy.default)
    again = peer.mailbox.arrives(
        mail(2, In_Reply_To=back["Message-ID"], References=back["Message-ID"], To=str(back["Reply-To"] or ADDRESS))
    )
    reads(inbox)
    assert receipts(inbox, kind="mail") == [asked, again]
    thread = Message.objects.using("owner").filter(conversation=first.conversation).order_by("pk")
    assert [one.direction for one in thread] == ["in", "out", "in"]
    assert peer.mailbox.ledger == [sent.mail_id]


def test_an_admin_tries_a_connection_out(peer, inbox):
    connection, probe = box_of(inbox.pk).connection, GmailProbe()
    assert "support@shop.example" in probe.sign_in(connection)
    assert "empty" in probe.receive(connection)
    peer.mailbox.arrives(mail(1))
    assert str(len(mail(1))) in probe.receive(connection)
    assert probe.send(connection, "ada@shop.example") in peer.mailbox.messages and len(peer.mailbox.ledger) == 1
    peer.script["profile"] = ["503"]
    with pytest.raises(GatewayError):
        probe.sign_in(connection)
