"""The details beside a conversation: one person over all rows and channels, changed in place, every change on record."""

import pytest
from django.test import Client

from conversations import customer_merging
from conversations.models import (
    AttributeType,
    Conversation,
    ConversationTag,
    Customer,
    CustomerNote,
    Event,
    Identity,
    Rating,
    Tag,
)
from core.context import acting_as
from core.models import AuditEvent
from tests.cast import SYSTEM, Cast, conversation
from tests.conversations.test_screens import HX, owned
from tests.sockets import signed_in


@pytest.fixture
def mine(cast: Cast) -> Conversation:
    return conversation(cast.orders, cast.cara)[0]


def shown(client: Client, pk: int) -> str:
    return client.get(f"/conversations/{pk}/details/", **HX).content.decode()


def post(client: Client, pk: int, act: str, **data):
    return client.post(f"/conversations/{pk}/{act}/", data, **HX)


def audited(event: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.using("owner").filter(event=event).order_by("pk"))


def one_person(cast: Cast, other: Customer, into: Customer) -> None:
    with cast.acting(cast.ana):
        customer_merging.merge(
            Customer.objects.get(pk=other.pk), Customer.objects.get(pk=into.pk), by=cast.ana, scope=cast.orders.pk
        )


def test_the_page_opens_at_once_and_asks_for_the_details(ana: Client, mine: Conversation) -> None:
    page = ana.get(f"/conversations/{mine.pk}/").content.decode()
    assert f'hx-get="/conversations/{mine.pk}/details/"' in page and "Cara Cast" in page


def test_the_profile_is_corrected_in_place_and_that_is_on_record(ana: Client, cast: Cast, mine: Conversation) -> None:
    answer = post(ana, mine.pk, "profile", name="Cara Castle", language="de", place="Kiruna")
    assert answer.status_code == 200 and "Cara Castle" in answer.content.decode()
    fresh = owned(Customer, pk=cast.cara.pk)
    assert (fresh.name, fresh.language, fresh.place) == ("Cara Castle", "de", "Kiruna")
    (event,) = audited(Event.CUSTOMER_CHANGED)
    assert (event.facts, event.scope_id) == ({"fields": ["language", "name", "place"]}, cast.orders.pk)
    post(ana, mine.pk, "profile", name="Cara Castle", language="de", place="Kiruna")
    assert len(audited(Event.CUSTOMER_CHANGED)) == 1


def test_a_language_that_is_none_changes_nothing(ana: Client, cast: Cast, mine: Conversation) -> None:
    answer = post(ana, mine.pk, "profile", name="X", language="what?", place="")
    assert answer.status_code == 422 and "A language is a code" in answer.content.decode()
    assert owned(Customer, pk=cast.cara.pk).name == "Cara Cast" and not audited(Event.CUSTOMER_CHANGED)


@pytest.mark.parametrize(
    "act",
    ["profile", "customer-attributes", "customer-notes", "same-person", "someone-else", "separation", "merging", "splitting"],
)
def test_what_a_colleague_cannot_see_he_cannot_change(ana: Client, cast: Cast, act: str) -> None:
    theirs, _ = conversation(cast.app, cast.dan)
    conversation(cast.orders, cast.cara)
    data = {"name": "Changed", "text": "noted", "customer": cast.cara.pk, "other": theirs.pk, "first": 1}
    assert post(ana, theirs.pk, act, **data).status_code == 404
    assert owned(Customer, pk=cast.dan.pk).name == "Dan Cast" and owned(Customer, pk=cast.dan.pk).merged_into_id is None
    assert not CustomerNote.objects.using("owner").exists()


def test_a_customer_of_another_team_cannot_be_named(ana: Client, cast: Cast, mine: Conversation) -> None:
    conversation(cast.app, cast.dan)
    assert post(ana, mine.pk, "same-person", customer=cast.dan.pk).status_code == 404
    assert post(ana, mine.pk, "someone-else", customer=cast.dan.pk).status_code == 404
    assert owned(Customer, pk=cast.dan.pk).merged_into_id is None


def test_attributes_are_typed_as_admins_defined_them(ana: Client, cast: Cast, mine: Conversation) -> None:
    AttributeType.objects.using("owner").create(of="customer", key="orders", label="Orders", kind="number")
    assert "Edit the attributes" in shown(ana, mine.pk)
    refused = post(ana, mine.pk, "customer-attributes", **{"attribute-orders": "many"})
    assert refused.status_code == 422 and owned(Customer, pk=cast.cara.pk).attributes == {}
    post(ana, mine.pk, "customer-attributes", **{"attribute-orders": "12"})
    assert owned(Customer, pk=cast.cara.pk).attributes == {"orders": 12}
    assert audited(Event.CUSTOMER_CHANGED)[-1].facts == {"fields": ["orders"]}


