"""What the chat says besides the words: when people answer, that somebody writes, and what a closed conversation does."""

import uuid
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from conversations import presence
from conversations.models import BusinessHours, Conversation, Message, Presence
from core import limits
from core.context import Actor, acting_as
from core.models import LiveEvent
from intake import nonces
from intake.links import conversation_token
from tests.cast import SYSTEM, Cast, conversation
from tests.house.world import owner_sql

OURS = {"HTTP_ORIGIN": "http://testserver"}
NEVER: dict[str, Any] = {}
ALWAYS = {str(day): [["00:00", "24:00"]] for day in range(7)}


@pytest.fixture(autouse=True)
def _nobody_has_written_yet(cast: Cast) -> None:
    limits.forget()
    caches["redis"].clear()
    caches["process"].clear()


def page_of(matter: Conversation) -> str:
    return f"/c/{conversation_token(matter.pk)}/"


def hours(cast: Cast, week: Any, zone: str = "Europe/Berlin") -> None:
    made = BusinessHours.objects.using("owner").create(name=uuid.uuid4().hex, zone=zone, week=week)
    owner_sql(f"UPDATE conversations_inbox SET business_hours_id = {made.pk} WHERE id = {cast.orders.pk}")


def test_hours_are_said_wherever_people_are_promised(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    hours(cast, ALWAYS)
    for address in ("/contact/", "/contact/?chat=1", page_of(matter)):
        page = Client().get(address).content.decode()
        assert "People answer every day, 0:00–24:00 (Europe/Berlin)." in page and "closed now" not in page


def test_nothing_is_promised_for_a_time_at_which_nobody_is_there(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    owner_sql(
        f"UPDATE conversations_conversation SET due_at = now() + interval '10 minutes', needs_person = 'asked' WHERE id = {matter.pk}"
    )
    hours(cast, NEVER)
    page = Client().get(page_of(matter)).content.decode()
    assert "It is closed at the moment." in page and "as soon as possible" in page and "a person within" not in page
    assert "at most. You can ask" not in Client().get("/contact/").content.decode()


@pytest.mark.parametrize(
    ("week", "zone"), [({"0": "nine to five"}, "UTC"), ({"x": []}, "UTC"), (ALWAYS, "Mars/Olympus"), ([], "UTC")]
)
def test_hours_that_nobody_can_read_are_not_said(cast: Cast, week: Any, zone: str) -> None:
    hours(cast, week, zone)
    answer = Client().get("/contact/")
    assert answer.status_code == 200 and "People answer" not in answer.content.decode()


def heard(group: str) -> int:
    return LiveEvent.objects.using("owner").filter(groups__contains=[group]).count()


def test_agents_see_that_the_customer_writes_and_hear_of_it_once(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    before, client = heard(f"inbox.{cast.orders.pk}"), Client()
    for _ in range(5):
        assert client.post(f"{page_of(matter)}here/", {"seen": "0", "typing": "1"}, **OURS).status_code == 204
    assert heard(f"inbox.{cast.orders.pk}") == before + 1
    agent = Client()
    with acting_as(Actor.door(cast.ana.pk)):
        agent.force_login(cast.ana)
    line = agent.get(f"/conversations/{matter.pk}/presence/").content.decode()
    assert "The customer is writing" in line and "delay:" in line
    client.post(f"{page_of(matter)}here/", {"typing": "0"}, **OURS)
    assert heard(f"inbox.{cast.orders.pk}") == before + 2
    assert "The customer is writing" not in agent.get(f"/conversations/{matter.pk}/presence/").content.decode()


def test_the_customer_sees_who_writes_to_him_and_nothing_else_of_it(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    group = f"customer.{matter.pk}"

    def does(doing: str) -> None:
        with cast.acting(cast.ana):
            presence.beat(Conversation.objects.get(pk=matter.pk), doing, by=cast.ana)

    before = heard(group)
    does(Presence.Doing.VIEWING)
    does(Presence.Doing.NOTING)
    assert heard(group) == before and "is writing" not in Client().get(page_of(matter)).content.decode()
    does(Presence.Doing.REPLYING)
    does(Presence.Doing.REPLYING)
    assert heard(group) == before + 1
    page = Client().get(page_of(matter)).content.decode()
    assert "Ana is writing." in page and "Ana Cast" not in page
    with cast.acting(cast.ana):
        presence.leave(Conversation.objects.get(pk=matter.pk), by=cast.ana)
    assert heard(group) == before + 2 and "is writing" not in Client().get(page_of(matter)).content.decode()


def test_a_conversation_that_ended_long_ago_promises_a_new_one(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    owner_sql(
        f"UPDATE conversations_conversation SET state = 'resolved', version = version + 1, resolved_at = now() WHERE id = {matter.pk}"
    )
    assert "Write here, and it opens again." in Client().get(page_of(matter)).content.decode()
    owner_sql(f"UPDATE conversations_conversation SET resolved_at = now() - interval '15 days' WHERE id = {matter.pk}")
    assert "Write here, and a new one begins." in Client().get(page_of(matter)).content.decode()
    fields = {"text": "It broke again", "nonce": nonces.issue(f"conversation {matter.pk}")}
    answer = Client().post(f"{page_of(matter)}messages/", fields)
    newest = Message.objects.using("owner").latest("pk")
    assert newest.conversation_id != matter.pk and conversation_token(newest.conversation_id) in answer["Location"]


def test_asking_for_a_person_on_a_merged_conversations_page_asks_where_colleagues_see_it(cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    home, _ = conversation(cast.orders, cast.cara, "The other one")
    with acting_as(SYSTEM):
        Conversation.objects.filter(pk=matter.pk).update(merged_into=home.pk)
    assert Client().post(f"{page_of(matter)}person/").status_code == 303
    found = Conversation.objects.using("owner").get(pk=home.pk)
    assert found.assistant_paused and found.needs_person
