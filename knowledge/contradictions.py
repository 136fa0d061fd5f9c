"""Passages of two articles that do not fit together are found, shown to a person, and forgotten when one of them is mended.

An article is compared with the rest when it changed, and all of them by turns. What is compared: published articles of one base, one
audience and one language. Near passages are proposed by their vectors; knowledge.disagreement judges their sentences.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from core import audit
from core.claims import LostClaim
from core.context import acting_as
from core.jobs import Retry, enqueue, job, settle
from knowledge.curation import CURATOR, Event
from knowledge.disagreement import Said, disagreement, said
from knowledge.embedding import embed
from knowledge.indexing import content_hash
from knowledge.models import Article, Chunk, Contradiction, EmbeddingModel
from knowledge.splitting import sentences

LATELY, RECENTLY = timedelta(hours=2), timedelta(days=2)
AT_ONCE, NIGHTLY, TURNS = 200, 1000, 30
INDEX_SECONDS = 5.0
# Passages as near as this are worth reading; windows of two sentences are less alike than the sentences in them.
NEAR_PASSAGES, NEIGHBOURS, MOST_PASSAGES = 0.5, 30, 100
SMALL_BASE = 20_000

OPEN = Contradiction.State.OPEN


@dataclass(frozen=True)
class Found:
    """Two sentences that do not fit together. `here` is of the article in hand, `there` of `other`."""

    other: int
    here: str
    there: str
    reason: str


def ask_for_changed() -> int:
    """Ask for a look at every article that changed in the last hours, once for each version; returns how many were found."""
    return _ask(Q(updated_at__gte=timezone.now() - LATELY), AT_ONCE)


def ask_for_all() -> int:
    """Every night: what changed in the last days, and the others by turns."""
    now = timezone.now()
    turn = Q(turn=now.toordinal() % TURNS)
    return _ask(Q(updated_at__gte=now - RECENTLY) | turn, NIGHTLY, night=f":{now:%j}")


def _ask(which: Q, most: int, night: str = "") -> int:
    with acting_as(CURATOR):
        rows = Article.objects.annotate(turn=F("pk") % TURNS).filter(which).order_by("-updated_at")
        found = list(rows.values_list("pk", "version")[:most])
        for pk, version in found:
            enqueue(look_at_article, ref=pk, scope=None, key=f"contradictions:{pk}:{version}{night}")
    return len(found)


@job(lane="bulk")
def look_at_article(article_id: int) -> None:
    """Compare one article with the rest, and judge again what was found before. Waits until it is indexed."""
    with acting_as(CURATOR, read_only=True):
        article = Article.objects.filter(pk=article_id).first()
        if article is not None and article.indexed_hash != article.content_hash:
            raise Retry(INDEX_SECONDS, "not indexed yet")
        near = _near_passages(article) if article and article.state == Article.State.PUBLISHED else []
    found = _compare(article, near) if article else []
    with acting_as(CURATOR):
        if article is not None:
            _one_at_a_time(article.base_id)
            _judge_again(article)
            _keep(article, found)
        settle()


_MINE = """
SELECT e.vector::text FROM knowledge_chunk c JOIN knowledge_embedding e ON e.chunk_id = c.id
 WHERE c.article_id = %s AND c.kind = 'passage' AND e.model_id = %s ORDER BY c.position LIMIT %s
"""
_NEAR = """
SELECT chunk_id, vector <=> %s::halfvec FROM knowledge_embedding WHERE model_id = %s AND base_id = %s
 ORDER BY {distance} LIMIT %s