def test_a_note_about_the_person_says_who_and_when_and_no_customer_reads_it(
    ana: Client, cast: Cast, mine: Conversation
) -> None:
    page = post(ana, mine.pk, "customer-notes", text="Prefers the phone").content.decode()
    assert "Prefers the phone" in page and "Ana Cast" in page
    other, _ = conversation(cast.orders, cast.cara, "Another matter")
    assert "Prefers the phone" in shown(ana, other.pk)
    assert audited(Event.CUSTOMER_NOTED)
    assert post(ana, mine.pk, "customer-notes", text=" ").status_code == 422
    assert CustomerNote.objects.using("owner").count() == 1


def test_history_addresses_and_notes_of_every_row_of_the_person_stand_together(
    ana: Client, cast: Cast, mine: Conversation
) -> None:
    conversation(cast.orders, cast.dan, "Dan's old matter")
    one_person(cast, cast.dan, cast.cara)
    page = shown(ana, mine.pk)
    assert "Dan&#x27;s old matter" in page and "dan@customer.example" in page and "Take apart" in page
    assert "Also one other row" in page


def test_the_history_is_paged_and_says_channel_state_and_rating(ana: Client, cast: Cast, mine: Conversation) -> None:
    for number in range(12):
        one, _ = conversation(cast.orders, cast.cara, f"Matter {number}")
    with acting_as(SYSTEM):
        Rating.objects.create(conversation=one, inbox=cast.orders, customer=cast.cara, score=4, of="person")
    first = shown(ana, mine.pk)
    assert "Matter 11" in first and "Matter 0" not in first and "Rated 4 of 5" in first and "Web form" in first
    after = first.split("?after=")[1].split('"')[0]
    assert "Matter 0" in ana.get(f"/conversations/{mine.pk}/details/?after={after}", **HX).content.decode()


def test_tags_and_the_rating_of_this_conversation_are_shown(ana: Client, cast: Cast, mine: Conversation) -> None:
    tag = Tag.objects.using("owner").create(name="returns")
    with acting_as(SYSTEM):
        ConversationTag.objects.create(conversation=mine, inbox=cast.orders, tag_id=tag.pk)
        common = {"conversation": mine, "inbox": cast.orders, "customer": cast.cara}
        Rating.objects.create(**common, score=2, of="assistant", comment="Too <slow>")
    page = shown(ana, mine.pk)
    assert (
        f'href="/queue/?tag={tag.pk}"' in page and "2 of 5" in page and "The assistant" in page and "Too &lt;slow&gt;" in page
    )


def test_what_is_not_there_any_more_looks_as_what_is_not_ours(ana: Client, cast: Cast) -> None:
    theirs, _ = conversation(cast.app, cast.dan)
    foreign, missing = shown(ana, theirs.pk), shown(ana, 999_999)
    assert foreign.replace(str(theirs.pk), "N") == missing.replace("999999", "N")
    assert "Nothing to show here" in foreign and "Dan" not in foreign


def test_the_same_person_is_said_and_taken_back(ana: Client, cast: Cast, mine: Conversation) -> None:
    conversation(cast.orders, cast.dan)
    said = post(ana, mine.pk, "same-person", customer=cast.dan.pk)
    assert "data-undo" in said.content.decode() and owned(Customer, pk=cast.dan.pk).merged_into_id == cast.cara.pk
    again = post(ana, mine.pk, "same-person", customer=cast.dan.pk)
    assert again.status_code == 422 and "one person already" in again.content.decode()
    post(ana, mine.pk, "separation", customer=cast.dan.pk)
    assert owned(Customer, pk=cast.dan.pk).merged_into_id is None


def test_details_cost_the_same_however_much_there_is(
    ana: Client, cast: Cast, mine: Conversation, django_assert_max_num_queries
) -> None:
    for number in range(12):
        conversation(cast.orders, cast.cara, f"Matter {number}")
        with acting_as(SYSTEM):
            Identity.objects.create(customer=cast.cara, kind="phone", address=f"+4670{number}")
    with django_assert_max_num_queries(30):
        shown(ana, mine.pk)


def test_nobody_but_staff_has_details(cast: Cast, mine: Conversation) -> None:
    assert signed_in(cast.ada).get(f"/conversations/{mine.pk}/details/", **HX).status_code == 403
