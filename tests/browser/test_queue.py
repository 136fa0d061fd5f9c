"""The queue at the keyboard: searching, keeping the search as a view, taking the next, and a row that leaves."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from conversations.models import Conversation, SavedView
from tests.browser.pages import signed_in
from tests.cast import Cast, conversation, inbound
from tests.conversations.test_queue_views import matter

pytestmark = pytest.mark.browser


def test_a_search_becomes_a_view_and_the_next_one_is_taken(new_context, site, cast: Cast) -> None:
    now = timezone.now()
    found, _ = conversation(cast.orders, cast.cara, "A question")
    inbound(found, "The flysheet tore at the seam, Größe XL.")
    Conversation.objects.using("owner").filter(pk=found.pk).update(assignee=cast.ana, due_at=now + timedelta(hours=3))
    urgent = matter(cast, "Charged twice", priority=2, due_at=now + timedelta(minutes=30))
    ana = signed_in(new_context, cast.ana)
    ana.keyboard.press("/")
    ana.keyboard.type("seam grosse")
    ana.keyboard.press("Enter")
    expect(ana.locator("#conv-list > .conv")).to_have_count(1)
    expect(ana.locator(f"#conv-{found.pk} mark")).to_have_text(["seam", "Größe"])
    ana.locator("#list").focus()
    ana.get_by_role("link", name="Save as a view").focus()
    ana.keyboard.press("Enter")
    expect(ana.locator("#view-name")).to_be_focused()
    ana.keyboard.type("Seams")
    ana.keyboard.press("Enter")
    expect(ana.locator("#list-h")).to_have_text("Seams")
    expect(ana.locator("#nav-saved [aria-current=page]")).to_contain_text("Seams")
    assert "q=seam+grosse" in SavedView.objects.using("owner").get(name="Seams").query
    expect(ana.locator("#net[data-state=live]")).to_be_attached()
    ana.keyboard.press("g")
    ana.keyboard.press("n")
    ana.wait_for_url(f"**/conversations/{urgent.pk}/?view=mine")
    expect(ana.locator("#toasts")).to_contain_text("urgent")
    expect(ana.locator("#list-h")).to_have_text("Mine")
    assert Conversation.objects.using("owner").get(pk=urgent.pk).assignee_id == cast.ana.pk


def test_a_row_that_leaves_stays_dimmed_with_the_reason_while_the_list_is_in_use(new_context, site, cast: Cast) -> None:
    mine = matter(cast, "Mine for now", assignee=cast.ana)
    matter(cast, "Stays", assignee=cast.ana)
    ana = signed_in(new_context, cast.ana, "/queue/?view=mine")
    row = ana.locator(f"#conv-{mine.pk}")
    row.hover()
    sam = signed_in(new_context, cast.sam, f"/conversations/{mine.pk}/")
    sam.keyboard.press("i")
    expect(row).to_have_class("conv is-unread is-left")
    expect(row).to_contain_text("Now with Sam")
    expect(ana.locator("#newer")).to_be_visible()
    ana.keyboard.press(".")
    expect(row).to_have_count(0)
    expect(ana.locator("#count-mine")).to_have_text("1")
    expect(ana.locator("#list-count")).to_have_text("1")
