"""An article's plain text as it is shown: paragraphs, headings and lists, by the marks that people type anyway."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_HEADING = re.compile(r"^#{1,6}\s+(.+)$")
_BULLET = re.compile(r"^[-*•·]\s+(.+)$")
_NUMBER = re.compile(r"^\d{1,3}[.)]\s+(.+)$")
_LISTS = (("bullets", _BULLET), ("numbers", _NUMBER))


@dataclass
class Block:
    """A "paragraph" or "heading" with `text`, or "bullets" or "numbers" with `items`."""

    kind: str
    text: str = ""
    items: list[str] = field(default_factory=list)


def blocks(body: str) -> list[Block]:
    """The text in blocks, in order. Every line is in one of them, without its mark."""
    found: list[Block] = []
    is_after_gap = True
    for line in body.splitlines():
        if not line.strip():
            is_after_gap = True
            continue
        block = _block(line.strip())
        last = found[-1] if found else None
        if last and block.items and last.kind == block.kind:
            last.items += block.items
        elif last and not is_after_gap and block.kind == last.kind == "paragraph":
            last.text += f"\n{block.text}"
        else:
            found.append(block)
        is_after_gap = False
    return found


def _block(line: str) -> Block:
    if heading := _HEADING.match(line):
        return Block("heading", heading.group(1))
    for kind, mark in _LISTS:
        if item := mark.match(line):
            return Block(kind, items=[item.group(1)])
    return Block("paragraph", line)


def opening(body: str, length: int = 160) -> str:
    """The beginning of the text as one line."""
    words = " ".join(_texts(blocks(body[: length * 3])))
    return words if len(words) <= length else words[:length].rsplit(" ", 1)[0] + "…"


def _texts(some: list[Block]) -> Iterator[str]:
    for block in some:
        yield from block.items or [block.text.replace("\n", " ")]
