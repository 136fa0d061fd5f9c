"""Keeping the index equal to the articles: chunks, postings and vectors. Nothing here is done twice for the same words."""

import hashlib
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from core.context import Actor, acting_as
from core.jobs import enqueue, job, settle
from knowledge import embedding
from knowledge.models import Article, Chunk, Embedding, EmbeddingModel, KnowledgeBase, Posting
from knowledge.splitting import pieces

INDEXER = Actor.system("indexing")
ARTICLES_AT_ONCE = 50
TEXTS_AT_ONCE = 100

# Languages for which PostgreSQL can stem. Anything else is split into words only.
_CONFIGURATIONS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "fi": "finnish", "fr": "french", "hi": "hindi", "hu": "hungarian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "nl": "dutch", "no": "norwegian", "nb": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "tr": "turkish",
}  # fmt: skip

Vector = NDArray[np.float32]
Encode = Callable[[list[str]], Vector]


def configuration(language: str) -> str:
    """The name of the PostgreSQL text search configuration for a language code."""
    return _CONFIGURATIONS.get(language.lower()[:2], "simple")


def content_hash(*parts: str) -> str:
    """One hash over several texts, which does not confuse where one ends."""
    return hashlib.sha256("\0".join(f"{len(part)}:{part}" for part in parts).encode()).hexdigest()


def active_model() -> EmbeddingModel:
    """The model that search reads. The local one becomes it when there is none yet."""
    found = EmbeddingModel.objects.active()
    if found is None:
        found, _ = EmbeddingModel.objects.get_or_create(
            version=embedding.VERSION,
            defaults={"name": embedding.NAME, "state": EmbeddingModel.State.ACTIVE},
        )
    return found


def ask_to_index(article: Article) -> None:
    """Have the article indexed soon, in the transaction that changed it."""
    enqueue(index_article, ref=article.pk, scope=None, key=f"index:{article.pk}:{article.version}")


@job(lane="bulk")
def index_article(ref: int) -> None:
    """Bring the index of one article up to date. An article that is gone needs nothing."""
    with acting_as(INDEXER):
        index_articles(Article.objects.filter(pk=ref))
        settle()


def index_articles(articles: Iterable[Article]) -> int:
    """Bring the index of many articles up to date; returns how many texts had to be embedded."""
    todo = list(articles)
    return sum(_index(todo[n : n + ARTICLES_AT_ONCE]) for n in range(0, len(todo), ARTICLES_AT_ONCE))


@transaction.atomic
def _index(articles: Sequence[Article]) -> int:
    model = active_model()
    known = _vectors_by_hash([article.pk for article in articles], model)
    Chunk.objects.filter(article__in=articles).delete()
    Posting.objects.filter(article__in=articles).delete()
    live = [article for article in articles if article.state == Article.State.PUBLISHED]
    chunks = Chunk.objects.bulk_create([chunk for article in live for chunk in _chunks(article)])
    fresh = _embed_chunks(chunks, model, known)
    for article in live:
        _write_postings(article)
    for article in articles:
        Article.objects.filter(pk=article.pk).update(indexed_hash=article.content_hash)
    return fresh


def _chunks(article: Article) -> list[Chunk]:
    return [
        Chunk(
            article=article, base_id=article.base_id, kind=piece.kind, position=piece.position, text=piece.text,
            content_hash=piece.content_hash, audience=article.audience,
        )
        for piece in pieces(article.title, article.body)
    ]  # fmt: skip


def _vectors_by_hash(articles: list[int], model: EmbeddingModel) -> dict[str, Vector]:
    rows = Embedding.objects.filter(chunk__article__in=articles, model=model)
    return {found: np.asarray(vector, np.float32) for found, vector in rows.values_list("chunk__content_hash", "vector")}


def _embed_chunks(chunks: list[Chunk], model: EmbeddingModel, known: dict[str, Vector]) -> int:
    """Give every chunk its vector; returns how many texts had to be embedded. Written as they come: a transaction that says
    nothing while hundreds of texts are embedded on a busy machine is ended by the database.
    """
    fresh = {chunk.content_hash: chunk.text for chunk in chunks if chunk.content_hash not in known}
    _write_vectors([chunk for chunk in chunks if chunk.content_hash in known], model, known)
    hashes = list(fresh)
    for start in range(0, len(hashes), TEXTS_AT_ONCE):
        some = hashes[start : start + TEXTS_AT_ONCE]
        vectors = dict(zip(some, embedding.embed_with(model.version, [fresh[one] for one in some]), strict=True))
        _write_vectors([chunk for chunk in chunks if chunk.content_hash in vectors], model, vectors)
    return len(fresh)


def _write_vectors(chunks: list[Chunk], model: EmbeddingModel, vectors: dict[str, Vector]) -> None:
    Embedding.objects.bulk_create([_vector_of(chunk, model, vectors[chunk.content_hash]) for chunk in chunks], batch_size=500)


def _vector_of(chunk: Chunk, model: EmbeddingModel, vector: Vector) -> Embedding:
    return Embedding(chunk=chunk, model=model, base_id=chunk.base_id, audience=chunk.audience, vector=vector)


_POSTINGS = """
WITH words AS (
    SELECT left(lexeme, 255) AS lexeme, sum(coalesce(array_length(positions, 1), 1)) AS times
      FROM unnest(to_tsvector(%s::regconfig, %s)) GROUP BY 1
), written AS (
    INSERT INTO knowledge_posting (article_id, base_id, audience, lexeme, count)
    SELECT %s, %s, %s, lexeme, times FROM words RETURNING count
)
UPDATE knowledge_article SET lexeme_count = coalesce((SELECT sum(count) FROM written), 0) WHERE id = %s
"""


def _write_postings(article: Article) -> None:
    # A tsvector may not exceed one megabyte, and nobody finds an article by its hundred-thousandth word.
    text = f"{article.title}. {article.body}"[:200_000]
    values: list[str | int] = [configuration(article.language), text, article.pk, article.base_id, article.audience, article.pk]
    with connection.cursor() as cursor:
        cursor.execute(_POSTINGS, values)


def reembed(model: EmbeddingModel, encode: Encode, batch: int = 200, most: int | None = None) -> int:
    """Build the vectors of `model` beside those in use, for every chunk that has none yet; returns how many were made.

    `most` ends it after about so many, for a caller that wants to commit in between.
    """
    made = 0
    while most is None or made < most:
        chunks = list(Chunk.objects.exclude(embeddings__model=model).order_by("pk")[:batch])
        if not chunks:
            break
        vectors = encode([chunk.text for chunk in chunks])
        Embedding.objects.bulk_create(_vector_of(chunk, model, vector) for chunk, vector in zip(chunks, vectors, strict=True))
        made += len(chunks)
    return made


class NotReady(ValueError):
    """A model cannot be switched to: some chunks have no vector under it."""


@transaction.atomic
def activate(model: EmbeddingModel) -> None:
    """Let search read `model` from the next statement on. Raises NotReady while vectors are missing."""
    missing = Chunk.objects.exclude(embeddings__model=model).count()
    if missing:
        raise NotReady(f"{missing} chunks have no vector under {model}")
    states = EmbeddingModel.State
    EmbeddingModel.objects.filter(state=states.ACTIVE).exclude(pk=model.pk).update(state=states.RETIRED)
    EmbeddingModel.objects.filter(pk=model.pk).update(state=states.ACTIVE)


def default_base(slug: str = "default") -> KnowledgeBase:
    """The knowledge base of that name, made when it is not there."""
    return KnowledgeBase.objects.get_or_create(slug=slug, defaults={"name": slug.replace("-", " ").title()})[0]
