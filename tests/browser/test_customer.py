"""The whole way in two windows: a customer writes, the assistant and Ana answer, and nobody loads a page again."""

import json
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from conversations.models import Conversation, Message
from core.context import acting_as
from intake.links import conversation_token
from tests.browser.pages import DESK, PHONE, armed, signed_in
from tests.browser.quiet import wait_for_quiet
from tests.build import RETURNS, arrives, article, draft_of
from tests.cast import SYSTEM, Cast, conversation
from tests.house.world import owner_sql

pytestmark = pytest.mark.browser

SURE, UNSURE = "How do I activate my new Kestrel card?", "My card has not arrived yet"
SOON = 40_000


@pytest.fixture
def bank(cast: Cast, shared_data: Path) -> Cast:
    """A knowledge base that the assistant is sure of some answers from."""
    for line in (shared_data / "kb_bank" / "articles.jsonl").read_text().splitlines():
        one = json.loads(line)
        article(cast.base, one["id"], one["title"], one["body"])
    return cast


@pytest.fixture
def reviewed(cast: Cast) -> Cast:
    """Every reply of the inbox waits for a person."""
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    article(cast.base, "returns", "Returns", RETURNS)
    return cast


def writes(page: Page, text: str, email: str = "cara@customer.example") -> Conversation:
    """Sends the public form and lands on the customer's own page."""
    page.goto("/contact/")
    page.fill("#name", "Cara Cast")
    page.fill("#email", email)
    page.fill("#message", text)
    page.click("#contact button[type=submit]")
    expect(page).to_have_url(re.compile(r"/c/\d+~[\w-]+/$"))
    expect(page.locator(".say.is-me").last).to_contain_text(text)
    return Conversation.objects.using("owner").order_by("-pk").first()


@pytest.fixture
def cara(new_context) -> Page:
    return new_context(viewport=PHONE).new_page()


def outlook(page: Page):
    return page.locator("#outlook")


def test_a_sure_answer_appears_by_itself_and_says_that_an_ai_wrote_it(new_context, site, bank: Cast, cara: Page) -> None:
    ana = signed_in(new_context, bank.ana)
    matter = writes(cara, SURE)
    row = ana.locator(f"#conv-{matter.pk}")
    expect(row).to_be_visible(timeout=SOON)
    answer = cara.locator(".say:not(.is-me):not(.is-person)", has_text="Answered by AI")
    expect(answer).to_have_count(1, timeout=SOON)
    expect(answer).to_contain_text("A new card arrives switched off.")
    expect(answer).to_contain_text("From: Activating your new Kestrel card")
    expect(outlook(cara)).to_contain_text("Does this help?")
    assert Message.objects.using("owner").get(direction="out").confidence > 0.8


def test_an_unsure_one_waits_with_its_reasons_and_the_customer_is_told(new_context, site, bank: Cast, cara: Page) -> None:
    owner_sql("UPDATE conversations_inbox SET threshold = 0.995")
    ana = signed_in(new_context, bank.ana)
    matter = writes(cara, UNSURE)
    expect(ana.locator(f"#conv-{matter.pk}")).to_contain_text("Review", timeout=SOON)
    expect(outlook(cara)).to_contain_text("a person is checking the answer", timeout=SOON)
    ana.click(f"#conv-{matter.pk} .conv__link")
    draft = ana.locator("#dock .draft")
    expect(draft).to_contain_text("%")
    expect(ana.locator("#dock")).to_contain_text("The article is close to the question")
    expect(ana.locator("#dock .passage").first).to_be_attached()
    expect(ana.locator("#dock")).to_contain_text("Card delivery")
    assert not cara.locator(".say:not(.is-me)", has_text="Answered by").count()


def test_approving_by_key_shows_the_customer_a_checked_answer(new_context, site, reviewed: Cast, cara: Page) -> None:
    writes(cara, "How many days do I have to return something?")
    ana = signed_in(new_context, reviewed.ana, "/approvals/")
    expect(ana.locator("[data-decide]")).to_be_visible(timeout=SOON)
    armed(ana)
    ana.keyboard.press("a")
    expect(outlook(cara)).to_contain_text("A person has checked your answer. It is on its way.", timeout=SOON)
    answer = cara.locator(".say", has_text="Answered by AI, checked by Ana")
    expect(answer).to_contain_text("within 30 days of delivery", timeout=SOON)


