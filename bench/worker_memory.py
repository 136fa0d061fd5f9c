"""How much memory each process of an instance has after 200 questions, in MB of resident memory: prints one object.

    python bench/worker_memory.py [--messages 200] [--port 8192]

Starts an instance of its own, sends the messages one after another through the API, waits until the lanes are empty and reads each
component with its children from the kernel.
"""

import argparse
import json
import signal
import sys
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.chaos import QUESTIONS, call, manage, start  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--port", type=int, default=8192)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cc-bench-") as folder:
        data = Path(folder)
        instance = start(data, given.port)
        try:
            before = resident(data)
            send(data, given.messages)
            manage(data, "quiesce", "--timeout", "300")
            after = resident(data)
        finally:
            instance.send_signal(signal.SIGTERM)
            instance.wait(60)
    print(json.dumps({"messages": given.messages} | {name: [before[name], after[name]] for name in after}, indent=1))
    return 0


def send(data: Path, messages: int) -> None:
    demo = json.loads((data / "demo.json").read_text())
    for number in range(messages):
        text = f"{QUESTIONS[number % len(QUESTIONS)]} (order {number})"
        customer = {"email": f"memory{number}@customer.example"}
        body = {"inbox": demo["inboxes"]["web"]["slug"], "customer": customer, "text": text}
        call(demo, "POST", "/api/v1/messages", body, {"Idempotency-Key": f"memory-{number}"})
        urllib.request.urlopen(f"{demo['url']}/healthz", timeout=15).read()


def resident(data: Path) -> dict[str, int]:
    """Megabytes by component, its children included."""
    components = json.loads((data / "state.json").read_text())["components"]
    return {name: sum(_megabytes(pid) for pid in _family(one["pid"])) for name, one in components.items() if one["pid"]}


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _megabytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS:")), 0)


if __name__ == "__main__":
    sys.exit(main())
