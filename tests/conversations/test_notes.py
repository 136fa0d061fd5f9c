"""The thread as it is read: notes that stay inside, quotes folded, long texts cut, languages named, events in words."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations import delivery
from conversations.models import Event, Message, Tag
from core import audit
from core.context import acting_as
from tests.cast import SYSTEM, Cast, conversation, inbound
from tests.sockets import signed_in


@pytest.fixture
def matter(cast: Cast):
    return conversation(cast.orders, cast.cara)[0]


def page(user, matter) -> str:
    return signed_in(user).get(f"/conversations/{matter.pk}/").content.decode()


def happened(cast: Cast, matter, event: str, **facts) -> None:
    with cast.acting(cast.ana):
        audit.record(event, matter, **facts)


def test_a_note_looks_and_is_private(cast: Cast, matter) -> None:
    with cast.acting(cast.ana):
        note = delivery.note(matter, "Careful: he was rude", by=cast.ana, client_key=uuid.uuid4())
    shown = page(cast.sam, matter)
    assert 'class="msg is-note"' in shown and "Private note" in shown
    assert Message.objects.using("owner").get(pk=note.pk).published_at is None
    with acting_as(SYSTEM):
        assert not hasattr(Message.objects.get(pk=note.pk), "delivery")


def test_quotes_and_signatures_of_a_customer_are_folded_one_press_from_the_original(cast: Cast, matter) -> None:
    text = "Still nothing.\n\nOn 2 Mar 2026 at 09:12, Shop <help@shop.example> wrote:\n> one\n> two\n\n-- \nCara\nTel. 1"
    inbound(matter, text)
    shown = page(cast.ana, matter)
    assert "Quoted text, 3 lines" in shown and "Signature" in shown
    assert "&gt; one" in shown and "Tel. 1" in shown


def test_what_we_wrote_is_never_folded(cast: Cast, matter) -> None:
    with cast.acting(cast.ana):
        delivery.note(matter, "He said:\n> one\n\n-- \nAna", by=cast.ana, client_key=uuid.uuid4())
    assert "Quoted text" not in page(cast.ana, matter)


def test_a_long_message_is_cut_and_shown_whole_when_asked(cast: Cast, matter) -> None:
    inbound(matter, "\n".join(f"Line {number} of many" for number in range(120)))
    shown = page(cast.ana, matter)
    assert shown.count("Show all") == 1
    assert shown.index("Line 20 of") < shown.index("Show all") < shown.index("Line 119 of")


def test_one_word_of_many_characters_is_cut_too(cast: Cast, matter) -> None:
    inbound(matter, "a" * 15_000)
    assert "Show all" in page(cast.ana, matter)


def test_a_few_lines_too_many_are_shown(cast: Cast, matter) -> None:
    inbound(matter, "\n".join(f"Line {number}" for number in range(36)))
    assert "Show all" not in page(cast.ana, matter)


def test_a_language_is_named_only_where_it_is_another_one(cast: Cast, matter) -> None:
    for language in ("de", "en", "", "xx-unknown"):
        with acting_as(SYSTEM):
            message = inbound(matter, f"in {language}")
            Message.objects.filter(pk=message.pk).update(language=language)
    shown = page(cast.ana, matter)
    assert "German" in shown and "English" not in shown.split('id="timeline-')[1].split('class="dock"')[0]
    assert 'dir="auto" lang="de"' in shown and "xx-unknown" in shown


EVENTS = [
    (Event.CONVERSATION_RESOLVED, {}, "Resolved by Ana Cast"),
    (Event.CONVERSATION_ASSIGNED, {"to": None}, "Unassigned by Ana Cast"),
    (Event.CONVERSATION_WOKEN, {"why": "customer"}, "Back from snooze: the customer wrote"),
    (Event.CONVERSATION_WOKEN, {"why": "time"}, "Back from snooze: the time had come"),
    (Event.CONVERSATION_WOKEN, {}, "Back from snooze"),
    (Event.CONVERSATION_SNOOZED, {}, "Snoozed by Ana Cast"),
    (Event.CONVERSATION_SNOOZED, {"until": "nonsense"}, "Snoozed by Ana Cast"),
    (Event.CONVERSATION_TAGGED, {"tag": 999}, "Tagged by Ana Cast"),
    (Event.CONVERSATION_PRIORITY_SET, {"to": 2}, "Priority set to urgent by Ana Cast"),
    (Event.CONVERSATION_PRIORITY_SET, {}, "Priority changed by Ana Cast"),
    (Event.CONVERSATION_TEAM_SET, {"team": None}, "Passed to no team in particular"),
    (Event.CONVERSATION_MERGED, {"source": 77}, "Conversation #77 merged in by Ana Cast"),
    (Event.CONVERSATION_MERGED, {"into": 78}, "Merged into #78"),
    (Event.CONVERSATION_SEPARATED, {"source": 77}, "Merge with #77 taken back"),
    (Event.CONVERSATION_SPLIT, {"target": 79, "messages": 1}, "1 message moved to #79"),
    (Event.CONVERSATION_SPLIT, {"target": 79, "messages": 3}, "3 messages moved to #79"),
    (Event.CONVERSATION_SPLIT, {"source": 79}, "Split off from #79"),
    (Event.CONVERSATION_REJOINED, {"target": 79}, "Split from #79 taken back"),
    (Event.CONVERSATION_RATED, {"score": 4}, "Rated 4 of 5"),
    (Event.CONVERSATION_OPENED, {"follows": 70}, "Conversation opened, goes on from #70"),
    (Event.CONVERSATION_LEFT_CLOSED, {}, "Not reopened: the customer only said thanks"),
]


@pytest.mark.parametrize(("event", "facts", "words"), EVENTS)
def test_what_happened_is_told_in_words_with_whatever_facts_there_are(cast: Cast, matter, event, facts, words) -> None:
    happened(cast, matter, event, **facts)
    assert words in page(cast.ana, matter)


def test_names_stand_for_people_teams_and_tags(cast: Cast, matter) -> None:
    tag = Tag.objects.using("owner").create(name="refund", hue=1)
    happened(cast, matter, Event.CONVERSATION_TAGGED, tag=tag.pk)
    happened(cast, matter, Event.CONVERSATION_TEAM_SET, team=cast.orders_team.pk)
    happened(cast, matter, Event.CONVERSATION_ASSIGNED, to=cast.sam.pk, why="in_turn")
    happened(cast, matter, Event.CONVERSATION_ASSIGNED, to=None, left=cast.sam.pk, why="away")
    until = timezone.now() + timedelta(days=3)
    happened(cast, matter, Event.CONVERSATION_SNOOZED, until=until.isoformat())
    shown = page(cast.ana, matter)
    for words in (
        "Tagged refund by",
        "Passed to team Orders by",
        "Assigned to Sam Cast: next in turn",
        "with the team, Sam Cast is away",
    ):
        assert words in shown
    assert f"Snoozed until {until.day} {until:%b}, {until:%H:%M}" in shown


def test_a_run_of_events_is_folded_and_a_short_one_is_not(cast: Cast, matter) -> None:
    for _ in range(3):
        happened(cast, matter, Event.CONVERSATION_RESOLVED)
    assert "3 events" not in page(cast.ana, matter)
    happened(cast, matter, Event.CONVERSATION_REOPENED)
    shown = page(cast.ana, matter)
    assert "4 events" in shown and shown.count("Resolved by Ana Cast") == 3


def test_what_a_note_says_is_not_markup(cast: Cast, matter) -> None:
    with cast.acting(cast.ana):
        delivery.note(matter, "<img src=x onerror=alert(1)> @Sam Cast", by=cast.ana, client_key=uuid.uuid4())
    assert "<img src=x" not in page(cast.ana, matter)


def test_a_thread_costs_the_same_however_long_it_is(cast: Cast, matter) -> None:
    client = signed_in(cast.ana)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/conversations/{matter.pk}/")
        return len(queries)

    cost()
    for number in range(3):
        inbound(matter, f"message {number}")
    with cast.acting(cast.ana):
        delivery.note(matter, "@Sam Cast look", by=cast.ana, client_key=uuid.uuid4())
    few = cost()
    for number in range(40):
        inbound(matter, f"message {number}\n> quote")
    with cast.acting(cast.ana):
        for number in range(20):
            delivery.note(matter, f"@Sam Cast look {number}", by=cast.ana, client_key=uuid.uuid4())
    assert cost() == few


def test_a_conversation_that_one_may_not_see_is_one_that_is_not_there(cast: Cast, matter) -> None:
    ben = signed_in(cast.ben)
    hidden, missing = ben.get(f"/conversations/{matter.pk}/"), ben.get("/conversations/999999/")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.content == missing.content
