"""What a search returns. Plain values: the rooms above read these and never a row."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Passage:
    """Two neighbouring sentences of an article and how near they are to the question (cosine)."""

    chunk_pk: int
    position: int
    text: str
    cosine: float


@dataclass(frozen=True)
class Memory:
    """A question that people have decided about: `article_pk` answers it, None says that nothing does.

    `say` is how much it has to say here beside the others that are near (knowledge.ranking.says).
    """

    article_pk: int | None
    cosine: float
    say: float = 0.0


@dataclass(frozen=True)
class Hit:
    """One article, as near to the question as each way of looking finds it. `score` is their learned mix; `version` is the
    article's when it was found, so that a citation can say what it was read in. `is_stale`: its day to be read again has passed;
    `is_contradicted`: another article says otherwise, and nobody has said yet which is right.
    """

    article_pk: int
    external_id: str
    title: str
    url: str
    language: str
    body: str
    score: float
    title_cosine: float
    whole_cosine: float
    passage_cosine: float
    bm25: float
    matched: float
    memory: float
    passages: tuple[Passage, ...] = ()
    version: int = 1
    is_stale: bool = False
    is_contradicted: bool = False


@dataclass(frozen=True)
class Findings:
    """Ranked articles, and what the search learned about the question itself.

    `unknown` is the share of the question's words that no article has, `weight` the sum of its words' rarity,
    `memories` the nearest decided questions, nearest first; `pool` is explained in knowledge.ranking.pool_signals, with `turned`: how little the lens moved the
    question, and `familiar`: how like those it is that the lens was fitted on.
    """

    question: str
    vector: NDArray[np.float32]
    hits: tuple[Hit, ...] = ()
    memories: tuple[Memory, ...] = ()
    lexemes: int = 0
    unknown: float = 0.0
    weight: float = 0.0
    articles: int = 0
    language: str = "en"
    pool: dict[str, float] = field(default_factory=dict)
