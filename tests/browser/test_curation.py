"""What waits for an editor, in a real browser: decided by keyboard, readable in every theme and width."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from core.context import acting_as
from knowledge import contradictions, gaps, proposals, webpages
from knowledge.models import Article, Contradiction, Gap, Proposal, WebPage
from tests.browser.pages import DESK, PHONE, signed_in, signs_in
from tests.build import RETURNS, article
from tests.cast import SYSTEM, Cast
from tests.knowledge.test_webpages import Web

pytestmark = pytest.mark.browser

LISTS = ("gaps", "proposals", "pages", "disagreements")


@pytest.fixture
def full(cast: Cast) -> Cast:
    """Something of each kind, one of it long."""
    asked = [
        "Do you repair hiking shoes?",
        "Can you repair my hiking shoes?",
        "Is there a discount for students " + "and their friends " * 9,
    ]
    for number, text in enumerate(asked):
        gaps.note(cast.base.pk, text, f"draft:{number}", cast.orders.pk, cast.cara.pk)
    with acting_as(SYSTEM):
        for number, title in enumerate(("Do you repair the soles of hiking shoes?", "Can a tent be washed?")):
            proposals.propose(
                cast.base.pk, Proposal.Kind.ANSWER, title=title, body="A repair takes three weeks and costs 45 euro. " * 4,
                source=f"message:{number}", question="Do you repair the soles? Mine are [number].", by=cast.ana, scope_id=cast.orders.pk,
            )  # fmt: skip
    with cast.acting(cast.sam):
        made = [webpages.add(cast.base, f"https://shop.example/{path}", by=cast.sam) for path in ("returns", "gone" * 80)]
    webpages.sync(made[0].pk, Web())
    WebPage.objects.using("owner").filter(pk=made[1].pk).update(state="failed", problem="The page is gone (404)")
    one = article(cast.base, "returns", "Returning an item", RETURNS)
    article(cast.base, "back", "Sending an item back", RETURNS.replace("30 days", "14 days"))
    contradictions.look_at_article(one.pk)
    return cast


def test_a_gap_is_written_and_a_page_is_taken_without_a_mouse(new_context, site, full: Cast) -> None:
    sam = signed_in(new_context, full.sam, "/knowledge/gaps/")
    sam.keyboard.press("j")
    sam.keyboard.press("Enter")
    sam.wait_for_url("**/knowledge/new/?gap=*")
    expect(sam.locator("#title")).to_have_value("Do you repair hiking shoes?")
    expect(sam.get_by_text("Can you repair my hiking shoes?")).to_be_visible()
    sam.locator("#body").focus()
    sam.keyboard.type("We repair all shoes that we sell, for 45 euro.")
    sam.keyboard.press("Control+Enter")
    expect(sam.locator("#toasts")).to_contain_text("Saved as a draft.")
    assert Gap.objects.using("owner").get(count=2).state == "written"
    sam.goto(f"{site.url}/knowledge/pages/")
    sam.keyboard.press("j")
    sam.keyboard.press("Enter")
    expect(sam.locator("ins")).to_contain_text("within 30 days")
    sam.get_by_role("button", name="Take it").focus()
    sam.keyboard.press("Enter")
    expect(sam.locator("#toasts")).to_contain_text("Taken.")
    assert Article.objects.using("owner").filter(url="https://shop.example/returns", state="published").count() == 1


def test_a_proposal_is_kept_with_ctrl_enter_and_publishes_nothing(new_context, site, full: Cast) -> None:
    sam = signed_in(new_context, full.sam, "/knowledge/proposals/")
    sam.keyboard.press("j")
    sam.keyboard.press("Enter")
    sam.locator("#id_body").focus()
    sam.keyboard.press("Control+End")
    sam.keyboard.type(" Bring them clean.")
    sam.keyboard.press("Control+Enter")
    expect(sam.locator("#toasts")).to_contain_text("Kept as a draft.")
    kept = Article.objects.using("owner").get(body__endswith="Bring them clean.")
    assert kept.state == "draft" and Proposal.objects.using("owner").filter(state="accepted").count() == 1


def test_everything_works_without_a_script(new_context, site, full: Cast) -> None:
    sam = signs_in(new_context(java_script_enabled=False).new_page(), full.sam, "/knowledge/disagreements/")
    sam.get_by_role("button", name="Both stand").click()
    assert Contradiction.objects.using("owner").get().state == "dismissed"
    sam.goto(f"{site.url}/knowledge/pages/")
    sam.get_by_text("Add a page").first.click()
    sam.get_by_label("Address of the page").fill("http://127.0.0.1/")
    sam.get_by_role("button", name="Add the page").click()
    expect(sam.locator(".error")).to_contain_text("not on the public internet")
    assert WebPage.objects.using("owner").count() == 2


@pytest.mark.parametrize(("view", "theme"), [(DESK, "light"), (DESK, "dark"), (PHONE, "light"), (PHONE, "dark")])
def test_each_page_is_accessible_and_holds_its_width(new_context, site, full: Cast, view: dict, theme: str) -> None:
    type(full.sam).objects.using("owner").filter(pk=full.sam.pk).update(theme=theme)
    sam = signed_in(new_context, full.sam, "/knowledge/gaps/", viewport=view)
    ones = [
        f"proposals/{Proposal.objects.using('owner').first().pk}",
        f"pages/{WebPage.objects.using('owner').get(state='changed').pk}",
    ]
    for path in (*LISTS, *ones):
        sam.goto(f"{site.url}/knowledge/{path}/")
        expect(sam.locator("#net[data-state=live]")).to_be_attached()
        found = Axe().run(sam)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert sam.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"), path
