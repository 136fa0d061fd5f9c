"""Finding the articles that answer a question: words, three kinds of vectors, and what people decided before.

Every row is read under row security, and only articles for the asked audience. Small bases are compared exactly; in a
large one the vector index proposes candidates, which are then compared exactly like a small base.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray
from pgvector import HalfVector

from knowledge import embedding, lens, words
from knowledge.findings import Findings, Hit, Memory, Passage
from knowledge.indexing import configuration
from knowledge.models import Article, Audience, EmbeddingModel, KnowledgeBase
from knowledge.ranking import Candidate, Lexical, pool_signals, rank, says
from knowledge.stale import is_stale

# Up to so many chunks all are compared; beyond, the index proposes: so many neighbours, out of so many that it looks at.
# bench/search.py says what that finds and costs.
INDEX_CHUNKS = 20_000
NEIGHBOURS = 300
SEARCHED = 400
POOL = 40
MEMORIES, LOOKED_AT = 60, 150
# Beyond so many remembered decisions their own index proposes the nearest.
INDEX_MEMORIES = 2000
PASSAGES = 6
# What it is worth that an article is in the language of the question, in a base of several languages.
SAME_LANGUAGE = 0.2

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
    lexical, asked = words.lexical(question, base, audiences)
    pool = _pool(base, model, half, audiences, [pk for pk, _, _ in lexical.articles])
    candidates = _candidates(base, model, half, audiences, pool, lexical)
    memories = _memories(base, model, HalfVector(vector).to_text(), audiences)
    ranked = _preferred(rank(candidates, memories, len(lexical.rarity)), asked.language)
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
        pool=pool_signals(ranked)
        | {"length": lexical.average, "turned": float(vector @ turned), "familiar": lens.familiarity(vector, active.version)},
    )


# -------------------------------------------------------------------------------------------------------------- vectors
_SIZE = "SELECT count(*) FROM (SELECT 1 FROM knowledge_chunk WHERE base_id = %s LIMIT %s) AS few"
# Each chunk and each vector is looked up by its key, whatever the planner believes about a base that was filled a moment ago.
_BY_INDEX = """
SELECT DISTINCT c.article_id FROM (
    SELECT chunk_id FROM knowledge_embedding WHERE model_id = %s AND base_id = %s AND audience = ANY(%s)
     ORDER BY vector <=> %s::halfvec LIMIT %s
) AS near CROSS JOIN LATERAL (SELECT article_id FROM knowledge_chunk WHERE id = near.chunk_id OFFSET 0) AS c
"""
_OF_ALL = """
SELECT c.article_id, c.kind, c.position, c.id, 1 - (e.vector <=> %s::halfvec) AS cosine
  FROM knowledge_embedding e
  JOIN knowledge_chunk c ON c.id = e.chunk_id AND c.base_id = e.base_id
  JOIN knowledge_article a ON a.id = c.article_id AND a.base_id = c.base_id
 WHERE e.base_id = %s AND e.model_id = %s AND c.audience = ANY(%s) AND a.state = 'published'
"""
_OF_SOME = """
SELECT c.article_id, c.kind, c.position, c.id, 1 - (e.vector <=> %s::halfvec) AS cosine
  FROM (SELECT id FROM knowledge_article WHERE id = ANY(%s) AND base_id = %s AND state = 'published' AND audience = ANY(%s)) AS a
 CROSS JOIN LATERAL (SELECT id, article_id, kind, position FROM knowledge_chunk WHERE article_id = a.id OFFSET 0) AS c
 CROSS JOIN LATERAL (SELECT vector FROM knowledge_embedding WHERE chunk_id = c.id AND model_id = %s OFFSET 0) AS e
