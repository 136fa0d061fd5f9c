"""The admin's desk in a real browser: nothing the policy refuses, and changes of rights that reach open pages at once."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.pages import signs_in
from tests.cast import PASSWORD, Cast, conversation
from tests.house.world import fill, owner_sql

pytestmark = pytest.mark.browser

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def signed_in(new_context, user, home: str, **options) -> Page:
    return signs_in(new_context(**{"viewport": DESKTOP} | options).new_page(), user, home)


def live(page: Page) -> Page:
    expect(page.locator("#net[data-state=live]")).to_be_attached()
    return page


def opens(page: Page, user) -> None:
    page.goto(f"/admin/accounts/user/{user.pk}/change/")


def saves(page: Page) -> None:
    page.click("input[name=_save]")
    expect(page.locator(".messagelist .success")).to_be_visible()


def test_a_role_changed_here_closes_the_open_page_s_connection(new_context, site, cast: Cast) -> None:
    ana, sam = live(signed_in(new_context, cast.ana, "/queue/")), live(signed_in(new_context, cast.sam, "/queue/"))
    ada = signed_in(new_context, cast.ada, "/admin/")
    opens(ada, cast.ana)
    ada.select_option("select[name=role]", "admin")
    saves(ada)
    expect(ana.locator("#net-banner")).to_contain_text("Your access was changed", timeout=3_000)
    expect(sam.locator("#net[data-state=live]")).to_be_attached()
    ana.goto("/queue/")
    expect(ana.locator("h1")).to_have_text("You may not open this")
    ana.goto("/admin/")
    expect(ana.locator("h1")).to_have_text("Administration")


def test_whoever_is_deactivated_here_is_out_and_the_work_is_back_in_the_team(new_context, site, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    owner_sql("UPDATE conversations_conversation SET assignee_id = %s WHERE id = %s", cast.ana.pk, matter.pk)
    ana, sam = live(signed_in(new_context, cast.ana, "/queue/")), live(signed_in(new_context, cast.sam, "/queue/"))
    expect(sam.locator("#count-unassigned")).to_have_text("0")
    ada = signed_in(new_context, cast.ada, "/admin/")
    opens(ada, cast.ana)
    ada.uncheck("input[name=is_active]")
    saves(ada)
    expect(ada.locator(".messagelist")).to_contain_text("One open conversation returned to the team.")
    expect(ana.locator("#net-banner")).to_contain_text("Your access was changed", timeout=3_000)
    expect(sam.locator("#count-unassigned")).to_have_text("1")
    ana.reload()
    expect(ana).to_have_url(f"{site.url}/accounts/login/?next=%2Fqueue%2F")


def test_an_admin_adds_a_person_who_then_signs_in(new_context, site, cast: Cast) -> None:
    ada = signed_in(new_context, cast.ada, "/admin/")
    ada.goto("/admin/accounts/user/add/")
    ada.fill("input[name=name]", "Nora Cast")
    ada.fill("input[name=email]", "nora@cast.example")
    ada.get_by_label("Orders").check()
    ada.fill("input[name=password1]", PASSWORD)
    ada.fill("input[name=password2]", PASSWORD)
    saves(ada)
    cast.ana.email = "nora@cast.example"
    live(signed_in(new_context, cast.ana, "/queue/"))


def test_a_token_is_shown_once_and_can_be_copied(new_context, site, cast: Cast) -> None:
    ada = signed_in(new_context, cast.ada, "/admin/")
    ada.goto("/admin/accounts/apitoken/add/")
    ada.fill("input[name=name]", "Till")
    ada.select_option("select[name=user]", str(cast.ana.pk))
    ada.get_by_label("messages:read").check()
    ada.click("input[name=_save]")
    assert ada.locator("#secret").input_value().startswith("cc_")
    ada.click("text=I have copied it")
    expect(ada.locator("#result_list")).to_contain_text("Till")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_keeps_to_the_policy_and_fits_a_telephone(new_context, site, cast: Cast, scheme: str) -> None:
    """Scripts and styles of Django's admin under `script-src 'self'; style-src 'self'`; the context complains at its end."""
    errors: list[str] = []
    ada = signed_in(new_context, cast.ada, "/admin/", viewport=PHONE, color_scheme=scheme)
    fill(cast)
    ada.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    ada.on("pageerror", lambda error: errors.append(str(error)))
    for path in paths(cast):
        ada.goto(path)
        assert ada.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    ada.goto(f"/admin/conversations/inbox/{cast.orders.pk}/change/")
    ada.get_by_text("Add another Secret").click()
    expect(ada.locator("input[type=password][name=secrets-1-value]")).to_be_visible()
    ada.goto("/admin/accounts/user/")
    ada.check("#action-toggle")
    expect(ada.locator(".action-counter")).to_contain_text("5 of 5 selected")
    assert errors == []


def paths(cast: Cast) -> list[str]:
    found = ["/admin/", "/admin/accounts/"]
    for base in (
        "accounts/user",
        "accounts/team",
        "accounts/apitoken",
        "conversations/inbox",
        "core/auditevent",
        "core/deadletter",
    ):
        [(pk,)] = owner_sql(f"SELECT min(id) FROM {base.replace('/', '_')}")
        found += [f"/admin/{base}/", f"/admin/{base}/{pk}/change/", f"/admin/{base}/{pk}/history/"]
    found += [f"/admin/{base}/add/" for base in ("accounts/user", "accounts/team", "accounts/apitoken", "conversations/inbox")]
    [(unused,)] = owner_sql(
        "INSERT INTO accounts_team (name, icon) VALUES ('Unused', '') ON CONFLICT (name) DO UPDATE SET icon = '' RETURNING id"
    )
    return [*found, f"/admin/accounts/user/{cast.ana.pk}/password/", f"/admin/accounts/team/{unused}/delete/"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_our_colours_leave_every_text_readable(new_context, site, cast: Cast, scheme: str) -> None:
    ada = signed_in(new_context, cast.ada, "/admin/", color_scheme=scheme)
    fill(cast)
    faint: list[str] = []
    # One of each kind of page.
    for path in [one for one in paths(cast) if "/team/add" not in one and "/auditevent/" not in one]:
        ada.goto(path)
        found = Axe().run(ada, options={"runOnly": ["color-contrast"]}).response["violations"]
        faint += [f"{path}: {node['html'][:100]}" for one in found for node in one["nodes"]]
    assert faint == []


def test_the_theme_is_switched_without_an_inline_style(new_context, site, cast: Cast) -> None:
    ada = signed_in(new_context, cast.ada, "/admin/", color_scheme="light")
    before = ada.evaluate("getComputedStyle(document.body).backgroundColor")
    ada.locator(".theme-toggle").first.click()
    ada.locator(".theme-toggle").first.click()
    themes = {ada.evaluate("document.documentElement.dataset.theme")}
    assert themes <= {"light", "dark", "auto"}
    ada.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert ada.evaluate("getComputedStyle(document.body).backgroundColor") != before
