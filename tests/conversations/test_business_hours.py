"""When people answer: in the zone's own time, across nights, holidays and the days on which the clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.business_hours import Hours, is_open, next_opening
from conversations.hours_in_words import said
from conversations.models import BusinessHours

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Hours("Europe/Berlin", {day: ((time(9), time(17, 30)),) for day in range(5)})
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia")


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BERLIN)  # type: ignore[misc,arg-type]


def test_hours_are_read_as_they_are_kept() -> None:
    kept = BusinessHours(zone="Europe/Berlin", week={"0": [["09:00", "12:30"], ["13:30", "24:00"]]}, holidays=["2026-12-25"])
    found = Hours.of(kept)
    assert found.week == {0: ((time(9), time(12, 30)), (time(13, 30), time()))} and found.holidays == {date(2026, 12, 25)}


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (berlin(2026, 11, 23, 9), True),
        (berlin(2026, 11, 23, 8, 59, 59), False),
        (berlin(2026, 11, 23, 17, 29, 59), True),
        (berlin(2026, 11, 23, 17, 30), False),
        (berlin(2026, 11, 22, 12), False),
        (datetime(2026, 11, 23, 8, tzinfo=UTC), True),
        (datetime(2026, 7, 6, 7, tzinfo=UTC), True),
        (datetime(2026, 7, 6, 6, 59, tzinfo=UTC), False),
    ],
)
def test_it_is_open_in_the_zones_own_time_in_winter_and_in_summer(at: datetime, expected: bool) -> None:
    assert is_open(OFFICE, at) is expected


def test_the_next_opening_passes_over_the_weekend_and_over_holidays() -> None:
    assert next_opening(OFFICE, berlin(2026, 11, 20, 18)) == berlin(2026, 11, 23, 9)
    feast = Hours(OFFICE.zone, OFFICE.week, frozenset({date(2026, 12, 24), date(2026, 12, 25)}))
    assert next_opening(feast, berlin(2026, 12, 23, 20)) == berlin(2026, 12, 28, 9)
    assert next_opening(OFFICE, berlin(2026, 11, 23, 10)) == berlin(2026, 11, 23, 10)


def test_who_never_opens_opens_at_no_time() -> None:
    assert next_opening(Hours(), berlin(2026, 11, 23, 10)) is None and not is_open(Hours(), berlin(2026, 11, 23, 10))


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    nights = Hours("Europe/Berlin", {4: ((time(22), time(6)),)}, frozenset({date(2026, 11, 27)}))
    assert is_open(nights, berlin(2026, 11, 21, 5, 59)) and not is_open(nights, berlin(2026, 11, 21, 6))
    assert not is_open(nights, berlin(2026, 11, 28, 3))


def test_the_day_on_which_the_clock_changes_opens_and_closes_by_the_clock() -> None:
    sundays = Hours("Europe/Berlin", {6: ((time(1), time(4)),)})
    assert next_opening(sundays, datetime(2026, 3, 28, 12, tzinfo=UTC)) == datetime(2026, 3, 29, 0, tzinfo=UTC)
    assert is_open(sundays, datetime(2026, 3, 29, 1, 59, tzinfo=UTC)) and not is_open(
        sundays, datetime(2026, 3, 29, 2, tzinfo=UTC)
    )
    # In October the same three hours of the clock are four.
    assert is_open(sundays, datetime(2026, 10, 24, 23, tzinfo=UTC)) and is_open(
        sundays, datetime(2026, 10, 25, 2, 59, tzinfo=UTC)
    )
    assert not is_open(sundays, datetime(2026, 10, 25, 3, tzinfo=UTC))


def test_an_interval_that_the_clock_leaps_over_is_none() -> None:
    leapt = Hours("Europe/Berlin", {6: ((time(2), time(3)),)})
    assert next_opening(leapt, datetime(2026, 3, 28, 12, tzinfo=UTC)) == datetime(2026, 4, 5, 0, tzinfo=UTC)


spans = st.lists(
    st.tuples(st.times(), st.times()).map(lambda pair: (pair[0].replace(microsecond=0), pair[1].replace(microsecond=0))),
    max_size=2,
)
weeks = st.dictionaries(st.integers(0, 6), spans, max_size=7)
moments = st.datetimes(datetime(2025, 1, 1), datetime(2028, 12, 31)).map(lambda one: one.replace(tzinfo=UTC))
some_hours = st.builds(
    Hours, st.sampled_from(ZONES), weeks, st.frozensets(st.dates(date(2025, 1, 1), date(2028, 12, 31)), max_size=5)
)


@settings(max_examples=150, deadline=None)
@given(some_hours, moments)
def test_the_next_opening_is_open_not_earlier_and_nothing_opens_before_it(hours: Hours, at: datetime) -> None:
    opens = next_opening(hours, at)
    if opens is None:
        assert not is_open(hours, at)
        return
    assert opens >= at and is_open(hours, opens)
    for part in range(1, 20):
        between = at + (opens - at) * part / 20
        assert between >= opens or not is_open(hours, between)


@settings(max_examples=150, deadline=None)
@given(some_hours, moments)
def test_a_holiday_is_closed_but_for_the_night_before(hours: Hours, at: datetime) -> None:
    here = at.astimezone(ZoneInfo(hours.zone)).date()
    closed = Hours(hours.zone, hours.week, frozenset({here, here - timedelta(days=1)}))
    assert not is_open(closed, at)


def test_hours_are_said_as_people_say_them() -> None:
    told = said(OFFICE, berlin(2026, 11, 21, 10))
    assert told.hours == "People answer Monday to Friday, 9:00–17:30 (Europe/Berlin)."
    assert told.closed == "It is closed now; a person answers from Monday, 9:00." and told.opens_at == berlin(2026, 11, 23, 9)
    assert not said(OFFICE, berlin(2026, 11, 23, 10)).is_closed
    assert said(OFFICE, berlin(2026, 11, 23, 7)).closed.endswith("from 9:00.")
    assert said(Hours(), berlin(2026, 11, 23, 7)).closed == "It is closed at the moment."
    holidays = Hours(OFFICE.zone, OFFICE.week, frozenset(date(2026, 12, 21) + timedelta(days=n) for n in range(12)))
    assert said(holidays, berlin(2026, 12, 20, 7)).closed.endswith("from 4 January, 9:00.")
    mixed = Hours("UTC", {0: ((time(9), time(12)), (time(13), time(17))), 1: ((time(9), time(12)),), 2: ((time(9), time(12)),)})
    assert said(mixed, berlin(2026, 11, 23, 12)).hours == (
        "People answer Monday, 9:00–12:00 and 13:00–17:00, Tuesday and Wednesday, 9:00–12:00 (UTC)."
    )


def test_hours_are_said_in_the_readers_language() -> None:
    with translation.override("de"):
        told = said(OFFICE, berlin(2026, 11, 21, 10))
        assert told.hours == "Hier antworten Menschen: Montag bis Freitag, 9:00–17:30 (Europe/Berlin)."
        assert told.closed.endswith("ab Montag, 9:00.")
        holidays = Hours(OFFICE.zone, OFFICE.week, frozenset(date(2026, 12, 21) + timedelta(days=n) for n in range(12)))
        assert said(holidays, berlin(2026, 12, 20, 7)).closed.endswith("ab 4. Januar, 9:00.")
