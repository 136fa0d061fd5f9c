"""The measuring half of bench/queue_page.py, which starts the stores and runs this with their addresses."""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import django

django.setup()

from django.db import connection, connections  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext, override_settings  # noqa: E402

from accounts.models import User  # noqa: E402
from bench.crowd import AGENT, FREQUENT, RARE, fill  # noqa: E402
from conversations import queries  # noqa: E402
from conversations.consumers import conversation_frame  # noqa: E402
from conversations.models import Conversation  # noqa: E402
from core.context import Actor, acting_as  # noqa: E402

WARMING = 5
VIEWS = ("mine", "review", "unassigned", "open", "snoozed", "mentions", "waiting", "resolved")
PARTIAL = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial"}
Asked = Callable[[int], tuple[str, dict[str, str]]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("size", type=int)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    fill(given.size, os.environ["DATA_DIR"])
    found = {}
    print(f"\n{given.size} conversations{'':<14}{'p50 ms':>8}{'p95 ms':>8}{'cpu ms':>8}{'queries':>9}{'bytes':>8}")
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        client = signed_in(User.objects.using("owner").get(email=AGENT))
        for what, asked in questions(given.size).items():
            found[what] = timed(client, asked, given.rounds)
            print(f"{what:<34}{line(found[what])}", flush=True)
    found["one live update"] = [0, 0, 0, 0, live_update()]
    print(f"{'one live update':<34}{line(found['one live update'])}")
    if given.out:
        given.out.write_text(json.dumps(found))


def line(figures: list[float]) -> str:
    p50, p95, cpu, queries, size = figures
    return f"{p50:>8.1f}{p95:>8.1f}{cpu:>8.1f}{queries:>9.0f}{size:>8.0f}"


def signed_in(user: User) -> Client:
    client = Client()
    with acting_as(Actor.door(user.pk)):
        client.force_login(user)
    return client


def questions(size: int) -> dict[str, Asked]:
    """What is asked for, by name: for each round an address and its headers."""
    newest = size - size % 8

    def page(**params: object) -> Asked:
        return lambda n: (f"/queue/?{urlencode(params)}", {})

    def part(**params: object) -> Asked:
        return lambda n: (f"/queue/?{urlencode(params)}", PARTIAL)

    def search(words: Callable[[int], str], **more: str) -> Asked:
        return lambda n: (f"/queue/?{urlencode({'q': words(n)} | more)}", PARTIAL)

    return {
        "nothing (healthz)": lambda n: ("/healthz", {}),
        "queue page": page(),
        **{f"view {key}": part(view=key) for key in VIEWS},
        "one inbox": part(inbox=1),
        "one team": part(team=1),
        "filtered": part(view="open", channel="email", priority=1),
        "sync": lambda n: ("/queue/sync/?after=1", PARTIAL),
        "search, rare word": search(lambda n: RARE.format(48 * n + 16)),
        "search, frequent word": search(lambda n: FREQUENT),
        "search, frequent word in mine": search(lambda n: FREQUENT, view="mine"),
        "search, frequent word in open": search(lambda n: FREQUENT, view="open"),
        "search, two words": search(lambda n: f"{FREQUENT} {RARE.format(48 * n + 16)}"),
        "search, partial word": search(lambda n: RARE.format(48 * n + 16)[1:-1]),
        "search, part of an e-mail": search(lambda n: f"erson{8 * n + 9}@customer"),
        "search, number": search(lambda n: f"#{newest - n * 8}"),
        "search, provider's id": search(lambda n: f"<in-{newest - n * 8}@mail.example>"),
        "search, nothing found": search(lambda n: f"xq{n}zzk"),
    }


def timed(client: Client, asked: Asked, rounds: int) -> list[float]:
    """[p50, p95, processor time of web and database, queries, bytes] of one question."""
    took, size, spent = [], 0, 0.0
    for n in range(WARMING + rounds):
        if n == WARMING:
            spent = processor_time()
        address, headers = asked(n % rounds)
        began = time.perf_counter()
        answer = client.get(address, **headers)  # type: ignore[arg-type]
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (address, answer.status_code)
        size = max(size, len(answer.content))
    spent = (processor_time() - spent) * 1000 / rounds
    took = took[WARMING:]
    address, headers = asked(0)
    with CaptureQueriesContext(connection) as queried:
        client.get(address, **headers)  # type: ignore[arg-type]
    return [statistics.median(took), statistics.quantiles(took, n=20)[18], spent, len(statements(queried)), size]


def processor_time() -> float:
    """Seconds that this process and the database's sessions have computed: what other work on the machine hardly changes."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")
        sessions = [pid for (pid,) in cursor.fetchall()]
    ticks = 0
    for pid in sessions:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def statements(queried: CaptureQueriesContext) -> list[str]:
    """Without what opens and closes a transaction."""
    told = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
    return [one["sql"] for one in queried if not one["sql"].startswith(told)]


def live_update() -> int:
    newest = Conversation.objects.using("owner").filter(state="open").latest("pk")
    with acting_as(Actor.system("live")):
        found = queries.conversation(newest.pk)
        assert found is not None
        return len(conversation_frame(found).encode())


if __name__ == "__main__":
    main()
