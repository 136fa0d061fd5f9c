"""Reviewing in a real browser, by keyboard: one reviewer through a stack, two side by side, and a person who takes over."""

import pytest
from playwright.sync_api import Page, expect

from approvals.drafting import open_draft
from conversations.models import Conversation, Message
from tests.approvals.test_screens import waiting_draft
from tests.browser.pages import armed, signed_in
from tests.cast import Cast, conversation
from tests.house.world import owner_sql

pytestmark = pytest.mark.browser


def wait(cast: Cast, count: int) -> list[int]:
    """So many drafts wait, the first the most urgent."""
    return [
        waiting_draft(conversation(cast.orders, cast.cara, f"Question {n}")[1], text=f"Answer {n}.").pk for n in range(count)
    ]


def state(pk: int) -> str:
    return str(owner_sql("SELECT state FROM approvals_draft WHERE id = %s", pk)[0][0])


def on_desk(page: Page, pk: int) -> None:
    expect(page.locator(f"[data-decide='{pk}']")).to_be_visible()
    armed(page)


def test_a_stack_is_decided_and_taken_back_by_keyboard(new_context, site, cast: Cast) -> None:
    first, second, third, fourth = wait(cast, 4)
    ana = signed_in(new_context, cast.ana, "/approvals/")
    on_desk(ana, first)
    ana.keyboard.press("a")
    expect(ana.locator("#toasts")).to_contain_text("Sending to")
    expect(ana.locator(f"[data-decide='{second}']")).to_be_visible()
    assert ana.evaluate("document.activeElement.id") == "decide"
    ana.keyboard.press("z")
    on_desk(ana, first)
    assert state(first) == "in_review"
    ana.keyboard.press("e")
    ana.keyboard.press("Control+A")
    ana.keyboard.type("Answer 0, within 60 days.")
    expect(ana.locator(f"#changes-{first} ins")).to_contain_text("within 60 days")
    ana.keyboard.press("Control+Enter")
    on_desk(ana, second)
    ana.keyboard.press("r")
    ana.keyboard.press("2")
    ana.keyboard.press("Enter")
    on_desk(ana, third)
    assert state(second) == "rejected"
    ana.keyboard.press("z")
    on_desk(ana, second)
    assert state(second) == "in_review"
    ana.keyboard.press("s")
    on_desk(ana, third)
    ana.keyboard.press("t")
    expect(ana.locator("#toasts")).to_contain_text("Yours now")
    assert state(third) == "superseded"
    ana.keyboard.press("z")
    expect(ana.locator("#toasts")).to_contain_text("Given back to the AI")
    assert state(third) == "in_review"
    expect(ana.locator("#stack-count")).to_have_text("3")
    sent = Message.objects.using("owner").get(direction="out", delivery__state__in=["pending", "sending", "sent"])
    assert sent.text == "Answer 0, within 60 days."
    assert state(fourth) == "in_review"


def test_two_reviewers_side_by_side(new_context, site, cast: Cast) -> None:
    first, second = wait(cast, 2)
    ana = signed_in(new_context, cast.ana, "/approvals/")
    on_desk(ana, first)
    expect(ana.locator(f"#claim-{first}")).to_be_attached()
    sam = signed_in(new_context, cast.sam, "/approvals/")
    on_desk(sam, second)
    expect(sam.locator(f"#stack-{first}")).to_contain_text("Ana is looking at this")
    expect(ana.locator(f"#stack-{second}")).to_contain_text("Sam is looking at this")
    expect(ana.locator(f"#stack-{first}")).not_to_contain_text("looking")
    sam.keyboard.press("k")
    on_desk(sam, first)
    expect(sam.locator(f"#claim-{first}")).to_contain_text("Ana is looking at this")
    sam.keyboard.press("a")
    expect(sam.locator("#toasts")).to_contain_text("Ana is looking at this draft")
    assert state(first) == "in_review"
    sam.locator(f"#claim-{first} button").focus()
    sam.keyboard.press("Enter")
    expect(sam.locator(f"#claim-{first}")).not_to_contain_text("looking")
    expect(ana.locator(f"#claim-{first}")).to_contain_text("Sam is looking at this")
    sam.keyboard.press("a")
    expect(ana.locator(f"#decide-note-{first}")).to_contain_text("Sam: approved.")
    assert state(first) == "sent"


def test_t_ends_the_assistant_s_run_from_the_reply_and_z_gives_it_back(new_context, site, cast: Cast) -> None:
    matter, asked = conversation(cast.orders, cast.cara, "Question")
    ana = signed_in(new_context, cast.ana, f"/conversations/{matter.pk}/")
    assert open_draft(asked.pk) is not None
    expect(ana.locator(".draft.is-composing")).to_be_attached()
    expect(ana.locator(f"#hand-{matter.pk} button")).to_be_attached()
    armed(ana)
    ana.keyboard.press("t")
    expect(ana.locator("#toasts")).to_contain_text("Yours now")
    expect(ana.locator("#composer-body")).to_be_focused()
    found = Conversation.objects.using("owner").get(pk=matter.pk)
    assert found.assistant_paused and found.assignee_id == cast.ana.pk
    assert owner_sql("SELECT state FROM approvals_draft")[0][0] == "superseded"
    ana.keyboard.press("Escape")
    ana.keyboard.press("z")
    expect(ana.locator("#toasts")).to_contain_text("Given back to the AI")
    assert not Conversation.objects.using("owner").get(pk=matter.pk).assistant_paused
