"""Signing in, in a real browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.cast import PASSWORD, Cast, conversation
from tests.house.world import owner_sql

pytestmark = pytest.mark.browser

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
LOOKS = [(size, scheme) for size in (DESKTOP, PHONE) for scheme in ("light", "dark")]


def fills_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")


def complaints(page: Page) -> list[str]:
    """What axe has against the page, in one line each."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


def sideways(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def test_an_agent_signs_in_and_sees_the_queue(page, site, cast) -> None:
    page.goto("/accounts/login/")
    fills_in(page, cast.ana.email)
    page.wait_for_url("**/queue/**")
    assert page.title()


def test_an_admin_arrives_at_the_admin(page, site, cast: Cast) -> None:
    page.goto("/admin/")
    fills_in(page, cast.ada.email)
    page.wait_for_url(f"{site.url}/admin/")
    expect(page.locator("h1")).to_have_text("Administration")


def test_signing_in_by_keyboard_alone(page, site, cast: Cast) -> None:
    page.goto("/queue/?view=mine")
    page.keyboard.type(cast.ana.email)
    page.keyboard.press("Tab")
    page.keyboard.type("not it")
    page.keyboard.press("Enter")
    expect(page.get_by_text("That email and password don’t match.")).to_be_visible()
    expect(page.locator("input[name=password]")).to_be_focused()
    expect(page.locator("input[name=password]")).to_have_accessible_description("Error: That email and password don’t match.")
    expect(page.locator("input[name=login]")).to_have_value(cast.ana.email)
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue/?view=mine")


def test_everything_on_the_page_can_be_reached_and_is_seen_to_be(page, site, cast: Cast) -> None:
    page.goto("/accounts/login/")
    reached = []
    for _ in range(5):
        reached.append(page.evaluate("(document.activeElement.name || document.activeElement.textContent).trim()"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", reached[-1]
        page.keyboard.press("Tab")
    assert reached == ["login", "password", "Forgot it?", "Sign in", "Trouble signing in?"]


def test_it_works_without_a_script(new_context, site, cast: Cast) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto("/accounts/login/")
    fills_in(page, cast.ada.email)
    page.wait_for_url("**/admin/")


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_the_pages_at_the_door_have_no_fault_that_axe_can_find(new_context, site, cast: Cast, size, scheme) -> None:
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    for path in ("login/", "login/?ended=1&next=/queue/", "password/reset/", "email/", "signup/", "inactive/"):
        page.goto(f"/accounts/{path}")
        assert (complaints(page), sideways(page) <= 0) == ([], True), path
    page.goto("/accounts/login/")
    fills_in(page, cast.ana.email, "not it")
    expect(page.locator("#id_password_error")).to_be_visible()
    assert complaints(page) == []
    for _ in range(5):
        fills_in(page, cast.ana.email, "not it")
        page.wait_for_load_state()
    expect(page.locator("h1")).to_have_text("Too many tries")
    assert (complaints(page), sideways(page) <= 0) == ([], True)


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_one_s_own_pages_have_no_fault_that_axe_can_find(new_context, site, cast: Cast, size, scheme) -> None:
    page = new_context(viewport=size, color_scheme=scheme).new_page()
    page.goto("/accounts/login/")
    fills_in(page, cast.ana.email)
    page.wait_for_url("**/queue/**")
    for path in ("2fa/", "password/change/", "sessions/", "logout/", "2fa/totp/activate/"):
        page.goto(f"/accounts/{path}")
        assert (complaints(page), sideways(page) <= 0) == ([], True), path
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Set up the authenticator app")
    assert page.locator(".account__qr").evaluate("image => image.naturalWidth > 0")
    assert (complaints(page), sideways(page) <= 0) == ([], True)


def test_a_page_whose_session_ended_says_so_and_the_next_click_leads_to_sign_in_and_back(new_context, site, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    page = new_context(viewport=DESKTOP).new_page()
    page.goto("/accounts/login/")
    fills_in(page, cast.ana.email)
    page.wait_for_url("**/queue/**")
    expect(page.locator("#net[data-state=live]")).to_be_attached()
    owner_sql("UPDATE accounts_session SET expire_date = now() - interval '1 second'")
    expect(page.locator("#net-banner")).to_contain_text("Your session ended", timeout=15_000)
    page.locator(f"#conv-{matter.pk} a").first.click()
    page.wait_for_url("**/accounts/login/**")
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    fills_in(page, cast.ana.email)
    page.wait_for_url("**/queue/**")


def test_a_page_left_open_does_not_keep_its_session(new_context, site, cast: Cast) -> None:
    """The console asks for news by itself; only a person's own doing moves the end of the session."""
    page = new_context(viewport=DESKTOP).new_page()
    page.goto("/accounts/login/")
    fills_in(page, cast.ana.email)
    page.wait_for_url("**/queue/**")
    expect(page.locator("#net[data-state=live]")).to_be_attached()
    owner_sql("UPDATE accounts_session SET expire_date = now() + interval '100 seconds'")
    [(before,)] = owner_sql("SELECT expire_date FROM accounts_session")
    matter, _ = conversation(cast.orders, cast.cara)
    owner_sql(
        "INSERT INTO core_liveevent (xid, groups, topic, ref) VALUES (pg_current_xact_id()::text::bigint, %s, %s, %s)",
        [f"inbox.{cast.orders.pk}"],
        "conversation.changed",
        matter.pk,
    )
    owner_sql("SELECT pg_notify('live', '')")
    expect(page.locator(f"#conv-{matter.pk}")).to_be_visible()
    assert owner_sql("SELECT expire_date FROM accounts_session") == [(before,)]


def test_signing_out_of_the_console(new_context, site, cast: Cast) -> None:
    page = new_context(viewport=DESKTOP).new_page()
    page.goto("/accounts/login/")
    fills_in(page, cast.ana.email)
    page.wait_for_url("**/queue/**")
    page.click(".me")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page).to_have_url(f"{site.url}/accounts/login/?next=%2Fqueue%2F")
