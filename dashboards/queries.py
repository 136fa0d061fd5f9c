"""The figures. Each is one statement, run as the viewer: row security decides which rows it counts.

Ages are taken by the database, so that its clock alone decides. What belongs to today is found by an index on its day.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.viewer import zone_of
from conversations.models import Inbox
from core.jobs import LANES as LANE_RANKS

SOON_MINUTES = 15


@dataclass(frozen=True)
class Day:
    """Today in the viewer's own zone: from `start` to before `end`."""

    start: datetime
    end: datetime
    zone: tzinfo

    @property
    def zone_name(self) -> str:
        return str(self.zone)


@dataclass(frozen=True)
class Work:
    """Open conversations: all, those without an owner, those in which the customer waits, and those whose reply is due."""

    open: int = 0
    unowned: int = 0
    waiting: int = 0
    overdue: int = 0
    soon: int = 0


@dataclass(frozen=True)
class Oldest:
    """The customer who has waited longest, since the first message that nothing has answered."""

    conversation: int
    customer: str
    seconds: float
    is_over: bool


@dataclass(frozen=True)
class Review:
    """Drafts that wait for a person; `everywhere` ignores the filter."""

    waiting: int = 0
    everywhere: int = 0
    oldest_seconds: float | None = None


@dataclass(frozen=True)
class Carried:
    """Replies that failed today, and those of any day that a person has to look into."""

    failed: int = 0
    held: int = 0


@dataclass(frozen=True)
class Answers:
    """Conversations that got their first public answer today, and how long it took after they began."""

    count: int = 0
    by_itself: int = 0
    median_seconds: float | None = None
    p90_seconds: float | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of the drafts decided today. A decision that was taken back does not count."""

    as_written: int = 0
    edited: int = 0
    rejected: int = 0
    taken_over: int = 0

    @property
    def decided(self) -> int:
        return self.as_written + self.edited + self.rejected + self.taken_over


@dataclass(frozen=True)
class Desk:
    """Everything that rests on conversations. Admins do not see these rows, so they have none."""

    work: Work
    oldest: Oldest | None
    review: Review
    carried: Carried
    answers: Answers
    outcome: Outcome


@dataclass(frozen=True)
class Lane:
    """Jobs of one kind that are due and not done; the age of the oldest, None when none is due."""

    due: int = 0
    oldest_seconds: float | None = None
    retrying: int = 0


@dataclass(frozen=True)
class Operations:
    lanes: dict[str, Lane]
    dead: int = 0
    dead_seconds: float | None = None


@dataclass(frozen=True)
class Figures:
    desk: Desk | None
    operations: Operations


def today(user: User) -> Day:
    """The viewer's day."""
    zone = zone_of(user)
    date = timezone.now().astimezone(zone).date()
    return Day(datetime.combine(date, time.min, zone), datetime.combine(date + timedelta(days=1), time.min, zone), zone)


def inboxes(user: User) -> list[Inbox]:
    """What the viewer can filter by."""
    return list(Inbox.objects.only("name")) if sees_conversations(user) else []


def sees_conversations(user: User) -> bool:
    """An admin runs the system and has no right to any conversation; asking would be refused, not empty."""
    return user.role == User.Role.SUPERVISOR


def figures(user: User, day: Day, inbox: int | None = None) -> Figures:
    """Eight statements for a supervisor, two for an admin, whatever the number of rows."""
    asked = {"start": day.start, "end": day.end, "inbox": inbox, "soon": SOON_MINUTES}
    return Figures(desk=_desk(asked) if sees_conversations(user) else None, operations=_operations(asked))


def _desk(asked: dict[str, Any]) -> Desk:
    found = _rows(OLDEST, asked)
    return Desk(
        work=Work(*_rows(WORK, asked)[0]),
        oldest=Oldest(*found[0]) if found else None,
        review=Review(*_rows(REVIEW, asked)[0]),
        carried=Carried(*_rows(CARRIED, asked)[0]),
        answers=Answers(*_rows(ANSWERS, asked)[0]),
        outcome=Outcome(*_rows(OUTCOME, asked)[0]),
    )


def _operations(asked: dict[str, Any]) -> Operations:
    busy = {name: Lane(*numbers) for name, *numbers in _rows(LANES, asked)}
    return Operations({name: busy.get(name, Lane()) for name in LANE_RANKS}, *_rows(DEAD, asked)[0])


def delays() -> dict[str, tuple[float, datetime]]:
    """For the status page, as the system: by lane how long its oldest due job has waited, and since when."""
    return {lane: (seconds, since) for lane, seconds, since in _rows(DELAYS, {})}


