"""The customer says how it was, with and without a script."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from conversations.models import Conversation, Message, Rating
from core.context import acting_as
from intake.links import conversation_token
from tests.browser.pages import PHONE
from tests.browser.test_joining import faults, look
from tests.cast import SYSTEM, Cast, conversation

pytestmark = pytest.mark.browser


def closed(cast: Cast) -> str:
    matter, _ = conversation(cast.orders, cast.cara)
    with acting_as(SYSTEM):
        of = {"conversation": matter, "inbox_id": matter.inbox_id, "customer_id": matter.customer_id, "direction": "out"}
        said = {"author": "assistant", "confidence": 0.9, "text": "It arrives tomorrow."}
        Message.objects.create(**of, **said, published_at=timezone.now())
        Conversation.objects.claim(matter.pk, from_state="open", to_state="resolved", resolved_at=timezone.now())
    return f"/c/{conversation_token(matter.pk)}/"


def test_rating_by_keyboard_and_changing_it(new_context, site, cast: Cast) -> None:
    page = new_context(viewport=PHONE, color_scheme="dark").new_page()
    page.goto(closed(cast))
    asked = page.locator("#rate")
    expect(asked).to_contain_text("How was this conversation?")
    asked.locator("input[value='4']").focus()
    page.keyboard.press("Space")
    page.fill("#rate-why", "Quick")
    look(page, "rate-dark-390")
    assert faults(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    asked.locator("button[type=submit]").click()
    expect(asked).to_contain_text("Thank you for your rating")
    asked.locator("summary").click()
    asked.locator("label", has_text="Very good").click()
    asked.locator("button[type=submit]").click()
    expect(asked.locator("details[open]")).to_have_count(0)
    made = Rating.objects.using("owner").get()
    assert (made.score, made.comment, made.of) == (5, "Quick", "assistant")


def test_rating_without_a_script(new_context, site, cast: Cast) -> None:
    page = new_context(java_script_enabled=False, viewport={"width": 1440, "height": 900}).new_page()
    page.goto(closed(cast))
    look(page, "rate-light")
    page.locator("#rate button[type=submit]").click()
    expect(page.locator("#rate")).to_contain_text("Choose one of the five first")
    page.locator("#rate label", has_text="Okay").click()
    page.locator("#rate button[type=submit]").click()
    expect(page.locator("#rate")).to_contain_text("Thank you for your rating")
    assert Rating.objects.using("owner").get().score == 3
