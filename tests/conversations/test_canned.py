"""Canned replies and macros: found by a few letters, filled in, shown before they apply, and kept by whom they belong to."""

import pytest
from django.test import Client

from conversations import canned
from conversations.models import CannedReply, Conversation, ConversationTag, Message, Tag
from core.context import acting_as
from tests.cast import SYSTEM, Cast, conversation
from tests.conversations.test_composer import reply, says, sent
from tests.conversations.test_screens import HX, owned
from tests.house.world import owner_sql
from tests.sockets import signed_in


@pytest.fixture
def found(cast: Cast) -> Conversation:
    return conversation(cast.orders, cast.cara)[0]


def canned_reply(name: str, text: str = "Hello", **fields) -> CannedReply:
    fields = {"scope": "global", "texts": {"": text}, "shortcut": name.lower()} | fields
    return CannedReply.objects.using("owner").create(name=name, **fields)


def filled(cast: Cast, found: Conversation, text: str) -> canned.Filled:
    with cast.acting(cast.ana):
        matter = Conversation.objects.select_related("customer", "inbox").get(pk=found.pk)
        return canned.fill(text, matter, agent=cast.ana)


def test_variables_are_filled_in(cast: Cast, found: Conversation) -> None:
    text = "Hi {{ customer.first_name }} ({{contact.email}}), {{ agent.first_name }} of {{ inbox.name }} about #{{ conversation.id }}"
    assert filled(cast, found, text).text == f"Hi Cara (cara@customer.example), Ana of Orders about #{found.pk}"


def test_where_there_is_nothing_the_fallback_stands_and_without_one_it_is_seen(cast: Cast, found: Conversation) -> None:
    owner_sql("UPDATE conversations_customer SET name = ''")
    assert filled(cast, found, "Hi {{ customer.first_name | there }}!").text == "Hi there!"
    seen = filled(cast, found, "Hi {{ customer.first_name }} in {{ customer.place }}, {{ customer.place }}")
    assert seen.text == "Hi {{ customer.first_name }} in {{ customer.place }}, {{ customer.place }}"
    assert seen.unresolved == ("customer.first_name", "customer.place")


def test_attributes_that_admins_define_are_variables_too(cast: Cast, found: Conversation) -> None:
    owner_sql("""UPDATE conversations_customer SET attributes = '{"plan": "gold"}'""")
    assert filled(cast, found, "Your {{ customer.attributes.plan }} plan").text == "Your gold plan"
    assert filled(cast, found, "{{ customer.attributes.shoe }}").unresolved == ("customer.attributes.shoe",)


def test_a_customer_s_name_is_no_variable(cast: Cast, found: Conversation) -> None:
    owner_sql("UPDATE conversations_customer SET name = '{{ agent.email }}'")
    assert "@" not in filled(cast, found, "Hi {{ customer.name }}").text


@pytest.mark.parametrize(("language", "text"), [("de", "Hallo"), ("de-AT", "Hallo"), ("fr", "Hello"), ("", "Hello")])
def test_the_text_is_in_the_customer_s_language(cast: Cast, found: Conversation, language: str, text: str) -> None:
    made = canned_reply("Greeting", texts={"": "Hello", "de": "Hallo"})
    owner_sql(f"UPDATE conversations_conversation SET language = '{language}'")
    page = signed_in(cast.ana).get(f"/conversations/{found.pk}/canned/{made.pk}/").content.decode()
    assert f'<p class="preview__text" dir="auto">{text}</p>' in page


def test_an_unresolved_variable_blocks_sending_and_is_named(ana: Client, found: Conversation) -> None:
    answer = says(ana, found.pk, reply("Hi {{ customer.place }} and {{agent.shoe|}}"))
    assert answer.status_code == 422
    assert "customer.place" in answer.content.decode() and "agent.shoe" in answer.content.decode()
    assert not sent()
    assert says(ana, found.pk, reply("In Jinja write {{ user.name }}.")).status_code == 200, "what is no variable of ours"


