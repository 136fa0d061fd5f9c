"""Carrying a reply out: once, whatever the channel does, and shown to a person when the channel cannot tell."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from contactcenter.invariants import broken
from conversations import delivery, retries
from conversations.models import Account, Conversation, Customer, Delivery, DeliveryAttempt, Identity, Inbox, Message
from core import jobs, liveness
from core.context import Actor, acting_as
from core.models import AuditEvent, Job
from gateways import fakes
from gateways.breaker import breaker
from gateways.errors import Busy, GatewayError, Misconfigured
from tests.build import run_jobs
from tests.cast import Cast, conversation, inbound
from tests.conversations.sending import provider, reply
from tests.house.world import owner_sql

__all__ = ["provider", "reply"]


def state() -> str:
    return Delivery.objects.using("owner").get().state


def attempts() -> list[str]:
    return list(DeliveryAttempt.objects.using("owner").order_by("pk").values_list("state", flat=True))


def retry_now() -> int:
    breaker("channel:web").close()
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


def fails_once(provider: fakes.FakeChannel, error: Exception) -> None:
    """The next call ends with `error`; then all goes well."""
    plain = provider.send

    def failing(*args: Any) -> str:
        provider.calls += 1
        provider.send = plain  # type: ignore[method-assign]
        raise error

    provider.send = failing  # type: ignore[method-assign]


def the_delivery() -> Delivery:
    return Delivery.objects.using("owner").get()


def seconds_to_wait() -> float:
    with acting_as(Actor.system("tests")):
        found = Job.objects.get(kind="conversations.carriage.deliver", state="ready")
    return (found.run_at - timezone.now()).total_seconds()


def test_a_provider_that_asks_us_to_wait_is_left_alone_as_long_as_it_says(reply: Message, provider: fakes.FakeChannel) -> None:
    fails_once(provider, Busy("too many requests", 90))
    run_jobs(rounds=1)
    assert state() == "pending" and attempts() == ["not_sent"] and 80 < seconds_to_wait() <= 90
    assert the_delivery().retry_at is not None
    with acting_as(Actor.system("tests")):
        assert Job.objects.get(kind="conversations.carriage.deliver").attempts == 0
    retry_now()
    assert state() == "sent" and the_delivery().retry_at is None and not any(broken().values())


def test_nobody_waits_for_a_busy_provider_longer_than_a_day(reply: Message, provider: fakes.FakeChannel) -> None:
    owner_sql("UPDATE conversations_delivery SET not_before = now() - interval '25 hours'")
    fails_once(provider, Busy("too many requests", 90))
    run_jobs(early=False, rounds=1)
    owner_sql("UPDATE core_job SET run_at = now(), dispatched_at = NULL WHERE state = 'ready'")
    run_jobs(early=False)
    assert state() == "failed" and the_delivery().reason == "too many requests" and provider.ledger == []
    assert Conversation.objects.using("owner").get().needs_person == "A reply could not be delivered"


def test_an_account_that_is_refused_stops_and_its_replies_wait_for_an_admin(
    reply: Message, provider: fakes.FakeChannel
) -> None:
    fails_once(provider, Misconfigured("535 bad credentials"))
    retry_now()
    account = Account.objects.using("owner").get()
    assert account.paused_at is not None and account.paused_reason == "535 bad credentials"
    for _ in range(2):
        retry_now()
    assert state() == "pending" and attempts() == ["not_sent"] and provider.calls == 1
    assert AuditEvent.objects.using("owner").filter(event="account.paused").count() == 1
    owner_sql("UPDATE conversations_account SET paused_at = NULL, paused_reason = ''")
    retry_now()
    assert state() == "sent" and len(provider.ledger) == 1 and not any(broken().values())


def test_one_accounts_trouble_is_not_anothers(cast: Cast, reply: Message, provider: fakes.FakeChannel) -> None:
    matter, _ = conversation(cast.app, cast.dan)
    with cast.acting(cast.ben):
        found = Conversation.objects.select_related("inbox").get(pk=matter.pk)
        delivery.reply(found, "Here you are.", by=cast.ben, client_key=uuid.uuid4())
    breaker("channel:web").open()
    owner_sql("UPDATE conversations_account SET paused_at = NULL")
    run_jobs()
    mine = Delivery.objects.using("owner").order_by("pk").values_list("state", flat=True)
    assert list(mine) == ["pending", "sent"] and [sent.message.inbox for sent in provider.ledger] == ["app"]


def test_an_account_that_is_left_alone_is_not_called(reply: Message, provider: fakes.FakeChannel) -> None:
    breaker("channel:web").open()
    run_jobs(rounds=1)
    assert provider.calls == 0 and attempts() == [] and 10 < seconds_to_wait() <= 15
    assert the_delivery().retry_at is not None


def test_what_was_said_first_leaves_first(cast: Cast, reply: Message, provider: fakes.FakeChannel) -> None:
    with cast.acting(cast.ana):
        found = Conversation.objects.select_related("inbox").get(pk=reply.conversation_id)
        delivery.reply(found, "And one thing more.", by=cast.ana, client_key=uuid.uuid4())
    fails_once(provider, GatewayError("connection refused"))
    for _ in range(4):
        retry_now()
    assert [sent.message.text for sent in provider.ledger] == ["It leaves today.", "And one thing more."]


def test_a_reply_whose_job_died_holds_nobody_up(cast: Cast, reply: Message, provider: fakes.FakeChannel) -> None:
    owner_sql("UPDATE core_job SET state = 'dead'")
    with cast.acting(cast.ana):
        found = Conversation.objects.select_related("inbox").get(pk=reply.conversation_id)
        delivery.reply(found, "And one thing more.", by=cast.ana, client_key=uuid.uuid4())
    run_jobs()
    assert [sent.message.text for sent in provider.ledger] == ["And one thing more."]


def test_what_the_provider_calls_it_is_kept_before_more_is_sent(reply: Message, provider: fakes.FakeChannel) -> None:
    plain, given = provider.send, []

    def in_two_steps(message, key, progress) -> str:
        given.append(progress.ref)
        progress.keep("draft-7")
        kept = DeliveryAttempt.objects.using("owner").latest("pk").provider_ref
        assert kept == "draft-7"
        return plain(message, key, progress)

    provider.send = in_two_steps  # type: ignore[method-assign]
    provider.script = ["down", "ok"]
    retry_now()
    retry_now()
    assert given == ["", "draft-7"] and state() == "sent"


def test_a_call_that_was_given_up_meanwhile_sends_nothing_more(reply: Message, provider: fakes.FakeChannel) -> None:
    def paused_for_long(message, key, progress) -> str:
        owner_sql("UPDATE conversations_deliveryattempt SET state = 'not_sent'")
        progress.keep("draft-7")
        raise AssertionError("it went on")

    provider.send = paused_for_long  # type: ignore[method-assign]
    run_jobs(rounds=1)
    assert provider.ledger == [] and attempts() == ["not_sent"]


def test_a_carrier_that_stumbles_leaves_a_doubt_and_not_a_second_sending(reply: Message, provider: fakes.FakeChannel) -> None:
    plain = provider.send

    def stumbles(*args: Any) -> str:
        plain(*args)
        raise KeyError("id")

    provider.send = stumbles  # type: ignore[method-assign]
    run_jobs(rounds=1)
    assert attempts() == ["unknown"]
    provider.send = plain  # type: ignore[method-assign]
    run_jobs()
    assert state() == "sent" and len(provider.ledger) == 1


def test_words_that_were_not_approved_do_not_leave(reply: Message, provider: fakes.FakeChannel) -> None:
    owner_sql("UPDATE conversations_delivery SET body_sha256 = repeat('0', 64)")
    run_jobs()
    assert state() == "failed" and provider.calls == 0
    assert the_delivery().reason == "The words are not those that were approved"


@pytest.fixture
def by_mail(cast: Cast) -> Message:
    """Ana's answer to Cara by mail."""
    Inbox.objects.using("owner").filter(pk=cast.orders.pk).update(channel="email", address="help@shop.example")
    cast.orders.refresh_from_db(using="owner")
    matter, _ = conversation(cast.orders, cast.cara)
    with cast.acting(cast.ana):
        found = Conversation.objects.select_related("inbox").get(pk=matter.pk)
        return delivery.reply(found, "It leaves today.", by=cast.ana, client_key=uuid.uuid4())


