"""The mail as its sender laid it out, made harmless: what is left can show text, tables, colours and links, and nothing else.

It is shown in a frame without scripts and without an origin, under a policy of its own (shown.py); this is the second of three locks.
"""

import base64
import re
from collections.abc import Callable, Mapping

import nh3

LONGEST = 400_000
# Deeply nested markup takes a parser long: 20,000 levels over a second.
MOST_TAGS = 20_000
SHOWN_INLINE = ("image/png", "image/jpeg", "image/gif", "image/webp")

_TAGS = {
    "a", "abbr", "address", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup",
    "dd", "del", "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark",
    "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr", "tt", "u", "ul",
}  # fmt: skip
_GONE_WITH_CONTENT = {
    "script",
    "style",
    "title",
    "template",
    "noscript",
    "iframe",
    "object",
    "svg",
    "math",
    "select",
    "textarea",
}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"align", "dir", "lang", "style", "title", "valign"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "table": {"border", "cellpadding", "cellspacing", "width", "bgcolor"},
    "td": {"colspan", "rowspan", "width", "height", "bgcolor"},
    "th": {"colspan", "rowspan", "width", "height", "bgcolor"},
    "tr": {"bgcolor"},
    "font": {"color", "size"},
    "ol": {"start", "type"},
    "col": {"span", "width"},
}
# None of these takes an address, moves anything out of its place or hides it.
_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left", "border-radius", "border-right",
    "border-spacing", "border-style", "border-top", "border-width", "color", "direction", "font-family", "font-size", "font-style",
    "font-weight", "height", "letter-spacing", "line-height", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top",
    "max-width", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "text-align", "text-decoration",
    "text-indent", "text-transform", "vertical-align", "white-space", "width", "word-break",
}  # fmt: skip
_LINKS = re.compile(r"^(?:https?://|mailto:|tel:)", re.I)
_REMOTE_IMAGE = re.compile(r"<img[^>]{0,2000}?src\s{0,3}=\s{0,3}[\"']?\s{0,3}(?:https?:)?//", re.I)


class TooLarge(ValueError):
    """The mail is too long or too deeply nested to be shown as it was; its text is."""


def harmless(html: str, *, images: bool = False, embedded: Mapping[str, str] | None = None) -> str:
    """The markup that may be shown. `images` keeps pictures from elsewhere; `embedded` maps a mail's own pictures to `data:` addresses.

    Raises TooLarge.
    """
    if len(html) > LONGEST or html.count("<") > MOST_TAGS:
        raise TooLarge(len(html))
    cleaned: str = nh3.clean(
        html.replace("\0", ""),
        tags=_TAGS,
        clean_content_tags=_GONE_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=_filter(images, embedded or {}),
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=_STYLES,
        strip_comments=True,
    )
    return cleaned


def has_remote_images(html: str) -> bool:
    """Whether asking for pictures would show any."""
    return bool(_REMOTE_IMAGE.search(html[:LONGEST]))


def data_address(content_type: str, content: bytes) -> str:
    return f"data:{content_type};base64,{base64.b64encode(content).decode()}"


def _filter(images: bool, embedded: Mapping[str, str]) -> Callable[[str, str, str], str | None]:
    def kept(tag: str, attribute: str, value: str) -> str | None:
        if attribute == "href":
            return value if _LINKS.match(value.strip()) else None
        if attribute == "src":
            return _picture(value.strip(), images, embedded)
        return value

    return kept


def _picture(address: str, images: bool, embedded: Mapping[str, str]) -> str | None:
    if address[:4].lower() == "cid:":
        return embedded.get(address[4:].strip("<>"))
    if address[:8].lower() == "https://":
        return address if images else None
    own = tuple(f"data:{kind};base64," for kind in SHOWN_INLINE)
    return address if address.lower().startswith(own) else None
