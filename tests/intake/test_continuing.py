"""Leaving the page keeps the conversation: what was not read there comes by mail, once, and the reply to it comes back."""

import uuid

import pytest
from django.test import Client

from conversations import delivery
from conversations.models import Conversation, Delivery, Inbox, Message
from conversations.reaching import reachable_through
from core.context import Actor, acting_as
from gateways import fakes
from gateways.mail.tokens import conversation_in
from intake.chat import continuing
from intake.links import conversation_token, customer_url
from tests.build import run_jobs
from tests.cast import SYSTEM, Cast
from tests.house.world import owner_sql
from tests.intake.web_customers import answered, begin, mail, now, through

__all__ = ["mail", "through"]

OURS = {"HTTP_ORIGIN": "http://testserver"}


def later(minutes: int) -> None:
    """So much time goes by."""
    owner_sql(f"UPDATE conversations_message SET published_at = published_at - interval '{minutes} minutes', created_at = created_at - interval '{minutes} minutes'")  # fmt: skip
    owner_sql(f"UPDATE conversations_conversation SET customer_seen_at = customer_seen_at - interval '{minutes} minutes'")


def clock() -> int:
    asked = continuing.ask_for_due()
    run_jobs()
    return asked


def page_of(matter: Conversation) -> str:
    return f"/c/{conversation_token(matter.pk)}/"


def test_what_was_not_read_goes_by_mail_once_for_all_of_it(mail: fakes.FakeChannel, cast: Cast) -> None:
    matter = begin(cast, "Cara@Customer.example")
    answered(matter, cast.ana, "Your parcel is in Leeds.")
    with acting_as(Actor.of(cast.fresh(cast.ana))):
        delivery.note(Conversation.objects.get(pk=matter.pk), "A difficult one", by=cast.ana, client_key=uuid.uuid4())
    answered(matter, cast.ana, "It arrives tomorrow.")
    later(9)
    assert clock() == 0 and not mail.ledger
    later(2)
    clock()
    [sent] = mail.ledger
    assert sent.message.recipient.lower() == "cara@customer.example"
    text = sent.message.text
    assert text.index("Your parcel is in Leeds.") < text.index("It arrives tomorrow.") and "difficult" not in text
    assert customer_url(matter.pk) in text and "Ana from" in text
    written = Message.objects.using("owner").get(author="system")
    assert Delivery.objects.using("owner").get(message=written).via_id == cast.orders.mail_through_id
    assert clock() == 0
    later(120)
    clock()
    assert len(mail.ledger) == 1


def test_the_mail_brings_its_answer_back_into_the_conversation(mail: fakes.FakeChannel, cast: Cast, through: Inbox) -> None:
    matter = begin(cast, "Cara@Customer.example")
    answered(matter, cast.ana, "Your parcel is in Leeds.")
    later(11)
    clock()
    [sent] = mail.ledger
    assert sent.message.channel == "email" and sent.message.inbox == "mail"
    assert conversation_in(sent.message.reply_to) == matter.pk
    with acting_as(SYSTEM):
        found = Conversation.objects.select_related("inbox").get(pk=matter.pk)
        assert reachable_through(through, found) and not reachable_through(cast.app, found)


def test_it_is_shown_to_colleagues_and_not_on_the_page_and_quiets_no_clock(mail: fakes.FakeChannel, cast: Cast) -> None:
    matter = begin(cast, "Cara@Customer.example")
    answered(matter, cast.ana, "Your parcel is in Leeds.")
    later(11)
    owner_sql(
        f"UPDATE conversations_conversation SET needs_person = 'asked', due_at = now(), state = 'open', version = version + 1 WHERE id = {matter.pk}"
    )
    clock()
    assert Client().get(page_of(matter)).content.decode().count("Your parcel is in Leeds.") == 1
    found = now(matter)
    assert (found.needs_person, found.state) == ("asked", "open") and found.due_at is not None


def test_who_has_read_it_gets_no_mail_with_and_without_a_script(mail: fakes.FakeChannel, cast: Cast) -> None:
    plain, scripted = begin(cast, "Cara@Customer.example"), begin(cast, "dan@customer.example")
    answered(plain, cast.ana, "Read without a script.")
    told = answered(scripted, cast.ana, "Read with one.")
    assert Client().get(page_of(plain)).status_code == 200
    assert Client().post(f"{page_of(scripted)}here/", {"seen": told.pk}, **OURS).status_code == 204
    later(60)
    assert clock() == 0 and not mail.ledger
    answered(plain, cast.ana, "Not read any more.")
    later(11)
    clock()
    assert "Not read any more." in mail.ledger[0].message.text and "without a script" not in mail.ledger[0].message.text


def test_what_is_not_shown_is_not_seen(mail: fakes.FakeChannel, cast: Cast) -> None:
    """A page that is fetched ahead, one that a colleague opens, and a word that no page of ours said."""
    matter = begin(cast, "Cara@Customer.example")
    told = answered(matter, cast.ana, "Your parcel is in Leeds.")
    Client().get(page_of(matter), HTTP_SEC_PURPOSE="prefetch;prerender")
    Client().head(page_of(matter))
    colleague = Client()
    with acting_as(Actor.door(cast.ana.pk)):
        colleague.force_login(cast.ana)
    colleague.get(page_of(matter))
    colleague.post(f"{page_of(matter)}here/", {"seen": told.pk}, **OURS)
    assert Client().post(f"{page_of(matter)}here/", {"seen": told.pk}).status_code == 403
    assert Client().post("/c/forged/here/", {"seen": told.pk}, **OURS).status_code == 404
    for odd in ("x", "-1", "9" * 30, ""):
        assert Client().post(f"{page_of(matter)}here/", {"seen": odd}, **OURS).status_code == 204
    assert now(matter).customer_seen == 0
    Client().post(f"{page_of(matter)}here/", {"seen": "999999999"}, **OURS)
    assert now(matter).customer_seen == told.pk


def test_who_is_still_there_gets_no_mail(mail: fakes.FakeChannel, cast: Cast) -> None:
    matter = begin(cast, "Cara@Customer.example")
    answered(matter, cast.ana, "Your parcel is in Leeds.")
    later(30)
    Client().post(f"{page_of(matter)}here/", {"seen": "0"}, **OURS)
    clock()
    assert not mail.ledger and now(matter).mailed_up_to == 0


@pytest.mark.parametrize("case", ["no address", "came back", "no way"])
def test_where_mail_cannot_go_none_is_written(mail: fakes.FakeChannel, cast: Cast, case: str) -> None:
    matter = begin(cast, "" if case == "no address" else "cara@customer.example")
    answered(matter, cast.ana, "Your parcel is in Leeds.")
    if case == "came back":
        owner_sql("UPDATE conversations_identity SET undeliverable_at = now()")
    if case == "no way":
        owner_sql("UPDATE conversations_inbox SET mail_through_id = NULL")
    later(11)
    clock()
    assert not mail.ledger and Message.objects.using("owner").filter(author="system").count() == 0
    assert clock() == 0


def test_a_mailbox_gets_two_in_an_hour(mail: fakes.FakeChannel, cast: Cast) -> None:
    matters = [begin(cast, "Cara@Customer.example") for _ in range(3)]
    for matter in matters:
        answered(matter, cast.ana, "Your parcel is in Leeds.")
    later(11)
    clock()
    assert len(mail.ledger) == 2
    later(61)
    owner_sql("DELETE FROM core_job")
    clock()
    assert len(mail.ledger) == 3
