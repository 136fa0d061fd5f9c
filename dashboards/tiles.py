"""Figures as tiles: every word and address ready, so that the template only prints. Pure."""

from dataclasses import dataclass
from zlib import crc32

from django.utils.http import urlencode

from dashboards.queries import SOON_MINUTES, Answers, Carried, Desk, Figures, Lane, Oldest, Operations, Outcome, Review, Work

# A share or a percentile of fewer cases says more about chance than about us.
ENOUGH = 5
NONE = "–"
# A due job that has waited longer than this is shown in red.
LATE_JOB_SECONDS = 60
MINUTE, HOUR, DAY = 60, 3600, 86400
# Only admins have a list of these; a supervisor's tile leads nowhere.
DEAD_LETTERS = "/admin/core/deadletter/?state__exact=open"
LANE_NAMES = {"ingest": "Receiving", "draft": "Answering", "send": "Sending", "bulk": "Background work"}


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
        return [Group("operations", "Operations", "", _operations(figures.operations, dead_url=DEAD_LETTERS))]
    return [
        Group("now", "Right now", "", _now(figures.desk, inbox)),
        Group("today", "Today", "", _today(figures.desk, inbox)),
        Group("operations", "Operations", "jobs of your inboxes", _operations(figures.operations)),
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
    note = f"{work.unowned} without an owner" if work.open else "nothing to do"
    return Tile("open", "Open conversations", str(work.open), note=note, url=_queue("open", inbox))


def _waiting(work: Work, inbox: int | None) -> Tile:
    note = f"of {work.open} open" if work.open else "nobody waits"
    return Tile("waiting", "Waiting for a reply", str(work.waiting), note=note, url=_queue("open", inbox))


def _oldest(oldest: Oldest | None) -> Tile:
    if oldest is None:
        return Tile("oldest", "Oldest wait", NONE, note="nobody waits", url=_queue("open", None))
    figure, unit = span(oldest.seconds)
    url = f"/conversations/{oldest.conversation}/"
    return Tile("oldest", "Oldest wait", figure, unit, person=oldest.customer, url=url, is_alert=oldest.is_over)


def _overdue(work: Work, inbox: int | None) -> Tile:
    note = f"{f'{work.soon} more' if work.soon else 'none'} due within {SOON_MINUTES} min"
    url = _queue("open", inbox)
    return Tile("overdue", "Overdue replies", str(work.overdue), note=note, url=url, is_alert=work.overdue > 0)


def _review(review: Review, inbox: int | None) -> Tile:
    note = "nothing to decide" if review.oldest_seconds is None else f"oldest {' '.join(span(review.oldest_seconds))}"
    # The stack holds all inboxes; the list of one inbox is in the queue.
    url = "/approvals/" if inbox is None else _queue("review", inbox)
    return Tile("review", "Drafts to review", str(review.waiting), note=note, url=url)


def _undelivered(carried: Carried, inbox: int | None) -> Tile:
    count = carried.failed + carried.held
    note = f"{carried.failed} failed today, {carried.held} to check" if count else "no reply is stuck"
    return Tile("undelivered", "Not delivered", str(count), note=note, url=_queue("open", inbox), is_alert=count > 0)


def _today(desk: Desk, inbox: int | None) -> list[Tile]:
    answers, outcome = desk.answers, desk.outcome
    unused = outcome.rejected + outcome.taken_over
    note = f"{outcome.rejected} rejected, {outcome.taken_over} taken over"
    answered = _queue("waiting", inbox)
    return [
        _share("auto", "Sent by AI itself", answers.by_itself, answers.count, "first answers", answered),
        _decided("written", "Approved as written", outcome.as_written, outcome),
        _decided("edited", "Approved after editing", outcome.edited, outcome),
        _decided("unused", "Rejected or taken over", unused, outcome, note),
        _time("median", "First answer, median", answers.median_seconds, answers, answered),
        _time("p90", "First answer, 90 % within", answers.p90_seconds, answers, answered),
    ]


def _decided(name: str, label: str, count: int, outcome: Outcome, note: str = "") -> Tile:
    return _share(name, label, count, outcome.decided, "drafts decided", "/approvals/", note)


def _share(name: str, label: str, count: int, of: int, what: str, url: str, note: str = "") -> Tile:
    if of < ENOUGH:
        return _too_little(name, label, of, url)
    percent = round(100 * count / of)
    return Tile(name, label, str(percent), "%", note=note or f"{count} of {of} {what}", url=url, share=percent)


def _time(name: str, label: str, seconds: float | None, answers: Answers, url: str) -> Tile:
    if seconds is None or answers.count < ENOUGH:
        return _too_little(name, label, answers.count, url)
    figure, unit = span(seconds)
    return Tile(name, label, figure, unit, note=f"of {answers.count}, by AI or a person", url=url)


def _too_little(name: str, label: str, count: int, url: str) -> Tile:
    return Tile(name, label, NONE, note=f"Too little data yet, {count} of {ENOUGH} needed", url=url)


def _operations(found: Operations, *, dead_url: str = "") -> list[Tile]:
    lanes = [_lane(name, label, found.lanes.get(name, Lane())) for name, label in LANE_NAMES.items()]
    retrying = sum(lane.retrying for lane in found.lanes.values())
    since = f"oldest {' '.join(span(found.dead_seconds))}" if found.dead_seconds is not None else "none failed for good"
    return [
        *lanes,
        Tile("retrying", "Trying again", str(retrying), note="jobs that failed and will be repeated"),
        Tile("dead", "Dead letters", str(found.dead), note=since, url=dead_url, is_alert=found.dead > 0),
    ]


def _lane(name: str, label: str, lane: Lane) -> Tile:
    if lane.oldest_seconds is None:
        return Tile(f"lane-{name}", label, NONE, note="nothing is waiting")
    figure, unit = span(lane.oldest_seconds)
    note = f"oldest of {lane.due} waiting"
    return Tile(f"lane-{name}", label, figure, unit, note=note, is_alert=lane.oldest_seconds > LATE_JOB_SECONDS)


def span(seconds: float) -> tuple[str, str]:
    """A figure and its unit: ("45", "s"), ("41", "min"), ("3 h 20", "min"), ("2 d 4", "h"). Rounded down."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return str(whole), "s"
    if whole < HOUR:
        return str(whole // MINUTE), "min"
    if whole < DAY:
        hours, minutes = whole // HOUR, whole % HOUR // MINUTE
        return (f"{hours} h {minutes}", "min") if minutes else (str(hours), "h")
    days, hours = whole // DAY, whole % DAY // HOUR
    return (f"{days} d {hours}", "h") if hours else (str(days), "d")


def _queue(view: str, inbox: int | None) -> str:
    return "/queue/?" + urlencode({"view": view} | ({"inbox": inbox} if inbox else {}))
