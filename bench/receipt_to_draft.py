"""How long from a message's receipt to its draft on an agent's screen, with the local provider.

    python bench/receipt_to_draft.py [--messages 200] [--port 8191]

Starts an instance of its own, opens the agent's socket (/ws/queue/) as ana@demo.example, posts messages one after another
through the API and takes, for each, the time from just before the POST to the frame that carries the finished draft's standing
in the queue row. Prints p50 and p95 in milliseconds, beside the p50 of POST alone and of a bare GET /healthz in the same run.
"""

import argparse
import asyncio
import json
import re
import signal
import statistics
import sys
import tempfile
import time
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import connect

from bench.chaos import QUESTIONS, call, start

ROW = re.compile(r'<hx-partial hx-target="#conv-(\d+)".*?</hx-partial>', re.S)
JUDGED = ("Review", "Held by rule", "Auto-sent", "Asked for a person")


def sign_in(url: str, email: str, password: str) -> str:
    """The session cookie of a person."""
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.open(f"{url}/accounts/login/", timeout=15).read()
    token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
    form = urlencode({"login": email, "password": password, "csrfmiddlewaretoken": token}).encode()
    opener.open(urllib.request.Request(f"{url}/accounts/login/", data=form, headers={"Referer": url}), timeout=30).read()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


async def measure(demo: dict[str, Any], messages: int) -> dict[str, float]:
    ana = next(user for user in demo["users"] if user["email"].startswith("ana@"))
    cookie = await asyncio.to_thread(sign_in, demo["url"], ana["email"], ana["password"])
    address = demo["url"].replace("http", "ws", 1) + "/ws/queue/"
    headers = {"Cookie": cookie, "Origin": demo["url"]}
    took, posts, bare = [], [], []
    async with connect(address, additional_headers=headers, max_size=None) as socket:
        for number in range(messages):
            began = time.perf_counter()
            await asyncio.to_thread(urllib.request.urlopen, demo["url"] + "/healthz", None, 10)
            bare.append(time.perf_counter() - began)
            body = {
                "inbox": demo["inboxes"]["web"]["slug"],
                "customer": {"email": f"bench{number}@customer.example"},
                "text": QUESTIONS[number % len(QUESTIONS)],
            }
            began = time.perf_counter()
            path, key = "/api/v1/messages", {"Idempotency-Key": f"bench-{number}"}
            answer = await asyncio.to_thread(call, demo, "POST", path, body, key)
            posts.append(time.perf_counter() - began)
            await draft_shown(socket, answer["conversation"])
            took.append(time.perf_counter() - began)
    return {
        "messages": messages,
        "p50_ms": 1000 * statistics.median(took),
        "p95_ms": 1000 * statistics.quantiles(took, n=20)[18],
        "post_p50_ms": 1000 * statistics.median(posts),
        "healthz_p50_ms": 1000 * statistics.median(bare),
        "p50_over_healthz": statistics.median(took) / statistics.median(bare),
    }


async def draft_shown(socket: Any, conversation: int) -> None:
    """Returns when a frame says how the conversation's draft was judged."""
    while True:
        frame = await asyncio.wait_for(socket.recv(), timeout=30)
        rows = [row.group(0) for row in ROW.finditer(frame) if int(row.group(1)) == conversation]
        if any(word in row for row in rows for word in JUDGED):
            return


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--port", type=int, default=8191)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cc-bench-") as folder:
        instance = start(Path(folder), given.port)
        try:
            demo = json.loads((Path(folder) / "demo.json").read_text())
            report = asyncio.run(measure(demo, given.messages))
        finally:
            instance.send_signal(signal.SIGTERM)
            instance.wait(60)
    print(json.dumps({name: round(value, 1) for name, value in report.items()}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
