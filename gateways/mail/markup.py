"""A mail's markup as text that a person can read: blocks become lines, quotes get their ">", links show where they lead.

What a reader of the mail would not have seen (display:none, white on white, letters of no size) is left out: it is where people hide
words that are meant for machines. Nothing here is shown as markup, so nothing needs to be well-formed.
"""

from collections import Counter
from dataclasses import dataclass, field

from gateways.mail.charsets import storable
from gateways.mail.limits import MARKUP_CHARACTERS
from gateways.mail.markup_signs import Tag, signs
from gateways.mail.styles import Look, StyleSheet

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "body",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "html",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
        "li",
        "blockquote",
    ]
)
_SPACED = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre", "dl"])
_SILENT = frozenset(
    [
        "head",
        "title",
        "script",
        "style",
        "template",
        "svg",
        "math",
        "object",
        "applet",
        "noembed",
        "noframes",
        "iframe",
        "select",
        "textarea",
        "audio",
        "video",
    ]
)
_VOID = frozenset(
    ["br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "param", "source", "track", "wbr"]
)
# Closed by the beginning of another of the same kind, as nobody closes them.
_SELF_CLOSING = frozenset(["p", "li", "tr", "td", "th", "dt", "dd", "option"])
_QUOTES = ("yahoo_quoted", "protonmail_quote", "tutanota_quote", "ymail_android_signature_quote")
_LONGEST_LINK = 500
_DEEPEST = 200


@dataclass
class _Open:
    """One element that is open, and what it means for what is in it."""

    name: str
    look: Look
    is_silent: bool
    quote: int
    is_preformatted: bool
    link: str = ""
    began: int = 0


@dataclass
class _Page:
    """The text so far: whole lines with how deeply they are quoted, and the line that is being written."""

    lines: list[tuple[int, str]] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    quote: int = 0
    written: int = 0
    # Whether the spaces before the line being written mean something.
    is_kept: bool = False
    open: Counter[str] = field(default_factory=Counter)

    def say(self, text: str, quote: int) -> None:
        if quote != self.quote and self.line:
            self.end_line()
        self.quote = quote
        self.line.append(text)
        self.written += len(text)

    def end_line(self, *, gap: bool = False) -> None:
        text = "".join(self.line)
        text = text.rstrip() if self.is_kept else text.strip(" ")
        if text:
            self.lines.append((self.quote, text))
        if gap:
            self.gap()
        self.line = []

    def gap(self) -> None:
        if self.lines and self.lines[-1][1]:
            self.lines.append((self.lines[-1][0], ""))

    def text(self) -> str:
        self.end_line()
        shown = [("> " * quote + line).rstrip() if quote else line for quote, line in self.lines]
        return "\n".join(shown).strip("\n")


def text_of(markup: str) -> str:
    """The text of some markup."""
    sheet, page = StyleSheet(), _Page()
    stack = [_Open("", Look(), is_silent=False, quote=0, is_preformatted=False)]
    style: list[str] | None = None
    for sign in signs(markup[:MARKUP_CHARACTERS]):
        if isinstance(sign, str):
            if style is not None:
                style.append(sign)
            else:
                _write(sign, stack[-1], page)
            continue
        if sign.name == "style":
            if style:
                sheet.add("".join(style))
            style = [] if not sign.is_end else None
        elif sign.is_end:
            _close(sign.name, stack, page)
        else:
            _start(sign, stack, page, sheet)
    while len(stack) > 1:
        _pop(stack, page)
    return storable(page.text())


def _write(text: str, within: _Open, page: _Page) -> None:
    if within.is_silent or within.look.is_hidden:
        return
    page.is_kept = within.is_preformatted
    if within.is_preformatted:
        for count, line in enumerate(text.replace("\r\n", "\n").split("\n")):
            if count:
                page.lines.append((page.quote, "".join(page.line)))
                page.line = []
            page.say(line, within.quote)
        return
    shown = " ".join(text.split())
    if not shown:
        if text and page.line and not page.line[-1].endswith(" "):
            page.line.append(" ")
        return
    before = " " if text[:1].isspace() and page.line and not page.line[-1].endswith(" ") else ""
    page.say(before + shown + (" " if text[-1:].isspace() else ""), within.quote)


def _start(tag: Tag, stack: list[_Open], page: _Page, sheet: StyleSheet) -> None:
    within = stack[-1]
    if tag.name in _VOID:
        if not (within.is_silent or within.look.is_hidden):
            _single(tag, within, page, sheet)
        return
    if tag.name in _SELF_CLOSING and within.name == tag.name:
        _pop(stack, page)
        within = stack[-1]
    if len(stack) >= _DEEPEST or (tag.is_closed and tag.name not in _BLOCKS):
        return
    _begin_line(tag.name, page)
    classes = tag.attributes.get("class", "").lower()
    opened = _Open(
        tag.name, within.look.under(sheet.declared(tag)), within.is_silent or tag.name in _SILENT,
        within.quote + (tag.name == "blockquote" or any(one in classes for one in _QUOTES)),
        within.is_preformatted or tag.name == "pre", tag.attributes.get("href", "") if tag.name == "a" else "", page.written,
    )  # fmt: skip
    stack.append(opened)
    page.open[tag.name] += 1
    if tag.name == "li" and not (opened.is_silent or opened.look.is_hidden):
        page.say("- ", opened.quote)
    if tag.name in ("td", "th") and page.line and not page.line[-1].endswith(" "):
        page.line.append(" ")


def _begin_line(name: str, page: _Page) -> None:
    if name in _BLOCKS:
        page.end_line(gap=name in _SPACED and name not in ("ul", "ol", "table"))


def _single(tag: Tag, within: _Open, page: _Page, sheet: StyleSheet) -> None:
    """What stands alone: a line end, a rule, a picture that is a smiley."""
    if tag.name == "br":
        if not "".join(page.line).strip():
            page.lines.append((within.quote, ""))
        page.end_line()
        page.quote = within.quote
    elif tag.name == "hr":
        page.end_line()
        page.lines.append((within.quote, "-----"))
    elif tag.name == "img":
        said = tag.attributes.get("alt", "").strip()
        is_smiley = 0 < len(said) <= 8 and not any(letter.isascii() for letter in said)
        if is_smiley and not within.look.under(sheet.declared(tag)).is_hidden:
            page.say(said, within.quote)


def _close(name: str, stack: list[_Open], page: _Page) -> None:
    """Close up to the element that this end belongs to; an end of nothing is nothing, except that </p> and </div> end a line."""
    if not page.open[name]:
        _begin_line(name, page)
        return
    while stack[-1].name != name:
        _pop(stack, page)
    _pop(stack, page)


def _pop(stack: list[_Open], page: _Page) -> None:
    closed = stack.pop()
    page.open[closed.name] -= 1
    if closed.link and page.written > closed.began and not (closed.is_silent or closed.look.is_hidden):
        _tell_link(closed, page)
    if closed.name in _BLOCKS:
        page.end_line(gap=closed.name in _SPACED)


def _tell_link(link: _Open, page: _Page) -> None:
    """The address of a link behind its words, unless the words are the address."""
    address = "".join(link.link.split())
    said = "".join(page.line[-3:]).strip().lower()
    if not address.lower().startswith(("https://", "http://", "mailto:")) or len(address) > _LONGEST_LINK:
        return
    bare = address.removeprefix("mailto:").partition("?")[0] if address.startswith("mailto:") else address
    plain = bare.lower().removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")
    if said and not said.rstrip("/").endswith(plain):
        space = " " if page.line and not page.line[-1].endswith(" ") else ""
        page.say(f"{space}<{bare}>", link.quote)