"""
# An expression that the index does not know, so every vector is compared: the index is worth its misses only in a large base.
_ONE_BY_ONE, _BY_INDEX = _NEAR.format(distance="(vector <=> %s::halfvec) + 0"), _NEAR.format(distance="vector <=> %s::halfvec")
_SIZE = "SELECT count(*) FROM (SELECT 1 FROM knowledge_embedding WHERE base_id = %s LIMIT %s) AS few"


def _near_passages(article: Article) -> list[tuple[int, str, str]]:
    """Passages of other articles that speak about the same: article, its title, the passage."""
    model = EmbeddingModel.objects.active()
    if model is None:
        return []
    near: set[int] = set()
    with connection.cursor() as cursor:
        cursor.execute(_SIZE, [article.base_id, SMALL_BASE + 1])
        sql = _ONE_BY_ONE if cursor.fetchone()[0] <= SMALL_BASE else _BY_INDEX
        cursor.execute("SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true)")
        cursor.execute(_MINE, [article.pk, model.pk, MOST_PASSAGES])
        for (vector,) in cursor.fetchall():
            cursor.execute(sql, [vector, model.pk, article.base_id, vector, NEIGHBOURS])
            near |= {chunk for chunk, far in cursor.fetchall() if far <= 1 - NEAR_PASSAGES}
    rows = Chunk.objects.filter(pk__in=near, kind=Chunk.Kind.PASSAGE, audience=article.audience).exclude(article=article.pk)
    rows = rows.filter(article__state=Article.State.PUBLISHED, article__language=article.language)
    return list(rows.values_list("article_id", "article__title", "text"))


def _compare(article: Article, near: list[tuple[int, str, str]]) -> list[Found]:
    """Words first, because they cost nothing; vectors for what is left. Of a very long article the beginning is compared."""
    beginning = sentences(article.body)[: MOST_PASSAGES + 1]
    mine = [one for one in (said(text, article.title) for text in beginning) if one.is_comparable]
    theirs = {(pk, text): said(text, title) for pk, title, window in near for text in sentences(window)}
    likely = [(one, pk, other) for one in mine for (pk, _), other in theirs.items() if disagreement(one, other, 1.0)]
    if not likely:
        return []
    return [
        Found(pk, one.text, other.text, reason)
        for (one, pk, other), cosine in zip(likely, _likeness([(one, other) for one, _, other in likely]), strict=True)
        if (reason := disagreement(one, other, cosine))
    ]


def _likeness(pairs: list[tuple[Said, Said]]) -> list[float]:
    bare = list(dict.fromkeys(one.bare for pair in pairs for one in pair))
    vectors = dict(zip(bare, embed(bare), strict=True))
    return [float(vectors[one.bare] @ vectors[other.bare]) for one, other in pairs]


def _one_at_a_time(base_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('knowledge.contradictions'), %s)", [base_id % 2**31])


def _judge_again(article: Article) -> None:
    """What was found before and is not so any more is mended, by whoever changed the articles."""
    rows = _open_ones(article.pk).select_related("first", "second")
    gone = [row.pk for row in rows if not _still_stands(row)]
    Contradiction.objects.filter(pk__in=gone).update(state=Contradiction.State.MENDED)
    _flag({pk for row in rows for pk in (row.first_id, row.second_id)})


def _still_stands(row: Contradiction) -> bool:
    if any(side.state != Article.State.PUBLISHED for side in (row.first, row.second)):
        return False
    if row.first.audience != row.second.audience or row.first.language != row.second.language:
        return False
    return row.first_text in sentences(row.first.body) and row.second_text in sentences(row.second.body)


def _keep(article: Article, found: list[Found]) -> None:
    rows = [
        Contradiction(
            base_id=article.base_id, first_id=article.pk, second_id=one.other, first_text=one.here, second_text=one.there,
            reason=one.reason[:200], digest=_digest((article.pk, one.here), (one.other, one.there)),
        )
        for one in found
    ]  # fmt: skip
    Contradiction.objects.bulk_create(rows, ignore_conflicts=True)
    # What was mended and is there again is open again; what a person dismissed stays dismissed.
    again = Contradiction.objects.filter(base_id=article.base_id, digest__in=[row.digest for row in rows])
    again.filter(state=Contradiction.State.MENDED).update(state=OPEN)
    _flag({article.pk, *(one.other for one in found)})


def _digest(*sides: tuple[int, str]) -> str:
    return content_hash(*(f"{pk}:{text}" for pk, text in sorted(sides)))


def _open_ones(article_id: int) -> QuerySet[Contradiction]:
    return Contradiction.objects.filter(Q(first=article_id) | Q(second=article_id), state=OPEN)


def _flag(articles: set[int]) -> None:
    """Let the articles say whether something is open about them, so that a search need not look."""
    for pk in sorted(articles):
        is_open = _open_ones(pk).exists()
        Article.objects.filter(pk=pk).exclude(is_contradicted=is_open).update(is_contradicted=is_open)


def waiting() -> QuerySet[Contradiction]:
    """What waits for a person, newest first."""
    return Contradiction.objects.filter(state=OPEN).select_related("first", "second", "base").order_by("-pk")


def dismiss(row: Contradiction, *, by: User) -> None:
    """Both can be true: it does not come back until one of the two sentences changes. Raises LostClaim."""
    _one_at_a_time(row.base_id)
    if not Contradiction.objects.filter(pk=row.pk, state=OPEN).update(state=Contradiction.State.DISMISSED, decided_by=by):
        raise LostClaim("decided or mended meanwhile")
    _flag({row.first_id, row.second_id})
    audit.record(Event.CONTRADICTION_DISMISSED, row, first=row.first_id, second=row.second_id)
