"""Replies for later: when they go, what stops them, and how they come back."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from conversations import scheduling
from conversations.models import ComposerText, Conversation, Delivery, Inbox, Message
from core.jobs import due
from tests.build import run_jobs
from tests.cast import Cast, conversation, inbound
from tests.conversations.test_composer import keeps, reply, says, sent
from tests.conversations.test_screens import HX, owned
from tests.house.world import owner_sql
from tests.sockets import signed_in


@pytest.fixture
def found(cast: Cast) -> Conversation:
    return conversation(cast.orders, cast.cara)[0]


def later(client: Client, found: Conversation, text: str = "Good morning", **more) -> Message:
    chosen = (timezone.localtime() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    answer = says(client, found.pk, reply(text, send_at="chosen", send_at_time=chosen, **more))
    assert answer.status_code == 200, answer.content.decode()
    return Message.objects.using("owner").filter(direction="out").latest("pk")


def its_time_comes() -> int:
    owner_sql("UPDATE conversations_delivery SET not_before = now() WHERE state = 'pending'")
    owner_sql("UPDATE core_job SET run_at = now() WHERE state = 'ready'")
    return run_jobs(early=False)


def test_a_scheduled_reply_waits_for_its_time_and_then_goes_once(ana: Client, found: Conversation) -> None:
    message = later(ana, found)
    row = owned(Delivery, message_id=message.pk)
    assert row.is_scheduled and row.state == "pending"
    assert timedelta(hours=47) < row.not_before - timezone.now() < timedelta(hours=49)
    assert not due(), "nothing is to be done before"
    page = ana.get(f"/conversations/{found.pk}/").content.decode()
    assert "Goes out" in page and "Send now" in page and "Sending in a few seconds" not in page
    its_time_comes()
    assert owned(Delivery).state == "sent"


def test_what_the_customer_writes_meanwhile_holds_it_back_with_the_reason(ana: Client, found: Conversation) -> None:
    message = later(ana, found)
    inbound(found, "Never mind, it came.")
    its_time_comes()
    row = owned(Delivery, message_id=message.pk)
    assert (row.state, row.reason) == ("recalled", "the customer wrote again")
    page = ana.get(f"/conversations/{found.pk}/").content.decode()
    assert "was not sent: the customer wrote first" in page
    back = ana.post(f"/messages/{message.pk}/composer/", **HX).content.decode()
    assert ">Good morning</textarea>" in back and "was not sent" not in back
    assert owned(ComposerText).text == "Good morning"


def test_a_reply_held_back_is_its_writer_s_own_to_take(cast: Cast, ana: Client, found: Conversation) -> None:
    message = later(ana, found)
    inbound(found, "Never mind.")
    its_time_comes()
    sam = signed_in(cast.sam)
    assert "was not sent: the customer" not in sam.get(f"/conversations/{found.pk}/").content.decode()
    assert sam.post(f"/messages/{message.pk}/composer/", **HX).status_code == 404
    assert not ComposerText.objects.using("owner").exists()


def test_what_was_merged_into_it_before_holds_nothing_back(ana: Client, cast: Cast, found: Conversation) -> None:
    """A message of the merged one is newer than this one's own, and was on screen when the reply was written."""
    other, _ = conversation(cast.orders, cast.cara, "The same again")
    owner_sql(f"UPDATE conversations_conversation SET merged_into_id = {found.pk} WHERE id = {other.pk}")
    message = later(ana, found)
    assert ana.post(f"/messages/{message.pk}/sending/", **HX).status_code == 200
    its_time_comes()
    assert owned(Delivery).state == "sent"


def test_cancelling_brings_the_words_back(ana: Client, found: Conversation) -> None:
    message = later(ana, found)
    keeps(ana, found.pk, "")
    answer = ana.post(f"/messages/{message.pk}/recall/", **HX).content.decode()
    assert ">Good morning</textarea>" in answer
    its_time_comes()
    assert owned(Delivery).state == "recalled"


def test_sending_it_now_sends_it_once(ana: Client, found: Conversation) -> None:
    message = later(ana, found)
    assert ana.post(f"/messages/{message.pk}/sending/", **HX).status_code == 200
    row = owned(Delivery)
    assert not row.is_scheduled and row.not_before < timezone.now() + timedelta(seconds=10)
    assert ana.post(f"/messages/{message.pk}/sending/", **HX).status_code == 409
    its_time_comes()
    its_time_comes()
    assert owned(Delivery).state == "sent" and Delivery.objects.using("owner").get().attempts.using("owner").count() == 1


def test_sending_it_now_does_not_send_what_the_customer_has_overtaken(ana: Client, found: Conversation) -> None:
    message = later(ana, found)
    inbound(found, "Never mind.")
    answer = ana.post(f"/messages/{message.pk}/sending/", **HX)
    assert answer.status_code == 422 and "The customer has written since" in answer.content.decode()
    assert owned(Delivery).is_scheduled


def test_another_team_can_neither_send_nor_cancel(cast: Cast, ana: Client, found: Conversation) -> None:
    message, ben = later(ana, found), signed_in(cast.ben)
    for act in ("sending", "recall", "composer"):
        assert ben.post(f"/messages/{message.pk}/{act}/", **HX).status_code == 404
    row = owned(Delivery)
    assert row.is_scheduled and row.state == "pending"


def test_the_times_offered_are_the_viewer_s() -> None:
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        noon = datetime(2026, 11, 24, 3, 20, tzinfo=ZoneInfo("UTC"))
        assert [(one.key, f"{one.at:%d %H:%M}") for one in scheduling.offers(noon)] == [
            ("later", "24 15:00"), ("tomorrow", "25 09:00"),
        ]  # fmt: skip
        evening = datetime(2026, 11, 24, 12, 20, tzinfo=ZoneInfo("UTC"))
        assert [one.key for one in scheduling.offers(evening)] == ["tomorrow"]
        chosen = scheduling.moment("chosen", (timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%dT08:30"))
        assert chosen and chosen.utcoffset() == timedelta(hours=9)


@pytest.mark.parametrize("chosen", ["", "tomorrow-ish", "2020-01-01T09:00", "2999-01-01T09:00", "2026-13-45T99:99"])
def test_a_time_that_cannot_be_meant_is_refused(chosen: str) -> None:
    with pytest.raises(ValidationError):
        scheduling.moment("chosen", chosen)


def test_an_offer_that_is_over_sends_nothing_now(ana: Client, found: Conversation) -> None:
    assert says(ana, found.pk, reply("Hello", send_at="yesterday")).status_code == 422
    assert not sent()


def test_whatsapp_is_not_scheduled_beyond_its_window(cast: Cast) -> None:
    owner_sql("UPDATE conversations_inbox SET channel = 'whatsapp' WHERE slug = 'web'")
    found, _ = conversation(Inbox.objects.using("owner").get(slug="web"), cast.cara)
    chosen = (timezone.localtime() + timedelta(hours=25)).strftime("%Y-%m-%dT%H:%M")
    answer = says(signed_in(cast.ana), found.pk, reply("Hello", send_at="chosen", send_at_time=chosen))
    assert answer.status_code == 422 and "24 hours after" in answer.content.decode() and not sent()
