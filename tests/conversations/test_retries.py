"""Replies that did not get through: what a person may do, what it costs, and that nobody sends twice without having chosen it."""

import uuid

import pytest

from contactcenter.invariants import broken
from conversations import delivery
from conversations.asks import WHY_TWICE
from conversations.models import Conversation, Delivery, DeliveryAttempt, Message
from core.models import AuditEvent
from gateways import fakes
from tests.build import run_jobs
from tests.cast import Cast
from tests.conversations.sending import provider, reply
from tests.conversations.test_screens import HX
from tests.house.world import owner_sql
from tests.sockets import signed_in

__all__ = ["provider", "reply"]


def now() -> Delivery:
    return Delivery.objects.using("owner").get()


def attempts() -> list[str]:
    return list(DeliveryAttempt.objects.using("owner").order_by("pk").values_list("state", flat=True))


def audited(event: str) -> list[dict]:
    return list(AuditEvent.objects.using("owner").filter(event=event).values_list("facts", flat=True))


def press(user, message: Message, do: str = "again", why: str = "not_there"):
    return signed_in(user).post(f"/messages/{message.pk}/retry/", {"do": do, "why": why}, **HX)


@pytest.fixture
def failed(reply: Message, provider: fakes.FakeChannel) -> Message:
    provider.script = ["refused"]
    run_jobs()
    assert now().state == "failed"
    return reply


@pytest.fixture
def held(reply: Message, provider: fakes.FakeChannel) -> Message:
    """Sent, but the answer got lost, and the channel keeps no keys to look it up by."""
    provider.keeps_keys = provider.drops_repetitions = False
    provider.script = ["lost"]
    provider.lookup = lambda key, ref="": None  # type: ignore[method-assign]
    run_jobs()
    owner_sql("UPDATE core_job SET run_at = now() WHERE state = 'ready'")
    run_jobs()
    assert now().state == "held" and attempts() == ["unknown"]
    return reply


def test_the_reason_and_a_way_on_are_shown(cast: Cast, failed: Message) -> None:
    page = signed_in(cast.ana).get(f"/conversations/{failed.conversation_id}/").content.decode()
    assert "Not delivered: refused by the provider" in page
    assert f'hx-post="/messages/{failed.pk}/retry/"' in page and "Nothing was sent." in page


def test_what_surely_was_not_sent_goes_out_at_one_press(cast: Cast, failed: Message, provider: fakes.FakeChannel) -> None:
    answer = press(cast.ana, failed)
    assert answer.status_code == 200 and "On its way again" in answer.content.decode()
    assert now().state == "pending" and now().reason == ""
    run_jobs()
    assert now().state == "sent" and attempts() == ["rejected", "accepted"] and len(provider.ledger) == 1
    assert audited("delivery.retried") == [{"delivery": now().pk}]
    assert Conversation.objects.using("owner").get().needs_person == ""
    assert not any(broken().values())


def test_two_presses_are_one_try(cast: Cast, failed: Message, provider: fakes.FakeChannel) -> None:
    assert press(cast.ana, failed).status_code == 200
    assert press(cast.ana, failed).status_code == 409
    run_jobs()
    assert len(provider.ledger) == 1 and len(audited("delivery.retried")) == 1


def test_it_can_fail_and_be_tried_again_more_than_once(cast: Cast, failed: Message, provider: fakes.FakeChannel) -> None:
    for _ in range(2):
        provider.script = ["refused"]
        press(cast.ana, failed)
        run_jobs()
        assert now().state == "failed"
    press(cast.ana, failed)
    run_jobs()
    assert now().state == "sent" and attempts() == ["rejected", "rejected", "rejected", "accepted"]


def test_what_the_channel_had_taken_before_it_came_back_is_not_sent_again(cast: Cast, reply: Message, provider) -> None:
    run_jobs()
    owner_sql("UPDATE conversations_delivery SET state = 'failed', version = version + 1, reason = 'it bounced'")
    answer = press(cast.ana, reply)
    assert answer.status_code == 409 and "might send it twice" in answer.content.decode()
    run_jobs()
    assert now().state == "failed" and len(provider.ledger) == 1 and audited("delivery.retried") == []
    page = signed_in(cast.ana).get(f"/conversations/{reply.conversation_id}/").content.decode()
    assert "it bounced" in page and f"/messages/{reply.pk}/retry/" not in page