def test_a_few_letters_find_by_shortcut_first_and_then_by_name(ana: Client, found: Conversation) -> None:
    for name, shortcut in (("Seam repair", "seam"), ("Express", "exp"), ("The seam of a tent", "tent"), ("Seams", "seams")):
        canned_reply(name, shortcut=shortcut)
    page = ana.get(f"/conversations/{found.pk}/canned/", {"q": "seam"}).content.decode()
    places = [page.index(f">{name}</bdi>") for name in ("Seam repair", "Seams", "The seam of a tent")]
    assert places == sorted(places) and "Express" not in page
    assert "No canned reply matches" in ana.get(f"/conversations/{found.pk}/canned/", {"q": "zz\0"}).content.decode()


def test_each_sees_her_own_her_teams_and_everybody_s(cast: Cast, found: Conversation) -> None:
    canned_reply("Of Ana", scope="personal", owner_id=cast.ana.pk)
    canned_reply("Of Sam", scope="personal", owner_id=cast.sam.pk)
    canned_reply("Of orders", scope="team", team_id=cast.orders_team.pk)
    foreign = canned_reply("Of app", scope="team", team_id=cast.app_team.pk)
    canned_reply("Of all")
    ana = signed_in(cast.ana)
    page = ana.get(f"/conversations/{found.pk}/canned/").content.decode()
    assert all(f">{name}</bdi>" in page for name in ("Of Ana", "Of orders", "Of all"))
    assert not any(name in page for name in ("Of Sam", "Of app"))
    assert ana.get(f"/conversations/{found.pk}/canned/{foreign.pk}/").status_code == 404


def test_a_macro_says_what_it_does_and_does_it_with_the_reply(cast: Cast, ana: Client, found: Conversation) -> None:
    does = [{"do": "assign", "to": "me"}, {"do": "note", "text": "Told {{ customer.first_name }}"}, {"do": "resolve"}]
    made = canned_reply("Close", "All done", actions=does)
    page = ana.get(f"/conversations/{found.pk}/canned/{made.pk}/").content.decode()
    assert all(told in page for told in ("Assign to Ana Cast", "Private note: Told Cara", "Resolve", "When you send"))
    assert owned(Conversation, pk=found.pk).assignee_id is None, "looking is not doing"
    assert says(ana, found.pk, reply("All done", macro=made.pk)).status_code == 200
    now = owned(Conversation, pk=found.pk)
    assert (now.assignee_id, now.state) == (cast.ana.pk, "resolved")
    assert owned(Message, direction="note").text == "Told Cara" and sent() == ["All done"]


def test_a_macro_that_cannot_be_done_holds_the_reply_too(cast: Cast, ana: Client, found: Conversation) -> None:
    made = canned_reply("Odd", "All done", actions=[{"do": "resolve"}, {"do": "assign", "to": cast.ben.pk}])
    answer = says(ana, found.pk, reply("All done", macro=made.pk))
    assert answer.status_code == 422 and not sent()
    assert owned(Conversation, pk=found.pk).state == "open"
    assert says(ana, found.pk, reply("All done", macro=999)).status_code == 422


def test_a_macro_without_words_acts_at_once(cast: Cast, ana: Client, found: Conversation) -> None:
    made = canned_reply("Mine", "", actions=[{"do": "assign", "to": "me"}])
    assert ana.post(f"/conversations/{found.pk}/macros/{made.pk}/", **HX).status_code == 200
    assert owned(Conversation, pk=found.pk).assignee_id == cast.ana.pk


def test_a_foreign_macro_does_nothing(cast: Cast, ana: Client, found: Conversation) -> None:
    foreign = canned_reply("Of app", "", scope="team", team_id=cast.app_team.pk, actions=[{"do": "resolve"}])
    assert ana.post(f"/conversations/{found.pk}/macros/{foreign.pk}/", **HX).status_code == 422
    assert owned(Conversation, pk=found.pk).state == "open"
    with acting_as(SYSTEM):
        assert CannedReply.objects.count() == 1


def form(**more) -> dict:
    return {"name": "Seam", "shortcut": "seam", "scope": "personal", "text": "We mend seams.", "language": ["", "de"],
            "translation": ["", "Wir nähen."]} | more  # fmt: skip


