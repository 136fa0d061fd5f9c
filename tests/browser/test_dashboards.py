"""The supervisor's page in a real browser: figures that change by themselves, and what it says when they cannot."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.pages import signs_in
from tests.build import arrives
from tests.cast import Cast
from tests.dashboards.rows import ago, answered, dead_letter, decided, delivery, draft, job, matter
from tests.house.world import owner_sql

pytestmark = pytest.mark.browser
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def signed_in(new_context, user, path: str = "/dashboards/", **options: object) -> Page:
    page = new_context(**({"viewport": WIDE} | options)).new_page()
    page.clock.install()
    signs_in(page, user, path)
    expect(page.locator("#net[data-state=live]")).to_be_attached()
    return page


@pytest.fixture
def reviewed(cast: Cast) -> Cast:
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    return cast


@pytest.fixture
def busy(reviewed: Cast) -> Cast:
    """A day that has something to show in every tile."""
    cast = reviewed
    for minutes in (95, 41, 12, 3):
        made = matter(cast, cast.orders, began=ago(minutes=minutes), due=ago(minutes=minutes - 60))
        draft(made, waiting_since=ago(minutes=minutes / 2))
    for number in range(12):
        began = ago(minutes=100 - number)
        made = matter(cast, cast.orders, began=began, state="waiting")
        by_ai = {} if number % 3 else {"by": cast.ana}
        answered(made, at=ago(minutes=100 - number - 1 - number / 4), **by_ai)
        decided(made, draft(made, waiting_since=None), ["approve", "approve", "edit", "reject"][number % 4], cast.sam)
    failed = matter(cast, cast.orders, began=ago(hours=1))
    delivery(answered(failed, at=None, by=cast.ana), cast.orders, "held", changed=ago(minutes=5))
    dead_letter(cast.orders, at=ago(minutes=12))
    # Not of a lane that the running workers take from, so that it stays.
    job(cast.orders, "draft", due=ago(hours=-1), attempts=2)
    return cast


def figure(page: Page, name: str):
    return page.locator(f"#tile-{name} .tile__v")


def test_a_new_message_changes_its_tiles_without_a_reload(new_context, site, reviewed: Cast) -> None:
    sam = signed_in(new_context, reviewed.sam)
    sam.evaluate("() => { window.untouched = true; document.querySelector('#tile-edited').dataset.seen = '1'; }")
    expect(figure(sam, "open")).to_have_text("0")
    sam.locator("#tile-waiting").focus()
    arrives(reviewed.orders, "Where is my order?")
    expect(figure(sam, "open")).to_have_text("1")
    expect(figure(sam, "waiting")).to_have_text("1")
    expect(sam.locator("#tile-oldest .tile__d")).to_have_text("Cara Cast")
    expect(figure(sam, "review")).to_have_text("1", timeout=20_000)
    assert sam.evaluate("() => window.untouched && document.querySelector('#tile-edited').dataset.seen") == "1"
    assert sam.evaluate("() => document.activeElement.id") == "tile-waiting", "the focus stays where it is"


def test_another_team_s_message_changes_nothing(new_context, site, reviewed: Cast) -> None:
    sam = signed_in(new_context, reviewed.sam)
    arrives(reviewed.app, "Not yours", email="dan@customer.example")
    before = sam.locator("#as-of time").inner_text()
    expect(sam.locator("#as-of time")).not_to_have_text(before, timeout=15_000)
    expect(figure(sam, "open")).to_have_text("0")


def test_a_filter_is_the_address_and_stays_while_figures_change(new_context, site, reviewed: Cast) -> None:
    owner_sql("INSERT INTO accounts_membership (user_id, team_id) VALUES (%s, %s)", reviewed.sam.pk, reviewed.app_team.pk)
    matter(reviewed, reviewed.app, began=ago(minutes=5), due=ago(minutes=-60))
    sam = signed_in(new_context, reviewed.sam)
    expect(figure(sam, "open")).to_have_text("1")
    sam.select_option("#filter-inbox", label="Orders")
    expect(figure(sam, "open")).to_have_text("0")
    expect(sam).to_have_url(f"{site.url}/dashboards/?inbox={reviewed.orders.pk}")
    arrives(reviewed.orders, "Where is my order?")
    expect(figure(sam, "open")).to_have_text("1")
    sam.reload()
    assert sam.input_value("#filter-inbox") == str(reviewed.orders.pk)
    expect(figure(sam, "open")).to_have_text("1")


def test_figures_that_are_not_refreshed_say_since_when(new_context, site, reviewed: Cast) -> None:
    sam = signed_in(new_context, reviewed.sam)
    expect(sam.locator("#late")).to_be_hidden()
    sam.route("**/dashboards/tiles/**", lambda route: route.fulfill(status=503, body="away"))
    sam.clock.fast_forward(16_000)
    expect(sam.locator("#late")).to_be_visible()
    moment = sam.locator("#as-of time").inner_text()
    assert re.fullmatch(r"\d\d:\d\d:\d\d", moment)
    expect(sam.locator("#late")).to_contain_text(f"They are from {moment} and could not be refreshed since")
    assert sam.locator(".toast").count() == 0, "a page that refreshes by itself does not complain each time"
    sam.unroute("**/dashboards/tiles/**")
    expect(sam.locator("#late")).to_be_hidden(timeout=15_000)


def test_after_a_lost_connection_the_page_equals_a_fresh_one(new_context, site, reviewed: Cast) -> None:
    sam = signed_in(new_context, reviewed.sam)
    sam.context.set_offline(True)
    expect(sam.locator("#net[data-state=offline]")).to_be_attached()
    arrives(reviewed.orders, "Where is my order?")
    sam.context.set_offline(False)
    expect(figure(sam, "open")).to_have_text("1", timeout=40_000)
    expect(sam.locator("#net[data-state=live]")).to_be_attached(timeout=40_000)
    expect(figure(sam, "review")).to_have_text("1", timeout=20_000)
    fresh = signed_in(new_context, reviewed.sam)
    timeless = ["open", "waiting", "overdue", "review", "undelivered", "auto", "written", "dead"]
    assert [figure(sam, name).inner_text() for name in timeless] == [figure(fresh, name).inner_text() for name in timeless]


def test_by_keyboard_a_tile_leads_to_the_list_behind_it(new_context, site, busy: Cast) -> None:
    sam = signed_in(new_context, busy.sam)
    sam.keyboard.press("Tab")
    expect(sam.locator(".skip")).to_be_focused()
    sam.keyboard.press("Enter")
    for _ in range(3):
        sam.keyboard.press("Tab")
    expect(sam.locator("#tile-oldest")).to_be_focused()
    sam.keyboard.press("Enter")
    sam.wait_for_url("**/conversations/*/")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
def test_nothing_bars_anybody_from_the_page(new_context, site, busy: Cast, theme: str, size: dict[str, int]) -> None:
    sam = signed_in(new_context, busy.sam, viewport=size, color_scheme=theme)
    expect(figure(sam, "open")).to_have_text("5")
    clean(sam)
    fits(sam)
    sam.evaluate("() => { document.querySelector('#late').hidden = false; }")
    clean(sam)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
def test_nothing_bars_anybody_from_an_admin_s_page_and_from_the_status(new_context, site, busy: Cast, theme, size) -> None:
    ada = signed_in(new_context, busy.ada, viewport=size, color_scheme=theme)
    expect(figure(ada, "dead")).to_have_text("1")
    clean(ada)
    fits(ada)
    everybody = new_context(viewport=size, color_scheme=theme).new_page()
    everybody.goto("/status/")
    expect(everybody.locator("h1")).to_be_visible()
    clean(everybody)
    fits(everybody)


def clean(page: Page) -> None:
    found = Axe().run(page)
    assert not found.response["violations"], found.generate_report()


def fits(page: Page) -> None:
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), "no scrolling sideways"
