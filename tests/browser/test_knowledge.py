"""The articles in a real browser: found, written and published by keyboard, and nothing typed is lost."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from knowledge import editing
from knowledge.editing import Wording
from knowledge.models import Article
from tests.browser.pages import DESK, PHONE, signed_in
from tests.build import RETURNS, SHIPPING, article
from tests.cast import Cast

pytestmark = pytest.mark.browser


@pytest.fixture
def stocked(cast: Cast) -> Cast:
    article(cast.base, "returns", "Returning a parcel", RETURNS)
    article(cast.base, "shipping", "What delivery costs", SHIPPING)
    article(cast.base, "limits", "Goodwill limits", "Agents may give 25 euro.", audience="internal")
    return cast


def titles(page: Page) -> list[str]:
    return page.locator(".art__link").all_inner_texts()


def test_from_the_queue_to_a_published_change_without_a_mouse(new_context, site, stocked: Cast) -> None:
    sam = signed_in(new_context, stocked.sam)
    sam.keyboard.press("g")
    sam.keyboard.press("k")
    sam.wait_for_url("**/knowledge/")
    expect(sam.locator("#net[data-state=live]")).to_be_attached()
    sam.keyboard.press("j")
    first = sam.evaluate("() => document.activeElement.id")
    sam.keyboard.press("j")
    assert sam.evaluate("() => document.activeElement.id") != first
    sam.keyboard.press("k")
    assert sam.evaluate("() => document.activeElement.id") == first
    sam.keyboard.press("/")
    expect(sam.locator("#find-q")).to_be_focused()
    sam.keyboard.type("express")
    expect(sam.locator(".art__link")).to_have_count(1)
    expect(sam.locator("#find-q")).to_be_focused()
    expect(sam).to_have_url(f"{site.url}/knowledge/?q=express")
    # Not by Escape: that empties the field as well, and a moment later every article is there again.
    for _ in range(12):
        sam.keyboard.press("Tab")
        if sam.evaluate("() => document.activeElement.matches('.art__link')"):
            break
    sam.keyboard.press("Enter")
    expect(sam.locator("h1")).to_have_text("What delivery costs")
    sam.keyboard.press("e")
    expect(sam.locator("#editor")).to_be_visible()
    sam.locator("#body").focus()
    sam.keyboard.press("Control+End")
    sam.keyboard.type(" Parcel shops are 1 euro cheaper.")
    expect(sam.locator("#measure")).to_contain_text("searched as 3 passages")
    sam.keyboard.press("Control+Enter")
    expect(sam.locator("#toasts")).to_contain_text("Published.")
    expect(sam.locator("#live-polite")).to_have_text("Published.")
    expect(sam.locator("#text")).to_contain_text("1 euro cheaper")
    kept = Article.objects.using("owner").get(external_id="shipping")
    assert kept.version == 2 and kept.body.endswith("Parcel shops are 1 euro cheaper.")
    assert sam.evaluate("() => Object.keys(localStorage).filter(one => one.startsWith('article:'))") == []


def test_a_new_article_begins_with_n_and_ctrl_enter_publishes_nothing(new_context, site, stocked: Cast) -> None:
    sam = signed_in(new_context, stocked.sam, "/knowledge/")
    sam.keyboard.press("n")
    sam.wait_for_url("**/knowledge/new/")
    sam.locator("#title").focus()
    sam.keyboard.type("Gift wrapping")
    sam.keyboard.press("Tab")
    sam.keyboard.type("We wrap gifts for 3 euro.")
    sam.keyboard.press("Control+Enter")
    expect(sam.locator("#toasts")).to_contain_text("Saved as a draft.")
    assert Article.objects.using("owner").get(title="Gift wrapping").state == "draft"


def test_what_was_typed_is_still_there_after_the_page_was_left(new_context, site, stocked: Cast) -> None:
    kept = Article.objects.using("owner").get(external_id="returns")
    sam = signed_in(new_context, stocked.sam, f"/knowledge/{kept.pk}/edit/")
    sam.fill("#body", "An hour's work.")
    sam.wait_for_timeout(500)
    sam.goto("/knowledge/")
    sam.goto(f"/knowledge/{kept.pk}/edit/")
    expect(sam.locator("#kept")).to_be_visible()
    sam.click("[data-kept=take]")
    expect(sam.locator("#body")).to_have_value("An hour's work.")
    expect(sam.locator("#measure")).to_contain_text("3 words")
    sam.click("[data-default]")
    expect(sam.locator("#text")).to_contain_text("An hour's work.")
    sam.goto(f"/knowledge/{kept.pk}/edit/")
    expect(sam.locator("#kept")).to_be_hidden()


def test_two_who_edit_the_same_article_lose_nothing(new_context, site, stocked: Cast) -> None:
    kept = Article.objects.using("owner").get(external_id="returns")
    sam = signed_in(new_context, stocked.sam, f"/knowledge/{kept.pk}/edit/")
    with stocked.acting(stocked.ada):
        editing.change(kept, Wording(kept.title, "Ada's words."), expected=1, by=stocked.ada)
    sam.fill("#body", "Sam's words.")
    sam.click("[data-default]")
    expect(sam.locator("#conflict")).to_be_focused()
    expect(sam.locator("#conflict")).to_contain_text("Ada's words.")
    expect(sam.locator("#body")).to_have_value("Sam's words.")
    assert Article.objects.using("owner").get(pk=kept.pk).body == "Ada's words."
    sam.click("[data-default]")
    expect(sam.locator("#text")).to_contain_text("Sam's words.")


def test_all_of_it_works_without_scripts(new_context, site, stocked: Cast) -> None:
    sam = new_context(java_script_enabled=False).new_page()
    sam.goto("/accounts/login/?next=/knowledge/")
    sam.fill("input[name=login]", stocked.sam.email)
    sam.fill("input[name=password]", "correct horse battery")
    sam.click("button[type=submit]")
    sam.fill("#find-q", "express")
    sam.press("#find-q", "Enter")
    assert titles(sam) == ["What delivery costs"]
    sam.click(".art__link")
    sam.click("a:has-text('Edit')")
    sam.fill("#body", "Express costs 15 euro.")
    sam.click("button:has-text('Publish changes')")
    assert "Published." in sam.inner_text("#toasts") and "15 euro" in sam.inner_text("#text")
    sam.click("a:has-text('see what changed')")
    sam.click("button:has-text('Restore')")
    assert "Version 1 is back" in sam.inner_text("#toasts")
    sam.click("button:has-text('Archive')")
    assert Article.objects.using("owner").get(external_id="shipping").state == "archived"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["1440", "390"])
def test_nothing_bars_anybody_from_the_articles(new_context, site, stocked: Cast, theme: str, size: dict[str, int]) -> None:
    kept = Article.objects.using("owner").get(external_id="returns")
    with stocked.acting(stocked.sam):
        editing.change(kept, Wording("Returns", "Send it back.", "Returns", audience="internal"), expected=1, by=stocked.sam)
    sam = signed_in(new_context, stocked.sam, "/knowledge/", viewport=size, color_scheme=theme)
    for path in ("", "?q=nothing", f"{kept.pk}/", f"{kept.pk}/versions/", f"{kept.pk}/edit/", "new/", "upload/"):
        sam.goto(f"/knowledge/{path}")
        sam.wait_for_load_state("networkidle")
        found = Axe().run(sam)
        assert not found.response["violations"], f"{path}: {found.generate_report()}"
        assert sam.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways"
