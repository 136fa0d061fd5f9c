"""Two agents in one conversation: presence, a mention by keyboard, the link in its notice; and a mail that may not call home."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from conversations.models import Mention, Message
from core.context import acting_as
from tests.browser.pages import DESK, signed_in
from tests.cast import SYSTEM, Cast, conversation
from tests.conversations.test_originals import ATTACKS, attack

pytestmark = pytest.mark.browser


class Canary(BaseHTTPRequestHandler):
    """Somebody else's server, which must never hear of us."""

    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(204)
        self.end_headers()

    do_POST = do_HEAD = do_OPTIONS = do_GET

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def canary() -> Iterator[str]:
    Canary.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Canary)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def writes_note(page: Page, text: str) -> None:
    page.keyboard.press("n")
    expect(page.locator("#composer-body")).to_be_focused()
    page.keyboard.type(text)


def test_two_agents_in_one_conversation(new_context, cast: Cast) -> None:
    matter, first = conversation(cast.orders, cast.cara)
    ana = signed_in(new_context, cast.ana, f"/conversations/{matter.pk}/")
    sam = signed_in(new_context, cast.sam, f"/conversations/{matter.pk}/")
    line = f"#presence-{matter.pk}"
    expect(ana.locator(line)).to_contain_text("Sam is here")
    expect(sam.locator(line)).to_contain_text("Ana is here")
    expect(ana.locator(line)).not_to_contain_text("Ana")

    writes_note(ana, "Done already? @sa")
    expect(ana.locator("#mentions [role=option][aria-selected=true]")).to_have_attribute("data-name", "Sam Cast")
    expect(sam.locator(line)).to_contain_text("Ana is writing a note")
    expect(sam.locator("#live-polite")).to_have_text("Ana is writing a note.")
    ana.keyboard.press("Enter")
    expect(ana.locator("#composer-body")).to_have_value("Done already? @Sam Cast ")
    expect(ana.locator("#mentions")).to_be_hidden()
    ana.keyboard.type("@Ben Cast")
    expect(ana.locator("#mention-warning")).to_contain_text(
        "Ben Cast cannot see this conversation and will not hear of this note."
    )
    ana.keyboard.press("Escape")
    for _ in "@Ben Cast":
        ana.keyboard.press("Backspace")
    expect(ana.locator("#mention-warning")).to_be_hidden()
    sam.goto("/queue/")
    expect(sam.locator("#net[data-state=live]")).to_be_attached(timeout=20_000)
    expect(ana.locator(line)).to_be_empty()
    ana.keyboard.press("Control+Enter")
    expect(ana.locator(".msg.is-note .mention")).to_have_text("@Sam Cast")

    notice = sam.locator("#toasts a", has_text="Where is my order?")
    expect(notice).to_be_visible()
    expect(sam.locator("#count-mentions")).to_have_text("1")
    note = Message.objects.using("owner").get(direction="note")
    expect(notice).to_have_attribute("href", f"/conversations/{matter.pk}/#msg-{note.pk}")
    sam.goto(f"/conversations/{matter.pk}/#msg-{note.pk}")
    expect(sam.locator(f"#msg-{note.pk}")).to_be_focused()
    expect(sam.locator(f"#msg-{note.pk}.is-marked")).to_be_in_viewport()
    expect(sam.locator("#count-mentions")).not_to_have_text("1")
    assert Mention.objects.using("owner").get().seen_at is not None
    assert first.pk < note.pk


def mail(matter, html: str) -> Message:
    with acting_as(SYSTEM):
        return Message.objects.create(
            conversation=matter, inbox_id=matter.inbox_id, customer_id=matter.customer_id, direction="in", author="customer",
            text="Dear shop", html=html, published_at=matter.created_at,
        )  # fmt: skip


def test_a_mail_as_it_was_sent_calls_nobody_and_runs_nothing(new_context, cast: Cast, canary: str) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    shown = mail(
        matter, f'<p>Dear shop</p><img src="{canary}/seen"><img src=x onerror="fetch(\'{canary}/ran\')"><p>the end</p>'
    )
    other, _ = conversation(cast.orders, cast.cara)
    attacks = [mail(other, f"<p>Dear shop</p>{attack(one, canary)}") for one in ATTACKS]
    context = new_context(viewport=DESK)
    dialogs: list[str] = []
    context.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    ana = signed_in(lambda **_: context, cast.ana, f"/conversations/{matter.pk}/")
    ana.locator(f"#original-{shown.pk} > summary").focus()
    ana.keyboard.press("Enter")
    frame = ana.frame_locator(f"#original-frame-{shown.pk}")
    expect(frame.locator("body")).to_contain_text("the end")
    ana.get_by_role("link", name="Load pictures").click()
    ana.wait_for_timeout(500)
    expect(frame.locator("body")).to_contain_text("the end")
    for message in attacks:
        for question in ("", "?images=1"):
            ana.goto(f"/messages/{message.pk}/original/{question}")
            expect(ana.locator("body")).to_contain_text("Dear shop")
    ana.wait_for_timeout(500)
    assert Canary.asked == [] and dialogs == []
