""" "Talk to a person": honoured at once, whatever the assistant was about to say, as often as it is asked for."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from approvals import review
from approvals.models import Draft
from contactcenter.invariants import broken
from conversations import carriage, delivery
from conversations.assignment import assign, hand_back, resolve
from conversations.models import Conversation, Delivery, Message
from core import limits
from core.models import AuditEvent
from intake.links import conversation_token
from intake.person import ask_for_person
from tests.build import RETURNS, arrives, article, draft_of, run_jobs
from tests.cast import Cast, conversation
from tests.house.world import owner_sql

HX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial"}
QUESTION = "How many days do I have to return something?"


@pytest.fixture(autouse=True)
def _library(cast: Cast) -> None:
    limits.forget()
    caches["redis"].clear()
    article(cast.base, "returns", "Returns", RETURNS)


def url_of(matter: Conversation) -> str:
    return f"/c/{conversation_token(matter.pk)}/"


def now(matter: Conversation) -> Conversation:
    return Conversation.objects.using("owner").get(pk=matter.pk)


def asks(matter: Conversation, **more: Any) -> Any:
    return Client().post(f"{url_of(matter)}person/", more)


def audited(event: str) -> int:
    return AuditEvent.objects.using("owner").filter(event=event).count()


def reviewed_only() -> None:
    owner_sql("UPDATE conversations_inbox SET auto_send = false")


def assert_with_people(matter: Conversation) -> None:
    found = now(matter)
    assert (found.state, found.assistant_paused, found.needs_person) == ("open", True, "Asked for a person")
    assert found.priority >= 1 and found.due_at is not None
    assert not any(broken().values())


def test_asking_hands_the_conversation_to_people_and_leads_back_to_the_page(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara, QUESTION)
    answer = asks(matter)
    assert (answer.status_code, answer["Location"]) == (303, f"{url_of(matter)}#outlook")
    assert_with_people(matter)
    assert (audited("person.requested"), audited("conversation.handed_over")) == (1, 1)
    page = Client().get(url_of(matter)).content.decode()
    assert "You asked for a person. Someone will answer" in page and "The assistant says nothing until then." in page
    assert "Talk to a person" not in page


def test_asking_twice_changes_nothing_more(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara, QUESTION)
    asks(matter)
    before = now(matter)
    assert [asks(matter).status_code for _ in range(3)] == [303, 303, 303]
    after = now(matter)
    assert (after.version, after.changed_at, after.due_at) == (before.version, before.changed_at, before.due_at)
    assert (audited("person.requested"), audited("conversation.handed_over")) == (1, 1)


def test_no_quota_refuses_it_and_no_message_is_needed(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara, QUESTION)
    client = Client()
    for _ in range(40):
        client.post(f"{url_of(matter)}messages/", {"text": "Hello?"})
    assert {client.post(f"{url_of(matter)}person/").status_code for _ in range(150)} == {303}
    assert_with_people(matter)
    assert Message.objects.using("owner").count() == 1


def test_what_was_typed_is_kept_and_not_sent(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara, QUESTION)
    answer = asks(matter, text="Half a <sentence>")
    assert answer.status_code == 200 and "Half a &lt;sentence&gt;</textarea>" in answer.content.decode()
    assert_with_people(matter)
    assert Message.objects.using("owner").count() == 1


def test_with_a_script_the_answer_is_the_regions_and_the_words_stay(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara, QUESTION)
    part = Client().post(f"{url_of(matter)}person/", {"text": "Half a sentence"}, **HX).content.decode()
    targets = set(re.findall(r'hx-target="(#[\w-]+)"', part))
    assert {"#chat-head", "#outlook", "#ask", "#chat-log"} <= targets and not {"#write-nonce", "#write"} & targets
    assert "A person has been asked." in part


def test_a_request_without_our_cookie_changes_nothing(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara, QUESTION)
    before = now(matter)
    assert Client(enforce_csrf_checks=True).post(f"{url_of(matter)}person/").status_code == 403
    assert (now(matter).version, now(matter).assistant_paused, audited("person.requested")) == (before.version, False, 0)


def test_a_draft_that_waits_for_review_is_withdrawn(cast: Cast) -> None:
    reviewed_only()
    made = arrives(cast.orders, QUESTION)
    run_jobs()
    assert draft_of(made.message).state == "in_review"
    asks(made.conversation)
    assert draft_of(made.message).state == "superseded"
    assert_with_people(made.conversation)


def test_an_answer_inside_its_undo_window_is_taken_back(cast: Cast) -> None:
    message, draft = approved(cast, QUESTION)
    asks(message.conversation)
    run_jobs()
    assert draft_of(draft.in_reply_to).state == "superseded"
    assert Delivery.objects.using("owner").get().state == "recalled"
    assert not Message.objects.using("owner").filter(direction="out", published_at__isnull=False).exists()
    assert_with_people(message.conversation)


def approved(cast: Cast, text: str) -> tuple[Message, Draft]:
    """An answer of the assistant that a person has checked, still inside its undo window."""
    reviewed_only()
    made = arrives(cast.orders, text)
    run_jobs()
    with cast.acting(cast.ana):
        draft = Draft.objects.get(in_reply_to=made.message.pk)
        review.approve(draft, by=cast.ana, version=draft.version, request_key=uuid.uuid4())
    sent = draft_of(made.message)
    assert sent.state == "sent" and sent.message is not None
    return Message.objects.using("owner").select_related("conversation").get(pk=sent.message_id), sent


def test_an_answer_that_is_already_on_its_way_arrives_and_the_promise_stays(cast: Cast) -> None:
    """The channel has it: it cannot be taken back. It is no answer to the wish for a person, so the clock goes on."""
    message, _ = approved(cast, QUESTION)
    owner_sql("UPDATE conversations_delivery SET not_before = now()")
    attempt = carriage.begin(Delivery.objects.using("owner").get().pk)
    assert attempt is not None
    asks(message.conversation)
    carriage.record(attempt, "web-1", None)
    assert Delivery.objects.using("owner").get().state == "sent"
    assert_with_people(message.conversation)
    page = Client().get(url_of(message.conversation)).content.decode()
    assert message.text[:20] in page and "You asked for a person." in page


def test_a_draft_that_is_being_written_is_never_sent(cast: Cast) -> None:
    made = arrives(cast.orders, QUESTION)
    asks(made.conversation)
    run_jobs()
    assert draft_of(made.message).state == "superseded"
    assert not Message.objects.using("owner").filter(direction="out").exists()
    assert_with_people(made.conversation)


def test_afterwards_nothing_automatic_is_said(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara, "Hello")
    asks(matter)
    again = arrives(cast.orders, QUESTION, conversation=matter.pk)
    run_jobs()
    assert draft_of(again.message).state == "superseded"
    assert not Message.objects.using("owner").filter(direction="out").exists()
    assert_with_people(matter)


def test_a_person_s_own_reply_is_not_taken_back_and_fulfils_the_wish(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara, QUESTION)
    with cast.acting(cast.ana):
        delivery.reply(Conversation.objects.get(pk=matter.pk), "Hello Cara", by=cast.ana, client_key=uuid.uuid4())
    asks(matter)
    run_jobs()
    found = now(matter)
    assert Delivery.objects.using("owner").get().state == "sent"
    assert (found.state, found.needs_person, found.due_at, found.assistant_paused) == ("waiting", "", None, True)


def test_a_conversation_that_sleeps_is_woken_and_its_clock_started(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara, QUESTION)
    with cast.acting(cast.ana):
        resolve(Conversation.objects.get(pk=matter.pk), by=cast.ana)
    asks(matter)
    assert_with_people(matter)
    minutes = (now(matter).due_at - timezone.now()) / timedelta(minutes=1)
    assert cast.orders.first_reply_minutes - 1 < minutes <= cast.orders.first_reply_minutes


def test_a_promise_that_was_made_is_not_put_off(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara, QUESTION)
    soon = timezone.now() + timedelta(minutes=3)
    owner_sql(f"UPDATE conversations_conversation SET due_at = '{soon.isoformat()}' WHERE id = {matter.pk}")
    asks(matter)
    assert now(matter).due_at == soon


def test_whoever_has_the_conversation_keeps_it_and_is_named(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara, QUESTION)
    with cast.acting(cast.ana):
        assign(Conversation.objects.get(pk=matter.pk), to=cast.ana, by=cast.ana)
    asks(matter)
    assert now(matter).assignee_id == cast.ana.pk
    assert_with_people(matter)
    assert "Ana has your conversation and will answer" in Client().get(url_of(matter)).content.decode()


def test_after_being_handed_back_a_person_can_be_asked_for_again(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara, QUESTION)
    asks(matter)
    with cast.acting(cast.ana):
        hand_back(Conversation.objects.get(pk=matter.pk), by=cast.ana)
    assert "Talk to a person" in Client().get(url_of(matter)).content.decode()
    assert ask_for_person(matter.pk)
    assert_with_people(matter)


def test_nobody_else_s_conversation_is_touched(cast: Cast) -> None:
    reviewed_only()
    mine, theirs = arrives(cast.orders, QUESTION), arrives(cast.orders, QUESTION, email="dan@customer.example")
    run_jobs()
    before = now(theirs.conversation)
    asks(mine.conversation)
    after = now(theirs.conversation)
    assert (after.version, after.assistant_paused, after.needs_person) == (before.version, False, "")
    assert draft_of(theirs.message).state == "in_review"
