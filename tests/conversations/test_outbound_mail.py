"""What goes out as a mail: to the right people, in the customer's own thread, with what brings his answer back."""

import uuid
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.db.models.functions import Now

from conversations import recipients
from conversations.delivery import Licence, Sending, reply, send_for_assistant
from conversations.models import Conversation, Customer, Delivery, Identity, Inbox, Message
from conversations.outbound import outbound_of
from core.context import acting_as
from gateways.errors import GatewayError
from gateways.mail.reading import read
from gateways.mail.tokens import conversation_in, is_mark, message_id, send_key_in
from gateways.mail.writing import written
from gateways.types import Connection
from tests.build import run_jobs
from tests.cast import SYSTEM, Cast, conversation
from tests.house.world import owner_sql
from tests.peers.smtp import smtp_peer

OURS = "help@shop.example"


@dataclass
class Desk:
    """Ana at the orders inbox, which is one of mail, and a conversation with Cara."""

    cast: Cast
    inbox: Inbox
    matter: Conversation
    first: Message

    def arrives(self, text: str = "And?", **fields: Any) -> Message:
        with acting_as(SYSTEM):
            return Message.objects.create(
                conversation=self.matter, inbox_id=self.inbox.pk, customer_id=self.matter.customer_id, direction="in", author="customer",
                text=text, published_at=Now(), **fields,
            )  # fmt: skip

    def offered(self) -> dict[str, list[str]]:
        with self.cast.acting(self.cast.ana):
            return recipients.offered(self.matter)

    def says(self, text: str = "It left today.", to: dict[str, list[str]] | None = None) -> Delivery:
        """Ana's own reply, to those whom it is offered to."""
        matter = Conversation.objects.using("owner").get(pk=self.matter.pk)
        with self.cast.acting(self.cast.ana):
            how = Sending(recipients=to or recipients.offered(self.matter))
            message = reply(matter, text, by=self.cast.ana, client_key=uuid.uuid4(), how=how, confirm=True)
        return Delivery.objects.using("owner").get(message_id=message.pk)

    def goes(self, delivery: Delivery) -> Any:
        with acting_as(SYSTEM):
            return outbound_of(Delivery.objects.select_related("message__conversation__inbox", "via").get(pk=delivery.pk))


@pytest.fixture
def desk(cast: Cast) -> Desk:
    owner_sql("UPDATE conversations_inbox SET channel = 'email', address = %s WHERE slug = 'web'", OURS)
    owner_sql("UPDATE conversations_inbox SET address = 'app@shop.example' WHERE slug = 'app'")
    inbox = Inbox.objects.using("owner").get(slug="web")
    matter, first = conversation(inbox, cast.cara, "Where is my order?")
    owner_sql("""UPDATE conversations_message SET mail_id = 'c1@mail.example', mail_chain = '["c0@mail.example"]'""")
    return Desk(cast, inbox, matter, first)


def test_a_reply_goes_to_the_customer_in_his_own_thread_and_brings_the_answer_back(desk):
    sent = desk.says()
    mail = desk.goes(sent)
    assert (mail.channel, mail.inbox, mail.recipient, mail.recipient_name) == (
        "email",
        "web",
        "cara@customer.example",
        "Cara Cast",
    )
    assert mail.mail_id == message_id(str(sent.send_key), OURS) and mail.mail_chain == ("c0@mail.example", "c1@mail.example")
    assert conversation_in(mail.reply_to) == desk.matter.pk and not mail.is_automatic
    assert mail == desk.goes(sent) and mail.written_at == sent.not_before.timestamp()


def test_the_chain_names_every_mail_of_the_thread_ours_among_them_and_ends_with_the_customers_newest(desk):
    sent = desk.says()
    with acting_as(SYSTEM):
        Message.objects.filter(pk=sent.message_id).update(mail_id="r.1@shop.example")
    assert desk.goes(desk.says("P.S.")).mail_chain == ("c0@mail.example", "r.1@shop.example", "c1@mail.example")
    desk.arrives(mail_id="c2@mail.example", mail_chain=["c0@mail.example", "c1@mail.example", "r.1@shop.example"])
    assert desk.goes(desk.says("Yes.")).mail_chain == (
        "c0@mail.example",
        "c1@mail.example",
        "r.1@shop.example",
        "c2@mail.example",
    )


