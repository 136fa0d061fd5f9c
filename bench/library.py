"""A large knowledge base for the benches: the shared articles as they are, and short articles put together from their sentences.

A derived article has two to four sentences of one article or of two, a title from the first of them, and the closing words that
every page of a help centre has, so that some words occur in nearly all articles. The shared articles are embedded for real; the
vector of a derived text is the mean of its sentences' vectors, moved a little, which is near to what the model would say
(cosine about 0.9) and keeps real neighbours near. Everything comes from one seed and is written past the row security, by the owner.
"""

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connections, transaction
from numpy.typing import NDArray
from pgvector import HalfVector

from knowledge import embedding
from knowledge.models import EmbeddingModel, KnowledgeBase
from knowledge.splitting import Piece, pieces, sentences

SOURCES = ("kb_large", "kb_tech", "kb_site", "kb_bank")
CLOSING = "Still need help? Contact our support team."
MOVED = 0.01
AT_ONCE = 512

Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Page:
    """One article to write: its pieces with a vector each."""

    external_id: str
    title: str
    body: str
    pieces: list[Piece]
    vectors: Vector


class Library:
    """The shared articles with the vectors of all they are made of, remembered in `folder` from run to run."""

    def __init__(self, shared: Path, folder: Path) -> None:
        self.articles = [
            json.loads(line) for name in SOURCES for line in (shared / name / "articles.jsonl").read_text("utf-8").splitlines()
        ]
        whole = [piece.text for one in self.articles for piece in pieces(one["title"], one["body"])]
        parts = [text for one in self.articles for text in sentences(one["body"])] + [CLOSING]
        self.vectors = _remembered(folder / "vectors.npz", list(dict.fromkeys(whole + parts)))

    def pages(self, passages: int) -> Iterator[Page]:
        """Every shared article, up to `passages`, then derived ones until there are about as many."""
        made = 0
        for number, one in enumerate(self.articles):
            if made < passages:
                found = pieces(one["title"], one["body"])
                made += len(found) - 2
                yield Page(
                    f"shared-{number}", one["title"], one["body"], found, np.stack([self.vectors[p.text] for p in found])
                )
        chance, noise = random.Random(3), np.random.default_rng(3)
        number = 0
        while made < passages:
            page = self._derived(number, chance, noise)
            made += len(page.pieces) - 2
            number += 1
            yield page

    def _derived(self, number: int, chance: random.Random, noise: np.random.Generator) -> Page:
        first, second = chance.choice(self.articles), chance.choice(self.articles)
        pool = sentences(first["body"]) * 2 + sentences(second["body"])
        parts = chance.sample(pool, min(len(pool), chance.randint(2, 4)))
        title = f"{parts[0][:60]} ({first['title'][:60]})"
        made = [Piece("title", 0, title), Piece("whole", 0, f"{title}. {' '.join(parts)} {CLOSING}")]
        made += [Piece("passage", place, f"{a} {b}") for place, (a, b) in enumerate(pairwise(parts))]
        mixed = [self._mean([parts[0], first["title"]]), self._mean([parts[0], first["title"], *parts, CLOSING])]
        mixed += [self._mean(pair) for pair in pairwise(parts)]
        vectors = np.stack(mixed) + noise.normal(0, MOVED, (len(mixed), embedding.DIMENSIONS))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return Page(f"derived-{number}", title, f"{' '.join(parts)} {CLOSING}", made, vectors.astype(np.float32))

    def _mean(self, texts: tuple[str, ...] | list[str]) -> Vector:
        found = np.sum([self.vectors[text] * min(len(text), 600) for text in texts], axis=0)
        return np.asarray(found / np.linalg.norm(found), np.float32)


def _remembered(file: Path, texts: list[str]) -> dict[str, Vector]:
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    if file.exists():
        with np.load(file) as stored:
            if str(stored["digest"]) == digest:
                return dict(zip(texts, stored["vectors"].astype(np.float32), strict=True))
    vectors = np.concatenate([embedding.embed(texts[n : n + AT_ONCE]) for n in range(0, len(texts), AT_ONCE)])
    np.savez(file, digest=np.array(digest), vectors=vectors.astype(np.float16))
    return dict(zip(texts, vectors, strict=True))


