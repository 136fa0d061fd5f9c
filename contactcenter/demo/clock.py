"""The play takes seconds and stands for a day: every moment of it is written down, and afterwards put at its place in the day."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone


@dataclass
class Clock:
    """`started` is the end of the day that is played: what the story calls five minutes ago is five minutes before it."""

    started: datetime = field(default_factory=timezone.now)
    moments: list[tuple[datetime, timedelta]] = field(default_factory=list)
    promises: dict[int, tuple[datetime, timedelta]] = field(default_factory=dict)

    def set(self, ago: timedelta) -> None:
        """What happens from now on happens so long ago."""
        now = timezone.now()
        self.moments.append((now, self.started - ago - now))

    def promise(self, conversation_id: int, due: datetime | None) -> None:
        """Remember when a reply is due as of this moment: that lies ahead of it, so no moment of the play can tell its place."""
        if due is None:
            self.promises.pop(conversation_id, None)
        elif conversation_id not in self.promises or self.promises[conversation_id][0] != due:
            self.promises[conversation_id] = (due, self.moments[-1][1])

    def put_right(self) -> None:
        """Move everything that was written during the play to its place in the day, all of it or nothing."""
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            # The logs are append-only for everybody, their owner included. Here their rows are seconds old, written by this
            # very command on a machine of one's own, before anything else runs; what they say stays, only when moves.
            for table in _append_only(cursor):
                cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER append_only')
            self._write_moments(cursor)
            for table, columns in _written_during(cursor):
                cursor.execute(_moved(table, columns))
            self._keep_promises(cursor)
            for table in _append_only(cursor):
                cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER append_only')

    def _write_moments(self, cursor: CursorWrapper) -> None:
        cursor.execute("CREATE TEMP TABLE moment (began timestamptz, ended timestamptz, shift interval) ON COMMIT DROP")
        ends = [began for began, _ in self.moments[1:]] + [timezone.now()]
        rows = [(began, ended, shift) for (began, shift), ended in zip(self.moments, ends, strict=True)]
        cursor.executemany("INSERT INTO moment VALUES (%s, %s, %s)", rows)
        # For a moment before the play or after it there is no row, and it stays where it is.
        cursor.execute(
            "CREATE FUNCTION pg_temp.placed(at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS"
            " 'SELECT coalesce((SELECT at + shift FROM moment WHERE at >= began AND at < ended), at)'"
        )

    def _keep_promises(self, cursor: CursorWrapper) -> None:
        cursor.executemany(
            "UPDATE conversations_conversation SET due_at = %s WHERE id = %s AND due_at = %s",
            [(due + shift, pk, due) for pk, (due, shift) in self.promises.items()],
        )
        # Long past for everything that was played, and nothing reads them any more.
        cursor.execute("UPDATE approvals_draft SET deadline = created_at + interval '30 seconds'")
        cursor.execute("UPDATE conversations_deliveryattempt SET deadline = started_at + interval '15 seconds'")


_APPEND_ONLY = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only' ORDER BY 1"
# What an article says was not written today, and when people came is not part of the day.
_MOMENTS = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND a.atttypid = 'timestamptz'::regtype AND NOT a.attisdropped
   AND split_part(c.relname, '_', 1) IN ('conversations', 'approvals', 'intake', 'core', 'dashboards')
 GROUP BY c.relname ORDER BY c.relname
"""


def _append_only(cursor: CursorWrapper) -> list[str]:
    cursor.execute(_APPEND_ONLY)
    return [table for (table,) in cursor.fetchall()]


def _written_during(cursor: CursorWrapper) -> list[tuple[str, list[str]]]:
    """Every table of ours that keeps moments, with the columns that do."""
    cursor.execute(_MOMENTS)
    return list(cursor.fetchall())


def _moved(table: str, columns: list[str]) -> str:
    placed = ", ".join(f'"{column}" = pg_temp.placed("{column}")' for column in columns)
    return f'UPDATE "{table}" SET {placed}'  # noqa: S608  names from the catalogue