"""
# The best articles as knowledge.ranking.Candidate.nearest has it, -1 for a kind that an article does not have.
_BEST = """
WITH seen AS MATERIALIZED ({seen}), best AS (
    SELECT article_id FROM seen GROUP BY article_id
     ORDER BY coalesce(max(cosine) FILTER (WHERE kind = 'title'), -1) + coalesce(max(cosine) FILTER (WHERE kind = 'whole'), -1)
            + coalesce(max(cosine) FILTER (WHERE kind = 'passage'), -1) DESC, article_id LIMIT %s
)
SELECT seen.* FROM seen JOIN best ON best.article_id = seen.article_id
"""
_BEST_OF_ALL, _BEST_OF_SOME = _BEST.format(seen=_OF_ALL), _BEST.format(seen=_OF_SOME)


def _pool(base: KnowledgeBase, model: int, half: str, audiences: Sequence[str], lexical: list[int]) -> list[int] | None:
    """Articles worth comparing exactly; None means all of them."""
    with connection.cursor() as cursor:
        [(size,)] = _rows(cursor, _SIZE, [base.pk, INDEX_CHUNKS + 1])
        if size <= INDEX_CHUNKS:
            return None
        _look_far(cursor, SEARCHED)
        near = [pk for (pk,) in _rows(cursor, _BY_INDEX, [model, base.pk, list(audiences), half, NEIGHBOURS])]
    return list(dict.fromkeys(near + lexical))


def _candidates(
    base: KnowledgeBase, model: int, half: str, audiences: Sequence[str], pool: list[int] | None, lexical: Lexical
) -> list[Candidate]:
    with connection.cursor() as cursor:
        if pool is None:
            with _hashed(cursor):
                rows = _rows(cursor, _BEST_OF_ALL, [half, base.pk, model, list(audiences), POOL])
        else:
            rows = _rows(cursor, _BEST_OF_SOME, [half, pool, base.pk, list(audiences), model, POOL])
    found: dict[int, Candidate] = {}
    for article, kind, position, chunk, cosine in rows:
        found.setdefault(article, Candidate(article)).see(kind, position, chunk, cosine)
    for article, bm25, matched in lexical.articles:
        if article in found:
            found[article].bm25, found[article].matched = bm25, matched
    return list(found.values())


def _rows(cursor: Any, sql: str, values: list[Any]) -> list[Any]:
    cursor.execute(sql, values)
    return list(cursor.fetchall())


def _look_far(cursor: Any, at: int) -> None:
    """Without this a vector index stops after its first candidates, and the filters leave too few of them."""
    cursor.execute(
        "SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', %s, true)",
        [str(at)],
    )


@contextmanager
def _hashed(cursor: Any) -> Iterator[None]:
    """Join by hashing. A base that was filled a moment ago has no statistics, and the planner then loops over it row by row:
    330 ms instead of 1.5 ms for 400 chunks. All tables come by their base, so hashing them is always right.
    """
    cursor.execute("SELECT set_config('enable_nestloop', 'off', true)")
    yield
    cursor.execute("SELECT set_config('enable_nestloop', 'on', true)")


# ------------------------------------------------------------------------------------------------- memory and the answer
_DECIDED = "SELECT count(*) FROM (SELECT 1 FROM knowledge_reviewmemory WHERE base_id = %s AND model_id = %s LIMIT %s) AS few"
# What was decided for an article that is gone from the shelf says nothing about those that are left, so a few more are looked at.
_MEMORIES = """
SELECT near.article_id, near.cosine, halfvec_send(near.vector) FROM (
    SELECT id, article_id, vector, 1 - (vector <=> %s::halfvec) AS cosine FROM knowledge_reviewmemory
     WHERE base_id = %s AND model_id = %s ORDER BY {distance} LIMIT %s) AS near
  LEFT JOIN LATERAL (
       SELECT id FROM knowledge_article
        WHERE id = near.article_id AND state = 'published' AND audience = ANY(%s) OFFSET 0) AS a ON true
 WHERE near.article_id IS NULL OR a.id IS NOT NULL ORDER BY near.cosine DESC, near.id LIMIT %s
"""
_MEMORIES_BY_INDEX = _MEMORIES.format(distance="vector <=> %s::halfvec")
_MEMORIES_ONE_BY_ONE = _MEMORIES.format(distance="(vector <=> %s::halfvec) + 0")


def _memories(base: KnowledgeBase, model: int, half: str, audiences: Sequence[str]) -> list[Memory]:
    with connection.cursor() as cursor:
        [(decided,)] = _rows(cursor, _DECIDED, [base.pk, model, INDEX_MEMORIES + 1])
        sql = _MEMORIES_ONE_BY_ONE
        if decided > INDEX_MEMORIES:
            sql = _MEMORIES_BY_INDEX
            _look_far(cursor, LOOKED_AT)
        rows = _rows(cursor, sql, [half, base.pk, model, half, LOOKED_AT, list(audiences), MEMORIES])
    if not rows:
        return []
    # Two 16-bit counts, then the numbers, most significant byte first.
    vectors = np.stack([np.frombuffer(sent, ">f2", offset=4).astype(np.float32) for _, _, sent in rows])
    voices = says(np.array([cosine for _, cosine, _ in rows]), vectors @ vectors.T)
    return [Memory(article, cosine, float(say)) for (article, cosine, _), say in zip(rows, voices, strict=True)]


def _preferred(ranked: list[Candidate], language: str) -> list[Candidate]:
    """Articles in the language of the question come before others that are as good. Empty: it is not known, or they have but one."""
    if not language:
        return ranked
    spoken = dict(Article.objects.filter(pk__in=[one.article for one in ranked]).values_list("pk", "language"))
    for one in ranked:
        if configuration(spoken.get(one.article, "")) == configuration(language):
            one.score += SAME_LANGUAGE
    return sorted(ranked, key=lambda one: (-one.score, one.article))


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
        version=article.version, is_stale=is_stale(article.review_by), is_contradicted=article.is_contradicted,
    )  # fmt: skip
