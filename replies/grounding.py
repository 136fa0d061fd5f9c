"""How well an answer stands on what it cites: its weakest sentence as a figure, and whether it says no where its source says no.

A sentence copied from its source stands at 1. Any other is as near as its words and its meaning are, half each. Nearness cannot tell
"you can" from "you cannot", so negations are counted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.embedding import read_sentences
from knowledge.splitting import sentences as split
from replies.coverage import COMMON
from replies.types import Evidence, Sentence

# A sentence of the source is spoken of when so many of its words come back.
SPOKEN = 0.34
_ENDS = ".!?…:;。！？"
_WORD = re.compile(r"[^\W_]+")
_NEGATION = re.compile(
    r"\b(?:not|never|no|none|nobody|nothing|neither|nor|cannot|without|unable|impossible|refus\w+|declin\w+|forbid\w*|prohibited|"
    r"nicht|nie|niemals|kein\w*|ohne|ne|n['’](?=[a-zéè])|pas|jamais|aucun\w*|sans|nunca|jamás|ningun\w*|ningún|sin|non|mai|nessun\w*|"
    r"senza|niet|geen|nooit|zonder|não|nenhum\w*|sem)\b|n['’]t\b|\bcan['’]?t\b", re.IGNORECASE
)  # fmt: skip


@dataclass(frozen=True)
class Grounding:
    """`least` is the figure of the weakest sentence, 0 to 1; `weakest` that sentence; `turned` those that say no otherwise."""

    least: float = 1.0
    weakest: str = ""
    turned: tuple[str, ...] = ()


def grounding(answer: Sequence[Sentence], evidence: Sequence[Evidence]) -> Grounding:
    """Compare each sentence with the passages that it cites. One that cites nothing stands at 0."""
    by_number = {one.number: one for one in evidence}
    figures, turned = [], []
    for sentence in answer:
        cited = [by_number[number] for number in sentence.citations if number in by_number]
        figure, agrees = _stands(sentence.text, cited)
        figures.append(figure)
        if not agrees:
            turned.append(sentence.text)
    if not figures:
        return Grounding()
    least = min(range(len(figures)), key=figures.__getitem__)
    return Grounding(round(figures[least], 4), answer[least].text, tuple(turned))


def is_copied(text: str, source: str) -> bool:
    """Whether a source says just this: whole sentences of it, spaces aside. "transfer more" is no copy of "you cannot transfer more"."""
    said = _spaced(text)
    return bool(said) and any(_is_whole(said, _spaced(line)) for line in source.split("\n"))


def _is_whole(said: str, line: str) -> bool:
    place = line.find(said)
    if place < 0:
        return False
    before, after = line[:place].rstrip(), line[place + len(said) :].lstrip()
    return (not before or before[-1] in _ENDS) and (not after or said[-1] in _ENDS or after[0] in _ENDS)


def negations(text: str) -> int:
    return len(_NEGATION.findall(text))


def _stands(text: str, cited: list[Evidence]) -> tuple[float, bool]:
    """The figure of one sentence, and whether it negates as its passages do."""
    if not cited:
        return 0.0, True
    if any(is_copied(text, one.quote) for one in cited):
        return 1.0, True
    parts = [part for one in cited for part in split(one.quote)] or [cited[0].title]
    own, *others = read_sentences([text, *parts])
    cosines = [float(np.dot(own.vector, one.vector)) for one in others]
    words = _stems(text)
    if not words:  # "1." or "Yes, of course!" claims nothing.
        return 1.0, negations(text) == 0
    known = _stems(" ".join(f"{one.title} {one.quote}" for one in cited))
    lexical = len(words & known) / len(words)
    figure = (lexical + max(0.0, min(1.0, max(cosines)))) / 2
    return figure, _agrees(text, words, parts, cosines)


def _agrees(text: str, words: set[str], parts: list[str], cosines: list[float]) -> bool:
    """As many negations as in the nearest sentence, or as in all those together that it speaks of."""
    shared = [len(words & _stems(part)) for part in parts]
    nearest = max(range(len(parts)), key=lambda place: cosines[place] + shared[place] / max(1, len(words)))
    spoken = [part for part, count in zip(parts, shared, strict=True) if count >= SPOKEN * max(1, len(_stems(part)))]
    return negations(text) in (negations(parts[nearest]), sum(map(negations, spoken)) if len(spoken) > 1 else -1)


def _stems(text: str) -> set[str]:
    return {
        word.lower()[:5] for word in _WORD.findall(_NEGATION.sub(" ", text)) if len(word) > 2 and word.lower() not in COMMON
    }


def _spaced(text: str) -> str:
    return " ".join(text.split())