def test_editing_by_mouse_shows_the_customer_the_edited_words(new_context, site, reviewed: Cast, cara: Page) -> None:
    writes(cara, "How many days do I have to return something?")
    ana = signed_in(new_context, reviewed.ana, "/approvals/")
    ana.locator("[data-do=edit]").first.click(timeout=SOON)
    ana.locator(".draft__edit").fill("Thirty days, dear Cara.")
    ana.locator("[data-key=a]").first.click()
    expect(cara.locator(".say", has_text="checked by Ana")).to_contain_text("Thirty days, dear Cara.", timeout=SOON)
    expect(cara.locator("#chat-log")).not_to_contain_text("within 30 days of delivery")


def test_rejecting_by_mouse_tells_the_customer_that_a_person_answers(new_context, site, reviewed: Cast, cara: Page) -> None:
    matter = writes(cara, "How many days do I have to return something?")
    ana = signed_in(new_context, reviewed.ana, "/approvals/")
    ana.locator("[data-key=r]").first.click(timeout=SOON)
    ana.locator("dialog.reject[open] input[type=radio]").nth(3).check()
    ana.locator("dialog.reject[open] [type=submit]").click()
    expect(outlook(cara)).to_contain_text("A person will answer", timeout=SOON)
    ana.goto(f"/conversations/{matter.pk}/")
    ana.keyboard.press("c")
    ana.keyboard.type("Thirty days, dear Cara.")
    ana.keyboard.press("Control+Enter")
    # For as long as it can still be taken back; on a slow machine the answer itself may be there first.
    answering, answered = outlook(cara).get_by_text("A person is answering you."), cara.locator(".say.is-person")
    expect(answering.or_(answered).first).to_be_visible(timeout=SOON)
    expect(cara.locator(".say.is-person")).to_contain_text("Thirty days, dear Cara.", timeout=SOON)
    expect(cara.locator("#chat-log")).to_contain_text("Ana from")


def test_taking_over_by_key_tells_the_customer_who_answers(new_context, site, reviewed: Cast, cara: Page) -> None:
    writes(cara, "How many days do I have to return something?")
    ana = signed_in(new_context, reviewed.ana, "/approvals/")
    expect(ana.locator("[data-decide]")).to_be_visible(timeout=SOON)
    armed(ana)
    ana.keyboard.press("t")
    expect(outlook(cara)).to_contain_text("Ana has your conversation and will answer", timeout=SOON)
    expect(cara.locator("#chat-head")).to_contain_text("The assistant says nothing here now.")
    expect(cara.locator("#ask")).to_contain_text("A person answers here")


def test_talking_to_a_person_is_honoured_at_once_and_seen_by_both(new_context, site, reviewed: Cast, cara: Page) -> None:
    matter = writes(cara, "How many days do I have to return something?")
    ana = signed_in(new_context, reviewed.ana)
    expect(outlook(cara)).to_contain_text("a person is checking the answer", timeout=SOON)
    cara.fill("#chat-in", "Half a sentence")
    cara.click("text=Talk to a person")
    expect(outlook(cara)).to_contain_text("You asked for a person. Someone will answer by")
    expect(cara.locator("#ask")).to_have_text("A person has been asked")
    assert cara.input_value("#chat-in") == "Half a sentence"
    expect(ana.locator(f"#conv-{matter.pk}")).to_contain_text("Asked for a person")
    expect(ana.locator("#count-approvals")).to_have_text("0")
    found = Conversation.objects.using("owner").get(pk=matter.pk)
    assert found.assistant_paused and draft_of(Message.objects.using("owner").get(direction="in")).state == "superseded"


def test_writing_back_and_being_answered_goes_on_without_loading(new_context, site, reviewed: Cast, cara: Page) -> None:
    matter = writes(cara, "Hello")
    ana = signed_in(new_context, reviewed.ana, f"/conversations/{matter.pk}/")
    cara.evaluate("() => { window.stays = true }")
    for number, keys in enumerate(("Control+Enter", "click")):
        cara.fill("#chat-in", f"Message {number}")
        if keys == "click":
            cara.click("#write > button[type=submit]")
        else:
            cara.focus("#chat-in")
            cara.keyboard.press(keys)
        expect(cara.locator(".say.is-me").last).to_contain_text(f"Message {number}")
        expect(cara.locator("#chat-in")).to_have_value("")
        expect(ana.locator(".msg").last).to_contain_text(f"Message {number}")
    assert cara.evaluate("() => window.stays") and cara.locator(".say.is-me").count() == 3
    log = cara.locator("#chat-log")
    assert log.evaluate("el => el.scrollHeight - el.scrollTop - el.clientHeight") < 5