def test_an_agent_writes_changes_and_deletes_her_own(ana: Client, cast: Cast) -> None:
    assert ana.post("/canned/new/", form()).status_code == 302
    made = owned(CannedReply)
    assert (made.texts, made.owner_id, made.scope) == ({"": "We mend seams.", "de": "Wir nähen."}, cast.ana.pk, "personal")
    page = ana.get(f"/canned/{made.pk}/").content.decode()
    assert "We mend seams.</textarea>" in page and "Wir nähen.</textarea>" in page
    assert ana.post(f"/canned/{made.pk}/", form(name="Seams", resolve="on", assign="me")).status_code == 302
    made = owned(CannedReply)
    assert made.name == "Seams" and made.actions == [{"do": "assign", "to": "me"}, {"do": "resolve"}]
    assert "Seams" in ana.get("/canned/").content.decode()
    assert ana.post(f"/canned/{made.pk}/removal/").status_code == 302
    assert not CannedReply.objects.using("owner").exists()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"name": ""}, "Give it a name"), ({"shortcut": "a b"}, "letters, digits"), ({"text": "{{ customer.shoe }}"}, "no variable"),
        ({"text": "", "translation": ["", ""], "note": ""}, "Write a text"), ({"language": ["", "deutsch!"]}, "A language is a code"),
        ({"scope": "global"}, "valid choice"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(ana: Client, wrong: dict, why: str) -> None:
    answer = ana.post("/canned/new/", form(note="A long note") | wrong)
    page = answer.content.decode()
    assert answer.status_code == 422 and why in page
    assert ("A long note</textarea>" in page or "note" in wrong) and ("Wir nähen.</textarea>" in page or "translation" in wrong)
    assert not CannedReply.objects.using("owner").exists()


def test_supervisors_write_for_their_teams_and_admins_for_everybody(cast: Cast) -> None:
    sam, ada, ana = signed_in(cast.sam), signed_in(cast.ada), signed_in(cast.ana)
    assert sam.post("/canned/new/", form(scope="team")).status_code == 422
    assert sam.post("/canned/new/", form(scope="team", team=cast.app_team.pk)).status_code == 422
    assert sam.post("/canned/new/", form(scope="team", team=cast.orders_team.pk)).status_code == 302
    assert ada.post("/canned/new/", form(name="All", scope="global")).status_code == 302
    assert ada.post("/canned/new/", form(scope="personal")).status_code == 422
    shared = owned(CannedReply, scope="team")
    assert f'href="/canned/{shared.pk}/"' not in ana.get("/canned/").content.decode()
    assert ana.post(f"/canned/{shared.pk}/", form()).status_code == 404
    assert ana.post(f"/canned/{shared.pk}/removal/").status_code == 404
    assert signed_in(cast.ben).get(f"/canned/{shared.pk}/").status_code == 404
    assert sorted(CannedReply.objects.using("owner").values_list("name", flat=True)) == ["All", "Seam"]


def test_every_kind_of_action_is_done_by_its_verb(cast: Cast, ana: Client, found: Conversation) -> None:
    tag = Tag.objects.using("owner").create(name="refund")
    does = [
        {"do": "team", "team": cast.orders_team.pk}, {"do": "tag", "tags": [tag.pk]}, {"do": "priority", "to": 2},
        {"do": "snooze", "until": "tomorrow"},
    ]  # fmt: skip
    made = canned_reply("Later", "", actions=does)
    page = ana.get(f"/conversations/{found.pk}/canned/{made.pk}/").content.decode()
    assert all(told in page for told in ("Give to the team Orders", "Tag refund", "Priority Urgent", "Snooze until", "at once"))
    assert ana.post(f"/conversations/{found.pk}/macros/{made.pk}/", **HX).status_code == 200
    now = owned(Conversation, pk=found.pk)
    assert (now.team_id, now.priority, now.state) == (cast.orders_team.pk, 2, "snoozed")
    assert owned(ConversationTag).tag_id == tag.pk
