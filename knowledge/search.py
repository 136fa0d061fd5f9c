"""Finding the articles that answer a question: words, three kinds of vectors, and what people decided before.

Every row is read under row security, and only articles for the asked audience. Small bases are compared exactly; in a
large one the vector index proposes candidates, which are then compared exactly like a small base.
"""

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from pgvector import HalfVector

from knowledge import embedding, lens
from knowledge.findings import Findings, Hit, Memory, Passage
from knowledge.indexing import configuration
from knowledge.models import Article, Audience, EmbeddingModel, KnowledgeBase
from knowledge.ranking import Candidate, Lexical, pool_signals, rank

# Up to the first, all chunks are compared here; up to the second, PostgreSQL compares all (1 ms for 2,000); beyond, the index
# proposes.
EXACT_CHUNKS = 2000
INDEX_CHUNKS = 20_000
NEIGHBOURS = 120
POOL = 40
MAX_LEXEMES = 40
MEMORIES = 20
REMEMBERED = 20_000
PASSAGES = 6

Vector = NDArray[np.float32]

logger = logging.getLogger(__name__)


def search(
    question: str,
    base_id: int,
    limit: int = 5,
    audiences: Sequence[str] = (Audience.PUBLIC,),
    turn: Callable[[Vector, str], Vector] = lens.through,
) -> Findings:
    """The best `limit` articles of a base for `question`, best first, with their best passages and the raw signals.

    `turn` prepares the question's vector for articles embedded by the named model; fitting passes its own.
    """
    active = EmbeddingModel.objects.active()
    encode = embedding.ENCODERS.get(active.version) if active else None
    if active is None or encode is None:
        if active:
            logger.error("search finds nothing: this build has no such model", extra={"facts": {"model": active.version}})
        return Findings(question=question, vector=embedding.embed_one(question))
    vector = encode(question)
    base = KnowledgeBase.objects.get(pk=base_id)
    model = active.pk
    turned = turn(vector, active.version)
    half = HalfVector(turned).to_text()
    lexical = _lexical(question, base, audiences)
    pool = _pool(base, model, half, audiences, [pk for pk, _, _ in lexical.articles])
    candidates = _candidates(base, model, half, audiences, pool, lexical)
    memories = _memories(base, model, HalfVector(vector).to_text())
    ranked = rank(candidates, memories, len(lexical.rarity))
    return Findings(
        question=question,
        vector=vector,
        hits=tuple(_hits(ranked[:limit])),
        memories=tuple(memories),
        lexemes=len(lexical.rarity),
        unknown=lexical.unknown,
        weight=sum(lexical.rarity.values()),
        articles=lexical.total,
        language=base.language,
        pool=pool_signals(ranked) | {"length": lexical.average, "turned": float(vector @ turned)},
    )


# ---------------------------------------------------------------------------------------------------------------- words
_SHELF = """
SELECT count(*), coalesce(avg(lexeme_count), 1) FROM knowledge_article
 WHERE base_id = %s AND state = 'published' AND audience = ANY(%s)
"""
_LEXEMES = """
SELECT w.lexeme, (SELECT count(*) FROM knowledge_posting p WHERE p.base_id = %s AND p.lexeme = w.lexeme)
  FROM unnest(tsvector_to_array(to_tsvector(%s::regconfig, %s))) AS w(lexeme)
"""
# BM25 with k1 = 1.2 and b = 0.75 (Robertson and Zaragoza 2009); the rarity of each word comes in as a parameter. Postings
# are read word by word, whatever the planner believes about a base that was filled a moment ago: it once read all of them
# for every article.
_BM25 = """
WITH p AS MATERIALIZED (
    SELECT found.article_id, found.count, w.rarity
      FROM unnest(%s::text[], %s::float8[]) AS w(lexeme, rarity) CROSS JOIN LATERAL (
           SELECT article_id, count FROM knowledge_posting WHERE base_id = %s AND lexeme = w.lexeme OFFSET 0) AS found
)
SELECT p.article_id,
       sum(p.rarity * p.count * 2.2 / (p.count + 1.2 * (0.25 + 0.75 * a.lexeme_count / %s::float8))) AS bm25,
       sum(p.rarity) AS matched
  FROM p JOIN knowledge_article a ON a.id = p.article_id
 WHERE a.base_id = %s AND a.state = 'published' AND a.audience = ANY(%s)
 GROUP BY p.article_id ORDER BY bm25 DESC, p.article_id LIMIT %s
"""


def _lexical(question: str, base: KnowledgeBase, audiences: Sequence[str]) -> Lexical:
    with connection.cursor() as cursor:
        cursor.execute(_SHELF, [base.pk, list(audiences)])
        total, average = cursor.fetchone()
        cursor.execute(_LEXEMES, [base.pk, configuration(base.language), question[:8000].replace("\0", " ")])
        rarity = _rarity(dict(cursor.fetchall()), total)
        words = sorted(rarity, key=lambda word: -rarity[word])
        unknown = [word for word in words if rarity[word] >= _rarity_of(0, total)]
        known = [word for word in words if word not in set(unknown)][:MAX_LEXEMES]
        found: list[tuple[int, float, float]] = []
        if known:
            weights = [rarity[word] for word in known]
            cursor.execute(_BM25, [known, weights, base.pk, float(average), base.pk, list(audiences), POOL])
            found = cursor.fetchall()
    return Lexical(total, float(average), rarity, len(unknown) / max(len(words), 1), found)


def _rarity(counts: dict[str, int], total: int) -> dict[str, float]:
    return {word: _rarity_of(count, total) for word, count in counts.items()}