def test_a_reply_is_offered_to_the_last_sender_with_everybody_else_in_copy_but_us(desk):
    desk.arrives(
        recipients={
            "to": ["eve@firm.example", "Help+c9.aaaaaaaaaaaaaaaa@Shop.example"],
            "cc": ["bob@firm.example", "app@shop.example", "cara@customer.example"],
        }
    )
    assert desk.offered() == {"to": ["cara@customer.example"], "cc": ["eve@firm.example", "bob@firm.example"]}
    # Somebody in copy answers: he is answered, and the customer stays in it.
    desk.arrives(marks={"written_by": "bob@firm.example"}, recipients={"cc": ["eve@firm.example"]})
    assert desk.offered() == {"to": ["bob@firm.example"], "cc": ["eve@firm.example", "cara@customer.example"]}
    # Where his mail asks for the answer.
    desk.arrives(marks={"reply_to": "office@cara.example"})
    assert desk.offered() == {"to": ["office@cara.example"], "cc": []}
    # What a machine wrote changes nothing of it.
    desk.arrives(is_automatic=True, recipients={"cc": ["list@firm.example"]})
    assert desk.offered() == {"to": ["office@cara.example"], "cc": []}


def test_a_second_reply_is_offered_to_the_same_people_as_the_first(desk):
    desk.arrives(recipients={"cc": ["eve@firm.example"]})
    desk.says(to={"to": ["cara@customer.example"], "cc": ["boss@firm.example"]})
    assert desk.offered() == {"to": ["cara@customer.example"], "cc": ["boss@firm.example"]}
    desk.arrives(recipients={"cc": ["eve@firm.example"]})
    assert desk.offered() == {"to": ["cara@customer.example"], "cc": ["eve@firm.example"]}


def test_who_pretends_to_be_the_customer_does_not_bring_him_in(desk):
    desk.arrives(marks={"written_by": "eve@evil.example", "unauthenticated": "dmarc"})
    assert desk.offered() == {"to": ["eve@evil.example"], "cc": []}


def test_an_address_that_mail_came_back_from_is_passed_over_for_another(desk):
    with acting_as(SYSTEM):
        Identity.objects.create(customer=desk.cast.cara, kind="email", address="cara@work.example")
    assert desk.offered()["to"] == ["cara@customer.example"]
    owner_sql("UPDATE conversations_identity SET undeliverable_at = now() WHERE address = 'cara@customer.example'")
    assert desk.offered()["to"] == ["cara@work.example"]
    owner_sql("UPDATE conversations_identity SET undeliverable_at = now()")
    assert desk.offered()["to"] == ["cara@customer.example"]


def by_assistant(desk: Desk, **licence: Any) -> Delivery:
    # Whoever checked it sends it, under his own rights.
    with desk.cast.acting(desk.cast.ana) if "reviewed_by" in licence else acting_as(SYSTEM):
        matter = Conversation.objects.get(pk=desk.matter.pk)
        newest = Message.objects.filter(conversation=matter, direction="in").latest("pk")
        said = send_for_assistant(matter, "By machine.", licence=Licence(**licence), in_reply_to=newest)
    return Delivery.objects.using("owner").get(message_id=said.pk)


def test_what_nobody_looked_at_says_so_and_goes_to_the_last_sender_alone(desk):
    desk.arrives(recipients={"cc": ["eve@firm.example"]}, marks={"reply_to": "eve@evil.example"}, level=0)
    mail = desk.goes(by_assistant(desk, confidence=0.95))
    assert mail.is_automatic and (mail.recipient, mail.also_to, mail.cc) == ("cara@customer.example", (), ())
    desk.arrives(marks={"reply_to": "office@cara.example"}, level=1)
    assert desk.goes(by_assistant(desk, confidence=0.95)).recipient == "office@cara.example"


def test_what_a_person_has_checked_is_no_automatic_mail(desk):
    desk.arrives(recipients={"cc": ["eve@firm.example"]})
    mail = desk.goes(by_assistant(desk, confidence=0.3, reviewed_by=desk.cast.fresh(desk.cast.ana)))
    assert not mail.is_automatic and (mail.recipient, mail.cc) == ("cara@customer.example", ("eve@firm.example",))


