"""Conversations and customers put together and taken apart, seen from every side: staff, the queue, the API, the customers themselves."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from conversations import counting, customer_merging, delivery, families, listing, merging, queries
from conversations.filters import Filters
from conversations.models import Conversation, Customer, Event, Message
from core.context import Actor, acting_as
from core.models import AuditEvent
from intake.links import conversation_token
from tests.build import arrives, run_jobs
from tests.cast import SYSTEM, Cast, conversation, customer, inbound


def owned(model, **of):
    return model.objects.using("owner").get(**of)


def texts(cast: Cast, pk: int, user=None) -> list[str]:
    with cast.acting(user or cast.ana):
        return [one.text for one in queries.messages(Conversation.objects.get(pk=pk))]


def joined(cast: Cast, source: Conversation, target: Conversation) -> Conversation:
    with cast.acting(cast.ana):
        return merging.merge(Conversation.objects.get(pk=source.pk), Conversation.objects.get(pk=target.pk), by=cast.ana)


def apart(cast: Cast, source: Conversation) -> Conversation:
    with cast.acting(cast.ana):
        return merging.separate(Conversation.objects.get(pk=source.pk), by=cast.ana)


@pytest.fixture
def pair(cast: Cast) -> tuple[Conversation, Conversation]:
    """An older and a newer conversation of Cara's."""
    old, _ = conversation(cast.orders, cast.cara, "Where is my tent?")
    new, _ = conversation(cast.orders, cast.cara, "And the poles?")
    return old, new


def events(pk: int) -> list[str]:
    return list(
        AuditEvent.objects.using("owner")
        .filter(subject_id=pk, subject="conversations.conversation")
        .values_list("event", flat=True)
    )


def test_a_merged_conversation_is_read_in_the_other_one_in_one_line_of_time(cast: Cast, pair) -> None:
    old, new = pair
    inbound(old, "It is green")
    joined(cast, new, old)
    assert texts(cast, old.pk) == ["Where is my tent?", "And the poles?", "It is green"]
    assert owned(Message, text="And the poles?").conversation_id == new.pk
    assert events(old.pk)[-1] == events(new.pk)[-1] == Event.CONVERSATION_MERGED


def test_it_leaves_every_list_and_owes_by_the_earlier_time(cast: Cast, pair) -> None:
    old, new = pair
    soon = timezone.now() + timedelta(minutes=5)
    with acting_as(SYSTEM):
        Conversation.objects.filter(pk=new.pk).update(due_at=soon)
        Conversation.objects.filter(pk=old.pk).update(due_at=soon + timedelta(hours=1))
    joined(cast, new, old)
    with cast.acting(cast.ana):
        for view in ("open", "unassigned", "resolved", "waiting"):
            assert new.pk not in [one.pk for one in listing.page(cast.ana, Filters.of({"view": view})).conversations]
        assert counting.counts(cast.ana).views["open"] == 1
    assert owned(Conversation, pk=old.pk).due_at == soon


def test_taking_it_back_leaves_no_trace_but_the_log(cast: Cast, pair) -> None:
    old, new = pair
    kept = ("state", "due_at", "preview", "last_message_at", "last_inbound_at", "merged_into_id", "priority")
    with acting_as(SYSTEM):
        Conversation.objects.filter(pk=new.pk).update(due_at=timezone.now())
        Conversation.objects.claim(old.pk, from_state="open", to_state="waiting")
    for one in pair:
        with acting_as(SYSTEM):
            merging.freshen(one.pk)
    before = [[getattr(owned(Conversation, pk=one.pk), name) for name in kept] for one in pair]
    joined(cast, new, old)
    assert owned(Conversation, pk=old.pk).state == "open"
    apart(cast, new)
    assert [[getattr(owned(Conversation, pk=one.pk), name) for name in kept] for one in pair] == before
    assert texts(cast, old.pk) == ["Where is my tent?"]
    assert events(new.pk)[-1] == events(old.pk)[-1] == Event.CONVERSATION_SEPARATED


def test_after_the_customer_wrote_it_stays_together_and_says_why(cast: Cast, pair) -> None:
    old, new = pair
    joined(cast, new, old)
    arrives(cast.orders, "Hello?", conversation=old.pk)
    with pytest.raises(merging.CannotMerge, match="has written since"):
        apart(cast, new)
    assert owned(Conversation, pk=new.pk).merged_into_id == old.pk


def test_later_mail_to_the_old_number_wakes_the_other_one_and_is_read_there(cast: Cast, pair) -> None:
    old, new = pair
    joined(cast, new, old)
    with acting_as(SYSTEM):
        Conversation.objects.filter(pk=old.pk).update(due_at=None)
        Conversation.objects.claim(old.pk, from_state="open", to_state="resolved")
    arrives(cast.orders, "Any news?", conversation=new.pk)
    assert texts(cast, old.pk)[-1] == "Any news?"
    assert (owned(Conversation, pk=old.pk).state, owned(Conversation, pk=new.pk).state) == ("open", "resolved")
    assert owned(Conversation, pk=old.pk).due_at is not None


def test_a_reply_written_before_that_mail_is_held(cast: Cast, pair) -> None:
    old, new = pair
    joined(cast, new, old)
    with cast.acting(cast.ana):
        seen = queries.newest_public(Conversation.objects.get(pk=old.pk))
        assert delivery.public_after(Conversation.objects.get(pk=old.pk), seen) == []
    arrives(cast.orders, "Any news?", conversation=new.pk)
    with cast.acting(cast.ana):
        assert [one.text for one in delivery.public_after(Conversation.objects.get(pk=old.pk), seen)] == ["Any news?"]


