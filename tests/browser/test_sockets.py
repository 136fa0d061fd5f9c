"""The page's socket is cut again and again while messages arrive and colleagues decide: each time the page equals a fresh one soon.

A proxy of our own stands between the browser and the server and resets the socket's TCP connection, without a goodbye. What is
compared is what people see: counts, rows (their order waits for an idle list by design), messages, and the draft.
SOCKET_KILLS=500 cuts more often; bench/sockets.py does that and prints the times.
"""

import json
import os
import random
import select
import socket
import statistics
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connections
from playwright.sync_api import Page

from approvals import queries, review
from conversations import assignment
from conversations.models import Conversation
from core.claims import LostClaim
from tests.browser.pages import DESK, signs_in
from tests.build import RETURNS, arrives, article
from tests.cast import Cast, conversation
from tests.house.world import owner_sql

pytestmark = [pytest.mark.browser, pytest.mark.timeout(3600)]
KILLS = int(os.environ.get("SOCKET_KILLS", "15"))
# On a machine that has more to do than it has processors, the seconds are those of its neighbours.
WITHIN, CROWDED = 2.0, 8.0
MATTERS = 8


class Cutter(threading.Thread):
    """Passes bytes on to `port`; `cut` resets every connection that has become a socket."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.to = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sockets: set[socket.socket] = set()
        self.ended = False

    def run(self) -> None:
        while not self.ended:
            if select.select([self.listener], [], [], 0.2)[0]:
                threading.Thread(target=self.carry, args=(self.listener.accept()[0],), daemon=True).start()

    def carry(self, near: socket.socket) -> None:
        far = socket.create_connection(("127.0.0.1", self.to))
        try:
            while True:
                for one in select.select([near, far], [], [])[0]:
                    data = one.recv(65536)
                    if not data:
                        return
                    if one is near and b"pgrade: websocket" in data:
                        self.sockets.add(near)
                    (far if one is near else near).sendall(data)
        except OSError:
            pass
        finally:
            self.sockets.discard(near)
            near.close()
            far.close()

    def cut(self) -> int:
        found = list(self.sockets)
        for one in found:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            one.shutdown(socket.SHUT_RDWR)
        return len(found)


class Bustle(threading.Thread):
    """What others do meanwhile: customers write, a colleague decides, assigns, resolves."""

    def __init__(self, cast: Cast, matters: list[int], seed: int) -> None:
        super().__init__(daemon=True)
        self.cast, self.matters, self.die = cast, matters, random.Random(seed)
        self.ended, self.done, self.failed = threading.Event(), 0, list[BaseException]()
        self.going, self.at_rest = threading.Event(), threading.Event()
        self.going.set()

    def run(self) -> None:
        try:
            while not self.ended.wait(self.die.uniform(0.05, 0.4)):
                if not self.going.is_set():
                    self.at_rest.set()
                    self.going.wait(30)
                self.deed()
                self.done += 1
        except BaseException as error:
            self.failed.append(error)
        finally:
            connections.close_all()

    def rest(self) -> None:
        """Nothing new begins: what is compared must stand still. What workers have in hand goes on."""
        self.at_rest.clear()
        self.going.clear()
        self.at_rest.wait(10)

    def deed(self) -> None:
        pk = self.die.choice(self.matters)
        what = self.die.choice(["writes", "writes", "rejects", "approves", "assigns"])
        if what == "writes":
            arrives(self.cast.orders, "How many days do I have to return something?", conversation=pk)
            return
        with self.cast.acting(self.cast.sam):
            if what == "assigns":
                to = self.die.choice([self.cast.sam, self.cast.ana, None])
                assignment.assign(Conversation.objects.get(pk=pk), to=to, by=self.cast.sam)
                return
            self.decide(pk, what)

    def decide(self, pk: int, what: str) -> None:
        draft = queries.newest_of(pk)
        if draft is None or not draft.text:
            return
        facts = {"by": self.cast.sam, "version": draft.version, "request_key": uuid.uuid4()}
        with suppress(LostClaim):
            review.approve(draft, **facts) if what == "approves" else review.reject(draft, reason="tone", **facts)


# What a person sees, by region, without clocks and what only this page has (focus, keys of forms).
SEEN = """() => {
  const words = el => {
    const copy = el.cloneNode(true);
    copy.querySelectorAll('[data-age],[data-due],[data-clock],[data-until],[hx-trigger=load],time,.vh,.conv__left,script,template,[hidden]').forEach(one => one.remove());
    return copy.textContent.replace(/\\s+/g, ' ').trim();
  };
  const all = (root, selector, id) => Object.fromEntries([...root.querySelectorAll(selector)].map(el => [el.id, words(el)]));
  const look = root => ({
    counts: all(root, '[id^=count-]'),
    rows: all(root, '#conv-list .conv'),
    messages: all(root, '.timeline .msg, [id^=timeline-] .msg'),
  });
  const slot = document.querySelector('[id^=draft-slot-]'), number = slot.id.split('-').pop();
  return Promise.all([
    fetch(location.href).then(answer => answer.text()),
    fetch(`/conversations/${number}/draft/`, { headers: { 'HX-Request': 'true' } }).then(answer => answer.text()),
  ]).then(([page, draft]) => {
    const parse = html => new DOMParser().parseFromString(html, 'text/html');
    const part = parse(draft);
    part.querySelectorAll('hx-partial').forEach(one => one.remove());
    const fresh = { ...look(parse(page)), draft: words(part.body) }, mine = { ...look(document), draft: words(slot) };
    const differs = Object.keys(fresh).filter(key => {
      const sorted = one => JSON.stringify(typeof one === 'string' ? one : Object.entries(one).sort());
      return sorted(fresh[key]) !== sorted(mine[key]);
    });
    return { differs, fresh, mine, net: document.querySelector('#net').dataset.state };
  });
}"""


@pytest.fixture
def cutter(site) -> Iterator[Cutter]:
    found = Cutter(urlsplit(site.url).port or 0)
    found.start()
    yield found
    found.ended = True


def test_after_each_cut_the_page_equals_a_fresh_one_within_two_seconds(new_context, site, cast: Cast, cutter: Cutter) -> None:
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    article(cast.base, "returns", "Returns", RETURNS)
    matters = [conversation(cast.orders, cast.cara, f"Matter {n}")[0].pk for n in range(MATTERS)]
    page: Page = new_context(viewport=DESK).new_page()
    signs_in(page, cast.ana)
    # A cookie is good for every port of the host: the same session, through the proxy.
    page.goto(f"http://127.0.0.1:{cutter.port}/conversations/{matters[0]}/")
    page.wait_for_selector("#net[data-state=live]", state="attached")
    page.mouse.move(2, 2)
    bustle, die, times, late = Bustle(cast, matters, 1), random.Random(2), list[float](), list[tuple[float, str]]()
    bustle.start()
    for number in range(KILLS):
        page.wait_for_timeout(die.uniform(50, 600))
        cutter.cut()
        page.wait_for_timeout(die.uniform(0, 300))  # things go on happening while the page hears nothing
        bustle.rest()
        began = time.monotonic()
        seen = until_equal(page, began)
        times.append(time.monotonic() - began)
        bustle.going.set()
        if times[-1] > WITHIN:
            late.append(
                (times[-1], f"{number}: {times[-1]:.1f} s, at last {seen['net']}: {json.dumps(difference(seen))[:400]}")
            )
    bustle.ended.set()
    bustle.going.set()
    bustle.join(30)
    report = {
        "kills": KILLS, "deeds": bustle.done, "median_s": round(statistics.median(times), 2),
        "p95_s": round(sorted(times)[int(len(times) * 0.95)], 2), "worst_s": round(max(times), 2), "late": len(late),
    }  # fmt: skip
    if name := os.environ.get("SOCKET_REPORT"):
        Path(name).write_text(
            json.dumps(report | {"load": os.getloadavg(), "which": [told for _, told in late][:20]}, indent=1)
        )
    assert not bustle.failed, bustle.failed
    limit = WITHIN if os.getloadavg()[0] <= (os.cpu_count() or 1) else CROWDED
    beyond = [told for seconds, told in late if seconds > limit]
    assert not beyond, "\n".join(beyond)


def until_equal(page: Page, began: float) -> dict:
    """Asks until both are the same; returns the last look at which they were not."""
    last = {"differs": [], "net": ""}
    while time.monotonic() - began < 15:
        seen = page.evaluate(SEEN)
        if not seen["differs"]:
            break
        last = seen
        page.wait_for_timeout(50)
    return last


def difference(seen: dict) -> dict:
    """What is on the page and what a fresh one has, where they differ."""
    found = {}
    for region in seen["differs"]:
        fresh, mine = seen["fresh"][region], seen["mine"][region]
        if isinstance(fresh, str):
            found[region] = [mine, fresh]
        else:
            found[region] = {key: [mine.get(key), fresh.get(key)] for key in fresh | mine if mine.get(key) != fresh.get(key)}
    return found
