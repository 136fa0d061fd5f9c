"""Markup cut into what it is made of: text, and tags with their attributes. In one pass from left to right, which no input can slow."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_NAME = re.compile(r"/?\s{0,3}([a-zA-Z][a-zA-Z0-9:_-]{0,40})")
_STOP = re.compile(r"[>\"']")
_ATTRIBUTE = re.compile(r"""([a-zA-Z][\w:.-]{0,40})\s{0,9}(?:=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_WANTED = frozenset(
    [
        "style",
        "class",
        "id",
        "href",
        "alt",
        "hidden",
        "color",
        "bgcolor",
        "background",
        "size",
        "width",
        "height",
        "aria-hidden",
    ]
)
_RAW = frozenset(("script", "style", "textarea", "title", "xmp"))
_LONGEST_ATTRIBUTES = 20_000


@dataclass(frozen=True)
class Tag:
    """A tag. `is_end` for </p>, `is_closed` for <p/>."""

    name: str
    is_end: bool = False
    is_closed: bool = False
    attributes: dict[str, str] = field(default_factory=dict)


def signs(markup: str) -> Iterator[str | Tag]:
    """Text (entities resolved) and tags, in order."""
    last_quote = {sign: markup.rfind(sign) for sign in "\"'"}
    at = 0
    while at < len(markup):
        less = markup.find("<", at)
        if less < 0:
            break
        if less > at:
            yield html.unescape(markup[at:less])
        after = markup[less + 1 : less + 2]
        named = _NAME.match(markup, less + 1)
        if after in ("!", "?"):
            at = _past_comment(markup, less)
        elif named is None:
            yield "<"
            at = less + 1
        else:
            end = _end_of_tag(markup, named.end(), last_quote)
            if end < 0:
                # No tag ends any more: the rest is what somebody typed.
                yield html.unescape(markup[less:])
                return
            tag = _tag(named[1].lower(), markup[named.end() : end], is_end=after == "/")
            yield tag
            at = end + 1
            if tag.name in _RAW and not tag.is_end:
                closing = _closing(markup, tag.name, at)
                yield markup[at:closing] if tag.name == "style" else ""
                yield Tag(tag.name, is_end=True)
                at = closing
    if at < len(markup):
        yield html.unescape(markup[at:])


def _past_comment(markup: str, less: int) -> int:
    """Past a comment, or past what only Outlook reads as one (<![if !mso]>). One that never ends hides nothing but itself."""
    closing = "-->" if markup.startswith("<!--", less) else ">"
    end = markup.find(closing, less + 2)
    if end < 0:
        end, closing = markup.find(">", less), ">"
    return end + len(closing) if end >= 0 else len(markup)


def _end_of_tag(markup: str, at: int, last_quote: dict[str, int]) -> int:
    """Where the tag's ">" stands: outside of quotes, as far as the quotes are closed. -1 when there is none."""
    while True:
        found = _STOP.search(markup, at)
        if found is None:
            return -1
        sign, at = found[0], found.end()
        if sign == ">":
            return found.start()
        if last_quote[sign] >= at and _follows_equals(markup, found.start()):
            at = markup.find(sign, at) + 1


def _follows_equals(markup: str, at: int) -> bool:
    """A quote opens a value only behind an equals sign."""
    return markup[max(at - 10, 0) : at].rstrip().endswith("=")


def _closing(markup: str, name: str, at: int) -> int:
    """Where the end tag of a raw element begins; its content is no markup."""
    found = re.compile(rf"</{name}(?=[\s>/])", re.I).search(markup, at)
    return found.start() if found else len(markup)


def _tag(name: str, inner: str, *, is_end: bool) -> Tag:
    if is_end:
        return Tag(name, is_end=True)
    attributes: dict[str, str] = {}
    for one in _ATTRIBUTE.finditer(inner[:_LONGEST_ATTRIBUTES]):
        key = one[1].lower()
        if key in _WANTED and key not in attributes:
            attributes[key] = html.unescape(next((value for value in one.groups()[1:] if value is not None), ""))
    return Tag(name, is_closed=inner.endswith("/"), attributes=attributes)
