"""What a channel reports later: it only ever moves a delivery on, proves what was in doubt, and brings back what did not arrive."""

from datetime import UTC, datetime

import pytest

from contactcenter.invariants import broken
from conversations import delivery, statuses
from conversations.models import Conversation, Delivery, DeliveryAttempt, Message
from core.context import Actor, acting_as
from core.models import AuditEvent
from gateways import fakes
from gateways.errors import GatewayError
from tests.build import run_jobs
from tests.cast import Cast
from tests.conversations.sending import provider, reply
from tests.conversations.test_screens import HX
from tests.house.world import owner_sql
from tests.sockets import signed_in

__all__ = ["provider", "reply"]

HOOK = Actor.system("hook")


@pytest.fixture
def sent(reply: Message) -> Message:
    run_jobs()
    assert now().state == "sent"
    return reply


def now() -> Delivery:
    return Delivery.objects.using("owner").get()


def matter() -> Conversation:
    return Conversation.objects.using("owner").get()


def attempts() -> list[str]:
    return list(DeliveryAttempt.objects.using("owner").order_by("pk").values_list("state", flat=True))


def report(status: str, **told) -> bool:
    with acting_as(HOOK):
        return statuses.reported(Delivery.objects.get(), status, **told)


def audited(event: str) -> list[dict]:
    return list(AuditEvent.objects.using("owner").filter(event=event).values_list("facts", flat=True))


def is_sound() -> bool:
    return not any(broken().values())


def test_it_was_brought_and_then_read(sent: Message) -> None:
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert report("delivered", at=moment) and now().state == "delivered"
    assert report("read", at=moment) and now().state == "read"
    told = [{"delivery": now().pk, "at": int(moment.timestamp())}]
    assert audited("delivery.received") == told and audited("delivery.read") == told
    assert is_sound()


@pytest.mark.parametrize("late", ["sent", "delivered", "read"])
def test_a_late_or_repeated_word_changes_nothing(sent: Message, late: str) -> None:
    report("read")
    before = now().version
    assert report(late) is False
    assert (now().state, now().version) == ("read", before)


def test_read_needs_no_delivered_before_it(sent: Message) -> None:
    assert report("read") and now().state == "read" and is_sound()


def test_what_came_back_is_not_delivered_and_somebody_is_asked_for(cast: Cast, sent: Message) -> None:
    assert matter().state == "waiting"
    assert report("failed", reason="550 5.1.1 no such user " + "x" * 400)
    assert now().state == "failed" and now().reason.startswith("550 5.1.1") and len(now().reason) == 200
    assert attempts() == ["returned"]
    found = matter()
    assert (found.state, found.needs_person, found.assignee_id) == ("open", "A reply could not be delivered", cast.ana.pk)
    assert len(audited("delivery.returned")) == 1 and is_sound()


def test_failed_is_the_end(sent: Message) -> None:
    report("failed", reason="no such user")
    for word in ("sent", "delivered", "read", "delayed", "failed"):
        assert report(word, reason="later") is False
    assert now().state == "failed" and now().reason == "no such user" and len(audited("delivery.returned")) == 1


def test_what_was_read_did_not_fail(sent: Message) -> None:
    report("read")
    assert report("failed", reason="full") is False and now().state == "read" and attempts() == ["accepted"]


def test_what_came_back_may_be_sent_again_by_a_person(cast: Cast, sent: Message, provider: fakes.FakeChannel) -> None:
    report("failed", reason="mailbox full")
    page = signed_in(cast.ana).get(f"/conversations/{sent.conversation_id}/").content.decode()
    assert "mailbox full" in page and f'hx-post="/messages/{sent.pk}/retry/"' in page
    assert signed_in(cast.ana).post(f"/messages/{sent.pk}/retry/", {"do": "again", "why": "not_there"}, **HX).status_code == 200
    run_jobs()
    assert now().state == "sent" and attempts() == ["returned", "accepted"]
    assert report("delivered") and is_sound()


def test_a_word_about_a_doubtful_reply_proves_that_it_was_taken(reply: Message, provider: fakes.FakeChannel) -> None:
    provider.keeps_keys = False
    provider.script = ["lost"]
    run_jobs(rounds=1)
    assert now().state == "unknown"
    assert report("sent", provider_id="wamid.1")
    assert (now().state, now().provider_id, attempts()) == ("sent", "wamid.1", ["accepted"])
    assert Message.objects.using("owner").get(pk=reply.pk).published_at is not None
    run_jobs()
    assert now().state == "sent" and provider.calls == 1 and is_sound()


def test_a_word_about_a_held_reply_ends_the_doubt(reply: Message, provider: fakes.FakeChannel) -> None:
    held(provider)
    assert report("read", provider_id="wamid.1")
    assert now().state == "read" and attempts() == ["accepted"] and is_sound()


def test_a_held_reply_may_turn_out_to_have_failed(reply: Message, provider: fakes.FakeChannel) -> None:
    held(provider)
    assert report("failed", reason="not on WhatsApp", provider_id="wamid.1")
    assert now().state == "failed" and attempts() == ["returned"] and is_sound()
    assert Message.objects.using("owner").get(pk=reply.pk).published_at is None


def test_a_word_that_comes_before_a_second_try_stops_it(cast: Cast, reply: Message, provider: fakes.FakeChannel) -> None:
    held(provider)
    signed_in(cast.ana).post(f"/messages/{reply.pk}/retry/", {"do": "again", "why": "not_there"}, **HX)
    assert now().state == "pending"
    assert report("delivered", provider_id="wamid.1") and now().state == "delivered"
    run_jobs()
    assert provider.calls == 1 and attempts() == ["accepted"] and is_sound()


def test_a_word_that_overtakes_the_answer_is_the_answer(reply: Message, provider: fakes.FakeChannel) -> None:
    plain = provider.send

    def reported_first(message, key, progress):
        provider_id = plain(message, key, progress)
        report("delivered", provider_id=provider_id)
        raise GatewayError("no answer", ambiguous=True)

    provider.send = reported_first  # type: ignore[method-assign]
    run_jobs()
    assert now().state == "delivered" and attempts() == ["accepted"] and len(provider.ledger) == 1
    assert not AuditEvent.objects.using("owner").filter(event="delivery.unknown").exists() and is_sound()


def test_a_mail_that_is_held_up_says_so_until_it_arrives(sent: Message) -> None:
    assert report("delayed", reason="451 4.7.1 try later")
    assert (now().state, now().delayed_reason) == ("sent", "451 4.7.1 try later")
    assert report("delayed", reason="451 4.7.1 try later") is False
    assert report("delivered") and now().delayed_reason == ""
    assert report("delayed", reason="late notice") is False and now().delayed_reason == ""


def test_nobody_can_report_what_was_never_sent(cast: Cast, reply: Message) -> None:
    for word in statuses.STATUSES:
        assert report(word, reason="x") is False
    assert now().state == "pending" and attempts() == []
    with cast.acting(cast.ana):
        delivery.recall(Message.objects.select_related("delivery", "conversation").get(pk=reply.pk))
    assert report("delivered") is False and now().state == "recalled"


def test_a_word_that_is_no_status_is_refused(sent: Message) -> None:
    with pytest.raises(ValueError):
        report("teleported")
    assert now().state == "sent"


def held(provider: fakes.FakeChannel) -> None:
    provider.keeps_keys = provider.drops_repetitions = False
    provider.script = ["lost"]
    provider.lookup = lambda key, ref="": None  # type: ignore[method-assign]
    run_jobs()
    owner_sql("UPDATE core_job SET run_at = now() WHERE state = 'ready'")
    run_jobs()
    assert now().state == "held"
