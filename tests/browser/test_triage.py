"""Keys and seconds: from a customer's message to an approved reply that is out, and a stack of drafts decided as a person does.

Only for bench/triage.py, which says how many: TRIAGE_DRAFTS=200. Reading is what a person takes before the keys are armed; it is
counted apart.
"""

import json
import os
import random
import statistics
import time
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from conversations.models import Message
from tests.approvals.test_screens import waiting_draft
from tests.browser.pages import signed_in
from tests.build import RETURNS, arrives, article, draft_of
from tests.cast import Cast, conversation
from tests.house.world import owner_sql

DRAFTS = int(os.environ.get("TRIAGE_DRAFTS", "0"))
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not DRAFTS, reason="a measurement: bench/triage.py asks for it"),
]
READING_MS = 800
MIX = ["a"] * 12 + ["e"] * 3 + ["r"] * 3 + ["t"] * 2
EDIT = "P.S. Have a nice day."


class Keys:
    """Presses keys and counts them."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.pressed += len(text)


def report(name: str, facts: dict) -> None:
    if path := os.environ.get("TRIAGE_REPORT"):
        with Path(path).open("a") as file:
            file.write(json.dumps({"what": name, "load": os.getloadavg()[0]} | facts) + "\n")


def test_from_a_message_to_a_reply_that_is_out(new_context, site, cast: Cast) -> None:
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    article(cast.base, "returns", "Returns", RETURNS)
    ana = signed_in(new_context, cast.ana, "/queue/")
    keys, began = Keys(ana), time.monotonic()
    message = arrives(cast.orders, "How many days do I have to return something?").message
    expect(ana.locator(f"#conv-{message.conversation_id}")).to_contain_text("Review", timeout=60_000)
    drafted = time.monotonic() - began
    keys.press("g", "a")
    expect(ana.locator(f"[data-decide='{draft_of(message).pk}']")).to_be_visible()
    ana.wait_for_timeout(READING_MS)
    keys.press("a")
    expect(ana.locator("#toasts")).to_contain_text("Sending to")
    approved = time.monotonic() - began
    while not Message.objects.using("owner").filter(direction="out", published_at__isnull=False).exists():
        ana.wait_for_timeout(50)
    sent = time.monotonic() - began
    facts = {"keys": keys.pressed, "drafted_s": drafted, "approved_s": approved, "sent_s": sent, "reading_s": READING_MS / 1000}
    report("message to sent", {key: round(value, 2) for key, value in facts.items()} | {"undo_window_s": 2})


def test_a_stack_decided_as_a_person_does(new_context, site, cast: Cast) -> None:
    for number in range(DRAFTS):
        waiting_draft(conversation(cast.orders, cast.cara, f"Question {number}")[1], text=f"Answer {number}.")
    ana = signed_in(new_context, cast.ana, "/approvals/")
    keys, die, waits, done = Keys(ana), random.Random(7), list[float](), Counter[str]()
    began = time.monotonic()
    for _ in range(DRAFTS):
        shown = ana.locator("[data-decide]")
        expect(shown).to_be_visible(timeout=20_000)
        pk = shown.get_attribute("data-decide")
        ana.wait_for_timeout(READING_MS)
        what = die.choice(MIX)
        pressed = decide(keys, what, die)
        expect(ana.locator(f"[data-decide='{pk}']")).to_have_count(0, timeout=20_000)
        waits.append(time.monotonic() - pressed)
        done[what] += 1
    total, reading = time.monotonic() - began, DRAFTS * READING_MS / 1000
    assert not owner_sql("SELECT 1 FROM approvals_draft WHERE state = 'in_review'")
    facts = {
        "drafts": DRAFTS, "mix": dict(done), "keys": keys.pressed, "keys_per_draft": round(keys.pressed / DRAFTS, 2),
        "total_s": round(total, 1), "reading_s": reading, "without_reading_s": round(total - reading, 1),
        "next_shown_median_s": round(statistics.median(waits), 3), "next_shown_p95_s": round(sorted(waits)[int(len(waits) * 0.95)], 3),
    }  # fmt: skip
    report("triage", facts)


def decide(keys: Keys, what: str, die: random.Random) -> float:
    """One decision; the moment of its last key."""
    if what == "e":
        keys.press("e", "Control+End")
        keys.type(EDIT)
        pressed = time.monotonic()
        keys.press("Control+Enter")
    elif what == "r":
        keys.press("r", str(die.randint(1, 6)))
        pressed = time.monotonic()
        keys.press("Enter")
    else:
        pressed = time.monotonic()
        keys.press(what)
    return pressed
