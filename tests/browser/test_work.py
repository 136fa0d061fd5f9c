"""Working through conversations by keyboard alone: claim, snooze, tag, many at once, and taking it back."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from conversations.models import Conversation, Tag
from tests.browser.pages import PHONE, signed_in
from tests.cast import Cast, conversation

pytestmark = pytest.mark.browser


def stored(pk: int) -> Conversation:
    return Conversation.objects.using("owner").get(pk=pk)


def faults(page: Page) -> str:
    found = Axe().run(page)
    return found.generate_report() if found.response["violations"] else ""


def test_claim_snooze_tag_and_many_at_once_by_keyboard(new_context, site, cast: Cast) -> None:
    Tag.objects.using("owner").create(name="Parcel")
    rows = [conversation(cast.orders, cast.cara, f"Question {number}")[0] for number in range(4)]
    first = rows[0].pk
    ana = signed_in(new_context, cast.ana, "/queue/?view=open")
    press = ana.keyboard.press

    press("j")
    press("Enter")
    expect(ana.locator("#dock")).to_have_attribute("data-conversation", str(first))
    press("i")
    expect(ana.locator("#toasts")).to_contain_text("Assigned to you")
    assert stored(first).assignee_id == cast.ana.pk

    press("m")
    expect(ana.locator(f"#assign-menu-{first}")).to_be_visible()
    press("Escape")

    press("l")
    expect(ana.locator("#sheet")).to_be_visible()
    assert faults(ana) == ""
    ana.keyboard.type("parcel")
    press("Enter")
    expect(ana.locator("#tag-sheet-body .chip")).to_contain_text("Parcel")
    press("Escape")
    expect(ana.locator("#sheet")).to_be_hidden()

    press("s")
    expect(ana.locator("#sheet")).to_contain_text("Tomorrow")
    assert faults(ana) == ""
    ana.locator("#sheet input[value=tomorrow]").focus()
    press("Space")
    press("Enter")
    expect(ana.locator("#sheet")).to_be_hidden()
    expect(ana.locator("#toasts")).to_contain_text("Snoozed until")
    expect(ana.locator(f"#thread-sub-{first}")).to_contain_text("Snoozed until")
    assert stored(first).state == "snoozed"
    press("z")
    expect(ana.locator(f"#thread-sub-{first}")).not_to_contain_text("Snoozed until")
    assert stored(first).state == "open"

    press("d")
    expect(ana.locator(f"#resolve-{first}")).to_contain_text("Reopen")
    press("z")
    expect(ana.locator(f"#resolve-{first}")).to_contain_text("Resolve")

    ana.locator(f"#link-{first}").focus()
    press("x")
    expect(ana.locator("#bulk-n")).to_have_text("1 selected")
    press("Shift+J")
    expect(ana.locator("#bulk-n")).to_have_text("2 selected")
    assert faults(ana) == ""
    ana.locator("#bulk-all").focus()
    press("Enter")
    expect(ana.locator("#bulk-n")).to_have_text("All 4 that match are selected")
    ana.locator("#bulk-resolve").focus()
    press("Enter")
    expect(ana.locator(".bulk-run")).to_contain_text("4 of 4 done", timeout=20_000)
    assert {stored(one.pk).state for one in rows} == {"resolved"}
    expect(ana.locator(".conv__pick input:checked")).to_have_count(0)
    press("z")
    expect(ana.locator(".bulk-run")).to_contain_text("4 put back", timeout=20_000)
    assert {stored(one.pk).state for one in rows} == {"open"}


def test_on_a_telephone_nothing_is_out_of_reach(new_context, site, cast: Cast) -> None:
    one, _ = conversation(cast.orders, cast.cara)
    ana = signed_in(new_context, cast.ana, f"/conversations/{one.pk}/", viewport=PHONE)
    ana.click(f"#more-{one.pk}")
    menu = ana.locator(f"#more-menu-{one.pk}")
    for name in ("Assign", "Snooze", "Resolve", "Tags", "Attributes", "Urgent"):
        expect(menu.get_by_role("button", name=name, exact=False).first).to_be_visible()
    menu.get_by_role("button", name="Assign").click()
    ana.locator(f"#assign-menu-{one.pk}").get_by_role("button", name="Me").click()
    expect(ana.locator("#toasts")).to_contain_text("Assigned to you")
    assert stored(one.pk).assignee_id == cast.ana.pk