def test_several_in_to_stay_in_to(desk):
    sent = desk.says(to={"to": ["cara@customer.example", "bob@firm.example"], "cc": ["eve@firm.example"]})
    mail = desk.goes(sent)
    assert (mail.recipient, mail.also_to, mail.cc) == ("cara@customer.example", ("bob@firm.example",), ("eve@firm.example",))
    other = desk.goes(desk.says(to={"to": ["bob@firm.example"], "cc": []}))
    assert (other.recipient, other.recipient_name) == ("bob@firm.example", "")


def test_what_goes_through_another_inbox_is_its_mail_and_comes_back_to_the_conversation(cast):
    owner_sql("UPDATE conversations_inbox SET channel = 'email', address = %s WHERE slug = 'app'", OURS)
    app, orders = Inbox.objects.using("owner").get(slug="app"), Inbox.objects.using("owner").get(slug="web")
    matter, _ = conversation(orders, cast.cara)
    with acting_as(SYSTEM):
        said = Message.objects.create(
            conversation=matter, inbox=orders, customer=cast.cara, direction="out", author="system", text="You left the page.",
            recipients={"to": ["Cara@Customer.example"]},
        )  # fmt: skip
        sent = Delivery.objects.create(message=said, inbox=orders, via=app, body_sha256="a" * 64)
        mail = outbound_of(sent)
    assert (mail.channel, mail.inbox, mail.recipient, mail.recipient_name) == (
        "email",
        "app",
        "Cara@Customer.example",
        "Cara Cast",
    )
    assert conversation_in(mail.reply_to) == matter.pk and mail.is_automatic and mail.mail_id.endswith("@shop.example")


def test_a_reply_leaves_by_smtp_once_and_the_thread_keeps_its_message_id(desk):
    with smtp_peer() as peer:
        owner_sql(
            "INSERT INTO conversations_account (inbox_id, transport, settings) VALUES (%s, 'mail', jsonb_build_object("
            "'smtp_host', '127.0.0.1', 'smtp_security', 'none', 'smtp_port', %s::int, 'smtp_seconds', 2))", desk.inbox.pk, peer.port,
        )  # fmt: skip
        peer.script = {"rcpt": ["451 later"]}
        desk.arrives(recipients={"cc": ["eve@firm.example"]}, mail_id="c2@mail.example")
        sent = desk.says()
        run_jobs()
        owner_sql("UPDATE core_job SET run_at = now() WHERE state = 'ready'")
        run_jobs()
        [taken] = peer.ledger
    kept = Message.objects.using("owner").get(pk=sent.message_id)
    assert taken.recipients == ("cara@customer.example", "eve@firm.example") and taken.sender == OURS
    assert kept.mail_id == message_id(str(sent.send_key), OURS) and f"<{kept.mail_id}>".encode() in taken.raw
    assert Delivery.objects.using("owner").get(pk=sent.pk).state == "sent" and kept.provider_id == kept.mail_id
    # Our own reader, as another installation would have it, finds in it what we put there.
    mail = read(taken.raw)
    assert mail.text.strip() == "It left today." and mail.sender and mail.sender.address == OURS and mail.problem == ""
    assert [one.address for one in mail.to] == ["cara@customer.example"] and [one.address for one in mail.cc] == [
        "eve@firm.example"
    ]
    assert mail.references[-1] == "c2@mail.example" and send_key_in(mail.mail_id) == str(sent.send_key) and is_mark(mail.mark)
    assert conversation_in(mail.reply_to[0].address) == desk.matter.pk and mail.automatic == ""


def test_our_own_reader_takes_an_automatic_mail_for_one(desk):
    outbound = replace(desk.goes(by_assistant(desk, confidence=0.95)), subject="Größe\r\nBcc: eve@evil.example")
    mail = read(written(outbound, Connection("email", "mail", "web", OURS, "Shöp")))
    assert mail.automatic and mail.sender and mail.sender.name == "Shöp" and mail.subject == "Re: Größe Bcc: eve@evil.example"


def test_an_inbox_without_an_address_sends_nothing(desk):
    owner_sql("UPDATE conversations_inbox SET address = '' WHERE slug = 'web'")
    with pytest.raises(GatewayError) as refused:
        written(desk.goes(desk.says()), Connection("email", "mail", "web", "", "Shop"))
    assert refused.value.permanent and Customer.objects.using("owner").exists()
