import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from core.context import Actor, acting_as


class Command(BaseCommand):
    help = "Waits until no job is ready or leased; exit code 1 when that takes longer than --timeout seconds."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--timeout", type=float, default=120.0, metavar="SECONDS")

    def handle(self, *args: Any, **options: Any) -> None:
        deadline = time.monotonic() + options["timeout"]
        while left := unfinished():
            if time.monotonic() >= deadline:
                raise CommandError(f"{left} jobs are still ready or leased after {options['timeout']:g} seconds")
            time.sleep(0.2)
        self.stdout.write("quiet")


UNFINISHED = """
SELECT count(*) FROM core_job WHERE state IN ('ready', 'leased')
   AND NOT (state = 'ready' AND attempts = 0
            AND run_at > now() + CASE lane WHEN 'bulk' THEN interval '30 seconds' ELSE interval '5 minutes' END)
"""


def unfinished() -> int:
    """How many jobs are still to do, those due later included; but not what is meant for minutes from now and changes no
    conversation, such as looking through an answer once it can no longer be taken back, nor a person's appointments: a
    conversation put aside until tomorrow, a reply for nine o'clock.
    """
    with acting_as(Actor.system("quiesce"), read_only=True), connection.cursor() as cursor:
        cursor.execute(UNFINISHED)
        return int(cursor.fetchone()[0])
