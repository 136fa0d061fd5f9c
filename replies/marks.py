"""A message as numbers for the small classifiers of the guards: what it means, which letters and words it has, how it is said.

The vector knows that "took his own life" and "passed away" are near; letters and words know the turn of phrase, the typo and the
slang that the vector blurs. Bounded: a message of any size costs a few milliseconds.
"""

import base64
import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.embedding import embed_one
from replies.matters import folded_signs

TERMS = Path(__file__).parent / "weights" / "terms.json"
LONGEST = 2_000
_LENGTHS = range(2, 5)
_LONGEST_WORD = 40
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[!?]")
_RUN = re.compile(r"(.)\1{3,}")
_DIGIT = re.compile(r"\d")
_CAPITALS = re.compile(r"[^\W\d_]{3,}")

Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Terms:
    """The runs of letters, or the words, that the classifiers know, each with how much its rarity says."""

    places: dict[str, int]
    rarity: Numbers

    def weigh(self, found: list[str]) -> Numbers:
        """One number per term, together of length one."""
        row = np.zeros(len(self.places), np.float32)
        for term, times in Counter(found).items():
            place = self.places.get(term)
            if place is not None:
                row[place] = (1 + math.log(times)) * self.rarity[place]
        length = float(np.linalg.norm(row))
        return row / np.float32(length) if length else row


def numbers(text: str, vector: Numbers | None = None) -> Numbers:
    """The whole row: vector, letters, words, marks of style. `vector` spares reading the text again."""
    return numbers_with(_terms(), text, embed_one(text) if vector is None else vector)


def numbers_with(known: dict[str, Terms], text: str, vector: Numbers) -> Numbers:
    """The row by these terms; the fit has its own before they are written."""
    plain = folded(text)
    letters, words = known["letters"].weigh(runs(plain)), known["words"].weigh(phrases(tokens(plain)))
    return np.concatenate([vector, letters, words, np.array(style(text), np.float32)])


@lru_cache(maxsize=64)
def known_numbers(text: str) -> Numbers:
    """The row of one whole message. Remembered, because several guards ask for the same one."""
    row = numbers(text)
    row.setflags(write=False)
    return row


def folded(text: str) -> str:
    """Small letters, one kind of apostrophe and space, every digit a nought, no letter more than three times running."""
    plain = _DIGIT.sub("0", folded_signs(text[:LONGEST]).lower())
    return " ".join(_RUN.sub(r"\1\1\1", plain).split())


def tokens(plain: str) -> list[str]:
    """Words, numbers, and the marks that carry a tone."""
    return _TOKEN.findall(plain)


def runs(plain: str) -> list[str]:
    """Every run of two to four letters within a word and its edges."""
    edged = [f" {word[:_LONGEST_WORD]} " for word in plain.split()]
    return [word[i : i + n] for word in edged for n in _LENGTHS for i in range(len(word) - n + 1)]


def phrases(said: list[str]) -> list[str]:
    """Every word, and every two that follow each other."""
    return said + [f"{a} {b}" for a, b in pairwise(said)]


def style(text: str) -> list[float]:
    """What neither meaning nor letters keep: shouting, exclamation, insult, lament, thanks, asking; each about 0 to 1."""
    read = text[:LONGEST]
    shouted = sum(word.isupper() for word in _CAPITALS.findall(read))
    letters = [c for c in read if c.isalpha()]
    shouting = sum(c.isupper() for c in letters) / len(letters) if len(letters) >= 6 else 0.0
    said = tokens(folded(read))
    furious, upset, pleased = (sum(word in _LEXICONS[name] for word in said) for name in ("furious", "upset", "pleased"))
    unsaid = any(a in _DENIALS and b in _LEXICONS["pleased"] for a, b in pairwise(said))
    return [
        shouting, min(shouted, 3) / 3, min(read.count("!"), 3) / 3, min(read.count("?"), 3) / 3,
        min(furious, 2) / 2, min(upset, 2) / 2, min(pleased, 2) / 2, float(unsaid), float(pleased > 0 and not furious and not upset),
        float(bool(said) and said[0] in _ASKING), math.log1p(len(read)) / 10,
    ]  # fmt: skip


def packed(values: NDArray[Any]) -> dict[str, Any]:
    """A matrix as text: whole numbers from -127 to 127 and a scale for each row."""
    rows = np.atleast_2d(np.asarray(values, np.float64))
    scales = np.maximum(np.abs(rows).max(axis=1), 1e-9) / 127
    whole = np.round(rows / scales[:, None]).astype(np.int8)
    return {
        "shape": list(rows.shape),
        "scales": [float(f"{one:.6g}") for one in scales],
        "int8": base64.b64encode(whole.tobytes()).decode(),
    }


def unpacked(document: dict[str, Any]) -> Numbers:
    """The matrix that `packed` wrote."""
    whole = np.frombuffer(base64.b64decode(document["int8"]), np.int8).reshape(document["shape"])
    return np.asarray(whole * np.array(document["scales"], np.float32)[:, None], np.float32)


@cache
def _terms() -> dict[str, Terms]:
    document = json.loads(TERMS.read_text(encoding="utf-8"))
    return {
        kind: Terms({term: i for i, term in enumerate(document[kind])}, unpacked(document[f"{kind}_rarity"])[0])
        for kind in ("letters", "words")
    }


_DENIALS = frozenset(["not", "isn't", "wasn't", "aren't", "never", "no", "hardly", "without"])
_ASKING = frozenset(
    [
        "how",
        "what",
        "where",
        "when",
        "which",
        "who",
        "can",
        "could",
        "do",
        "does",
        "is",
        "are",
        "may",
        "will",
        "would",
        "should",
    ]
)
_LEXICONS = {
    name: frozenset(words.split())
    for name, words in {
        "furious": (
            "furious fuming livid seething enraged outraged outrageous raging angry disgusting disgusted disgrace disgraceful "
            "scandal scandalous shame shameful ashamed appalling appalled atrocious scum thieves thieving liars liar lying scam "
            "scammers fraudsters robbed robbery crooks criminal useless pathetic ridiculous idiots idiot morons worst hate despise "
            "unbelievable incredible unacceptable infuriating insult insulting sick rubbish garbage joke farce ripoff horrible "
            "terrible dreadful incompetent incompetence fuck fucking shit shitty bastards crap hell dead die destroy sue ruined "
            "shambles insane lied stole stealing cheat cheated shocking shocked"
        ),
        "upset": (
            "disappointed disappointing frustrated frustrating annoyed annoying unhappy sad sadly sorry worried worry upset bad "
            "wrong problem problems broken broke fails failed failing never nobody waiting waited still stuck lost missing stolen "
            "afraid scared confused confusing ugh damn bloody unfortunately again can't cannot doesn't won't didn't refused "
            "rejected declined delayed late cancelled slow poor pity nuisance rude"
        ),
        "pleased": (
            "thanks thank thx great brilliant perfect perfectly lovely love loved excellent awesome fantastic amazing happy "
            "pleased appreciate best helpful wonderful cheers glad friendly superb delighted grateful kind good nice fab fabulous "
            "impressed star stars smooth enjoy praise kudos compliment satisfied"
        ),
    }.items()
}
