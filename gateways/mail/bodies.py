"""What a mail says, and which files it brings: every part is one or the other, and none is lost.

Of two ways to say the same (multipart/alternative) the plain one is read, unless it is empty or only tells that there is another.
"""

import html
import re
from dataclasses import dataclass, field

from gateways.mail.charsets import decoded
from gateways.mail.flowed import unwrapped
from gateways.mail.limits import MARKUP_CHARACTERS, TEXT_CHARACTERS, TEXT_TOO_LONG, Limits, gettext_noop
from gateways.mail.markup import text_of
from gateways.mail.naming import file_name, given_name
from gateways.mail.structure import Part
from gateways.types import InboundFile

ENCRYPTED = gettext_noop(
    "(This message is encrypted. It can be read only with the key of the person it was written to; the encrypted parts are attached.)"
)
SEALED = gettext_noop("(This message is signed in a way that wraps its text. The wrapped message is attached.)")
_MAILS = ("message/rfc822", "message/global")
_PLACEHOLDER = re.compile(
    r"\bhtml\b|(?:mail|e-mail|email)[ -]?(?:client|program|reader|programm|software)|view (?:this|it) (?:e-?mail )?(?:in|online)|"
    r"im browser|navigateur|navegador|does not support|nicht unterstützt|no soporta|ne supporte pas|plain.?text",
    re.I,
)
_LONGEST_PLACEHOLDER = 400
_LOOKS_LIKE_MARKUP = re.compile(r"\s{0,50}(?:<!doctype html|<html[\s>])", re.I)
_META_CHARSET = re.compile(rb"<meta[^>]{1,200}charset\s{0,5}=\s{0,5}[\"']?([\w.:-]{1,40})", re.I)


@dataclass
class Body:
    """Pieces of what is said, each (text, markup), one of them maybe empty; and the files."""

    pieces: list[tuple[str, str]] = field(default_factory=list)
    files: list[InboundFile] = field(default_factory=list)

    def text(self, limits: Limits) -> str:
        """Everything that is said, one piece after the other; the same said twice is said once."""
        shown: dict[str, str] = {}
        left = MARKUP_CHARACTERS
        for plain, markup in self.pieces:
            piece = plain
            if markup and not plain.strip():
                if len(markup) > left:
                    limits.broke(TEXT_TOO_LONG)
                piece, left = text_of(markup[:left]), max(left - len(markup), 0)
            if piece.strip():
                shown.setdefault(" ".join(piece.split()), piece.strip("\n").rstrip())
        text = "\n\n".join(shown.values())
        if len(text) > TEXT_CHARACTERS:
            limits.broke(TEXT_TOO_LONG)
        return text[:TEXT_CHARACTERS]

    def markup(self) -> str:
        """The markup; where some of it came plain, that as markup too, so that it is whole. Empty when all of it came plain."""
        if not any(markup for _, markup in self.pieces):
            return ""
        shown = [markup or f"<pre>{html.escape(plain)}</pre>" for plain, markup in self.pieces if markup or plain.strip()]
        return "\n".join(shown)[:MARKUP_CHARACTERS]


def read_body(root: Part) -> Body:
    """What the whole mail says and brings."""
    body = _read(root, is_root=True)
    if not any(text.strip() or markup for text, markup in body.pieces):
        # Words that call themselves a file and ask to be shown, where nothing else is said.
        body.pieces += [_piece(part) for part in root.walk(into_mails=False) if _asks_to_be_shown(part)]
    return body


def _read(part: Part, *, is_root: bool = False) -> Body:
    if part.main == "multipart" and part.parts:
        return _read_many(part)
    if _is_said(part, is_root=is_root):
        return Body([_piece(part)])
    if part.main == "multipart":
        return Body()
    pieces = [(_about(part), "")] if "pkcs7-mime" in part.type and is_root else []
    return Body(pieces, [_file(part)])


def _about(part: Part) -> str:
    return SEALED if part.params.get("smime-type", "").lower().startswith("signed") else ENCRYPTED


