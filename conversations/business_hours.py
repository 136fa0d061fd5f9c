"""When people answer. Pure: the hours are written in their zone's own time, and asked for at moments of the world's.

A day has no fixed length: where the clock is put forward an interval is an hour shorter, and where it is put back an hour longer.
An interval that ends at or before its beginning goes on into the next day.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

from conversations.models import BusinessHours

# Whoever is closed for longer than this opens at no time that could be named.
FARTHEST = timedelta(days=400)
Interval = tuple[time, time]


@dataclass(frozen=True)
class Hours:
    """`week` gives for a weekday (0 is Monday) when it is open, in order; a day that is not named is closed."""

    zone: str = "UTC"
    week: Mapping[int, Sequence[Interval]] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()

    @classmethod
    def of(cls, kept: BusinessHours) -> Self:
        """As they are kept: {"0": [["09:00", "17:30"]]} and dates as text."""
        week = {int(day): tuple((_time(start), _time(end)) for start, end in spans) for day, spans in kept.week.items()}
        return cls(kept.zone, week, frozenset(date.fromisoformat(one) for one in kept.holidays))


def is_open(hours: Hours, at: datetime) -> bool:
    """Whether somebody answers at that moment."""
    here = at.astimezone(_zone(hours.zone)).date()
    return any(start <= at < end for day in (here - timedelta(days=1), here) for start, end in _opened(hours, day))


def next_opening(hours: Hours, at: datetime) -> datetime | None:
    """When somebody answers again: `at` itself where it is open, None where it never opens."""
    if is_open(hours, at):
        return at
    return next((start for start, _ in _from(hours, at) if start > at), None)


def _from(hours: Hours, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The intervals that end after `at`, in order."""
    day = at.astimezone(_zone(hours.zone)).date() - timedelta(days=1)
    for number in range(FARTHEST.days):
        yield from ((start, end) for start, end in _opened(hours, day + timedelta(days=number)) if end > at)


def _opened(hours: Hours, day: date) -> list[tuple[datetime, datetime]]:
    """When it is open in the intervals that begin on that day."""
    if day in hours.holidays:
        return []
    spans = []
    for start, end in sorted(hours.week.get(day.weekday(), ())):
        last = day if end > start else day + timedelta(days=1)
        spans.append((_moment(day, start, hours.zone), _moment(last, end, hours.zone)))
    # One that the clock's leap has left nothing of is none.
    return [(start, end) for start, end in spans if start < end]


def _moment(day: date, at: time, zone: str) -> datetime:
    """A wall clock's time as a moment. One that comes twice is the first; one that is leapt over is so much later (RFC 5545)."""
    return datetime.combine(day, at, _zone(zone)).astimezone(UTC)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _time(text: str) -> time:
    """24:00 is the end of the day, which is the beginning of the next."""
    return time() if text == "24:00" else time.fromisoformat(text)
