"""What the queue costs an agent with ten thousand conversations and with a million.

    nice -n 10 python bench/queue_page.py [--conversations 10000 1000000] [--rounds 40] [--data FOLDER]

Starts stores of its own for each size (a FOLDER that is named is kept, with its conversations, for the next run) and fills them in
bulk: two messages a conversation, 2 % of them open, eight inboxes and four teams. The agent serves two of the inboxes. Each
address is asked for by a signed-in browser inside the process: middleware, row security, templates and all, without the network.
Prints milliseconds (p50, p95, and the processor's time in the web process and the database, which other work on the machine hardly
changes), queries and bytes per request, the bytes of one live update, and at the end what grew, as ratios.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from contactcenter.instance import borrowed  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--data", type=Path, help="keep the stores here")
    given = parser.parse_args()
    found: dict[int, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory(prefix="cc-bench-") as folder:
        for size in given.conversations:
            data = (given.data or Path(folder)).resolve() / str(size)
            found[size] = measured(data, size, given.rounds)
    if len(found) > 1:
        grown(found[min(found)], found[max(found)])
    return 0


def measured(data: Path, size: int, rounds: int) -> dict[str, list[float]]:
    """{what was asked for: [p50, p95, processor time, queries, bytes]} at one size."""
    with borrowed(data, os.environ) as settings:
        environ = settings | {
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "contactcenter.settings",
            "LOG_LEVEL": "WARNING",
        }
        subprocess.run([sys.executable, str(ROOT / "manage.py"), "prepare_database", "-v", "0"], env=environ, check=True)
        out = data / "queue.json"
        measure = [sys.executable, "-m", "bench.queueing", str(size), "--rounds", str(rounds), "--out", str(out)]
        subprocess.run(measure, env=environ, check=True)
        return dict(json.loads(out.read_text()))


def grown(small: dict[str, list[float]], large: dict[str, list[float]]) -> None:
    print(f"\n{'times as much':<34}{'p50':>8}{'p95':>8}{'cpu':>8}{'queries':>9}{'bytes':>8}")
    for what, figures in small.items():
        ratios = [after / before if before else 1.0 for before, after in zip(figures, large[what], strict=True)]
        print(f"{what:<34}" + "".join(f"{one:>{wide}.2f}" for one, wide in zip(ratios, (8, 8, 8, 9, 8), strict=True)))


if __name__ == "__main__":
    sys.exit(main())
