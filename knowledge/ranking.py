"""One score for an article out of several ways to look at it. Pure arithmetic.

The score is the sum of three cosines (best window, whole article, title), the BM25 score as a share of the best one, and
what people decided about similar questions. The weights were chosen on labelled questions of one knowledge base and hold on
two others (docs/confidence.md has the figures).
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from knowledge.findings import Memory

# A few words are met by chance; twenty that are met together are evidence.
LEXICAL_LEAST, LEXICAL_MOST = 0.2, 0.7
FEW_WORDS, MORE_WORDS = 8, 20
MEMORY_VOTE = 1.0
# How fast a remembered question loses its say with distance, and how far one decision is doubted when others near it differ.
MEMORY_WIDTH = 0.6
MEMORY_DOUBT = 0.1

Vector = NDArray[np.float64]

POOL = 20
SHARE_WIDTH = 0.15


@dataclass(frozen=True)
class Lexical:
    """What the words of a question found: articles as (pk, BM25 score, rarity of its matched words)."""

    total: int
    average: float
    rarity: dict[str, float]
    unknown: float
    articles: list[tuple[int, float, float]]


@dataclass
class Candidate:
    """One article while its signals come together. Cosines are -1 until seen."""

    article: int
    title: float = -1.0
    whole: float = -1.0
    passage: float = -1.0
    bm25: float = 0.0
    matched: float = 0.0
    memory: float = 0.0
    score: float = 0.0
    windows: list[tuple[int, int, float]] = field(default_factory=list)

    def see(self, kind: str, position: int, chunk: int, cosine: float) -> "Candidate":
        """Take in one chunk's cosine."""
        if kind == "title":
            self.title = cosine
        elif kind == "whole":
            self.whole = cosine
        else:
            self.passage = max(self.passage, cosine)
            self.windows.append((position, chunk, cosine))
        return self

    def best(self, count: int) -> list[tuple[int, int, float]]:
        """The nearest windows as (position, chunk, cosine), nearest first."""
        return sorted(self.windows, key=lambda window: -window[2])[:count]

    @property
    def nearest(self) -> float:
        return self.title + self.whole + self.passage


def rank(candidates: list[Candidate], memories: list[Memory], words: int) -> list[Candidate]:
    """Give each candidate its score and return them, best first. `words` is how many different ones the question has."""
    lexical = LEXICAL_LEAST + (LEXICAL_MOST - LEXICAL_LEAST) * min(max(words - FEW_WORDS, 0) / MORE_WORDS, 1.0)
    best_words = max((candidate.bm25 for candidate in candidates), default=0.0) or 1.0
    votes, _ = memory_votes(memories)
    nearest = _nearest(memories)
    for one in candidates:
        one.memory = nearest.get(one.article, 0.0)
        one.score = one.nearest + lexical * one.bm25 / best_words
        one.score += MEMORY_VOTE * votes.get(one.article, 0.0)
    return sorted(candidates, key=lambda one: (-one.score, one.article))


def pool_signals(ranked: list[Candidate]) -> dict[str, float]:
    """How the first of `ranked` stands among the others: agreement of the four views, share, entropy, distance from the rest.

    Everything is relative to the twenty best, so that it means the same in a base of fifty articles and of five thousand.
    """
    if not ranked:
        return {}
    pool, top = ranked[:POOL], ranked[0]
    views = ("title", "whole", "passage", "bm25")
    agree = sum(max(pool, key=lambda one, view=view: getattr(one, view)) is top for view in views)  # type: ignore[misc]
    shares = [math.exp((one.score - top.score) / SHARE_WIDTH) for one in pool]
    shares = [share / sum(shares) for share in shares]
    rest = [one.score for one in pool[1:]] or [0.0]
    mean = sum(rest) / len(rest)
    spread = math.sqrt(sum((score - mean) ** 2 for score in rest) / len(rest))
    return {
        "agree": float(agree),
        "share": shares[0],
        "entropy": -sum(share * math.log(share + 1e-12) for share in shares),
        "distance": (top.score - mean) / (spread + 0.02),
        "pool": sum(one.nearest for one in pool) / len(pool) / 3,
        "matched_best": max(one.matched for one in pool),
        "bm25_best": max(one.bm25 for one in pool),
    }


def says(cosines: Vector, alike: Vector) -> Vector:
    """How much each remembered question has to say, from its cosine with the question and those among each other.

    The weights of a Gaussian process (Rasmussen and Williams 2006, 2.25) over the nearest memories: ten that say the same
    in the same words count hardly more than one, and far ones say nothing.
    """
    among = np.exp((alike - 1) / MEMORY_WIDTH) + MEMORY_DOUBT * np.eye(len(alike))
    return np.asarray(np.linalg.solve(among, np.exp((cosines - 1) / MEMORY_WIDTH)))


def memory_votes(memories: list[Memory]) -> tuple[dict[int, float], float]:
    """What remembered decisions say for each article, and for "nothing answers this"; about one when they are sure."""
    votes: dict[int, float] = {}
    nothing = 0.0
    for memory in memories:
        if memory.article_pk is None:
            nothing += memory.say
        else:
            votes[memory.article_pk] = votes.get(memory.article_pk, 0.0) + memory.say
    return votes, nothing


def _nearest(memories: list[Memory]) -> dict[int, float]:
    found: dict[int, float] = {}
    for memory in memories:
        if memory.article_pk is not None:
            found[memory.article_pk] = max(found.get(memory.article_pk, -1.0), memory.cosine)
    return found
