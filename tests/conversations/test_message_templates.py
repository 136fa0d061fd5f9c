"""WhatsApp's approved templates: chosen, filled in with their words before one's eyes, and sent when nothing else may be."""

import uuid
from typing import Any

import pytest
from django.test import Client

from conversations.models import Conversation, Inbox, Message, Template
from conversations.outbound import outbound_of
from core.context import acting_as
from tests.cast import SYSTEM, Cast, conversation
from tests.conversations.test_screens import HX
from tests.house.world import owner_sql
from tests.sockets import signed_in

BODY = "Hello {{1}}, your tent {{tent}} is repaired."
BUTTONS = [{"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Follow it", "url": "https://shop.example/{{1}}"}]}]


@pytest.fixture
def matter(cast: Cast) -> Conversation:
    """A conversation on WhatsApp whose customer wrote 25 hours ago."""
    owner_sql("UPDATE conversations_inbox SET channel = 'whatsapp' WHERE slug = 'web'")
    found, first = conversation(Inbox.objects.using("owner").get(slug="web"), cast.cara)
    owner_sql("UPDATE conversations_message SET created_at = now() - interval '25 hours' WHERE id = %s", first.pk)
    return found


def template(inbox: Inbox, name: str = "repaired", **more: Any) -> Template:
    given = {"language": "en", "status": "approved", "body": BODY, "header": "Tent {{1}}", "footer": "Saltbarrow"} | more
    return Template.objects.using("owner").create(inbox=inbox, name=name, **given)


def filled(chosen: Template, **more: str) -> dict[str, str]:
    given = {"variable.header.1": "48", "variable.1": "Cara", "variable.tent": "Fulmar 2"}
    return {"template": str(chosen.pk), "client_key": str(uuid.uuid4())} | given | more


def out() -> list[Message]:
    return list(Message.objects.using("owner").filter(direction="out"))


def test_after_the_window_the_page_offers_the_approved_templates(cast: Cast, ana: Client, matter: Conversation) -> None:
    template(cast.orders), template(cast.orders, "waits", status="pending"), template(cast.app, "theirs")
    assert "Choose a template" in ana.get(f"/conversations/{matter.pk}/").content.decode()
    sheet = ana.get(f"/conversations/{matter.pk}/template/", **HX).content.decode()
    assert "repaired (en)" in sheet and "waits" not in sheet and "theirs" not in sheet


def test_the_words_are_shown_while_the_variables_are_typed(cast: Cast, ana: Client, matter: Conversation) -> None:
    chosen = template(cast.orders, components=BUTTONS)
    address = f"/conversations/{matter.pk}/template/words/"
    fields = ana.get(address, {"template": chosen.pk}, **HX).content.decode()
    for label in ("Header: 1", "Text: 1", "Text: tent", "Button: Follow it"):
        assert label in fields
    shown = ana.get(address, {"preview": 1, "template": chosen.pk, "variable.1": "<b>Cara</b>"}, **HX).content.decode()
    assert "Hello &lt;b&gt;Cara&lt;/b&gt;, your tent {{tent}} is repaired." in shown


def test_a_template_goes_out_where_free_words_may_not(cast: Cast, ana: Client, matter: Conversation) -> None:
    chosen = template(cast.orders, components=BUTTONS)
    answer = ana.post(f"/conversations/{matter.pk}/template/", filled(chosen, **{"variable.button.0": "a48"}), **HX)
    assert answer.status_code == 200
    [sent] = out()
    assert sent.text == "Tent 48\n\nHello Cara, your tent Fulmar 2 is repaired.\n\nSaltbarrow"
    variables = {"header.1": "48", "1": "Cara", "tent": "Fulmar 2", "button.0": "a48"}
    assert sent.template == {"name": "repaired", "language": "en", "variables": variables} and sent.sender == cast.ana
    with acting_as(SYSTEM):
        assert outbound_of(sent.delivery).template["name"] == "repaired"
    assert "Template repaired" in ana.get(f"/conversations/{matter.pk}/").content.decode()


def test_the_same_press_twice_is_one_message(cast: Cast, ana: Client, matter: Conversation) -> None:
    given = filled(template(cast.orders))
    for _ in range(2):
        assert ana.post(f"/conversations/{matter.pk}/template/", given, **HX).status_code == 200
    assert len(out()) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"variable.1": " "}, "Fill in: Text: 1."), ({"variable.1": "x" * 1025}, "at most 1024"), ({"template": "0"}, "Choose a template"),
     ({"template": "x" * 30}, "Choose a template"), ({"client_key": "no"}, "Choose a template")],
)  # fmt: skip
def test_what_cannot_go_is_said_and_nothing_leaves(
    cast: Cast, ana: Client, matter: Conversation, wrong: dict[str, str], said: str
) -> None:
    answer = ana.post(f"/conversations/{matter.pk}/template/", filled(template(cast.orders)) | wrong, **HX)
    assert answer.status_code == 422 and said in answer.content.decode() and out() == []


def test_one_that_is_not_approved_any_more_or_another_number_s_cannot_be_sent(
    cast: Cast, ana: Client, matter: Conversation
) -> None:
    for chosen in (template(cast.orders, status="paused"), template(cast.app)):
        assert ana.post(f"/conversations/{matter.pk}/template/", filled(chosen), **HX).status_code == 422
    assert out() == []


def test_what_came_meanwhile_is_looked_at_first(cast: Cast, ana: Client, matter: Conversation) -> None:
    given = filled(template(cast.orders), seen="0", ownership=str(matter.ownership))
    answer = ana.post(f"/conversations/{matter.pk}/template/", given, **HX)
    assert answer.status_code == 409 and "Nothing was sent" in answer.content.decode() and out() == []


def test_nobody_sends_one_into_a_conversation_that_is_not_his_or_not_on_whatsapp(
    cast: Cast, ana: Client, matter: Conversation
) -> None:
    chosen = template(cast.orders)
    assert signed_in(cast.ben).post(f"/conversations/{matter.pk}/template/", filled(chosen), **HX).status_code == 404
    owner_sql("UPDATE conversations_conversation SET channel = 'web'")
    assert ana.post(f"/conversations/{matter.pk}/template/", filled(chosen), **HX).status_code == 404
    assert out() == []
