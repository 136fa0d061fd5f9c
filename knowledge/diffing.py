"""What changed between two texts, word by word, for people to read."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORD = re.compile(r"\S+\s*")
# Comparing costs more than the square of what differs: beyond these it is shown as one text for another.
MOST_LINES, MOST_WORDS = 1500, 3000
# Words that are kept on either side of a change when a long stretch without one is folded.
AROUND = 30

Ranges = Iterator[tuple[str, int, int, int, int]]


@dataclass(frozen=True)
class Piece:
    """A stretch of text: "same", "gone" (of the older text only), "new" (of the newer only) or "fold": so many words left out."""

    kind: str
    text: str = ""
    words: int = 0

    @property
    def words_only(self) -> str:
        return self.text.rstrip()

    @property
    def space(self) -> str:
        """What follows the last word: no mark is drawn under it."""
        return self.text[len(self.words_only) :]


def compare(before: str, after: str, around: int | None = AROUND) -> list[Piece]:
    """Both texts as one list of pieces, in order. Line breaks count as space. Without `around` nothing is folded."""
    pieces = list(_joined(_pieces(_lines(before), _lines(after))))
    return pieces if around is None else list(_folded(pieces, around))


def is_same(pieces: Sequence[Piece]) -> bool:
    """Whether nothing changed."""
    return all(piece.kind in ("same", "fold") for piece in pieces)


def _lines(text: str) -> list[str]:
    """Each with a line break, the last one too: whatever follows it must not run into it."""
    return [f"{line}\n" for line in text.rstrip().splitlines()]


def _pieces(before: list[str], after: list[str]) -> Iterator[Piece]:
    """By lines first, so that what stayed costs nothing; by words where lines differ."""
    for kind, a, b, c, d in _ranges(before, after, MOST_LINES, str.split):
        if kind == "equal":
            yield Piece("same", "".join(after[c:d]))
        else:
            yield from _by_words(_WORD.findall("".join(before[a:b])), _WORD.findall("".join(after[c:d])))


def _by_words(before: list[str], after: list[str]) -> Iterator[Piece]:
    for kind, a, b, c, d in _ranges(before, after, MOST_WORDS, str.strip):
        if kind == "equal":
            yield Piece("same", "".join(after[c:d]))
        else:
            yield Piece("gone", "".join(before[a:b]))
            yield Piece("new", "".join(after[c:d]))


def _ranges(before: list[str], after: list[str], most: int, look: Callable[[str], object]) -> Ranges:
    """SequenceMatcher's opcodes over what `look` sees of each part. What both ends have in common is not compared."""
    old, new = [str(look(one)) for one in before], [str(look(one)) for one in after]
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    last_old, last_new = len(old) - tail, len(new) - tail
    if head:
        yield "equal", 0, head, 0, head
    if last_old - head > most or last_new - head > most:
        yield "replace", head, last_old, head, last_new
    else:
        for kind, a, b, c, d in SequenceMatcher(None, old[head:last_old], new[head:last_new]).get_opcodes():
            yield kind, a + head, b + head, c + head, d + head
    if tail:
        yield "equal", last_old, len(old), last_new, len(new)


def _shared(one: list[str], other: list[str]) -> int:
    """How many parts are the same from the beginning on."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Neighbours of one kind as one piece; empty ones vanish. What is gone stands before what is new in its place."""
    waiting: dict[str, str] = {}
    for piece in pieces:
        if not piece.text:
            continue
        if ("same" in waiting) != (piece.kind == "same"):
            yield from _given(waiting)
            waiting = {}
        waiting[piece.kind] = waiting.get(piece.kind, "") + piece.text
    yield from _given(waiting)


def _given(waiting: dict[str, str]) -> Iterator[Piece]:
    yield from (Piece(kind, waiting[kind]) for kind in ("same", "gone", "new") if kind in waiting)


def _folded(pieces: list[Piece], around: int) -> Iterator[Piece]:
    for place, piece in enumerate(pieces):
        words = _WORD.findall(piece.text)
        head = around if place > 0 else 0
        tail = around if place < len(pieces) - 1 else 0
        # A fold that hides next to nothing costs the reader more than it saves.
        if piece.kind != "same" or len(words) <= head + tail + around:
            yield piece
            continue
        if head:
            yield Piece("same", "".join(words[:head]))
        yield Piece("fold", words=len(words) - head - tail)
        if tail:
            yield Piece("same", "".join(words[-tail:]))
