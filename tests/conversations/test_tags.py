"""Tags, priorities, attributes, snoozing and availability as the agent's browser meets them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from conversations.models import AttributeType, Conversation, ConversationTag, Tag
from tests.cast import Cast, conversation
from tests.conversations.test_assignment import found, held_by
from tests.conversations.test_screens import HX
from tests.house.world import owner_sql
from tests.sockets import signed_in


@pytest.fixture
def one(cast: Cast) -> Conversation:
    return conversation(cast.orders, cast.cara)[0]


def tags(one: Conversation) -> list[str]:
    return [row.tag.name for row in ConversationTag.objects.using("owner").select_related("tag").filter(conversation=one.pk)]


def test_an_agent_adds_and_removes_tags_that_there_are_by_typing(ana: Client, one: Conversation) -> None:
    made = Tag.objects.using("owner").create(name="Parcel")
    assert "Parcel" in ana.get(f"/conversations/{one.pk}/tags/", **HX).content.decode()
    for typed in ("parcel", " PARCEL "):
        assert ana.post(f"/conversations/{one.pk}/tags/", {"name": typed}, **HX).status_code == 200
    assert tags(one) == ["Parcel"]
    page = ana.get(f"/conversations/{one.pk}/").content.decode()
    assert "Tagged Parcel by Ana Cast" in page
    ana.post(f"/conversations/{one.pk}/tags/{made.pk}/removal/", **HX)
    assert tags(one) == []


def test_an_agent_makes_no_tag_a_supervisor_does(ana: Client, cast: Cast, one: Conversation) -> None:
    refused = ana.post(f"/conversations/{one.pk}/tags/", {"name": "Angry"}, **HX)
    assert refused.status_code == 422 and "There is no tag “Angry”" in refused.content.decode()
    assert not Tag.objects.using("owner").exists() and tags(one) == []
    assert signed_in(cast.sam).post(f"/conversations/{one.pk}/tags/", {"name": "Angry"}, **HX).status_code == 200
    assert tags(one) == ["Angry"]


def test_somebody_else_s_conversation_is_not_tagged_nor_anything_else(cast: Cast, one: Conversation) -> None:
    made = Tag.objects.using("owner").create(name="Parcel")
    ben, before = signed_in(cast.ben), found(one)
    for path, data in (
        ("tags", {"name": "Parcel"}), (f"tags/{made.pk}/removal", {}), ("attributes", {}), ("snooze", {"when": "tomorrow"}), ("waking", {}),
    ):  # fmt: skip
        assert ben.post(f"/conversations/{one.pk}/{path}/", data, **HX).status_code == 404
    after = found(one)
    assert tags(one) == [] and (after.state, after.version, after.changed_at) == ("open", before.version, before.changed_at)


def test_the_priority_is_set_and_told(ana: Client, one: Conversation) -> None:
    answer = ana.post(f"/conversations/{one.pk}/priority/", {"priority": "2"}, **HX).content.decode()
    assert "Priority is urgent" in answer and "data-undo" in answer
    assert found(one).priority == 2
    assert ana.post(f"/conversations/{one.pk}/priority/", {"priority": "7"}, **HX).status_code == 404
    assert found(one).priority == 2
    assert "Priority set to urgent by Ana Cast" in ana.get(f"/conversations/{one.pk}/").content.decode()


def test_whoever_comes_second_sees_how_it_is_now(ana: Client, one: Conversation) -> None:
    assert ana.post(f"/conversations/{one.pk}/resolution/", **HX).status_code == 200
    late = ana.post(f"/conversations/{one.pk}/resolution/", **HX)
    assert late.status_code == 409
    assert "Somebody changed this conversation just before you" in late.content.decode()
    assert f"thread-head-{one.pk}" in late.content.decode() and "Reopen" in late.content.decode()
    assert ana.post(f"/conversations/{one.pk}/snooze/", {"when": "tomorrow"}, **HX).status_code == 409
    assert found(one).state == "resolved"


def test_attributes_are_stored_when_all_of_them_fit(ana: Client, one: Conversation) -> None:
    AttributeType.objects.using("owner").create(of="conversation", key="amount", label="Amount", kind="number")
    refused = ana.post(f"/conversations/{one.pk}/attributes/", {"attribute-amount": "a lot"}, **HX)
    assert refused.status_code == 422 and "“Amount” takes a number" in refused.content.decode()
    assert found(one).attributes == {}
    ana.post(f"/conversations/{one.pk}/attributes/", {"attribute-amount": "12.50"}, **HX)
    assert found(one).attributes == {"amount": 12.5}


def test_snoozing_by_the_form_and_opening_again(ana: Client, cast: Cast) -> None:
    one = held_by(cast, cast.ana)
    owner_sql("UPDATE accounts_user SET timezone = 'Asia/Tokyo' WHERE id = %s", cast.ana.pk)
    shown = ana.get(f"/conversations/{one.pk}/snooze/", **HX).content.decode()
    assert "Tomorrow" in shown and "09:00" in shown
    at = timezone.now() + timedelta(days=2)
    for bad in ({"when": "at", "at": "2020-01-01T09:00"}, {"when": "at"}, {"when": "whenever"}, {}):
        assert ana.post(f"/conversations/{one.pk}/snooze/", bad, **HX).status_code == 422
    assert found(one).state == "open"
    told = ana.post(
        f"/conversations/{one.pk}/snooze/", {"when": "at", "at": f"{at:%Y-%m-%d}T09:00", "reason": "Stock"}, **HX
    ).content.decode()
    aside = found(one)
    assert aside.state == "snoozed" and f"{aside.snoozed_until:%H:%M}" == "00:00"
    assert "Snoozed until" in told and "09:00" in told and "Stock" in told
    ana.post(f"/conversations/{one.pk}/waking/", **HX)
    assert found(one).state == "open"
    page = ana.get(f"/conversations/{one.pk}/").content.decode()
    assert "Snoozed until" in page and "Taken out of snooze by Ana Cast" in page


def test_going_away_says_what_returned_and_can_be_taken_back(ana: Client, cast: Cast) -> None:
    one = held_by(cast, cast.ana)
    told = ana.post("/preferences/availability/", {"availability": "away"}, **HX).content.decode()
    assert "You are away" in told and "1 conversation returned to its team." in told and f'name="back" value="{one.pk}"' in told
    assert found(one).assignee_id is None
    page = signed_in(cast.sam).get(f"/conversations/{one.pk}/").content.decode()
    assert "Was with Ana Cast, who is away" in page and "Back with the team, Ana Cast is away" in page
    ana.post("/preferences/availability/", {"availability": "available", "back": str(one.pk)}, **HX)
    assert found(one).assignee_id == cast.ana.pk
    assert cast.fresh(cast.ana).availability == "available"
    assert ana.post("/preferences/availability/", {"availability": "dead"}, **HX).status_code == 404


def test_a_new_conversation_that_goes_on_from_an_old_one_leads_to_it(ana: Client, cast: Cast, one: Conversation) -> None:
    new, _ = conversation(cast.orders, cast.cara)
    owner_sql("UPDATE conversations_conversation SET follows_id = %s WHERE id = %s", one.pk, new.pk)
    assert f"Goes on from #{one.pk}" in ana.get(f"/conversations/{new.pk}/").content.decode()
