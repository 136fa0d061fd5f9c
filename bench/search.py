"""How long a search takes in a base of 10,000 chunks, embedding included: prints p50 and p95 in milliseconds.

    python bench/search.py [--articles ../shared/data/kb_large/articles.jsonl] [--chunks 10000] [--questions 300]

Runs in one transaction that is rolled back. Vectors of the filler articles are made by moving real ones a little, so that the
index has something like a real distribution to walk through; the questions are embedded for real.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import django
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "contactcenter.settings")
django.setup()

from django.db import connection  # noqa: E402

from approvals.evaluation import EVALUATOR, throw_away_base  # noqa: E402
from core.context import acting_as  # noqa: E402
from knowledge.embedding import read  # noqa: E402
from knowledge.models import Article, Chunk, Embedding  # noqa: E402
from knowledge.search import search  # noqa: E402
from knowledge.sources import SourceArticle  # noqa: E402

SEED_ARTICLES = 100
_POSTINGS = """
INSERT INTO knowledge_posting (article_id, base_id, audience, lexeme, count)
SELECT %s, base_id, audience, lexeme, count FROM knowledge_posting WHERE article_id = %s
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, default=ROOT.parent / "shared/data/kb_large/articles.jsonl")
    parser.add_argument("--chunks", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=300)
    given = parser.parse_args()
    lines = [json.loads(line) for line in given.articles.read_text(encoding="utf-8").splitlines()][:SEED_ARTICLES]
    sources = [SourceArticle(one["id"], one["title"], one["body"]) for one in lines]
    with throw_away_base(sources) as base:
        grow(base, given.chunks)
        questions = [f"{one['title']} {number}" for number in range(10) for one in lines][: given.questions]
        took = sorted(_timed(question, base) for question in questions)
    p50, p95 = took[len(took) // 2], took[int(len(took) * 0.95)]
    print(json.dumps({"chunks": given.chunks, "questions": len(took), "p50_ms": round(p50, 1), "p95_ms": round(p95, 1)}))


def grow(base: int, wanted: int) -> None:
    """Copy the seed articles with slightly moved vectors until the base has `wanted` chunks."""
    chance = np.random.default_rng(3)
    seeds = list(Article.objects.filter(base_id=base))
    number = 0
    while Chunk.objects.filter(base_id=base).count() < wanted:
        _copy(seeds[number % len(seeds)], number, chance)
        number += 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM knowledge_chunk WHERE base_id = %s", [base])


def _copy(seed: Article, number: int, chance: np.random.Generator) -> None:
    chunks = list(Chunk.objects.filter(article=seed).prefetch_related("embeddings"))
    seed_pk, seed.pk, seed.external_id = seed.pk, None, f"copy-{number}"
    seed.save(force_insert=True)
    copies = Chunk.objects.bulk_create(
        Chunk(article=seed, base_id=c.base_id, kind=c.kind, position=c.position, text=c.text, content_hash=c.content_hash)
        for c in chunks
    )
    Embedding.objects.bulk_create(
        Embedding(
            chunk=copy, model_id=old.model_id, base_id=copy.base_id, vector=_moved(np.asarray(old.vector, np.float32), chance)
        )
        for copy, chunk in zip(copies, chunks, strict=True)
        for old in chunk.embeddings.all()
    )
    with connection.cursor() as cursor:
        cursor.execute(_POSTINGS, [seed.pk, seed_pk])
    seed.pk = seed_pk


def _moved(vector: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    other = vector + chance.normal(0, 0.03, vector.shape).astype(np.float32)
    return other / np.linalg.norm(other)


def _timed(question: str, base: int) -> float:
    read.cache_clear()
    with acting_as(EVALUATOR):
        began = time.perf_counter()
        search(question, base)
        return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