def test_without_a_script_everything_works_by_loading(new_context, site, reviewed: Cast) -> None:
    page = new_context(viewport=DESK, java_script_enabled=False).new_page()
    page.goto("/contact/")
    page.fill("#email", "nonsense")
    page.fill("#message", "How many days do I have?")
    page.click("#contact button[type=submit]")
    expect(page.locator(".error-summary")).to_contain_text("Enter an email address with an @")
    assert page.input_value("#message") == "How many days do I have?"
    page.fill("#email", "cara@customer.example")
    page.click("#contact button[type=submit]")
    expect(page).to_have_url(re.compile(r"/c/\d+~[\w-]+/$"))
    page.fill("#chat-in", "And one more thing")
    page.click("#write > button[type=submit]")
    expect(page.locator(".say.is-me")).to_have_count(2)
    page.click("#write > button[type=submit]")
    expect(page.locator("#write-notice")).to_contain_text("Write a message first")
    page.fill("#chat-in", "Half a sentence")
    page.click("text=Talk to a person")
    expect(outlook(page)).to_contain_text("You asked for a person.")
    assert page.input_value("#chat-in") == "Half a sentence"
    page.click("#write > button[type=submit]")
    expect(page.locator(".say.is-me")).to_have_count(3)
    expect(page).to_have_url(re.compile(r"/c/\d+~[\w-]+/#outlook$"))


def test_going_back_and_sending_again_makes_no_second_message(new_context, site, reviewed: Cast, cara: Page) -> None:
    writes(cara, "Only once")
    address = cara.url
    cara.go_back()
    cara.fill("#email", "cara@customer.example")
    cara.fill("#message", "Only once")
    cara.fill("#name", "Cara Cast")
    cara.click("#contact button[type=submit]")
    expect(cara.locator(".say.is-me").last).to_contain_text("Only once")
    assert cara.url == address or Message.objects.using("owner").count() == 2  # a page that was not kept has a new number


def test_a_double_click_is_one_message(new_context, site, reviewed: Cast, cara: Page) -> None:
    cara.goto("/contact/")
    cara.fill("#email", "cara@customer.example")
    cara.fill("#message", "Only once")
    cara.dblclick("#contact button[type=submit]")
    expect(cara.locator(".say.is-me")).to_have_count(1)
    assert Message.objects.using("owner").count() == 1


def test_after_a_lost_connection_the_page_catches_up_and_sends_what_waited(
    new_context, site, reviewed: Cast, cara: Page
) -> None:
    matter = writes(cara, "Hello")
    cara.wait_for_timeout(500)
    cara.context.set_offline(True)
    cara.fill("#chat-in", "Written in a tunnel")
    cara.click("#write > button[type=submit]")
    expect(cara.locator("#net")).to_contain_text("It goes out when you are back online.")
    assert cara.input_value("#chat-in") == "Written in a tunnel"
    arrives(reviewed.orders, "Written elsewhere", conversation=matter.pk)
    cara.context.set_offline(False)
    expect(cara.locator("#chat-log")).to_contain_text("Written elsewhere", timeout=40_000)
    expect(cara.locator(".say.is-me", has_text="Written in a tunnel")).to_have_count(1, timeout=40_000)
    expect(cara.locator("#net")).to_have_text("")
    wait_for_quiet()
    fresh = cara.context.new_page()
    fresh.goto(cara.url)
    expect(outlook(fresh)).to_contain_text("a person is checking the answer")
    expect(cara.locator("#chat-log")).to_have_text(fresh.locator("#chat-log").inner_text(), use_inner_text=True)


def test_what_was_typed_survives_a_reload_until_it_is_sent(new_context, site, reviewed: Cast, cara: Page) -> None:
    cara.goto("/contact/")
    cara.fill("#message", "Half a letter")
    cara.reload()
    assert cara.input_value("#message") == "Half a letter"
    cara.fill("#email", "cara@customer.example")
    cara.click("#contact button[type=submit]")
    expect(cara.locator(".say.is-me")).to_contain_text("Half a letter")
    cara.fill("#chat-in", "Half a sentence")
    cara.reload()
    assert cara.input_value("#chat-in") == "Half a sentence"
    cara.click("#write > button[type=submit]")
    expect(cara.locator(".say.is-me")).to_have_count(2)
    cara.reload()
    assert cara.input_value("#chat-in") == ""
    cara.goto("/contact/")
    assert cara.input_value("#message") == ""


def test_the_form_can_be_filled_and_sent_by_keyboard_alone(new_context, site, reviewed: Cast) -> None:
    page = new_context(viewport=DESK).new_page()
    page.goto("/contact/")
    page.locator("body").press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    for keys in ("Tab", "Space", "Tab", "Cara Cast", "Tab", "nonsense", "Tab", "Where is my parcel?", "Tab", "Tab", "Enter"):
        page.keyboard.press(keys) if keys in ("Tab", "Space", "Enter") else page.keyboard.type(keys)
    expect(page.locator(".error-summary")).to_be_focused()
    assert page.is_checked("input[name=topic] >> nth=0")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#email")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("cara@customer.example")
    page.keyboard.press("Enter")
    expect(page.locator(".say.is-me")).to_contain_text("Where is my parcel?")