def fill(slug: str, pages: Iterator[Page]) -> int:
    """Write a base of these pages, unless it is there, with the vector index built afterwards as a restore would; returns its id."""
    found = KnowledgeBase.objects.using("owner").filter(slug=slug).first()
    if found is not None:
        return found.pk
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        base = KnowledgeBase.objects.using("owner").create(slug=slug, name=slug)
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'knowledge_embedding_hnsw'")
        index = str(cursor.fetchone()[0])
        cursor.execute("DROP INDEX knowledge_embedding_hnsw")
        _write(cursor, base.pk, EmbeddingModel.objects.using("owner").get(version=embedding.VERSION).pk, list(pages))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL maintenance_work_mem = '1GB'")
        cursor.execute(index)
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    return base.pk


def remember(base: int, texts: list[str], wanted: int) -> None:
    """Let a base remember `wanted` decisions, unless it does: these questions, each often and moved a little each time."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM knowledge_reviewmemory WHERE base_id = %s", [base])
        if cursor.fetchone()[0] < wanted:
            vectors, chance = embedding.embed(texts), np.random.default_rng(5)
            picked = vectors[chance.integers(0, len(texts), wanted)] + chance.normal(0, MOVED, (wanted, embedding.DIMENSIONS))
            picked /= np.linalg.norm(picked, axis=1, keepdims=True)
            model = EmbeddingModel.objects.using("owner").get(version=embedding.VERSION).pk
            cursor.execute(
                "SELECT array_agg(id) FROM (SELECT id FROM knowledge_article WHERE base_id = %s LIMIT 5000) AS a", [base]
            )
            articles = chance.choice(cursor.fetchone()[0], wanted)
            rows = (
                (base, model, HalfVector(vector).to_text(), int(article), "approved", f"bench:{n}", "2026-01-01")
                for n, (vector, article) in enumerate(zip(picked, articles, strict=True))
            )
            _copy(cursor, "knowledge_reviewmemory", _MEMORY, rows)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE knowledge_reviewmemory")


_ARTICLE = (
    "id, base_id, external_id, title, category, body, url, language, audience, state, version, content_hash, indexed_hash,"
    " lexeme_count, updated_at"
)
_CHUNK = "id, article_id, base_id, kind, position, text, content_hash, audience"
_MEMORY = "base_id, model_id, vector, article_id, outcome, source, created_at"
_VECTOR = "chunk_id, model_id, base_id, vector, audience"
_POSTINGS = """
INSERT INTO knowledge_posting (article_id, base_id, audience, lexeme, count)
SELECT a.id, a.base_id, a.audience, left(w.lexeme, 255), sum(coalesce(array_length(w.positions, 1), 1))
  FROM knowledge_article a CROSS JOIN LATERAL unnest(to_tsvector('english', left(a.title || '. ' || a.body, 200000))) AS w
 WHERE a.base_id = %s GROUP BY 1, 2, 3, 4
"""
_COUNTS = """
UPDATE knowledge_article a SET lexeme_count = p.count
  FROM (SELECT article_id, sum(count) AS count FROM knowledge_posting WHERE base_id = %s GROUP BY 1) AS p WHERE p.article_id = a.id
"""


def _write(cursor: Any, base: int, model: int, pages: list[Page]) -> None:
    article, chunk = (_next(cursor, table) for table in ("knowledge_article", "knowledge_chunk"))
    rest = ("en", "public", "published", 1, "bench", "bench", 0, "2026-01-01")
    rows = ((n, base, page.external_id, page.title[:300], "", page.body, "", *rest) for n, page in enumerate(pages, article))
    _copy(cursor, "knowledge_article", _ARTICLE, rows)
    owned = [
        (n, piece, vector)
        for n, page in enumerate(pages, article)
        for piece, vector in zip(page.pieces, page.vectors, strict=True)
    ]
    rows = ((c, n, base, p.kind, p.position, p.text, p.content_hash, "public") for c, (n, p, _) in enumerate(owned, chunk))
    _copy(cursor, "knowledge_chunk", _CHUNK, rows)
    rows = ((c, model, base, HalfVector(vector).to_text(), "public") for c, (_, _, vector) in enumerate(owned, chunk))
    _copy(cursor, "knowledge_embedding", _VECTOR, rows)
    cursor.execute(_POSTINGS, [base])
    cursor.execute(_COUNTS, [base])


def _next(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}")
    return int(cursor.fetchone()[0])


def _copy(cursor: Any, table: str, columns: str, rows: Iterator[tuple[Any, ...]]) -> None:
    """Many rows at once: PostgreSQL copies into no table under row security, so by way of one that has none."""
    cursor.execute(f"CREATE TEMP TABLE many ON COMMIT DROP AS SELECT {columns} FROM {table} LIMIT 0")
    with cursor.copy(f"COPY many ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM many")
    cursor.execute("DROP TABLE many")
    if columns.startswith("id,"):
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
