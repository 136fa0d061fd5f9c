"""Reading a page as a browser's parser does, to see that no customer's words became markup of it."""

import json
from html.parser import HTMLParser
from pathlib import Path

OURS = {
    *[
        "html",
        "head",
        "meta",
        "title",
        "link",
        "body",
        "a",
        "header",
        "b",
        "nav",
        "main",
        "form",
        "input",
        "h1",
        "h2",
        "p",
        "div",
        "ul",
        "ol",
        "li",
        "fieldset",
        "legend",
        "label",
        "span",
        "svg",
        "use",
    ],
    *[
        "template",
        "textarea",
        "button",
        "aside",
        "footer",
        "script",
        "section",
        "noscript",
        "small",
        "time",
        "bdi",
        "br",
        "i",
        "details",
        "summary",
    ],
}


def hostile(shared_data: Path) -> list[str]:
    """The strings that break naive input handling."""
    strings = json.loads((shared_data / "hostile_strings" / "strings.json").read_text())
    assert len(strings) > 500
    return strings


class Seen(HTMLParser):
    """What a page consists of: its text, and whatever should not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag not in OURS or any(name.startswith("on") or name == "style" for name in names):
            self.foreign.append(self.get_starttag_text() or tag)
        for name in ("href", "src", "action", "formaction"):
            if name in names and not (names[name] or "").startswith(("/", "#", "https://", "http://")):
                self.foreign.append(f"{tag} {name}={names[name]}")
        if tag == "script" and not (names.get("src") or "").startswith("/static/"):
            self.foreign.append("a script of somebody else")

    handle_startendtag = handle_starttag

    def handle_comment(self, data: str) -> None:
        self.foreign.append(f"<!--{data}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(page: str) -> Seen:
    seen = Seen()
    seen.feed(page)
    seen.close()
    return seen


def assert_harmless(page: str) -> Seen:
    """The page as it was read; fails when anything in it is not ours."""
    seen = read(page)
    assert not seen.foreign
    return seen
