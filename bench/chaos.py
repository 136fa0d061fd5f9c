"""Kills the workers, then Redis, then PostgreSQL with -9 while messages arrive, and counts what came of each message.

    python bench/chaos.py [--messages 200] [--port 8190]

Starts an instance of its own on loopback in a fresh folder, sends the messages through POST /api/v1/messages (each with its own
Idempotency-Key, repeated until it is answered 202, as a careful caller would), kills by pid from state.json, waits until the
lanes are empty and checks: every 202 has exactly one message and one draft that came to an outcome, no reply was accepted twice,
and `verify_invariants` is clean. Exit 0 when all of it holds.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = (
    "How long do I have to send something back?",
    "What does express delivery cost?",
    "Can I change the size before it ships?",
    "My tent leaks, is that covered by the guarantee?",
    "What is the capital of the moon?",
)
VICTIMS = ("worker-draft", "worker-send", "pump", "redis", "postgres")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--port", type=int, default=8190)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cc-chaos-") as folder:
        data = Path(folder)
        instance = start(data, given.port)
        try:
            report = ordeal(data, given.messages)
        finally:
            instance.send_signal(signal.SIGTERM)
            instance.wait(60)
    print(json.dumps(report, indent=1))
    return 0 if report["ok"] else 1


def start(data: Path, port: int) -> "subprocess.Popen[str]":
    """script/up in a folder of its own; returns once it says ready."""
    command = [str(ROOT / "script" / "up"), "--port", str(port), "--data", str(data)]
    environ = dict(os.environ) | {"CHAOS": "1", "UNDO_SECONDS": "1"}
    instance = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ, cwd=ROOT)
    assert instance.stdout is not None
    for line in instance.stdout:
        if line.startswith("ready "):
            while not (data / "demo.json").exists():
                time.sleep(0.05)
            return instance
    raise SystemExit("the instance did not start")


def ordeal(data: Path, messages: int) -> dict[str, Any]:
    demo = json.loads((data / "demo.json").read_text())
    accepted: dict[str, dict[str, Any]] = {}
    killed: list[str] = []
    sender = threading.Thread(target=send_all, args=(demo, messages, accepted))
    sender.start()
    killer = threading.Thread(target=kill_in_turn, args=(data, sender, accepted, messages, killed))
    killer.start()
    sender.join()
    killer.join()
    quiet = manage(data, "quiesce", "--timeout", "180").returncode == 0
    checked = manage(data, "verify_invariants")
    outcomes = Counter(outcome_of(demo, one) for one in accepted.values())
    twice = len(accepted) - len({one["message"] for one in accepted.values()})
    healthy = set(outcomes) <= {"sent", "in_review", "superseded", "recalled"}
    ok = quiet and checked.returncode == 0 and len(accepted) == messages and not twice and healthy
    broken = [] if checked.returncode == 0 else [i for i in json.loads(checked.stdout)["invariants"] if not i["ok"]]
    return {
        "ok": ok, "messages": messages, "accepted": len(accepted), "same_message_twice": twice, "outcomes": dict(outcomes),
        "killed": dict(Counter(killed)), "quiet": quiet, "broken_invariants": broken,
    }  # fmt: skip


def send_all(demo: dict[str, Any], messages: int, accepted: dict[str, dict[str, Any]]) -> None:
    for number in range(messages):
        key = f"chaos-{number}"
        body = {
            "inbox": demo["inboxes"]["web"]["slug"],
            "customer": {"email": f"chaos{number}@customer.example", "name": f"Chaos {number}"},
            "text": QUESTIONS[number % len(QUESTIONS)],
        }
        accepted[key] = post_until_accepted(demo, key, body)
        time.sleep(0.05)


def post_until_accepted(demo: dict[str, Any], key: str, body: dict[str, Any]) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            answer = call(demo, "POST", "/api/v1/messages", body, {"Idempotency-Key": key})
            # The same key must always be answered the same.
            assert answer == call(demo, "POST", "/api/v1/messages", body, {"Idempotency-Key": key})
            return answer
        except (urllib.error.URLError, OSError, ConnectionError):
            time.sleep(0.25)
    raise SystemExit(f"{key} was never accepted")


def kill_in_turn(
    data: Path, sender: threading.Thread, accepted: dict[str, dict[str, Any]], messages: int, killed: list[str]
) -> None:
    """One victim after each share of the messages, workers first, stores last, twice round."""
    turns = VICTIMS * 2
    for turn, victim in enumerate(turns):
        while sender.is_alive() and len(accepted) < (turn + 1) * messages // (len(turns) + 1):
            time.sleep(0.05)
        pid = json.loads((data / "state.json").read_text())["components"][victim]["pid"]
        if pid:
            os.kill(pid, signal.SIGKILL)
            killed.append(victim)
        time.sleep(0.5)


def outcome_of(demo: dict[str, Any], accepted: dict[str, Any]) -> str:
    """What became of a message: the state of its draft, and "lost" or "still open" when that is no outcome."""
    conversation = call(demo, "GET", f"/api/v1/conversations/{accepted['conversation']}")
    inbound = [m for m in conversation["messages"] if m["direction"] == "in"]
    if [m["id"] for m in inbound] != [accepted["message"]]:
        return f"{len(inbound)} messages"
    drafts = [d for d in conversation["drafts"] if d["in_reply_to"] == accepted["message"]]
    if len(drafts) != 1:
        return f"{len(drafts)} drafts"
    if drafts[0]["state"] != "sent":
        return str(drafts[0]["state"])
    states = [d["state"] for d in conversation["deliveries"]]
    return "sent" if states == ["sent"] else f"delivery {states}"


def call(
    demo: dict[str, Any], method: str, path: str, body: dict[str, Any] | None = None, extra: dict[str, str] | None = None
) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {demo['api_token']}", "Content-Type": "application/json"} | (extra or {})
    payload = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(demo["url"] + path, data=payload, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=15) as answer:
        found: dict[str, Any] = json.loads(answer.read())
        return found


def manage(data: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [str(ROOT / "script" / "manage"), "--data", str(data), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
