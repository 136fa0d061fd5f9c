"""To whom a reply may go, and how much of it: refused before it leaves, with the reason."""

import uuid

import pytest

from conversations.models import Delivery, Inbox, Message
from conversations.outbound import outbound_of
from core.context import acting_as
from tests.cast import SYSTEM, Cast, conversation, inbound
from tests.conversations.test_composer import reply, says, sent
from tests.conversations.test_screens import owned
from tests.house.world import owner_sql
from tests.sockets import signed_in


@pytest.fixture
def mail(cast: Cast) -> Inbox:
    """The orders inbox, by e-mail."""
    owner_sql("UPDATE conversations_inbox SET channel = 'email', address = 'help@shop.example' WHERE slug = 'web'")
    owner_sql("UPDATE conversations_inbox SET address = 'app@shop.example' WHERE slug = 'app'")
    return Inbox.objects.using("owner").get(slug="web")


def test_a_mail_is_offered_to_the_customer_with_the_others_in_copy(cast: Cast, mail: Inbox) -> None:
    found, first = conversation(mail, cast.cara)
    owner_sql(
        """UPDATE conversations_message SET recipients = '{"to": ["Help+x7@shop.example", "eve@firm.example"],
        "cc": ["app@shop.example", "cara@customer.example"]}' WHERE id = """ + str(first.pk)
    )  # fmt: skip
    page = signed_in(cast.ana).get(f"/conversations/{found.pk}/").content.decode()
    assert 'name="to" value="cara@customer.example"' in page and 'name="cc" value="eve@firm.example"' in page
    assert "shop.example" not in page.split('id="recipients"')[1].split("</form>")[0]


@pytest.mark.parametrize(
    ("to", "cc", "why"),
    [
        ([], [], "Nobody stands in To"),
        (["cara@customer.example"], ["nonsense"], "nonsense is no e-mail address"),
        (["help@shop.example"], [], "help@shop.example is our own inbox"),
        (["cara@customer.example"], ["App+tok@shop.example"], "is our own inbox"),
        ([f"x{n}@y.example" for n in range(31)], [], "At most 30 people"),
        (["a@b.example\r\nBcc: c@d.example"], [], "is no e-mail address"),
    ],
)
def test_who_cannot_be_written_to_is_refused_with_the_reason(cast: Cast, mail: Inbox, to: list, cc: list, why: str) -> None:
    found, _ = conversation(mail, cast.cara)
    answer = says(signed_in(cast.ana), found.pk, reply("Hello", addressed="1", to=to, cc=cc))
    assert answer.status_code == 422 and why in answer.content.decode()
    assert not sent()


def test_addresses_pasted_together_are_taken_apart_and_go_out(cast: Cast, mail: Inbox) -> None:
    found, _ = conversation(mail, cast.cara)
    said = reply("Hello", addressed="1", to=["Cara@Customer.example; cara@customer.example"], cc=["<eve@firm.example>, "])
    assert says(signed_in(cast.ana), found.pk, said).status_code == 200
    assert owned(Message, direction="out").recipients == {"to": ["cara@customer.example"], "cc": ["eve@firm.example"]}


def test_the_copies_are_carried_with_the_message(cast: Cast, mail: Inbox) -> None:
    found, _ = conversation(mail, cast.cara)
    said = reply("Hello", addressed="1", to=["eve@firm.example"], cc=["cara@customer.example"])
    says(signed_in(cast.ana), found.pk, said)
    with acting_as(SYSTEM):
        outbound = outbound_of(Delivery.objects.select_related("message__conversation__inbox").get())
    assert (outbound.recipient, outbound.cc) == ("eve@firm.example", ("cara@customer.example",))


@pytest.mark.parametrize(("channel", "most"), [("web", 20_000), ("whatsapp", 4_096), ("email", 100_000)])
def test_a_text_longer_than_its_channel_carries_is_refused_with_the_figures(cast: Cast, channel: str, most: int) -> None:
    owner_sql(f"UPDATE conversations_inbox SET channel = '{channel}' WHERE slug = 'web'")
    found, _ = conversation(Inbox.objects.using("owner").get(slug="web"), cast.cara)
    ana = signed_in(cast.ana)
    answer = says(ana, found.pk, reply("é" * (most + 1)))
    assert answer.status_code == 422 and not sent()
    assert (f"{most:,}" in answer.content.decode() and "Shorten it by 1" in answer.content.decode()) or channel == "email"
    assert says(ana, found.pk, reply("é" * most)).status_code == 200


def test_outside_of_the_window_whatsapp_takes_no_free_text_but_a_note(cast: Cast) -> None:
    owner_sql("UPDATE conversations_inbox SET channel = 'whatsapp' WHERE slug = 'web'")
    found, first = conversation(Inbox.objects.using("owner").get(slug="web"), cast.cara)
    ana = signed_in(cast.ana)
    assert "Free text for" in ana.get(f"/conversations/{found.pk}/").content.decode()
    owner_sql(f"UPDATE conversations_message SET created_at = now() - interval '25 hours' WHERE id = {first.pk}")
    page = ana.get(f"/conversations/{found.pk}/").content.decode()
    assert "takes no free text" in page and 'aria-label="More ways to send"' not in page
    answer = says(ana, found.pk, reply("Hello"))
    assert answer.status_code == 422 and "24 hours" in answer.content.decode() and not sent()
    assert says(ana, found.pk, {"mode": "note", "text": "Call her", "client_key": str(uuid.uuid4())}).status_code == 200
    inbound(found, "Still there?")
    assert says(ana, found.pk, reply("Hello")).status_code == 200
