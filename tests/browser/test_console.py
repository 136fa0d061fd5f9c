"""The agents' console in a real browser: live lists, drafts decided by key, undo, and what happens without a connection."""

import pytest
from playwright.sync_api import expect

from conversations.models import Message
from tests.browser.pages import armed, signed_in
from tests.build import RETURNS, arrives, article, draft_of
from tests.cast import Cast
from tests.house.world import owner_sql

pytestmark = pytest.mark.browser


@pytest.fixture
def reviewed(cast: Cast) -> Cast:
    """Every reply of the inbox waits for a person."""
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    article(cast.base, "returns", "Returns", RETURNS)
    return cast


def test_a_message_and_its_draft_appear_without_a_reload(new_context, site, reviewed: Cast) -> None:
    ana = signed_in(new_context, reviewed.ana)
    made = arrives(reviewed.orders, "How many days do I have to return something?")
    row = ana.locator(f"#conv-{made.conversation.pk}")
    expect(row).to_be_visible()
    expect(row).to_contain_text("Review")
    expect(ana.locator("#count-approvals")).to_have_text("1")


def test_approving_by_key_undoing_and_approving_again(new_context, site, reviewed: Cast) -> None:
    made = arrives(reviewed.orders, "How many days do I have to return something?")
    ana = signed_in(new_context, reviewed.ana, f"/conversations/{made.conversation.pk}/")
    expect(ana.locator(".draft[data-version]")).to_be_visible()
    armed(ana)
    ana.keyboard.press("a")
    expect(ana.locator("#toasts")).to_contain_text("Sending to")
    ana.keyboard.press("z")
    expect(ana.locator("#toasts")).to_contain_text("Taken back")
    expect(ana.locator(".draft[data-version]")).to_be_visible()
    armed(ana)
    ana.keyboard.press("a")
    expect(ana.locator(".msg.is-out").last).to_contain_text("Reviewed by Ana")
    expect(ana.locator(".msg.is-out").last).to_contain_text("Sent", timeout=20_000)
    sent = Message.objects.using("owner").filter(direction="out", published_at__isnull=False)
    assert sent.count() == 1


def test_a_key_pressed_too_early_decides_nothing(new_context, site, reviewed: Cast) -> None:
    made = arrives(reviewed.orders, "How many days do I have to return something?")
    ana = signed_in(new_context, reviewed.ana, f"/conversations/{made.conversation.pk}/")
    expect(ana.locator(".draft[data-version]")).to_be_visible()
    ana.evaluate("() => { dispatchEvent(new Event('htmx:after:swap')) }")
    armed(ana)
    ana.evaluate("() => { const e = k => dispatchEvent(new KeyboardEvent('keydown', {key: k, repeat: true})); e('a') }")
    ana.wait_for_timeout(500)
    assert draft_of(made.message).state == "in_review"


def test_two_reviewers_one_decision(new_context, site, reviewed: Cast) -> None:
    made = arrives(reviewed.orders, "How many days do I have to return something?")
    ana = signed_in(new_context, reviewed.ana, "/approvals/")
    expect(ana.locator(".stack-item")).to_have_count(1)
    sam = signed_in(new_context, reviewed.sam, "/approvals/")
    expect(sam.locator("#decide")).to_contain_text("colleague is looking at it")
    sam.locator(f"#stack-{draft_of(made.message).pk}").click()
    sam.get_by_role("button", name="Take it from Ana").click()
    expect(ana.locator("#decide")).to_contain_text("Sam is looking at this")
    armed(sam)
    sam.keyboard.press("r")
    sam.keyboard.press("4")
    sam.keyboard.press("Enter")
    expect(sam.locator("#decide")).to_contain_text("All decided")
    expect(ana.locator(".stack-item")).to_have_count(0)
    expect(ana.locator("#decide")).to_contain_text("Sam")
    assert draft_of(made.message).state == "rejected"


def test_an_edited_draft_is_sent_as_edited(new_context, site, reviewed: Cast) -> None:
    arrives(reviewed.orders, "How many days do I have to return something?")
    ana = signed_in(new_context, reviewed.ana, "/approvals/")
    expect(ana.locator("[data-decide]")).to_be_visible()
    armed(ana)
    ana.keyboard.press("e")
    ana.locator(".draft__edit").fill("Thirty days, dear Cara.")
    ana.keyboard.press("Control+Enter")
    expect(ana.locator("#decide")).to_contain_text("All decided")
    assert Message.objects.using("owner").get(direction="out").text == "Thirty days, dear Cara."


def test_after_a_lost_connection_the_page_catches_up(new_context, site, reviewed: Cast) -> None:
    ana = signed_in(new_context, reviewed.ana)
    ana.context.set_offline(True)
    expect(ana.locator("#net[data-state=offline]")).to_be_attached()
    expect(ana.locator("#net-banner")).to_contain_text("You’re offline")
    made = arrives(reviewed.orders, "How many days do I have to return something?")
    ana.context.set_offline(False)
    expect(ana.locator(f"#conv-{made.conversation.pk}")).to_contain_text("Review", timeout=40_000)
    expect(ana.locator("#net[data-state=live]")).to_be_attached()


def test_what_is_typed_survives_a_reload_and_a_switch_of_mode(new_context, site, reviewed: Cast) -> None:
    made = arrives(reviewed.orders, "How many days do I have to return something?")
    ana = signed_in(new_context, reviewed.ana, f"/conversations/{made.conversation.pk}/")
    ana.keyboard.press("c")
    ana.keyboard.type("Half a sentence")
    ana.keyboard.press("Escape")
    ana.keyboard.press("n")
    assert ana.input_value("#composer-body") == ""
    ana.keyboard.type("For Ben")
    ana.wait_for_timeout(1000)
    ana.reload()
    ana.keyboard.press("n")
    assert ana.input_value("#composer-body") == "For Ben"
    ana.keyboard.press("Escape")
    ana.keyboard.press("c")
    assert ana.input_value("#composer-body") == "Half a sentence"


def test_losing_rights_closes_the_page_s_connection_and_says_so(new_context, site, reviewed: Cast) -> None:
    ana = signed_in(new_context, reviewed.ana)
    owner_sql(f"UPDATE accounts_user SET is_active = false WHERE id = {reviewed.ana.pk}")
    expect(ana.locator("#net-banner")).to_contain_text("Your access was changed", timeout=15_000)
    ana.goto("/queue/")
    expect(ana).to_have_url(f"{site.url}/accounts/login/?next=%2Fqueue%2F")


def test_a_colleague_s_message_arrives_in_the_open_conversation_once(new_context, site, reviewed: Cast) -> None:
    made = arrives(reviewed.orders, "How many days do I have to return something?")
    address = f"/conversations/{made.conversation.pk}/"
    ana, sam = signed_in(new_context, reviewed.ana, address), signed_in(new_context, reviewed.sam, address)
    sam.keyboard.press("n")
    sam.keyboard.type("I know this customer")
    sam.keyboard.press("Control+Enter")
    for page in (ana, sam):
        expect(page.locator(".msg.is-note")).to_have_count(1)
    expect(sam.locator("#composer-body")).to_have_value("")
