"""The composer in a real browser, by keyboard: notes and replies, canned replies, what another window wrote, files, undo."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from conversations.models import Attachment, CannedReply, ComposerText, Delivery, Message
from tests.browser.pages import signed_in
from tests.cast import Cast, conversation, inbound
from tests.house.world import owner_sql

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SHOTS")


def shot(page: Page, name: str) -> None:
    """A picture, for whoever wants to look."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"))


def kept(mode: str = "reply") -> str:
    return ComposerText.objects.using("owner").filter(mode=mode).values_list("text", flat=True).first() or ""


def test_a_reply_and_a_note_by_keyboard(new_context, site, cast: Cast) -> None:
    """Two texts in one box; a canned reply with a gap; held for a newer message; sent, taken back, sent and resolved."""
    CannedReply.objects.using("owner").create(
        name="Express cut-off", shortcut="express", scope="global",
        texts={"": "Hi {{ customer.first_name }}, order by noon and it reaches {{ customer.place }} tomorrow."},
    )  # fmt: skip
    CannedReply.objects.using("owner").create(name="Refund", shortcut="refund", scope="global", texts={"": "Refunded."})
    found, _ = conversation(cast.orders, cast.cara)
    ana = signed_in(new_context, cast.ana, f"/conversations/{found.pk}/")
    body = ana.locator("#composer-body")
    ana.keyboard.press("c")
    expect(body).to_be_focused()
    ana.keyboard.type("Dear Cara")
    ana.keyboard.press("Escape")
    ana.keyboard.press("n")
    expect(body).to_be_focused()
    expect(body).to_have_value("")
    ana.keyboard.type("She is cross")
    shot(ana, "note")
    ana.wait_for_timeout(1200)
    assert (kept(), kept("note")) == ("Dear Cara", "She is cross")
    ana.keyboard.press("Control+Enter")
    expect(ana.locator(".msg.is-note")).to_contain_text("She is cross")
    expect(body).to_have_value("")
    ana.keyboard.press("Escape")
    ana.keyboard.press("c")
    expect(body).to_have_value("Dear Cara")

    ana.keyboard.press("Control+a")
    ana.keyboard.type("/exp")
    expect(ana.locator("#canned [role=option]")).to_have_count(1)
    expect(ana.locator("#canned-preview")).to_contain_text("Hi Cara, order by noon and it reaches {{ customer.place }}")
    shot(ana, "canned")
    expect(ana.locator("#canned-preview")).to_contain_text("Not known: customer.place")
    ana.keyboard.press("Enter")
    expect(body).to_have_value("Hi Cara, order by noon and it reaches {{ customer.place }} tomorrow.")
    ana.keyboard.press("Control+Enter")
    expect(ana.locator("#composer-notice")).to_contain_text("customer.place is not filled in")
    shot(ana, "unfilled")
    assert ana.evaluate("getSelection().toString()") == "{{ customer.place }}", "the gap stays selected"
    ana.keyboard.type("Kiruna")
    inbound(found, "Is it blue?")
    ana.keyboard.press("Control+Enter")
    expect(ana.locator("#composer-notice")).to_contain_text("Is it blue?")
    shot(ana, "held")
    ana.keyboard.press("Control+Enter")
    expect(ana.locator(".msg.is-out")).to_contain_text("reaches Kiruna tomorrow")
    # The window stays open however slow the machine is.
    owner_sql("UPDATE conversations_delivery SET not_before = now() + interval '60 seconds' WHERE state = 'pending'")
    expect(ana.locator("#toasts")).to_contain_text("Sending to")
    shot(ana, "undo")
    ana.keyboard.press("Escape")
    ana.keyboard.press("z")
    expect(ana.locator("#toasts")).to_contain_text("Taken back")
    expect(body).to_be_focused()
    expect(body).to_have_value("Hi Cara, order by noon and it reaches Kiruna tomorrow.")
    assert ana.evaluate("document.activeElement.selectionStart") == len("Hi Cara, order by noon and it reaches Kiruna")
    ana.keyboard.press("Control+Shift+Enter")
    expect(ana.locator(".thread__bar")).to_contain_text("Reopen")
    states = Delivery.objects.using("owner").order_by("pk").values_list("state", flat=True)
    assert list(states) == ["recalled", "pending"]


def test_two_windows_files_and_no_connection(new_context, site, cast: Cast, tmp_path: Path) -> None:
    """What one window kept the other does not overwrite; files come by the picker and go again; offline nothing is lost."""
    owner_sql("UPDATE conversations_inbox SET channel = 'email', address = 'help@shop.example' WHERE slug = 'web'")
    cast.orders.refresh_from_db(using="owner")
    found, _ = conversation(cast.orders, cast.cara)
    first = signed_in(new_context, cast.ana, f"/conversations/{found.pk}/")
    second = first.context.new_page()
    second.goto(f"/conversations/{found.pk}/")
    body, other = first.locator("#composer-body"), second.locator("#composer-body")
    body.fill("Written here")
    first.wait_for_timeout(1200)
    other.fill("Written there")
    expect(second.locator("#kept-elsewhere")).to_contain_text("another window")
    shot(second, "elsewhere")
    assert kept() == "Written here"
    second.locator("[data-do=takeKept]").focus()
    second.keyboard.press("Enter")
    expect(other).to_have_value("Written here")
    second.close()

    shot(first, "mail")
    chips = first.locator("#chips-to [data-address]")
    expect(chips).to_have_count(1)
    cc = first.locator("#composer-cc")
    cc.focus()
    first.keyboard.type("nonsense")
    first.keyboard.press("Enter")
    expect(cc).to_have_value("nonsense")
    cc.fill("")
    first.keyboard.type("boss@firm.example,eve@firm.example,")
    expect(first.locator("#chips-cc [data-address]")).to_have_count(2)
    first.keyboard.press("Backspace")
    expect(cc).to_have_value("eve@firm.example")
    cc.fill("")

    picture = tmp_path / "seam.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
    first.locator("#composer-file").set_input_files(picture)
    expect(first.locator("#composer-files")).to_contain_text("seam.png")
    shot(first, "files")
    assert Attachment.objects.using("owner").get().content_type == "image/png"

    first.context.set_offline(True)
    body.fill("Written without a connection")
    first.wait_for_timeout(1200)
    assert kept() == "Written here"
    first.context.set_offline(False)
    expect(first.locator("#net[data-state=live]")).to_be_attached(timeout=20_000)
    first.wait_for_timeout(1500)
    assert kept() == "Written without a connection"
    first.reload()
    expect(body).to_have_value("Written without a connection")
    expect(first.locator("#composer-files")).to_contain_text("seam.png")
    body.focus()
    first.keyboard.press("Control+Enter")
    expect(first.locator(".msg.is-out")).to_contain_text("Written without a connection")
    message = Message.objects.using("owner").get(direction="out")
    assert message.recipients == {"to": ["cara@customer.example"], "cc": ["boss@firm.example"]}
    assert Attachment.objects.using("owner").get().message_id == message.pk and not kept()
