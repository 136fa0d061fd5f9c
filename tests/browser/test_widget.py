"""A visitor of somebody's site opens the chat there: on another origin, without cookies of ours, by keyboard, on a desk and on a phone."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect

from conversations.models import Conversation, Message
from tests.cast import Cast
from tests.house.world import owner_sql

PAGE = """<!doctype html><html lang="en"><title>Shop</title><meta name="viewport" content="width=device-width">
<h1>A shop</h1><p>Tents and boots.</p><a href="{desk}/contact/?inbox=web">Contact us</a>
<script src="{desk}/static/js/widget.js" data-inbox="web"></script></html>"""


class Shop(BaseHTTPRequestHandler):
    def __init__(self, desk: str, *given: object) -> None:
        self.desk = desk
        super().__init__(*given)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", f"default-src 'none'; script-src {self.desk}; frame-src {self.desk}")
        self.end_headers()
        self.wfile.write(PAGE.format(desk=self.desk).encode())

    def log_message(self, *given: object) -> None:
        """Says nothing."""


@pytest.fixture
def shop(site, cast: Cast) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Shop, site.url))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    # Another site, not only another port: localhost and 127.0.0.1 share no cookies.
    origin = f"http://localhost:{server.server_port}"
    owner_sql(f"""UPDATE conversations_inbox SET allowed_origins = '["{origin}"]' WHERE slug = 'web'""")
    yield origin
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.browser
@pytest.mark.parametrize(("name", "size"), [("desk", (1280, 800)), ("phone", (390, 844))])
def test_a_visitor_chats_from_somebodys_site(new_context, shop: str, tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    page = new_context(viewport={"width": size[0], "height": size[1]}).new_page()
    page.goto(shop)
    button = page.get_by_role("button", name="Open the chat")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.focus()
    page.keyboard.press("Enter")
    chat = page.frame_locator("iframe")
    expect(chat.get_by_role("heading", name="Chat with")).to_be_visible()
    page.screenshot(path=tmp_path / f"widget-{name}-start.png")
    words = chat.get_by_label("Your message")
    words.fill("Where is my parcel?")
    chat.locator("#files-in").set_input_files(
        [{"name": "label.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + b"\0" * 40}]
    )
    expect(chat.locator("#files-told")).to_contain_text("label.png")
    chat.get_by_role("button", name="Send").click()
    expect(chat.locator("#chat-log")).to_contain_text("Where is my parcel?")
    expect(chat.locator("#chat-log")).to_contain_text("label.png")
    chat.get_by_label("Your message", exact=True).fill("And when?")
    page.keyboard.press("Control+Enter")
    expect(chat.locator("#chat-log")).to_contain_text("And when?")
    page.screenshot(path=tmp_path / f"widget-{name}-chat.png")
    assert [one.text for one in Message.objects.using("owner").filter(direction="in").order_by("pk")] == [
        "Where is my parcel?",
        "And when?",
    ]
    # No script of the site reads what the frame keeps, and no cookie of ours is there.
    assert page.evaluate("Object.keys(localStorage).length + document.cookie.length") == 0
    page.keyboard.press("Escape")
    expect(page.locator("iframe")).to_be_hidden()
    expect(button).to_be_focused()
    # On the shop's next page the conversation is still there.
    page.goto(shop)
    page.get_by_role("button", name="Open the chat").click()
    expect(page.frame_locator("iframe").locator("#chat-log")).to_contain_text("And when?")
    page.frame_locator("iframe").get_by_role("button", name="Talk to a person").click()
    expect(page.frame_locator("iframe").locator("#outlook")).to_contain_text("You asked for a person")
    assert Conversation.objects.using("owner").get().customer_seen_at is not None
