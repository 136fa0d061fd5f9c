"""How much comes in by each door: seconds per call, messages per second of processor time, and the same with Redis stopped.

    python -m bench.channels [--messages 200] [--callers 4] [--port 8191]

Starts an instance of its own on loopback in a fresh folder. Each door (mail hook, WhatsApp webhook, web form) is called by a few
callers at once; drafting is held (SIGSTOP of its worker) until everything has been taken in, so that the processor time is that of
receiving. Then Redis is stopped (SIGSTOP) and the WhatsApp webhook is called again. Latencies are also given as a multiple of
/healthz, asked in the same way in the same run. Exit 1 when a message was lost or stored twice.
"""

import argparse
import email.message
import hashlib
import hmac
import json
import os
import signal
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles
from typing import Any

from bench.chaos import call, manage, start

TICKS = os.sysconf("SC_CLK_TCK")
Send = Callable[[int], int]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--callers", type=int, default=4)
    parser.add_argument("--port", type=int, default=8191)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cc-channels-") as folder:
        data = Path(folder)
        instance = start(data, given.port)
        try:
            report = measured(data, given.messages, given.callers)
        finally:
            instance.send_signal(signal.SIGTERM)
            instance.wait(60)
    print(json.dumps(report, indent=1))
    return 0 if report["ok"] else 1


def measured(data: Path, messages: int, callers: int) -> dict[str, Any]:
    demo = json.loads((data / "demo.json").read_text())
    manage(data, "quiesce", "--timeout", "120")
    baseline = timed(lambda number: opened(urllib.request.Request(f"{demo['url']}/healthz")), messages, callers)
    doors: dict[str, Send] = {"mail": mail_door(demo), "whatsapp": whatsapp_door(demo), "web": web_door(demo)}
    report: dict[str, Any] = {"healthz": summary(baseline)}
    for name, send in doors.items():
        report[name] = taken_in(data, demo, name, send, messages, callers)
        report[name] |= {"times_healthz_p95": round(report[name]["p95_ms"] / report["healthz"]["p95_ms"], 1)}
    report["whatsapp_without_redis"] = without_redis(data, demo, messages, callers)
    report["quiet"] = manage(data, "quiesce", "--timeout", "240").returncode == 0
    report["invariants"] = manage(data, "verify_invariants").returncode == 0
    stored = {name: report[name]["stored"] for name in (*doors, "whatsapp_without_redis")}
    report["ok"] = report["quiet"] and report["invariants"] and set(stored.values()) == {messages}
    return report


def taken_in(data: Path, demo: dict[str, Any], name: str, send: Send, messages: int, callers: int) -> dict[str, Any]:
    """One door: the calls, then the wait until every message stands in its conversation."""
    pids = components(data)
    before = count(demo, name)
    os.kill(pids["worker-draft"], signal.SIGSTOP)
    try:
        cpu, began = spent(pids), time.monotonic()
        calls = timed(send, messages, callers)
        while count(demo, name) - before < messages and time.monotonic() - began < 120:
            time.sleep(0.1)
        seconds, cpu = time.monotonic() - began, {one: spent(pids)[one] - cpu[one] for one in cpu}
    finally:
        os.kill(pids["worker-draft"], signal.SIGCONT)
    manage(data, "quiesce", "--timeout", "240")
    used = sum(cpu.values())
    return summary(calls) | {
        "stored": count(demo, name) - before, "seconds": round(seconds, 2), "cpu_seconds": {k: round(v, 2) for k, v in cpu.items()},
        "messages_per_core_second": round(messages / used, 1) if used else None,
    }  # fmt: skip


def without_redis(data: Path, demo: dict[str, Any], messages: int, callers: int) -> dict[str, Any]:
    """The WhatsApp webhook while Redis neither answers nor refuses."""
    before, redis = count(demo, "whatsapp"), components(data)["redis"]
    send = whatsapp_door(demo, prefix="noredis")
    os.kill(redis, signal.SIGSTOP)
    try:
        calls = timed(send, messages, callers)
        began = time.monotonic()
        while count(demo, "whatsapp") - before < messages and time.monotonic() - began < 120:
            time.sleep(0.2)
        waited = time.monotonic() - began
    finally:
        os.kill(redis, signal.SIGCONT)
    return summary(calls) | {"stored": count(demo, "whatsapp") - before, "seconds_until_stored": round(waited, 2)}