def _read_many(part: Part) -> Body:
    if part.type == "multipart/encrypted":
        return Body([(ENCRYPTED, "")], [_file(one) for one in part.parts if one.main != "multipart"])
    if part.type == "multipart/signed":
        first, *others = part.parts
        return _together([_read(first), *(Body(files=[_file(one)]) for one in others)])
    if part.type == "multipart/alternative":
        return _chosen([_read(one) for one in part.parts])
    if part.type == "multipart/related":
        return _together([_read(one, is_root=place == 0) for place, one in enumerate(part.parts)])
    return _with_words(_together([_read(one) for one in part.parts]), part.parts[0])


def _with_words(body: Body, first: Part) -> Body:
    """Where nothing is said, a text that stands first is said, even though it has a name. It stays a file, too."""
    if not body.pieces and first.type == "text/plain" and not first.disposition.startswith("attachment"):
        body.pieces.append(_piece(first))
    return body


def _together(bodies: list[Body]) -> Body:
    return Body([piece for body in bodies for piece in body.pieces], [file for body in bodies for file in body.files])


def _chosen(bodies: list[Body]) -> Body:
    """One piece out of several ways to say the same."""
    both = _together(bodies)
    plain = next((body for body in bodies if body.pieces and all(text.strip() for text, _ in body.pieces)), None)
    rich = next((body for body in reversed(bodies) if any(markup for _, markup in body.pieces)), None)
    text = "\n\n".join(text for text, _ in plain.pieces) if plain else ""
    markup = rich.markup() if rich else ""
    if text and markup and _is_placeholder(text):
        text = ""
    return Body([(text, markup)] if text or markup else [], both.files)


def _is_placeholder(text: str) -> bool:
    """A plain part that says nothing but that there is another. Whatever is long, or quotes somebody, says more."""
    said = text.strip()
    return len(said) < 4 or (len(said) <= _LONGEST_PLACEHOLDER and said.count("\n") < 6 and bool(_PLACEHOLDER.search(said)))


def _is_said(part: Part, *, is_root: bool) -> bool:
    """Whether a part is words to be read and no file. A text with a name is a file, unless it is all there is."""
    if part.disposition.startswith("attachment") and (given_name(part) or not is_root or part.main != "text"):
        return False
    if part.main == "text" and part.type in ("text/plain", "text/html"):
        return is_root or not given_name(part) or _is_shown_text(part)
    if not part.type_given and part.main == "text":
        return True
    return is_root and part.main == "text" and part.type != "text/calendar" and not given_name(part)


def _asks_to_be_shown(part: Part) -> bool:
    return part.type == "text/plain" and part.disposition.startswith("inline")


def _is_shown_text(part: Part) -> bool:
    """Apple's mail names even the words between two pictures."""
    return part.type == "text/html" and part.disposition.startswith("inline") and not part.disposition_params.get("filename")


def _piece(part: Part) -> tuple[str, str]:
    content = part.content
    label = part.params.get("charset", "")
    if part.type == "text/html" and (not label or label.lower() in ("us-ascii", "ascii")):
        found = _META_CHARSET.search(content[:4096])
        label = found[1].decode("ascii", "replace") if found else label
    text = decoded(content[: 4 * TEXT_CHARACTERS + 4], label)
    if part.type == "text/html" or (not part.type_given and _LOOKS_LIKE_MARKUP.match(text)):
        return "", text
    if part.params.get("format", "").lower() == "flowed":
        text = unwrapped(text, is_joined_closely=part.params.get("delsp", "").lower() == "yes")
    return text, ""


def _file(part: Part) -> InboundFile:
    content = part.body if part.type in _MAILS and not _is_encoded(part) else part.content
    content_id = part.headers.plain("content-id").strip("<> ")
    return InboundFile(name=file_name(part), content=content, declared=part.type, content_id=content_id[:200])


def _is_encoded(part: Part) -> bool:
    return part.headers.plain("content-transfer-encoding").lower().startswith(("base64", "quoted"))