CUT_OFF = """() => [...document.querySelectorAll('main *')].filter(el => {
  const box = el.getBoundingClientRect(); return box.width > 1 && (box.right > innerWidth + 1 || box.left < -1) && !el.closest('.for-programs')
}).map(el => el.outerHTML.slice(0, 80))"""
STATES = {
    "reading": "draft_state = 'composing'",
    "checking": "draft_state = 'review', due_at = now() + interval '30 minutes'",
    "asked": "assistant_paused = true, needs_person = 'Asked for a person', due_at = now() + interval '2 days'",
    "with Ana": "assistant_paused = true, needs_person = '', draft_state = ''",
    "closed": "state = 'resolved', version = version + 1",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_state_is_accessible_and_fits(new_context, site, cast: Cast, theme: str, size: dict[str, int]) -> None:
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    page = new_context(viewport=size, color_scheme=theme).new_page()
    axe = Axe()

    def check(name: str) -> None:
        page.wait_for_timeout(200)
        found = axe.run(page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        width = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, f"{name}: {width} px too wide"
        assert page.evaluate(CUT_OFF) == [], name

    page.goto("/contact/")
    check("form")
    page.fill("#email", "nonsense")
    page.click("#contact button[type=submit]")
    check("mistakes")
    page.goto("/c/forged/")
    check("no such conversation")
    long = "https://example.com/" + "a-very-long-word" * 20
    matter, _ = conversation(cast.orders, cast.cara, long)
    for name, change in STATES.items():
        owner_sql(f"UPDATE conversations_conversation SET {change} WHERE id = {matter.pk}")
        page.goto(f"/c/{conversation_token(matter.pk)}/")
        check(name)


def test_the_smallest_phone_and_the_widest_desk_hold_the_page(new_context, site, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara, "Hello " * 300)
    page = new_context().new_page()
    for width in (320, 768, 1024, 1920):
        page.set_viewport_size({"width": width, "height": 700})
        for address in ("/contact/", f"/c/{conversation_token(matter.pk)}/"):
            page.goto(address)
            assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0, (width, address)
    box = page.locator("#chat-in")
    box.fill("line\n" * 40)
    assert box.bounding_box()["height"] < 200


def test_where_sockets_do_not_pass_the_page_asks_instead(new_context, site, reviewed: Cast, cara: Page) -> None:
    cara.route_web_socket(re.compile("/ws/c/"), lambda socket: socket.close())
    matter = writes(cara, "Hello")
    arrives(reviewed.orders, "Written elsewhere", conversation=matter.pk)
    expect(cara.locator("#net")).to_contain_text("Not connected.", timeout=SOON)
    expect(cara.locator("#chat-log")).to_contain_text("Written elsewhere", timeout=40_000)


def test_a_source_s_site_is_not_told_the_address_of_the_conversation(new_context, site, cast: Cast) -> None:
    matter, first = conversation(cast.orders, cast.cara)
    other = site.url.replace("127.0.0.1", "localhost")
    with acting_as(SYSTEM):
        Message.objects.create(
            conversation=matter, inbox_id=matter.inbox_id, customer_id=matter.customer_id, direction="out", author="assistant",
            text="Look there.", confidence=0.9, in_reply_to=first, citations=[{"title": "Returns", "url": f"{other}/healthz"}],
        )  # fmt: skip
    owner_sql("UPDATE conversations_message SET published_at = now()")
    context = new_context()
    page = context.new_page()
    page.goto(f"/c/{conversation_token(matter.pk)}/")
    with context.expect_page() as opened, context.expect_event("request", lambda r: "/healthz" in r.url) as asked:
        page.click("text=Returns")
    assert "referer" not in asked.value.all_headers()
    assert opened.value.evaluate("() => window.opener === null && document.referrer === ''")


def test_the_page_gives_up_a_silent_assistant_by_itself(new_context, site, cast: Cast, cara: Page) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    owner_sql(f"UPDATE conversations_conversation SET last_inbound_at = now() - interval '58 seconds' WHERE id = {matter.pk}")
    cara.goto(f"/c/{conversation_token(matter.pk)}/")
    expect(outlook(cara)).to_contain_text("The assistant is reading your message.")
    expect(outlook(cara)).to_contain_text("The assistant can’t answer at the moment. A person will", timeout=10_000)