def _rows(sql: str, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        return list(cursor.fetchall())


CHOSEN = "(%(inbox)s::bigint IS NULL OR {column} = %(inbox)s)"
IN_INBOX = CHOSEN.replace("{column}", "inbox_id")
IN_SCOPE = CHOSEN.replace("{column}", "scope_id")

# A reply is owed while its clock runs: it starts with what the customer writes and ends when an answer has gone out.
WORK = f"""
SELECT count(*), count(*) FILTER (WHERE assignee_id IS NULL), count(due_at), count(*) FILTER (WHERE due_at < now()),
       count(*) FILTER (WHERE due_at >= now() AND due_at < now() + make_interval(mins => %(soon)s))
  FROM conversations_conversation WHERE state = 'open' AND {IN_INBOX}
"""  # noqa: S608  no value is ever written into a statement, here and below

OLDEST = f"""
WITH oldest AS (
  SELECT c.id, c.customer_id, first.at, c.due_at FROM conversations_conversation c
   CROSS JOIN LATERAL (
     SELECT m.created_at AS at FROM conversations_message m
      WHERE m.conversation_id = c.id AND m.direction = 'in' AND NOT m.is_automatic AND m.id > coalesce(
        (SELECT max(o.id) FROM conversations_message o
          WHERE o.conversation_id = c.id AND o.direction = 'out' AND o.author <> 'system' AND o.published_at IS NOT NULL), 0)
      ORDER BY m.id LIMIT 1) first
   WHERE c.state = 'open' AND c.due_at IS NOT NULL AND {CHOSEN.replace("{column}", "c.inbox_id")}
   ORDER BY first.at, c.id LIMIT 1)
SELECT o.id, coalesce(nullif(k.name, ''), 'Customer ' || k.id), extract(epoch FROM now() - o.at)::float8, o.due_at < now()
  FROM oldest o JOIN conversations_customer k ON k.id = o.customer_id
"""  # noqa: S608

REVIEW = f"""
SELECT count(*) FILTER (WHERE {IN_INBOX}), count(*),
       extract(epoch FROM now() - min(changed_at) FILTER (WHERE {IN_INBOX}))::float8
  FROM approvals_draft WHERE state = 'in_review'
"""  # noqa: S608

CARRIED = f"""
SELECT count(*) FILTER (WHERE state = 'failed' AND changed_at >= %(start)s), count(*) FILTER (WHERE state = 'held')
  FROM conversations_delivery WHERE state IN ('failed', 'held') AND {IN_INBOX}
"""  # noqa: S608

# The first answer of a conversation, whoever gave it (fixed words of the house are none): a later one, or one after a reopening, changes nothing.
ANSWERS = f"""
WITH answer AS (
  SELECT DISTINCT ON (m.conversation_id) m.conversation_id, m.published_at,
         m.author = 'assistant' AND m.reviewed_by_id IS NULL AS by_itself
    FROM conversations_message m
   WHERE m.direction = 'out' AND m.author <> 'system' AND m.published_at >= %(start)s AND m.published_at < %(end)s
     AND {CHOSEN.replace("{column}", "m.inbox_id")}
   ORDER BY m.conversation_id, m.published_at, m.id)
SELECT count(*), count(*) FILTER (WHERE by_itself),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM a.published_at - c.created_at)::float8),
       percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM a.published_at - c.created_at)::float8)
  FROM answer a JOIN conversations_conversation c ON c.id = a.conversation_id
 WHERE NOT EXISTS (SELECT 1 FROM conversations_message e
                    WHERE e.conversation_id = a.conversation_id AND e.direction = 'out' AND e.author <> 'system' AND e.published_at < %(start)s)
"""  # noqa: S608

OUTCOME = f"""
WITH last AS (
  SELECT DISTINCT ON (draft_id) action FROM approvals_decision
   WHERE created_at >= %(start)s AND created_at < %(end)s AND {IN_INBOX} ORDER BY draft_id, id DESC)
SELECT count(*) FILTER (WHERE action = 'approve'), count(*) FILTER (WHERE action = 'edit'),
       count(*) FILTER (WHERE action = 'reject'), count(*) FILTER (WHERE action = 'take_over') FROM last
"""  # noqa: S608

LANES = f"""
SELECT lane, count(*) FILTER (WHERE run_at <= now()),
       extract(epoch FROM now() - min(run_at) FILTER (WHERE run_at <= now()))::float8, count(*) FILTER (WHERE attempts > 0)
  FROM core_job WHERE state = 'ready' AND {IN_SCOPE} GROUP BY lane
"""  # noqa: S608

DEAD = f"""
SELECT count(*), extract(epoch FROM now() - min(created_at))::float8 FROM core_deadletter WHERE state = 'open' AND {IN_SCOPE}
"""  # noqa: S608

DELAYS = """
SELECT lane, extract(epoch FROM now() - min(run_at))::float8, min(run_at) FROM core_job
 WHERE (state = 'ready' AND run_at <= now()) OR (state = 'leased' AND lease_until < now()) GROUP BY lane
"""