def mail_door(demo: dict[str, Any]) -> Send:
    inbox = demo["inboxes"]["email"]

    def send(number: int) -> int:
        mail = email.message.EmailMessage()
        mail["From"], mail["To"] = f"Bench {number} <bench{number}@customer.example>", inbox["address"]
        mail["Subject"], mail["Message-ID"] = f"Question {number}", f"<bench-{number}@customer.example>"
        mail["Date"] = "Tue, 24 Nov 2026 10:00:00 +0000"
        mail.set_content(f"Hello,\n\nhow long may I take to send a tent back? This is question {number}.\n\nBest wishes\n")
        mail.add_alternative(f"<p>Hello,</p><p>how long may I take to send a tent back? This is question {number}.</p>", "html")
        headers = {"Authorization": f"Bearer {inbox['secret']}", "Content-Type": "message/rfc822"}
        url = f"{demo['url']}/hooks/email/{inbox['slug']}/"
        return opened(urllib.request.Request(url, data=mail.as_bytes(), headers=headers, method="POST"))

    return send


def whatsapp_door(demo: dict[str, Any], prefix: str = "bench") -> Send:
    inbox = demo["inboxes"]["whatsapp"]

    def send(number: int) -> int:
        sender = f"4915{hashlib.sha256(f'{prefix}{number}'.encode()).hexdigest()[:6]}"
        sender = "4915" + "".join(str(int(sign, 16) % 10) for sign in sender[4:]) + f"{number:04}"
        message = {
            "from": sender, "id": f"wamid.{prefix}{number}", "timestamp": str(int(time.time())), "type": "text",
            "text": {"body": f"How long may I take to send a tent back? {number}"},
        }  # fmt: skip
        value = {
            "messaging_product": "whatsapp", "metadata": {"phone_number_id": inbox["phone_number_id"], "display_phone_number": "1"},
            "contacts": [{"profile": {"name": f"Bench {number}"}, "wa_id": sender}], "messages": [message],
        }  # fmt: skip
        document = {
            "object": "whatsapp_business_account",
            "entry": [{"id": "1", "changes": [{"value": value, "field": "messages"}]}],
        }
        body = json.dumps(document).encode()
        digest = hmac.new(inbox["app_secret"].encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}
        url = f"{demo['url']}/hooks/whatsapp/{inbox['slug']}/"
        return opened(urllib.request.Request(url, data=body, headers=headers, method="POST"))

    return send


def web_door(demo: dict[str, Any]) -> Send:
    """Through the API, which is the form's own way in without the form's limit per address."""

    def send(number: int) -> int:
        body = {
            "inbox": demo["inboxes"]["web"]["slug"], "customer": {"email": f"web{number}@customer.example", "name": f"Web {number}"},
            "text": f"How long may I take to send a tent back? {number}",
        }  # fmt: skip
        call(demo, "POST", "/api/v1/messages", body, {"Idempotency-Key": f"bench-{number}"})
        return 202

    return send


def opened(request: urllib.request.Request) -> int:
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()
        return int(answer.status)


def timed(send: Send, messages: int, callers: int) -> list[float]:
    """Seconds of each call."""

    def one(number: int) -> float:
        began = time.monotonic()
        status = send(number)
        assert status < 300, status
        return time.monotonic() - began

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(one, range(messages)))


def summary(calls: list[float]) -> dict[str, Any]:
    cuts = quantiles(calls, n=20)
    return {"p50_ms": round(cuts[9] * 1000, 1), "p95_ms": round(cuts[18] * 1000, 1), "longest_ms": round(max(calls) * 1000, 1)}


def count(demo: dict[str, Any], channel: str) -> int:
    """How many of the bench's messages stand in conversations of a channel."""
    channel = {"mail": "email", "whatsapp_without_redis": "whatsapp"}.get(channel, channel)
    found, cursor = 0, ""
    while True:
        query = urllib.parse.urlencode(
            {"channel": channel, "direction": "in", "limit": 200} | ({"cursor": cursor} if cursor else {})
        )
        page = call(demo, "GET", f"/api/v1/messages?{query}")
        found += len(page["messages"])
        cursor = page.get("next") or ""
        if not cursor:
            return found


def components(data: Path) -> dict[str, int]:
    state = json.loads((data / "state.json").read_text())["components"]
    return {name: one["pid"] for name, one in state.items() if one["pid"]}


def spent(pids: dict[str, int]) -> dict[str, float]:
    """Seconds of processor time that each component and its children have used until now, but drafting, which is held."""
    return {name: sum(ticks(pid) for pid in family(pid)) / TICKS for name, pid in pids.items() if name != "worker-draft"}


def family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        found = [int(one) for one in children.read_text().split()]
    except OSError:
        return [pid]
    return [pid, *(each for child in found for each in family(child))]


def ticks(pid: int) -> int:
    """User and system time, with that of children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(one) for one in fields[11:15])


if __name__ == "__main__":
    sys.exit(main())