def test_pointers_are_never_longer_than_one_and_never_go_round(cast: Cast, pair) -> None:
    old, new = pair
    third, _ = conversation(cast.orders, cast.cara, "Third")
    joined(cast, new, old)
    joined(cast, old, third)
    assert owned(Conversation, pk=new.pk).merged_into_id == owned(Conversation, pk=old.pk).merged_into_id == third.pk
    with pytest.raises(merging.CannotMerge):
        joined(cast, third, new)
    apart(cast, old)
    assert owned(Conversation, pk=new.pk).merged_into_id == old.pk
    assert texts(cast, third.pk) == ["Third"]
    with pytest.raises(merging.CannotMerge):
        joined(cast, third, third)


def test_two_customers_conversations_are_not_merged(cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    other, _ = conversation(cast.orders, cast.dan)
    with pytest.raises(merging.CannotMerge, match="two different customers"):
        joined(cast, other, mine)
    assert owned(Conversation, pk=other.pk).merged_into_id is None


def test_a_colleague_of_another_team_sees_what_he_saw_before_and_no_more(cast: Cast) -> None:
    orders, _ = conversation(cast.orders, cast.cara, "Orders words")
    app, _ = conversation(cast.app, cast.cara, "App words")
    with acting_as(SYSTEM):
        merging.merge(Conversation.objects.get(pk=orders.pk), Conversation.objects.get(pk=app.pk), by=cast.sam)
    assert texts(cast, app.pk, cast.ben) == ["App words"]
    assert texts(cast, orders.pk, cast.ana) == ["Orders words"]
    with cast.acting(cast.ana):
        assert families.target_of(Conversation.objects.get(pk=orders.pk)) is None
        assert not Message.objects.filter(text="App words").exists()


def one_person(cast: Cast, other: Customer, into: Customer) -> None:
    with cast.acting(cast.ana):
        customer_merging.merge(
            Customer.objects.get(pk=other.pk), Customer.objects.get(pk=into.pk), by=cast.ana, scope=cast.orders.pk
        )


def two_people(cast: Cast, other: Customer) -> None:
    with cast.acting(cast.ana):
        customer_merging.separate(Customer.objects.get(pk=other.pk), by=cast.ana, scope=cast.orders.pk)


def test_customers_are_merged_by_a_pointer_and_taken_apart(cast: Cast) -> None:
    eve = customer("Eve")
    for who in (cast.cara, cast.dan, eve):
        conversation(cast.orders, who)
    one_person(cast, cast.dan, cast.cara)
    one_person(cast, cast.cara, eve)
    assert {owned(Customer, pk=one.pk).merged_into_id for one in (cast.dan, cast.cara)} == {eve.pk}
    with pytest.raises(customer_merging.CannotMerge):
        one_person(cast, eve, cast.dan)
    two_people(cast, cast.cara)
    assert owned(Customer, pk=cast.dan.pk).merged_into_id == cast.cara.pk
    assert owned(Customer, pk=cast.cara.pk).merged_into_id is None
    two_people(cast, cast.dan)
    assert owned(Customer, pk=cast.dan.pk).merged_into_id is None
    told = AuditEvent.objects.using("owner").filter(subject="conversations.customer", subject_id=cast.cara.pk)
    assert [one.event for one in told] == [
        Event.CUSTOMER_MERGED, Event.CUSTOMER_MERGED, Event.CUSTOMER_SEPARATED, Event.CUSTOMER_SEPARATED,
    ]  # fmt: skip


def test_an_agent_cannot_merge_a_customer_of_another_team(cast: Cast) -> None:
    conversation(cast.orders, cast.cara)
    conversation(cast.app, cast.dan)
    with cast.acting(cast.ana):
        assert not Customer.objects.filter(pk=cast.dan.pk).update(merged_into=cast.cara)
    assert owned(Customer, pk=cast.dan.pk).merged_into_id is None


def seen_by(who: Customer) -> set[str]:
    with acting_as(Actor.customer(who.pk), read_only=True):
        return set(Message.objects.values_list("text", flat=True))


def test_a_wrong_merge_shows_neither_customer_anything_of_the_other(cast: Cast) -> None:
    hers, _ = conversation(cast.orders, cast.cara, "Cara's secret")
    his, _ = conversation(cast.orders, cast.dan, "Dan's secret")
    one_person(cast, cast.dan, cast.cara)
    joined(cast, his, hers)
    assert texts(cast, hers.pk) == ["Cara's secret", "Dan's secret"]
    arrives(cast.orders, "Dan again", conversation=his.pk)
    fresh = arrives(cast.orders, "Dan anew", email="dan@customer.example").conversation
    assert (seen_by(cast.cara), seen_by(cast.dan)) == ({"Cara's secret"}, {"Dan's secret", "Dan again", "Dan anew"})
    assert fresh.customer_id == cast.dan.pk
    assert texts(cast, hers.pk) == ["Cara's secret", "Dan's secret", "Dan again"]
    with cast.acting(cast.ana):
        delivery.reply(Conversation.objects.get(pk=hers.pk), "For Cara alone", by=cast.ana, client_key=uuid.uuid4())
    run_jobs()
    his_page, her_page = (Client().get(f"/c/{conversation_token(one.pk)}/").content.decode() for one in (his, hers))
    assert "Dan again" in his_page and "Cara" not in his_page
    assert "For Cara alone" in her_page and "Dan" not in her_page
