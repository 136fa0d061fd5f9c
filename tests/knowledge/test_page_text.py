"""What somebody would read on a web page, and nothing else; and pages that are made to be read for hours."""

import time

import pytest

from gateways.webpages import WebDocument
from knowledge.page_text import read_document
from knowledge.sources import Unreadable


def html(markup: bytes | str, charset: str = "utf-8") -> WebDocument:
    return WebDocument("https://shop.example/", "text/html", charset, markup.encode() if isinstance(markup, str) else markup)


PAGE = """<!doctype html><html><head><title>Returns | Shop</title><style>p { color: red }</style></head><body>
<header><a href="/">Shop</a><h1>The shop</h1></header><nav><ul><li>Home<li>Help</ul></nav>
<main><article><header><h1>Returning an item</h1></header><p>You can return anything within <b>30 days</b>.</p><h2>How</h2>
<ol><li>Open your order<li>Choose Return</ol><table><tr><td>Standard</td><td>4.90 euro</td></tr></table>
<form><button>Search</button></form><script>steal()</script><!-- a secret --><p>The refund takes 5 days &amp; is free.</p></article></main>
<aside>Advertisement</aside><footer>Imprint</footer></body></html>"""


def test_the_main_part_is_read_and_the_rest_is_not() -> None:
    title, body = read_document(html(PAGE))
    assert title == "Returning an item"
    assert body.splitlines() == [
        "You can return anything within 30 days.", "## How", "- Open your order", "- Choose Return", "Standard 4.90 euro",
        "The refund takes 5 days & is free.",
    ]  # fmt: skip


def test_a_page_without_a_main_part_is_read_but_for_its_menus() -> None:
    title, body = read_document(
        html("<title>Help</title><nav>Home</nav><div><p>First.</p><p>Second.</p></div><footer>Imprint</footer>")
    )
    assert (title, body) == ("Help", "First.\nSecond.")


def test_an_empty_main_part_does_not_hide_the_page() -> None:
    words = "A long text beside it. " * 40
    assert words.strip() in read_document(html(f"<main><p>Loading</p></main><div>{words}</div>"))[1]


@pytest.mark.parametrize(
    ("content", "charset", "expected"),
    [
        ("<p>Bücher für alle</p>".encode("latin-1"), "iso-8859-1", "Bücher für alle"),
        (b'<meta charset="windows-1252"><p>Preis: 5 \x80</p>', "", "Preis: 5 €"),
        ("<p>日本語の説明</p>".encode("shift_jis"), "shift_jis", "日本語の説明"),
        ("<p>Bücher</p>".encode(), "no-such-charset", "Bücher"),
        ("<p>Bücher</p>".encode(), "punycode", "Bücher"),
        (b"<p>half \xff broken</p>", "utf-8", "half \ufffd broken"),
        (b"<p>with \x00 nothing</p>", "utf-8", "with nothing"),
    ],
)
def test_letters_of_every_alphabet_come_through(content: bytes, charset: str, expected: str) -> None:
    assert read_document(html(content, charset))[1] == expected


def test_a_plain_text_is_taken_as_it_is() -> None:
    assert read_document(WebDocument("u", "text/plain", "", b"Title of it\n\nThe text.\n")) == ("Title of it", "The text.")


@pytest.mark.parametrize(
    "markup",
    [
        "", "<script>only()</script>", "<div>" * 20_000, "<table>" * 20_000, "<!--" * 200_000, "<!" * 300_000, "<p a" + " a" * 300_000,
    ],
    ids=["nothing", "script", "divs", "tables", "comments", "declarations", "attributes"],
)  # fmt: skip
def test_a_page_that_holds_nothing_is_refused_with_a_reason(markup: str) -> None:
    with pytest.raises(Unreadable, match=r"no text|nested far too deeply"):
        read_document(html(markup))


@pytest.mark.parametrize("markup", ["&" * 1_900_000, "<table><tr>" + "<td>a" * 300_000], ids=["ampersands", "cells"])
def test_a_page_that_takes_hours_is_left_after_seconds(markup: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unreadable):
        read_document(html(markup))
    assert time.monotonic() - began < 15
