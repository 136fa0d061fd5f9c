"""Carrying a reply out: once, whatever the channel does, and shown to a person when the channel cannot tell."""

import uuid

import pytest

from contactcenter.invariants import broken
from conversations import delivery
from conversations.models import Conversation, Delivery, DeliveryAttempt, Message
from core import jobs, liveness
from gateways import fakes
from tests.build import run_jobs
from tests.cast import Cast, conversation, inbound
from tests.house.world import owner_sql


@pytest.fixture(autouse=True)
def provider(settings) -> fakes.FakeChannel:
    """A provider with a ledger of its own, for every channel."""
    settings.CHANNEL_GATEWAYS = {"web": "gateways.fakes.channel", "email": "gateways.fakes.channel"}
    fakes.forget_channels()
    return fakes.named("web")


@pytest.fixture
def reply(cast: Cast) -> Message:
    """Ana's answer to Cara, waiting out its undo window."""
    matter, _ = conversation(cast.orders, cast.cara)
    with cast.acting(cast.ana):
        found = Conversation.objects.select_related("inbox").get(pk=matter.pk)
        return delivery.reply(found, "It leaves today.", by=cast.ana, client_key=uuid.uuid4())


def state() -> str:
    return Delivery.objects.using("owner").get().state


def attempts() -> list[str]:
    return list(DeliveryAttempt.objects.using("owner").order_by("pk").values_list("state", flat=True))


def retry_now() -> int:
    owner_sql("UPDATE conversations_deliveryattempt SET deadline = now() WHERE state = 'calling'")
    owner_sql("UPDATE core_job SET run_at = now(), dispatched_at = NULL WHERE state = 'ready'")
    return run_jobs()


def test_nothing_leaves_inside_the_undo_window(reply: Message, provider: fakes.FakeChannel) -> None:
    run_jobs(early=False)
    assert state() == "pending" and provider.calls == 0 and attempts() == []


def test_a_reply_taken_back_is_never_sent(reply: Message, cast: Cast, provider: fakes.FakeChannel) -> None:
    with cast.acting(cast.ana):
        assert delivery.recall(Message.objects.select_related("delivery", "conversation").get(pk=reply.pk))
    run_jobs()
    assert state() == "recalled" and provider.calls == 0
    assert Message.objects.using("owner").get(pk=reply.pk).published_at is None


def test_the_ledger_has_a_row_before_and_an_answer_after_the_call(reply: Message, provider: fakes.FakeChannel) -> None:
    run_jobs()
    sent = Delivery.objects.using("owner").get()
    assert (sent.state, sent.provider_id) == ("sent", provider.ledger[0].provider_id)
    assert attempts() == ["accepted"] and provider.calls == 1
    assert provider.ledger[0].key == str(sent.send_key)
    assert Message.objects.using("owner").get(pk=reply.pk).published_at is not None
    assert not any(broken().values())


def test_what_surely_was_not_sent_is_tried_again(reply: Message, provider: fakes.FakeChannel) -> None:
    provider.script = ["down", "down"]
    for _ in range(3):
        retry_now()
    assert state() == "sent" and attempts() == ["not_sent", "not_sent", "accepted"] and len(provider.ledger) == 1


def test_a_channel_that_stays_away_ends_with_a_person(reply: Message, provider: fakes.FakeChannel) -> None:
    provider.script = ["down"] * 20
    for _ in range(12):
        retry_now()
    found = Conversation.objects.using("owner").get()
    assert state() == "failed" and found.needs_person == "A reply could not be delivered" and provider.ledger == []
    assert not any(broken().values())


def test_a_refusal_is_not_repeated_and_a_person_is_told(reply: Message, provider: fakes.FakeChannel) -> None:
    provider.script = ["refused"]
    run_jobs()
    assert state() == "failed" and attempts() == ["rejected"] and provider.calls == 1
    assert Conversation.objects.using("owner").get().needs_person == "A reply could not be delivered"


def test_a_lost_answer_is_looked_up_and_never_sent_twice(reply: Message, provider: fakes.FakeChannel) -> None:
    provider.script = ["lost"]
    run_jobs()
    assert state() == "sent" and len(provider.ledger) == 1 and provider.calls == 1
    assert not any(broken().values())


def test_a_call_that_died_before_the_channel_heard_of_it_is_made_again(reply: Message, provider: fakes.FakeChannel) -> None:
    provider.script = ["dies"]
    with pytest.raises(fakes.ProcessDied):
        run_jobs()
    assert state() == "sending" and attempts() == ["calling"]
    liveness.let_go()
    retry_now()
    assert state() == "sent" and attempts() == ["not_sent", "accepted"] and len(provider.ledger) == 1


def test_a_call_that_died_after_the_channel_heard_of_it_is_not_repeated(reply: Message, provider: fakes.FakeChannel) -> None:
    provider.script = ["dies_after"]
    with pytest.raises(fakes.ProcessDied):
        run_jobs()
    liveness.let_go()
    retry_now()
    assert state() == "sent" and provider.calls == 1 and len(provider.ledger) == 1
    assert not any(broken().values())


def test_while_its_caller_may_still_be_calling_nobody_else_does(reply: Message, provider: fakes.FakeChannel) -> None:
    provider.script = ["dies"]
    with pytest.raises(fakes.ProcessDied):
        run_jobs()
    owner_sql("UPDATE core_job SET lease_until = now() - interval '1 second'")  # A worker that is paused keeps its lock.
    for pk, *_ in jobs.due():
        jobs.run(pk)
    assert state() == "sending" and attempts() == ["calling"] and provider.calls == 1


def test_a_caller_that_only_seems_dead_is_given_its_time(reply: Message, provider: fakes.FakeChannel) -> None:
    provider.script = ["dies"]
    with pytest.raises(fakes.ProcessDied):
        run_jobs()
    liveness.let_go()
    for pk, *_ in jobs.due():
        jobs.run(pk)
    assert state() == "sending" and attempts() == ["calling"] and provider.calls == 1


def test_a_channel_that_cannot_tell_leaves_it_to_a_person(reply: Message, provider: fakes.FakeChannel) -> None:
    provider.keeps_keys = provider.drops_repetitions = False
    provider.script = ["dies"]
    with pytest.raises(fakes.ProcessDied):
        run_jobs()
    liveness.let_go()
    retry_now()
    assert state() == "held" and provider.ledger == [] and provider.calls == 1
    assert Conversation.objects.using("owner").get().needs_person == "A reply may not have been delivered"
    assert not any(broken().values())


def test_redriving_a_send_that_went_out_sends_nothing(reply: Message, provider: fakes.FakeChannel) -> None:
    run_jobs()
    owner_sql("UPDATE core_job SET state = 'ready', attempts = 0, run_at = now(), dispatched_at = NULL")
    run_jobs()
    assert len(provider.ledger) == 1 and attempts() == ["accepted"]


def test_the_same_click_twice_is_one_reply(cast: Cast, provider: fakes.FakeChannel) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    key = uuid.uuid4()
    for _ in range(2):
        with cast.acting(cast.ana):
            found = Conversation.objects.select_related("inbox").get(pk=matter.pk)
            delivery.reply(found, "Once.", by=cast.ana, client_key=key)
    run_jobs()
    assert [line.message.text for line in provider.ledger] == ["Once."]


def test_a_persons_reply_goes_out_although_the_customer_wrote_again(reply: Message, provider: fakes.FakeChannel) -> None:
    inbound(reply.conversation, "Hello?")
    run_jobs()
    assert state() == "sent"
