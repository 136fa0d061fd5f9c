"""The parts of a mail (MIME), as a tree over the bytes. Our own, because the library's parser takes minutes over a mail that is meant
to make it: this one looks at every byte a few times at most, never goes deeper than it may, and takes whatever comes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateways.mail.contents import decoded_body
from gateways.mail.headers import Headers, parameters, read_head
from gateways.mail.limits import DEPTH, TOO_DEEP, Limits

_TYPE = re.compile(r"[\w.+!#$&^-]{1,80}/[\w.+!#$&^-]{1,120}")
_FIRST_BOUNDARY = re.compile(rb"(?:\A|[\r\n])--([^\r\n]{1,200}?)[ \t]{0,9}(?=[\r\n])")
_AFTER_BOUNDARY = re.compile(rb"(--)?[ \t]{0,80}(?=[\r\n]|\Z)")
_LINE_END = re.compile(rb"\r{0,2}\n|\r|\Z")


@dataclass
class Part:
    """One part: its headers, where in `raw` its body lies, and what is in it. A forwarded mail has the mail as its one part."""

    headers: Headers
    raw: bytes = field(repr=False)
    start: int
    end: int
    type: str = "text/plain"
    type_given: bool = False
    params: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    disposition_params: dict[str, str] = field(default_factory=dict)
    parts: list["Part"] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        """As it lies in the mail, still encoded."""
        return self.raw[self.start : self.end]

    @property
    def content(self) -> bytes:
        """What the body holds once it is decoded."""
        return decoded_body(self.body, self.headers.plain("content-transfer-encoding"))

    @property
    def main(self) -> str:
        return self.type.partition("/")[0]

    def walk(self, *, into_mails: bool = True) -> Iterator["Part"]:
        """This part and everything in it, from the top down; with or without what lies in mails that are attached."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            if into_mails or part.main == "multipart":
                waiting += reversed(part.parts)


def read_structure(raw: bytes, limits: Limits) -> Part:
    """The tree of a whole mail."""
    return _entity(raw, 0, len(raw), 0, limits, "text/plain")


def _entity(raw: bytes, start: int, end: int, depth: int, limits: Limits, default: str) -> Part:
    headers, body = read_head(raw, start, end, limits)
    part = _typed(Part(headers, raw, body, end), default)
    if part.main == "multipart" or part.type in ("message/rfc822", "message/global"):
        if depth >= DEPTH:
            limits.broke(TOO_DEEP)
        elif part.main == "multipart":
            _split(part, depth, limits)
        else:
            _open(part, depth, limits)
    return part


def _typed(part: Part, default: str) -> Part:
    """With its type: the first header that names one."""
    part.type = default
    for value in part.headers.all("content-type"):
        kind, params = parameters(value)
        found = _TYPE.match(kind.replace(" ", ""))
        if found or params:
            part.type, part.params, part.type_given = (found[0] if found else default), params, bool(found)
            break
    if part.headers.has("content-disposition"):
        part.disposition, part.disposition_params = parameters(part.headers.first("content-disposition"))
    return part


def _split(part: Part, depth: int, limits: Limits) -> None:
    """Into the parts between its boundary lines. Without any it is text that calls itself more."""
    default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
    for start, end in _ranges(part):
        if not limits.another_part():
            break
        part.parts.append(_entity(part.raw, start, end, depth + 1, limits, default))
    if not part.parts and depth == 0:
        part.type = "text/plain"


def _ranges(part: Part) -> Iterator[tuple[int, int]]:
    boundary = _boundary(part)
    opened = -1
    at = part.raw.find(boundary, part.start, part.end) if len(boundary) > 2 else -1
    while at >= 0:
        after = _AFTER_BOUNDARY.match(part.raw, at + len(boundary), part.end)
        if after and (at == 0 or part.raw[at - 1 : at] in (b"\n", b"\r")):
            if opened >= 0:
                yield opened, max(opened, _before(part.raw, at))
            line = _LINE_END.match(part.raw, after.end(), part.end)
            # Where a part of its own has the same boundary, the parts go on after the end of that.
            opened = -1 if after[1] else line.end() if line else part.end
        at = part.raw.find(boundary, at + len(boundary), part.end)
    if opened >= 0:
        yield opened, part.end


def _boundary(part: Part) -> bytes:
    """The line that divides, dashes and all; where it is not named, or named wrong, the first line that looks like one."""
    named = b"--" + part.params.get("boundary", "").rstrip().encode("utf-8", "replace")
    if len(named) > 2 and part.raw.find(named, part.start, part.end) >= 0:
        return named
    found = _FIRST_BOUNDARY.search(part.raw, max(part.start - 1, 0), min(part.end, part.start + 4096))
    return b"--" + found[1] if found else b""


def _before(raw: bytes, at: int) -> int:
    """Where the body ends: the line end before a boundary belongs to the boundary."""
    at -= raw[at - 1 : at] == b"\n"
    return at - (raw[at - 1 : at] == b"\r")


def _open(part: Part, depth: int, limits: Limits) -> None:
    """The mail inside a part; against the rules some are encoded."""
    if not limits.another_part():
        return
    encoding = part.headers.plain("content-transfer-encoding").lower()
    if encoding.startswith(("base64", "quoted-printable")):
        content = part.content
        part.parts = [_entity(content, 0, len(content), depth + 1, limits, "text/plain")]
    else:
        start = part.start
        while start < part.end and part.raw[start : start + 1] in (b"\r", b"\n"):
            start += 1
        part.parts = [_entity(part.raw, start, part.end, depth + 1, limits, "text/plain")]