def _rarity_of(count: int, total: int) -> float:
    return math.log(1 + (total - min(count, total) + 0.5) / (count + 0.5))


# -------------------------------------------------------------------------------------------------------------- vectors
_SIZE = "SELECT count(*) FROM (SELECT 1 FROM knowledge_chunk WHERE base_id = %s LIMIT %s) AS few"
_NEIGHBOURS = """
SELECT DISTINCT c.article_id FROM (
    SELECT chunk_id FROM knowledge_embedding WHERE model_id = %s AND base_id = %s
     ORDER BY {distance} LIMIT %s
) AS near JOIN knowledge_chunk c ON c.id = near.chunk_id AND c.base_id = %s AND c.audience = ANY(%s)
"""
_BY_INDEX = _NEIGHBOURS.format(distance="vector <=> %s::halfvec")
# An expression that the index does not know, so every vector is compared.
_ONE_BY_ONE = _NEIGHBOURS.format(distance="(vector <=> %s::halfvec) + 0")
_COSINES = """
SELECT c.article_id, c.kind, c.position, c.id, 1 - (e.vector <=> %s::halfvec)
  FROM knowledge_embedding e
  JOIN knowledge_chunk c ON c.id = e.chunk_id AND c.base_id = e.base_id
  JOIN knowledge_article a ON a.id = c.article_id AND a.base_id = c.base_id
 WHERE e.base_id = %s AND e.model_id = %s AND c.audience = ANY(%s) AND a.state = 'published'
"""


def _pool(base: KnowledgeBase, model: int, half: str, audiences: Sequence[str], lexical: list[int]) -> list[int] | None:
    """Articles worth comparing exactly; None means all of them."""
    with connection.cursor() as cursor:
        cursor.execute(_SIZE, [base.pk, INDEX_CHUNKS + 1])
        size = cursor.fetchone()[0]
        if size <= EXACT_CHUNKS:
            return None
        # Without this the index stops after its first candidates, and the filter leaves too few of them.
        cursor.execute(
            "SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', '200', true)"
        )
        sql = _ONE_BY_ONE if size <= INDEX_CHUNKS else _BY_INDEX
        with _hashed(cursor):
            cursor.execute(sql, [model, base.pk, half, NEIGHBOURS, base.pk, list(audiences)])
            near = [pk for (pk,) in cursor.fetchall()]
    return list(dict.fromkeys(near + lexical[: POOL // 2]))


def _candidates(
    base: KnowledgeBase, model: int, half: str, audiences: Sequence[str], pool: list[int] | None, lexical: Lexical
) -> list[Candidate]:
    sql = _COSINES
    values: list[Any] = [half, base.pk, model, list(audiences)]
    if pool is not None:
        sql, values = f"{sql} AND c.article_id = ANY(%s)", [*values, pool]
    with connection.cursor() as cursor, _hashed(cursor):
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    found: dict[int, Candidate] = {}
    for article, kind, position, chunk, cosine in rows:
        found.setdefault(article, Candidate(article)).see(kind, position, chunk, cosine)
    for article, bm25, matched in lexical.articles:
        if article in found:
            found[article].bm25, found[article].matched = bm25, matched
    return sorted(found.values(), key=lambda c: -c.nearest)[:POOL]


@contextmanager
def _hashed(cursor: Any) -> Iterator[None]:
    """Join by hashing. A base that was filled a moment ago has no statistics, and the planner then loops over it row by row:
    330 ms instead of 1.5 ms for 400 chunks. All tables come by their base, so hashing them is always right.
    """
    cursor.execute("SELECT set_config('enable_nestloop', 'off', true)")
    yield
    cursor.execute("SELECT set_config('enable_nestloop', 'on', true)")


# ------------------------------------------------------------------------------------------------- memory and the answer
_MEMORIES = """
SELECT article_id, 1 - (vector <=> %s::halfvec) AS cosine FROM (
    SELECT id, article_id, outcome, vector FROM knowledge_reviewmemory WHERE base_id = %s AND model_id = %s ORDER BY id DESC LIMIT %s
) AS newest ORDER BY cosine DESC LIMIT %s
"""


def _memories(base: KnowledgeBase, model: int, half: str) -> list[Memory]:
    with connection.cursor() as cursor:
        cursor.execute(_MEMORIES, [half, base.pk, model, REMEMBERED, MEMORIES])
        return [Memory(article, cosine) for article, cosine in cursor.fetchall()]


def _hits(ranked: list[Candidate]) -> list[Hit]:
    articles = Article.objects.in_bulk([candidate.article for candidate in ranked])
    texts = _texts([chunk for c in ranked for _, chunk, _ in c.best(PASSAGES)])
    return [_hit(c, articles[c.article], texts) for c in ranked if c.article in articles]


def _texts(chunks: list[int]) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, text FROM knowledge_chunk WHERE id = ANY(%s)", [chunks])
        return dict(cursor.fetchall())


def _hit(candidate: Candidate, article: Article, texts: dict[int, str]) -> Hit:
    passages = [
        Passage(chunk, position, texts[chunk], cosine) for position, chunk, cosine in candidate.best(PASSAGES) if chunk in texts
    ]
    return Hit(
        article_pk=article.pk, external_id=article.external_id, title=article.title, url=article.url,
        language=article.language, body=article.body, score=candidate.score, title_cosine=candidate.title,
        whole_cosine=candidate.whole, passage_cosine=candidate.passage, bm25=candidate.bm25,
        matched=candidate.matched, memory=candidate.memory, passages=tuple(passages),
        version=article.version,
    )  # fmt: skip
