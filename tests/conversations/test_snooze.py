"""Putting aside: out of sight until a time or until the customer writes, and whoever had it has it again if he is there."""

import contextlib
import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from conversations.models import Conversation, Message
from conversations.snooze_times import choices
from conversations.snoozing import BY_PERSON, NotInFuture, bring_back, snooze, wake
from core.claims import LostClaim
from core.context import acting_as
from core.models import AuditEvent, Job
from intake.person import ask_for_person
from tests.build import arrives
from tests.cast import SYSTEM, Cast, conversation
from tests.conversations.test_assignment import found
from tests.house.world import owner_sql

HOUR = timedelta(hours=1)


def put_aside(cast: Cast, *, after: timedelta = HOUR, reason: str = "Waiting for the warehouse") -> Conversation:
    matter, _ = conversation(cast.orders, cast.cara)
    owner_sql(
        "UPDATE conversations_conversation SET assignee_id = %s, due_at = now() + interval '10 min' WHERE id = %s",
        cast.ana.pk,
        matter.pk,
    )
    again(cast, matter, after=after, reason=reason)
    return matter


def again(cast: Cast, matter: Conversation, *, after: timedelta, reason: str = "") -> None:
    with cast.acting(cast.ana):
        snooze(Conversation.objects.get(pk=matter.pk), until=timezone.now() + after, reason=reason, by=cast.ana)


def time_comes(matter: Conversation) -> None:
    owner_sql("UPDATE conversations_conversation SET snoozed_until = now() WHERE id = %s", matter.pk)
    wake(matter.pk)


def events(matter: Conversation) -> list[str]:
    return [one.event for one in AuditEvent.objects.using("owner").filter(subject_id=matter.pk).order_by("pk")]


def test_it_comes_back_when_its_time_comes_to_whoever_had_it_and_says_why(cast: Cast) -> None:
    matter = put_aside(cast)
    aside = found(matter)
    assert (aside.state, aside.snooze_reason) == ("snoozed", "Waiting for the warehouse")
    job = Job.objects.using("owner").get(kind="conversations.snoozing.wake")
    assert job.run_at == aside.snoozed_until
    time_comes(matter)
    back = found(matter)
    assert (back.state, back.assignee_id, back.snoozed_until) == ("open", cast.ana.pk, None)
    assert back.snooze_reason == "Snooze ended: Waiting for the warehouse"
    assert events(matter) == ["conversation.snoozed", "conversation.woken"]


def test_the_customer_wakes_it_whatever_he_writes(cast: Cast) -> None:
    for words in ("Any news?", "Thanks!"):
        matter = put_aside(cast)
        arrives(cast.orders, words, conversation=matter.pk)
        back = found(matter)
        assert (back.state, back.assignee_id) == ("open", cast.ana.pk)
        assert back.snooze_reason == "The customer wrote: Waiting for the warehouse"


def test_the_promised_time_does_not_become_longer(cast: Cast) -> None:
    matter = put_aside(cast)
    promised = found(matter).due_at
    arrives(cast.orders, "Any news?", conversation=matter.pk)
    assert found(matter).due_at == promised


def test_who_is_away_by_then_leaves_it_to_the_team(cast: Cast) -> None:
    by_time, by_customer = put_aside(cast), put_aside(cast)
    owner_sql("UPDATE accounts_user SET availability = 'away' WHERE id = %s", cast.ana.pk)
    time_comes(by_time)
    arrives(cast.orders, "Any news?", conversation=by_customer.pk)
    for matter in (by_time, by_customer):
        assert (found(matter).assignee_id, found(matter).needs_person) == (None, "Was with Ana Cast, who is away")


def test_the_alarm_of_an_older_snooze_does_nothing(cast: Cast) -> None:
    matter = put_aside(cast)
    again(cast, matter, after=3 * HOUR, reason="Longer still")
    owner_sql("UPDATE core_job SET run_at = now() WHERE kind = 'conversations.snoozing.wake'")
    wake(matter.pk)
    wake(matter.pk)
    assert (found(matter).state, found(matter).snooze_reason) == ("snoozed", "Longer still")


def test_of_the_time_the_customer_and_a_colleague_one_wakes_it(cast: Cast) -> None:
    matter = put_aside(cast)
    owner_sql("UPDATE conversations_conversation SET snoozed_until = now() WHERE id = %s", matter.pk)
    start = threading.Barrier(3)

    def by_colleague() -> None:
        with cast.acting(cast.sam), contextlib.suppress(LostClaim):
            bring_back(Conversation.objects.get(pk=matter.pk), why=BY_PERSON)

    def run(act) -> None:
        start.wait()
        act()
        connection.close()

    acts = [lambda: wake(matter.pk), by_colleague, lambda: arrives(cast.orders, "Hello?", conversation=matter.pk)]
    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found(matter).state == "open"
    assert events(matter).count("conversation.woken") == 1
    assert Message.objects.using("owner").filter(conversation=matter.pk).count() == 2


@pytest.mark.parametrize(
    ("here", "offered"),
    [
        # A Monday at noon; a Sunday late, when nothing is left of the day; the night in which the clocks go back.
        ("2026-11-23T12:10", ["2026-11-23 16:00 +0100", "2026-11-24 09:00 +0100", "2026-11-30 09:00 +0100"]),
        ("2026-11-22T21:30", ["2026-11-23 09:00 +0100", "2026-11-23 09:00 +0100"]),
        ("2026-10-24T18:00", ["2026-10-24 21:00 +0200", "2026-10-25 09:00 +0100", "2026-10-26 09:00 +0100"]),
    ],
)
def test_the_times_on_offer_are_those_of_the_reader_s_clock(here: str, offered: list[str]) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    with timezone.override(berlin):
        found = choices(datetime.fromisoformat(here).replace(tzinfo=berlin))
    assert [f"{one.until:%Y-%m-%d %H:%M %z}" for one in found] == offered


def test_a_customer_who_asks_for_a_person_ends_the_snooze(cast: Cast) -> None:
    matter = put_aside(cast)
    assert ask_for_person(matter.pk)
    back = found(matter)
    assert (back.state, back.assistant_paused, back.snooze_reason) == (
        "open",
        True,
        "The customer wrote: Waiting for the warehouse",
    )


def test_what_is_resolved_or_past_cannot_be_put_aside(cast: Cast) -> None:
    matter = put_aside(cast)
    with cast.acting(cast.ana), pytest.raises(NotInFuture):
        snooze(Conversation.objects.get(pk=matter.pk), until=timezone.now() - HOUR, by=cast.ana)
    owner_sql("UPDATE conversations_conversation SET state = 'resolved', version = version + 1 WHERE id = %s", matter.pk)
    with cast.acting(cast.ana), pytest.raises(LostClaim):
        snooze(Conversation.objects.get(pk=matter.pk), until=timezone.now() + HOUR, by=cast.ana)
    with acting_as(SYSTEM):
        wake(matter.pk)
    assert found(matter).state == "resolved"
