"""Figures as tiles: every word and address ready, so that the template only prints. Pure."""

from dataclasses import dataclass
from zlib import crc32

from django.utils.http import urlencode
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from dashboards.queries import SOON_MINUTES, Answers, Carried, Desk, Figures, Lane, Oldest, Operations, Outcome, Review, Work

# A share or a percentile of fewer cases says more about chance than about us.
ENOUGH = 5
NONE = "–"
# A due job that has waited longer than this is shown in red.
LATE_JOB_SECONDS = 60
MINUTE, HOUR, DAY = 60, 3600, 86400
# Only admins have a list of these; a supervisor's tile leads nowhere.
DEAD_LETTERS = "/admin/core/deadletter/?state__exact=open"
LANE_NAMES = {"ingest": _("Receiving"), "draft": _("Answering"), "send": _("Sending"), "bulk": _("Background work")}


@dataclass(frozen=True)
class Tile:
    """One figure. `share` draws a bar, 0 to 100; `person` is a customer's name, printed as one; without `url` it leads nowhere."""

    name: str
    label: str
    figure: str
    unit: str = ""
    note: str = ""
    person: str = ""
    url: str = ""
    is_alert: bool = False
    share: int | None = None

    @property
    def mark(self) -> str:
        """Changes when anything printed changes: the page says which marks it has and is sent only other tiles."""
        return f"{crc32(repr(self).encode()):08x}"


@dataclass(frozen=True)
class Group:
    key: str
    title: str
    note: str
    tiles: list[Tile]


def groups(figures: Figures, inbox: int | None = None) -> list[Group]:
    """The whole page; what the viewer may not see is not there."""
    if figures.desk is None:
        return [Group("operations", gettext("Operations"), "", _operations(figures.operations, dead_url=DEAD_LETTERS))]
    return [
        Group("now", gettext("Right now"), "", _now(figures.desk, inbox)),
        Group("today", gettext("Today"), "", _today(figures.desk, inbox)),
        Group("operations", gettext("Operations"), gettext("jobs of your inboxes"), _operations(figures.operations)),
    ]


def _now(desk: Desk, inbox: int | None) -> list[Tile]:
    return [
        _open(desk.work, inbox),
        _waiting(desk.work, inbox),
        _oldest(desk.oldest),
        _overdue(desk.work, inbox),
        _review(desk.review, inbox),
        _undelivered(desk.carried, inbox),
    ]


def _open(work: Work, inbox: int | None) -> Tile:
    note = gettext("%(number)s without an owner") % {"number": work.unowned} if work.open else gettext("nothing to do")
    return Tile("open", gettext("Open conversations"), str(work.open), note=note, url=_queue("open", inbox))


def _waiting(work: Work, inbox: int | None) -> Tile:
    note = gettext("of %(number)s open") % {"number": work.open} if work.open else gettext("nobody waits")
    return Tile("waiting", gettext("Waiting for a reply"), str(work.waiting), note=note, url=_queue("open", inbox))


def _oldest(oldest: Oldest | None) -> Tile:
    if oldest is None:
        return Tile("oldest", gettext("Oldest wait"), NONE, note=gettext("nobody waits"), url=_queue("open", None))
    figure, unit = span(oldest.seconds)
    url = f"/conversations/{oldest.conversation}/"
    return Tile("oldest", gettext("Oldest wait"), figure, unit, person=oldest.customer, url=url, is_alert=oldest.is_over)


def _overdue(work: Work, inbox: int | None) -> Tile:
    told = gettext("%(number)s more due within %(minutes)s min") if work.soon else gettext("none due within %(minutes)s min")
    note = told % {"number": work.soon, "minutes": SOON_MINUTES}
    url = _queue("open", inbox)
    return Tile("overdue", gettext("Overdue replies"), str(work.overdue), note=note, url=url, is_alert=work.overdue > 0)


def _review(review: Review, inbox: int | None) -> Tile:
    note = gettext("nothing to decide") if review.oldest_seconds is None else _oldest_of(review.oldest_seconds)
    # The stack holds all inboxes; the list of one inbox is in the queue.
    url = "/approvals/" if inbox is None else _queue("review", inbox)
    return Tile("review", gettext("Drafts to review"), str(review.waiting), note=note, url=url)


def _undelivered(carried: Carried, inbox: int | None) -> Tile:
    count = carried.failed + carried.held
    note = (
        gettext("%(failed)s failed today, %(held)s to check") % {"failed": carried.failed, "held": carried.held}
        if count
        else gettext("no reply is stuck")
    )
    return Tile("undelivered", gettext("Not delivered"), str(count), note=note, url=_queue("open", inbox), is_alert=count > 0)


