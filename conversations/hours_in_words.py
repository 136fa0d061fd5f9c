"""Business hours as people say them: "We answer Monday to Friday, 9:00–17:30 (Europe/Berlin)." """

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from itertools import groupby
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from conversations.business_hours import Hours, Interval, is_open, next_opening

WEEK = 7


@dataclass(frozen=True)
class Said:
    """`hours` says when people answer; `closed` that nobody does now, and from when somebody will, empty while it is open."""

    hours: str
    closed: str = ""
    opens_at: datetime | None = None

    @property
    def is_closed(self) -> bool:
        return bool(self.closed)


def said(hours: Hours, at: datetime) -> Said:
    """What may be promised at that moment, in the reader's language."""
    week = ", ".join(_run(days, spans) for days, spans in _runs(hours))
    if not week:
        return Said("", _("It is closed at the moment."))
    told = _("People answer %(week)s (%(zone)s).") % {"week": week, "zone": hours.zone.replace("_", " ")}
    opens = next_opening(hours, at)
    if is_open(hours, at):
        return Said(told)
    if opens is None:
        return Said(told, _("It is closed at the moment."))
    when = _day(opens, at, hours.zone)
    return Said(told, _("It is closed now; a person answers from %(when)s.") % {"when": when}, opens)


def _runs(hours: Hours) -> list[tuple[list[int], Sequence[Interval]]]:
    """Days that follow each other and have the same hours, together."""
    days = [(day, tuple(hours.week.get(day, ()))) for day in range(WEEK)]
    return [([day for day, _spans in run], spans) for spans, run in groupby(days, key=lambda one: one[1]) if spans]


def _run(days: list[int], spans: Sequence[Interval]) -> str:
    first, last = str(WEEKDAYS[days[0]]), str(WEEKDAYS[days[-1]])
    hours = _(" and ").join(f"{_clock(start)}–{_end(end)}" for start, end in spans)
    if len(days) == WEEK:
        return _("every day, %(hours)s") % {"hours": hours}
    if len(days) == 1:
        return _("%(day)s, %(hours)s") % {"day": first, "hours": hours}
    if len(days) == 2:
        return _("%(day)s and %(other)s, %(hours)s") % {"day": first, "other": last, "hours": hours}
    return _("%(day)s to %(other)s, %(hours)s") % {"day": first, "other": last, "hours": hours}


def _end(at: time) -> str:
    """Midnight as an end is the end of the day."""
    return _clock(at) if at != time() else "24:00"


def _clock(at: time) -> str:
    return f"{at.hour}:{at.minute:02}"


def _day(opens: datetime, at: datetime, zone: str) -> str:
    """The day as it is called from today, and the time; further than a week away with its date."""
    here, today = opens.astimezone(ZoneInfo(zone)), at.astimezone(ZoneInfo(zone)).date()
    away = (here.date() - today).days
    if away == 0:
        return _clock(here.time())
    named = str(WEEKDAYS[here.weekday()]) if away < WEEK else date_format(here.date(), _("j F"))
    return f"{named}, {_clock(here.time())}"
