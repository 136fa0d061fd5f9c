"""The console by keyboard alone, and what it does by itself while somebody works: focus, lists, connection, failures."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from conversations import assignment
from conversations.models import Conversation
from tests.browser.pages import DESK, PHONE, armed, signed_in
from tests.build import RETURNS, arrives, article, draft_of
from tests.cast import Cast
from tests.house.world import owner_sql

pytestmark = pytest.mark.browser

QUESTION = "How many days do I have to return something?"
# Colours are measured once nothing fades any more.
SETTLED = """() => Promise.all(document.getAnimations()
  .filter(one => one.effect.getComputedTiming().iterations !== Infinity).map(one => one.finished.catch(() => {})))"""
# A socket that a proxy refuses, as a browser tells it: an error, then a close without a reason.
NO_SOCKET = """
  const Real = WebSocket; window.noSocket = true;
  window.WebSocket = class extends EventTarget {
    static OPEN = 1; static CONNECTING = 0;
    constructor(...how) {
      super(); if (!window.noSocket) return new Real(...how);
      this.readyState = 3;
      setTimeout(() => this.dispatchEvent(Object.assign(new Event('close'), { code: 1006 })), 20);
    }
    close() {}
  };
"""


@pytest.fixture
def reviewed(cast: Cast) -> Cast:
    """Every reply of the inbox waits for a person."""
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    article(cast.base, "returns", "Returns", RETURNS)
    return cast


def asks(cast: Cast, *names: str) -> list[int]:
    """One conversation for each name, oldest first: the one whose reply is due first."""
    return [arrives(cast.orders, QUESTION, email=f"{name}@customer.example").conversation.pk for name in names]


def focused(page: Page) -> str:
    return page.evaluate("() => document.activeElement.id || document.activeElement.tagName")


def stored(pk: int) -> Conversation:
    return Conversation.objects.using("owner").get(pk=pk)


def reviewable(page: Page, pk: int) -> None:
    expect(page.locator(f"#conv-{pk}")).to_contain_text("Review", timeout=30_000)


def faults(page: Page) -> list[str]:
    """What axe has against the page: the rule and the element, in one line each."""
    page.evaluate(SETTLED)
    violations = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in violations for node in one["nodes"]]


def test_triage_by_keyboard_alone(new_context, site, reviewed: Cast) -> None:
    first, second, third = asks(reviewed, "amy", "bea", "cid")
    owner_sql("UPDATE accounts_user SET timezone = 'Asia/Kolkata'")
    ana = signed_in(new_context, reviewed.ana, timezone_id="America/Lima")
    for pk in (first, second, third):
        reviewable(ana, pk)
    press = ana.keyboard.press
    press("j")
    assert focused(ana) == f"link-{first}"
    press("?")
    expect(ana.locator("#help")).to_be_visible()
    press("j")
    press("Escape")
    expect(ana.locator("#help")).to_be_hidden()
    assert focused(ana) == f"link-{first}"
    press("x")
    press("Shift+J")
    assert focused(ana) == f"link-{second}"
    expect(ana.locator(".conv__pick input:checked")).to_have_count(2)
    press("Escape")
    expect(ana.locator(".conv__pick input:checked")).to_have_count(0)
    press("k")
    press("Enter")
    expect(ana.locator("#dock")).to_have_attribute("data-conversation", str(first))
    expect(ana.locator(".draft[data-version]")).to_be_visible()
    assert focused(ana) == f"link-{first}"
    told = ana.locator(".msg time").first
    there = datetime.fromisoformat(told.get_attribute("datetime")).astimezone(ZoneInfo("Asia/Kolkata"))
    expect(told).to_have_text(f"{there:%H:%M}")
    expect(told).to_have_attribute("title", re.compile(r"GMT\+5:30"))
    press("i")
    expect(ana.locator("#toasts")).to_contain_text("Assigned to you")
    assert focused(ana) == f"link-{first}" and stored(first).assignee_id == reviewed.ana.pk
    press("n")
    ana.keyboard.type("djkare: letters are letters here")
    press("Control+Enter")
    expect(ana.locator(".msg.is-note")).to_have_count(1)
    press("Escape")
    assert focused(ana) != "BODY"
    press("m")
    expect(ana.locator(f"#assign-menu-{first}")).to_be_visible()
    press("ArrowDown")
    press("Escape")
    expect(ana.locator(f"#assign-menu-{first}")).to_be_hidden()
    assert focused(ana) != "BODY"
    press("Control+k")
    ana.keyboard.type("resol")
    press("Enter")
    expect(ana.locator("#toasts")).to_contain_text("Resolved")
    assert stored(first).state == "resolved" and focused(ana) != "BODY"
    press("g")
    press("n")
    expect(ana.locator("#dock")).to_have_attribute("data-conversation", str(second))
    assert stored(second).assignee_id == reviewed.ana.pk


def test_no_key_approves_by_accident(new_context, site, reviewed: Cast) -> None:
    made = arrives(reviewed.orders, QUESTION)
    ana = signed_in(new_context, reviewed.ana, f"/conversations/{made.conversation.pk}/")
    expect(ana.locator(".draft[data-version]")).to_be_visible()
    posted: list[str] = []
    ana.on("request", lambda request: posted.append(request.url) if "/decisions/" in request.url else None)
    press = ana.keyboard.press

    armed(ana)
    ana.evaluate("() => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', repeat: true, bubbles: true }))")
    for keys in ("Control+a", "Alt+a", "Shift+A"):
        press(keys)
    ana.focus("#find-q")
    press("a")
    ana.focus("#mode-ai")
    press("a")
    ana.focus("#main")
    press("m")
    press("a")
    press("Escape")
    press("?")
    press("a")
    press("Escape")
    press("e")
    ana.keyboard.type("a")
    press("Escape")
    # Back from the editor, and back in sight after another mode, the draft is as good as new.
    press("a")
    armed(ana)
    press("c")
    press("Escape")
    press("a")
    ana.evaluate("() => { document.querySelector('#mode-ai').click(); document.querySelector('#main').focus() }")
    press("a")
    armed(ana)
    owner_sql(f"UPDATE approvals_draft SET version = version + 1 WHERE id = {draft_of(made.message).pk}")
    ana.evaluate("() => htmx.ajax('GET', document.querySelector('.dock__slot').getAttribute('hx-get'), '.dock__slot')")
    ana.evaluate("() => document.querySelector('#main').focus()")
    press("a")
    press("g")
    press("a")
    ana.wait_for_url("**/approvals/")
    assert posted == [] and draft_of(made.message).state == "in_review"
    armed(ana)
    press("a")
    expect(ana.locator("#decide")).to_contain_text("All decided")
    assert len(posted) == 1


def test_with_letters_off_everything_stays_within_reach(new_context, site, reviewed: Cast) -> None:
    first, second = asks(reviewed, "amy", "bea")
    ana = signed_in(new_context, reviewed.ana)
    for pk in (first, second):
        reviewable(ana, pk)
    press = ana.keyboard.press
    press("?")
    ana.focus("#single-keys")
    press("Space")
    press("Escape")
    for letter in ("j", "?", "g", "d"):
        press(letter)
    assert focused(ana) in ("BODY", "main") and ana.locator("#help").is_hidden()
    ana.locator(f"#link-{first}").focus()
    press("ArrowDown")
    assert focused(ana) == f"link-{second}"
    press("Space")
    expect(ana.locator(".conv__pick input:checked")).to_have_count(1)
    press("Escape")
    press("Enter")
    expect(ana.locator(".draft[data-version]")).to_be_visible()
    ana.reload()
    expect(ana.locator(".draft[data-version]")).to_be_visible()
    armed(ana)
    press("a")
    press("Control+k")
    ana.keyboard.type("approve and")
    press("Enter")
    expect(ana.locator("#toasts")).to_contain_text("Sending to")


def test_a_list_in_use_stays_where_it_is(new_context, site, reviewed: Cast) -> None:
    [first] = asks(reviewed, "amy")
    ana = signed_in(new_context, reviewed.ana)
    reviewable(ana, first)
    row = ana.locator(f"#conv-{first}")
    owner_sql("UPDATE conversations_conversation SET due_at = now() + interval '9 hours'")
    ana.keyboard.press("j")
    at = row.bounding_box()
    later = asks(reviewed, "bea", "cid", "dan")
    expect(ana.locator("#newer")).to_contain_text("3 newer conversations", timeout=20_000)
    expect(ana.locator("#count-open")).to_have_text("4")
    expect(ana.locator("#live-polite")).to_contain_text("newer conversation")
    assert row.bounding_box() == at and ana.locator(".conv").count() == 1
    expect(ana).to_have_title("(4) All open · Queue · Contact Center", timeout=30_000)
    assert "logo-dot" in ana.get_attribute("link[rel=icon]", "href")
    assert ana.inner_text("#count-review") == "4"
    ana.keyboard.press(".")
    expect(ana.locator(".conv")).to_have_count(4)
    expect(ana.locator("#newer")).to_be_hidden()
    assert focused(ana) == f"link-{first}" and ana.locator(".conv").nth(0).get_attribute("id") == f"conv-{later[0]}"
    with reviewed.acting(reviewed.sam):
        assignment.resolve(Conversation.objects.get(pk=later[0]), by=reviewed.sam)
    expect(ana.locator(f"#conv-{later[0]}[data-left] .conv__left")).to_be_visible(timeout=20_000)
    ana.locator(f"#link-{later[0]}").focus()
    ana.keyboard.press(".")
    expect(ana.locator(f"#conv-{later[0]}")).to_have_count(0)
    expect(ana.locator("#live-polite")).to_contain_text("left the list")
    assert focused(ana).startswith("link-")


def test_without_a_socket_the_page_asks_and_says_so(new_context, site, reviewed: Cast) -> None:
    made = arrives(reviewed.orders, QUESTION)
    context = new_context(viewport=DESK)
    context.add_init_script(NO_SOCKET)
    ana = signed_in(lambda **_: context, reviewed.ana, f"/conversations/{made.conversation.pk}/", state="slow")
    expect(ana.locator("#net-banner")).to_contain_text("checking every 5 seconds")
    expect(ana.locator("[data-key=a]")).to_be_enabled()
    [other] = asks(reviewed, "bea")
    reviewable(ana, other)
    ana.evaluate("() => { window.noSocket = false }")
    expect(ana.locator("#net[data-state=live]")).to_be_attached(timeout=40_000)
    expect(ana.locator("#net-banner")).to_be_empty()


def test_offline_what_needs_the_server_rests_and_words_are_kept(new_context, site, reviewed: Cast) -> None:
    made, other = arrives(reviewed.orders, QUESTION), asks(reviewed, "bea")[0]
    ana = signed_in(new_context, reviewed.ana, f"/conversations/{made.conversation.pk}/")
    reviewable(ana, other)
    expect(ana.locator(".draft[data-version]")).to_be_visible()
    armed(ana)
    ana.context.set_offline(True)
    expect(ana.locator("#net[data-state=offline]")).to_be_attached()
    expect(ana.locator(".draft [data-key=a]")).to_be_disabled()
    expect(ana.locator(".draft__acts .waits")).to_contain_text("Needs the server")
    ana.keyboard.press("a")
    ana.keyboard.press("c")
    ana.keyboard.type("Thirty days, and")
    ana.keyboard.press("Escape")
    ana.locator(f"#link-{other}").focus()
    ana.keyboard.press("Enter")
    expect(ana.locator("#thread > .again")).to_contain_text("could not be loaded")
    assert focused(ana) == f"link-{other}" and draft_of(made.message).state == "in_review"
    ana.context.set_offline(False)
    expect(ana.locator("#net[data-state=live]")).to_be_attached(timeout=30_000)
    expect(ana.locator(".draft [data-key=a]")).to_be_enabled()
    assert ana.locator(".waits").count() == 0 and ana.input_value("#composer-body") == "Thirty days, and"
    ana.locator(".again button").focus()
    ana.keyboard.press("Enter")
    expect(ana.locator("#dock")).to_have_attribute("data-conversation", str(other))
    expect(ana.locator(".again")).to_have_count(0)
    assert focused(ana) != "BODY"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["1440", "390"])
def test_nothing_bars_anybody_from_the_shell(new_context, site, reviewed: Cast, theme: str, size: dict[str, int]) -> None:
    ana = signed_in(new_context, reviewed.ana, viewport=size, color_scheme=theme)
    if size == DESK:
        ana.click(".me")
        ana.check("#theme-dark", force=True)
        assert ana.evaluate("() => document.documentElement.dataset.theme") == "dark"
        ana.wait_for_load_state("networkidle")
        ana.reload()
        assert ana.evaluate("() => document.documentElement.dataset.theme") == "dark"
        ana.click(".me")
        assert faults(ana) == []
        ana.check("#theme-system" if theme == "light" else "#theme-light", force=True)
        ana.keyboard.press("Escape")
    for opening in ("?", "Control+k"):
        ana.keyboard.press(opening)
        expect(ana.locator("dialog[open]")).to_be_visible()
        assert faults(ana) == []
        ana.keyboard.press("Escape")
    ana.context.set_offline(True)
    expect(ana.locator("#net-banner")).to_contain_text("You’re offline")
    assert faults(ana) == []
    assert ana.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