def _today(desk: Desk, inbox: int | None) -> list[Tile]:
    answers, outcome = desk.answers, desk.outcome
    unused = outcome.rejected + outcome.taken_over
    note = gettext("%(rejected)s rejected, %(taken)s taken over") % {"rejected": outcome.rejected, "taken": outcome.taken_over}
    answered = _queue("waiting", inbox)
    return [
        _share("auto", gettext("Sent by AI itself"), answers.by_itself, answers.count, gettext("first answers"), answered),
        _decided("written", gettext("Approved as written"), outcome.as_written, outcome),
        _decided("edited", gettext("Approved after editing"), outcome.edited, outcome),
        _decided("unused", gettext("Rejected or taken over"), unused, outcome, note),
        _time("median", gettext("First answer, median"), answers.median_seconds, answers, answered),
        _time("p90", gettext("First answer, 90 % within"), answers.p90_seconds, answers, answered),
    ]


def _decided(name: str, label: str, count: int, outcome: Outcome, note: str = "") -> Tile:
    return _share(name, label, count, outcome.decided, gettext("drafts decided"), "/approvals/", note)


def _share(name: str, label: str, count: int, of: int, what: str, url: str, note: str = "") -> Tile:
    if of < ENOUGH:
        return _too_little(name, label, of, url)
    percent = round(100 * count / of)
    told = gettext("%(part)s of %(all)s %(what)s") % {"part": count, "all": of, "what": what}
    return Tile(name, label, str(percent), "%", note=note or told, url=url, share=percent)


def _time(name: str, label: str, seconds: float | None, answers: Answers, url: str) -> Tile:
    if seconds is None or answers.count < ENOUGH:
        return _too_little(name, label, answers.count, url)
    figure, unit = span(seconds)
    return Tile(
        name, label, figure, unit, note=gettext("of %(number)s, by AI or a person") % {"number": answers.count}, url=url
    )


def _too_little(name: str, label: str, count: int, url: str) -> Tile:
    return Tile(
        name,
        label,
        NONE,
        note=gettext("Too little data yet, %(number)s of %(enough)s needed") % {"number": count, "enough": ENOUGH},
        url=url,
    )


def _operations(found: Operations, *, dead_url: str = "") -> list[Tile]:
    lanes = [_lane(name, str(label), found.lanes.get(name, Lane())) for name, label in LANE_NAMES.items()]
    retrying = sum(lane.retrying for lane in found.lanes.values())
    since = _oldest_of(found.dead_seconds) if found.dead_seconds is not None else gettext("none failed for good")
    return [
        *lanes,
        Tile("retrying", gettext("Trying again"), str(retrying), note=gettext("jobs that failed and will be repeated")),
        Tile("dead", gettext("Dead letters"), str(found.dead), note=since, url=dead_url, is_alert=found.dead > 0),
    ]


def _lane(name: str, label: str, lane: Lane) -> Tile:
    if lane.oldest_seconds is None:
        return Tile(f"lane-{name}", label, NONE, note=gettext("nothing is waiting"))
    figure, unit = span(lane.oldest_seconds)
    note = gettext("oldest of %(number)s waiting") % {"number": lane.due}
    return Tile(f"lane-{name}", label, figure, unit, note=note, is_alert=lane.oldest_seconds > LATE_JOB_SECONDS)


def _oldest_of(seconds: float) -> str:
    return gettext("oldest %(span)s") % {"span": " ".join(span(seconds))}


def span(seconds: float) -> tuple[str, str]:
    """A figure and its unit: ("45", "s"), ("41", "min"), ("3 h 20", "min"), ("2 d 4", "h"). Rounded down."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return str(whole), pgettext("unit", "s")
    if whole < HOUR:
        return str(whole // MINUTE), pgettext("unit", "min")
    if whole < DAY:
        hours, minutes = whole // HOUR, whole % HOUR // MINUTE
        return (
            (gettext("%(hours)s h %(minutes)s") % {"hours": hours, "minutes": minutes}, pgettext("unit", "min"))
            if minutes
            else (str(hours), pgettext("unit", "h"))
        )
    days, hours = whole // DAY, whole % DAY // HOUR
    return (
        (gettext("%(days)s d %(hours)s") % {"days": days, "hours": hours}, pgettext("unit", "h"))
        if hours
        else (str(days), pgettext("unit", "d"))
    )


def _queue(view: str, inbox: int | None) -> str:
    return "/queue/?" + urlencode({"view": view} | ({"inbox": inbox} if inbox else {}))