def test_nobody_writes_to_an_address_that_mail_came_back_from(cast: Cast, by_mail: Message) -> None:
    owner_sql("UPDATE conversations_identity SET undeliverable_at = now(), undeliverable_reason = 'no such user'")
    run_jobs()
    assert state() == "failed" and fakes.named("email").calls == 0
    assert the_delivery().reason == "Mail to this address came back before: no such user"
    with cast.acting(cast.ana):
        retries.try_again(Message.objects.select_related("delivery").get(pk=by_mail.pk))
    retry_now()
    assert state() == "sent" and Identity.objects.using("owner").get(customer=cast.cara).undeliverable_at is None


def test_a_customer_without_an_address_is_not_written_to(cast: Cast, by_mail: Message) -> None:
    Identity.objects.using("owner").filter(customer=Customer.objects.using("owner").get(pk=cast.cara.pk)).delete()
    run_jobs()
    assert state() == "failed" and the_delivery().reason == "The customer has no address here to send to"


def test_after_whatsapps_day_no_free_text_leaves(cast: Cast) -> None:
    Inbox.objects.using("owner").filter(pk=cast.orders.pk).update(channel="whatsapp")
    cast.orders.refresh_from_db(using="owner")
    Identity.objects.using("owner").filter(customer=cast.cara.pk).update(kind="phone", address="4917012345")
    matter, _ = conversation(cast.orders, cast.cara)
    with cast.acting(cast.ana):
        found = Conversation.objects.select_related("inbox").get(pk=matter.pk)
        delivery.reply(found, "It leaves today.", by=cast.ana, client_key=uuid.uuid4())
    owner_sql("UPDATE conversations_message SET created_at = now() - interval '25 hours' WHERE direction = 'in'")
    run_jobs()
    assert state() == "failed" and the_delivery().reason.startswith("WhatsApp’s 24 hours have passed")
    assert Conversation.objects.using("owner").get().needs_person == "A reply could not be delivered"