def test_a_doubtful_reply_asks_and_warns(cast: Cast, held: Message) -> None:
    page = signed_in(cast.ana).get(f"/conversations/{held.conversation_id}/").content.decode()
    assert "May not have been delivered" in page
    assert "It arrived" in page and "The customer may get it twice." in page


def test_a_person_says_that_it_arrived(cast: Cast, held: Message, provider: fakes.FakeChannel) -> None:
    assert press(cast.ana, held, "arrived").status_code == 200
    sent = now()
    assert (sent.state, sent.provider_id) == ("sent", f"confirmed:{cast.ana.pk}")
    assert attempts() == ["accepted"]
    assert Message.objects.using("owner").get(pk=held.pk).published_at is not None
    confirmed = AuditEvent.objects.using("owner").get(event="delivery.confirmed")
    assert (confirmed.actor_kind, confirmed.actor_id) == ("agent", cast.ana.pk)
    run_jobs()
    assert len(provider.ledger) == 1
    assert not any(broken().values())


def test_a_person_sends_it_again_knowing_that_it_may_come_twice(cast: Cast, held: Message, provider) -> None:
    assert press(cast.ana, held).status_code == 200
    assert attempts() == ["not_sent"] and now().state == "pending"
    run_jobs()
    assert now().state == "sent" and attempts() == ["not_sent", "accepted"]
    assert len(provider.ledger) == 2 and len({sent.key for sent in provider.ledger}) == 1
    assert audited("delivery.retried") == [{"delivery": now().pk, "may_be_twice": True, "why": "not_there"}]
    assert not any(broken().values())


@pytest.mark.parametrize("why", ["", "because"])
def test_without_a_reason_nothing_goes_out_twice(cast: Cast, held: Message, provider, why: str) -> None:
    answer = press(cast.ana, held, why=why)
    assert answer.status_code == 422 and "Nothing was sent" in answer.content.decode()
    assert now().state == "held" and attempts() == ["unknown"] and len(provider.ledger) == 1


def test_the_page_offers_the_reasons_that_are_taken(cast: Cast, held: Message) -> None:
    page = signed_in(cast.ana).get(f"/conversations/{held.conversation_id}/").content.decode()
    for reason, told in WHY_TWICE.items():
        assert f'<option value="{reason}">{told}</option>' in page


def test_two_people_who_decide_differently_are_one_decision(cast: Cast, held: Message, provider) -> None:
    assert press(cast.ana, held, "arrived").status_code == 200
    assert press(cast.sam, held).status_code == 409
    run_jobs()
    assert now().state == "sent" and len(provider.ledger) == 1 and audited("delivery.retried") == []


@pytest.mark.parametrize("do", ["again", "arrived"])
def test_who_may_not_see_it_decides_nothing(cast: Cast, held: Message, do: str) -> None:
    assert press(cast.ben, held, do).status_code == 404
    assert now().state == "held" and attempts() == ["unknown"]


def test_what_went_well_is_not_touched(cast: Cast, reply: Message, provider: fakes.FakeChannel) -> None:
    run_jobs()
    before = now()
    assert {press(cast.ana, reply, do).status_code for do in ("again", "arrived", "nonsense")} == {409}
    assert (now().state, now().version) == (before.state, before.version) and len(provider.ledger) == 1


def test_a_note_and_a_missing_message_have_nothing_to_try(cast: Cast, reply: Message) -> None:
    with cast.acting(cast.ana):
        note = delivery.note(reply.conversation, "internal", by=cast.ana, client_key=uuid.uuid4())
    assert press(cast.ana, note).status_code == 404
    assert signed_in(cast.ana).post("/messages/999999/retry/", {"do": "again"}).status_code == 404
