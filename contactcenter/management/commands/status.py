import json
import socket
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from conversations import channel_alerts
from core.context import Actor, acting_as
from gateways.choose import standings

LANES = """
SELECT lane, count(*) FILTER (WHERE state = 'ready'), count(*) FILTER (WHERE state = 'leased'),
       extract(epoch FROM now() - min(run_at) FILTER (WHERE state = 'ready' AND run_at <= now()))::float8
  FROM core_job WHERE state IN ('ready', 'leased') GROUP BY lane
"""
EMPTY_LANE = {"ready": 0, "leased": 0, "oldest_seconds": None}


class Command(BaseCommand):
    help = "What runs, and what is waiting."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines for people")

    def handle(self, *args: Any, **options: Any) -> None:
        found = {"build": settings.BUILD, "components": components(), **from_database()}
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        for name, one in found["components"].items():
            self.stdout.write(
                f"{name:<14} {'up' if one['healthy'] else 'DOWN':<5} pid {one['pid']}  restarts {one['restarts']}"
            )
        for lane, one in found["lanes"].items():
            self.stdout.write(
                f"lane {lane:<9} ready {one['ready']}  leased {one['leased']}  oldest {one['oldest_seconds'] or 0:.1f} s"
            )
        for name, state in found["breakers"].items():
            self.stdout.write(f"{'account' if name.startswith('channel:') else 'model'} {name}  {state}")
        self.stdout.write(f"dead letters   {found['dead_letters']}")


def components() -> dict[str, dict[str, Any]]:
    """Pid, port, restarts and health of each process of the running instance; empty when none runs."""
    try:
        listed = json.loads((settings.DATA_DIR / "state.json").read_text())["components"]
    except (OSError, ValueError, KeyError):
        return {}
    return {name: one | {"healthy": is_healthy(one)} for name, one in listed.items()}


def is_healthy(component: dict[str, Any]) -> bool:
    """Alive, and listening when it has a port."""
    if not component["pid"]:
        return False
    if component["port"]:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", component["port"])) == 0
    return True


def from_database() -> dict[str, Any]:
    """The schema's version, the lanes and the number of open dead letters."""
    with acting_as(Actor.system("status"), read_only=True), connection.cursor() as cursor:
        cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY id DESC LIMIT 1")
        schema = cursor.fetchone()
        cursor.execute(LANES)
        busy = {
            lane: {"ready": ready, "leased": leased, "oldest_seconds": age} for lane, ready, leased, age in cursor.fetchall()
        }
        cursor.execute("SELECT count(*) FROM core_deadletter WHERE state = 'open'")
        dead = cursor.fetchone()[0]
        breakers = standings() | channel_alerts.standings()
    lanes = {lane: busy.get(lane, EMPTY_LANE) for lane in ("ingest", "send", "draft", "bulk")}
    return {"breakers": breakers, "schema": schema[0] if schema else None, "lanes": lanes, "dead_letters": dead}