def test_a_channel_that_cannot_tell_yet_is_asked_again_and_then_a_person(reply: Message, provider: fakes.FakeChannel) -> None:
    def not_yet(key: str, ref: str = "") -> str:
        raise GatewayError("not yet", ambiguous=True)

    provider.script, provider.lookup = ["lost"], not_yet  # type: ignore[method-assign]
    provider.drops_repetitions = False
    for _ in range(8):
        retry_now()
    assert state() == "unknown" and provider.calls == 1
    owner_sql("UPDATE conversations_deliveryattempt SET ended_at = now() - interval '31 minutes'")
    retry_now()
    assert state() == "held" and not any(broken().values())


def test_fixed_words_of_the_house_are_no_answer(cast: Cast, provider: fakes.FakeChannel) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    owner_sql("UPDATE conversations_conversation SET due_at = now() + interval '1 hour'")
    with acting_as(Actor.system("doors")):
        found = Conversation.objects.select_related("inbox").get(pk=matter.pk)
        told = Message.objects.create(
            conversation=found, inbox_id=found.inbox_id, customer_id=found.customer_id, direction="out", author="system",
            text="Your message arrived.",
        )  # fmt: skip
        delivery.send(told, after=0)
        assert delivery.public_after(found, told.pk - 1) == []
    run_jobs()
    now = Conversation.objects.using("owner").get()
    assert state() == "sent" and now.state == "open" and now.due_at is not None
