"""Who may be the same person: said with the evidence, never done by itself, over once somebody says no."""

import pytest
from django.test import Client

from conversations import suggestions as suggesting
from conversations.models import Conversation, Customer, Identity, NotTheSame
from core.context import acting_as
from tests.cast import SYSTEM, Cast, conversation
from tests.conversations.test_screens import HX, owned


@pytest.fixture
def mine(cast: Cast) -> Conversation:
    with acting_as(SYSTEM):
        Customer.objects.filter(pk=cast.cara.pk).update(place="Kiruna")
    return conversation(cast.orders, cast.cara)[0]


def somebody(cast: Cast, address: str, *, name: str = "Cara Cast", place: str = "", text: str = "Hello", **of) -> Customer:
    with acting_as(SYSTEM):
        made = Customer.objects.create(name=name, place=place)
        Identity.objects.create(customer=made, address=address, **({"kind": "email"} | of))
    conversation(cast.orders, made, text)
    return made


def evidence(cast: Cast, about: Customer) -> dict[int, list[str]]:
    with cast.acting(cast.ana):
        return {one.customer.pk: one.evidence for one in suggesting.suggestions(Customer.objects.get(pk=about.pk))}


def test_the_same_proven_address_by_another_kind_of_channel_is_sure(cast: Cast, mine: Conversation) -> None:
    other = somebody(cast, "cara@customer.example", name="C.", kind="visitor", level=1)
    with acting_as(SYSTEM):
        Identity.objects.filter(customer=cast.cara.pk).update(level=1)
    with cast.acting(cast.ana):
        (found,) = suggesting.suggestions(Customer.objects.get(pk=cast.cara.pk))
    assert (found.customer.pk, found.evidence, found.is_sure) == (other.pk, ["Same address: cara@customer.example"], True)


def test_the_same_name_and_place_is_possible(cast: Cast, mine: Conversation) -> None:
    other = somebody(cast, "other@post.example", place="kiruna")
    assert evidence(cast, cast.cara) == {other.pk: ["Same name and same place: kiruna"]}


def test_a_name_alone_says_nothing(cast: Cast, mine: Conversation) -> None:
    somebody(cast, "other@post.example", place="Oslo")
    assert evidence(cast, cast.cara) == {}


def test_the_same_name_at_the_same_company_s_mail_counts_at_a_public_provider_s_not(cast: Cast, mine: Conversation) -> None:
    colleague = somebody(cast, "c.cast@customer.example")
    assert evidence(cast, cast.cara) == {colleague.pk: ["Same name and same mail domain: customer.example"]}
    one, _two = somebody(cast, "a@gmail.com", name="Eve"), somebody(cast, "b@gmail.com", name="Eve")
    assert evidence(cast, one) == {}


def test_an_address_named_in_a_message_counts_in_both_directions(cast: Cast, mine: Conversation) -> None:
    other = somebody(cast, "+46701234567", name="W", kind="phone", text="My mail is Cara@Customer.example, please use it.")
    assert evidence(cast, cast.cara) == {other.pk: ["Wrote your customer’s cara@customer.example in a message"]}
    assert evidence(cast, other) == {cast.cara.pk: ["Named cara@customer.example in a message"]}


def test_a_phone_number_is_found_however_it_is_written() -> None:
    assert suggesting.addresses_in("Call +46 70-123 45 67 or write to A.B@x.example.") == {"+46701234567", "a.b@x.example"}


def test_only_what_the_viewer_may_see_is_evidence(cast: Cast, mine: Conversation) -> None:
    with acting_as(SYSTEM):
        hidden = Customer.objects.create(name="Cara Cast", place="Kiruna")
    conversation(cast.app, hidden, "cara@customer.example")
    assert evidence(cast, cast.cara) == {}


def test_not_the_same_person_ends_it(ana: Client, cast: Cast, mine: Conversation) -> None:
    other = somebody(cast, "other@post.example", place="Kiruna")
    page = ana.get(f"/conversations/{mine.pk}/suggestions/", **HX).content.decode()
    assert "Same name and same place: Kiruna" in page and "Possible" in page
    assert owned(Customer, pk=other.pk).merged_into_id is None, "never by itself"
    ana.post(f"/conversations/{mine.pk}/someone-else/", {"customer": other.pk}, **HX)
    ana.post(f"/conversations/{mine.pk}/someone-else/", {"customer": other.pk}, **HX)
    assert owned(NotTheSame).customer_id == cast.cara.pk
    assert "Possible" not in ana.get(f"/conversations/{mine.pk}/suggestions/", **HX).content.decode()
    assert evidence(cast, other) == {}


def test_looking_costs_the_same_however_many_namesakes_there_are(
    cast: Cast, mine: Conversation, django_assert_max_num_queries
) -> None:
    for number in range(6):
        somebody(cast, f"c{number}@customer.example", place="Kiruna")
    with cast.acting(cast.ana), django_assert_max_num_queries(12):
        assert len(suggesting.suggestions(Customer.objects.get(pk=cast.cara.pk))) == suggesting.SHOWN
