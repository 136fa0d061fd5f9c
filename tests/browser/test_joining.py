"""Merging and taking back by keyboard alone, and the details beside a conversation as people meet them."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from conversations.models import AttributeType, Conversation, ConversationTag, Customer, CustomerNote, Identity, Rating, Tag
from core.context import acting_as
from tests.browser.pages import PHONE, signed_in
from tests.cast import SYSTEM, Cast, conversation

pytestmark = pytest.mark.browser


def stored(pk: int) -> Conversation:
    return Conversation.objects.using("owner").get(pk=pk)


def look(page: Page, name: str) -> None:
    """A picture for whoever wants to look (LOOK_AT=a folder)."""
    if os.environ.get("LOOK_AT"):
        # Hiding the caret would be an inline style, which the policy refuses.
        page.screenshot(path=Path(os.environ["LOOK_AT"]) / f"{name}.png", caret="initial")


def faults(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in violations for node in one["nodes"]]


@pytest.fixture
def known(cast: Cast) -> tuple[int, int]:
    """Cara, of whom much is known, with two open conversations, and somebody of her name."""
    other, _ = conversation(cast.orders, cast.cara, "The poles are missing")
    mine, _ = conversation(cast.orders, cast.cara, "Where is my tent?")
    past, _ = conversation(cast.orders, cast.cara, "Boot size advice")
    with acting_as(SYSTEM):
        namesake = Customer.objects.create(name="Cara Cast")
        Identity.objects.create(customer=namesake, kind="email", address="cc@post.example")
    conversation(cast.orders, namesake, "A question about washing")
    tag = Tag.objects.using("owner").create(name="tents", hue=4)
    AttributeType.objects.using("owner").create(
        of="customer", key="plan", label="Plan", kind="choice", choices=["Free", "Club"]
    )
    with acting_as(SYSTEM):
        Customer.objects.filter(pk__in=[cast.cara.pk, namesake.pk]).update(place="Kiruna, Sweden")
        Customer.objects.filter(pk=cast.cara.pk).update(language="en", attributes={"plan": "Club"})
        Identity.objects.filter(customer=cast.cara).update(level=1)
        Identity.objects.create(customer=cast.cara, kind="phone", address="+46701234518", display="+46 70 123 45 18")
        Conversation.objects.claim(past.pk, from_state="open", to_state="resolved", resolved_at=timezone.now())
        Rating.objects.create(conversation=past, inbox=cast.orders, customer=cast.cara, score=4, of="assistant")
        ConversationTag.objects.create(conversation=mine, inbox=cast.orders, tag_id=tag.pk)
    CustomerNote.objects.using("owner").create(customer=cast.cara, by=cast.sam, text="Prefers to be called in the morning.")
    return mine.pk, other.pk


def test_merging_and_taking_back_by_keyboard(new_context, site, cast: Cast, known: tuple[int, int]) -> None:
    mine, other = known
    ana = signed_in(new_context, cast.ana, f"/conversations/{mine}/")
    press = ana.keyboard.press
    side = ana.locator("#side")
    expect(side).to_contain_text("Same name and same place: Kiruna, Sweden")
    look(ana, "details-light")
    press("Control+k")
    ana.keyboard.type("merge")
    press("Enter")
    dialog = ana.locator("#joining")
    expect(dialog).to_be_visible()
    expect(ana.locator("#merge-q")).to_be_focused()
    ana.keyboard.type("poles")
    expect(dialog.locator("#merge-choices label")).to_have_count(1)
    look(ana, "merge-light")
    press("Enter")
    expect(dialog).to_be_hidden()
    expect(ana.locator(f"#timeline-{mine}")).to_contain_text("The poles are missing")
    expect(side).to_contain_text("Merged into this one")
    assert stored(other).merged_into_id == mine
    look(ana, "merged-light")
    press("z")
    expect(ana.locator(f"#timeline-{mine}")).not_to_contain_text("The poles are missing")
    assert stored(other).merged_into_id is None
    press("Control+k")
    ana.keyboard.type("merge")
    press("Enter")
    expect(ana.locator("#merge-q")).to_be_focused()
    press("Escape")
    expect(dialog).to_be_hidden()
    assert stored(other).merged_into_id is None


def test_the_details_remember_what_was_folded_and_read_well_everywhere(new_context, site, cast: Cast, known) -> None:
    mine, other = known
    ana = signed_in(new_context, cast.ana, f"/conversations/{mine}/", color_scheme="dark")
    side = ana.locator("#side")
    expect(side).to_contain_text("Same name and same place")
    ana.locator("[data-fold=notes] > summary").click()
    expect(ana.locator("[data-fold=notes]")).not_to_have_attribute("open", "")
    ana.locator("[data-fold=attributes] > summary").click()
    look(ana, "details-dark")
    assert faults(ana) == []
    for what in ("merge", "split"):
        ana.locator(f"#side [data-do={what}]").click()
        expect(ana.locator("#joining")).to_be_visible()
        assert faults(ana) == []
        look(ana, f"{what}-dark")
        ana.keyboard.press("Escape")
    ana.goto(f"/conversations/{other}/")
    expect(ana.locator("[data-fold=notes][data-folded]")).not_to_have_attribute("open", "")
    expect(ana.locator("[data-fold=attributes][data-folded]")).to_have_attribute("open", "")
    ana.locator(".person .inplace > summary").click()
    ana.fill("#person-place", "Umeå")
    ana.keyboard.press("Enter")
    expect(side.locator(".person")).to_contain_text("Umeå")
    ana.set_viewport_size(PHONE)
    ana.locator(".thread__bar [data-do=side]").click()
    expect(side).to_be_visible()
    ana.wait_for_timeout(400)
    look(ana, "details-390")
    assert ana.evaluate("() => document.documentElement.scrollWidth") <= 390
