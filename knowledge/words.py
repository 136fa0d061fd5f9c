"""What the words of a question find: BM25 over the postings, in every language that the base holds.

A large base has words that occur in nearly every article. They say little and cost most, so the rare words of a question choose
the articles, and what the common ones add is read for the best of those only.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Generic, TypeVar

from django.db import connection

from core.context import current_actor
from knowledge.indexing import configuration
from knowledge.models import KnowledgeBase
from knowledge.ranking import Lexical

MAX_LEXEMES = 40
POOL = 40
# Beyond so many postings the remaining words are common ones; and so many articles get what those add.
READ = 20_000
LIKELY = 2000
CONTENDERS = 300
MAX_LENGTH = 8000

T = TypeVar("T")


@dataclass(frozen=True)
class Shelf:
    """The articles that a question may find: how many, how long, and in which languages, the commonest first."""

    total: int
    average: float
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """A question's words. `language` is the one it is asked in, as far as its filler words say; empty when they do not.

    `words` has, by the lexeme in that language, what the word is in each language of the base.
    """

    language: str
    words: dict[str, tuple[str, ...]]


_SHELF = """
SELECT language, count(*), sum(lexeme_count) FROM knowledge_article
 WHERE base_id = %s AND state = 'published' AND audience = ANY(%s) GROUP BY language ORDER BY count(*) DESC, language
"""
_LEXEMES = """
SELECT c.name, left(w.lexeme, 255), w.positions
  FROM unnest(%s::text[]) AS c(name) CROSS JOIN LATERAL unnest(to_tsvector(c.name::regconfig, %s)) AS w
"""
_COUNTS = """
SELECT w.lexeme, (SELECT count(*) FROM knowledge_posting p WHERE p.base_id = %s AND p.lexeme = w.lexeme AND p.audience = ANY(%s))
  FROM unnest(%s::text[]) AS w(lexeme)
"""
# BM25 with k1 = 1.2 and b = 0.75 (Robertson and Zaragoza 2009); the rarity of each word comes in as a parameter. Postings
# are read word by word, whatever the planner believes about a base that was filled a moment ago: it once read all of them
# for every article.
_BM25 = """
WITH p AS MATERIALIZED (
    SELECT found.article_id, found.count, w.rarity
      FROM unnest(%(rare)s::text[], %(rarities)s::float8[]) AS w(lexeme, rarity) CROSS JOIN LATERAL (
           SELECT article_id, count FROM knowledge_posting
            WHERE base_id = %(base)s AND lexeme = w.lexeme AND audience = ANY(%(audiences)s)
            ORDER BY count DESC LIMIT %(read)s) AS found
), likely AS MATERIALIZED (
    SELECT article_id FROM p GROUP BY article_id ORDER BY sum(rarity * count / (count + 1.2::float8)) DESC LIMIT %(likely)s
), best AS MATERIALIZED (
    SELECT a.id AS article_id, a.long, sum(p.rarity * p.count * 2.2::float8 / (p.count + a.long)) AS bm25, sum(p.rarity) AS matched
      FROM p JOIN (
           SELECT a.id, 0.3::float8 + 0.9::float8 * a.lexeme_count / %(average)s::float8 AS long
             FROM likely CROSS JOIN LATERAL (
                  SELECT id, lexeme_count FROM knowledge_article WHERE id = likely.article_id AND base_id = %(base)s
                     AND state = 'published' AND audience = ANY(%(audiences)s) OFFSET 0) AS a) AS a ON a.id = p.article_id
     GROUP BY 1, 2 ORDER BY bm25 DESC, 1 LIMIT %(contenders)s
)
SELECT best.article_id, best.bm25 + more.bm25 AS bm25, best.matched + more.matched AS matched
  FROM best CROSS JOIN LATERAL (
       SELECT coalesce(sum(w.rarity * q.count * 2.2::float8 / (q.count + best.long)), 0) AS bm25, coalesce(sum(w.rarity), 0) AS matched
         FROM unnest(%(common)s::text[], %(commonness)s::float8[]) AS w(lexeme, rarity) CROSS JOIN LATERAL (
              SELECT count FROM knowledge_posting WHERE article_id = best.article_id AND lexeme = w.lexeme OFFSET 0) AS q) AS more
 ORDER BY 2 DESC, 1 LIMIT %(pool)s
"""


def lexical(question: str, base: KnowledgeBase, audiences: Sequence[str]) -> tuple[Lexical, Asked]:
    """The articles that have the question's words, best first, and what was understood of the question."""
    known = shelf(base, audiences)
    said = asked(question, base.language, known.languages)
    counts = _counts(base.pk, audiences, [lexeme for forms in said.words.values() for lexeme in forms])
    found = {word: min(sum(counts[lexeme] for lexeme in forms), known.total) for word, forms in said.words.items()}
    rarity = {word: _rarity(count, known.total) for word, count in found.items()}
    words = sorted(rarity, key=lambda word: -rarity[word])
    unknown = sum(found[word] == 0 for word in words)
    usable = [word for word in words if found[word]][:MAX_LEXEMES]
    articles = _articles(base.pk, audiences, known.average, said, usable, found, rarity) if usable else []
    return Lexical(known.total, known.average, rarity, unknown / max(len(words), 1), articles), said


def shelf(base: KnowledgeBase, audiences: Sequence[str]) -> Shelf:
    """What of a base may be found by whoever is acting."""
    key = (current_actor().kind, base.pk, *audiences)
    kept = _shelves.get(key)
    if kept is not None:
        return kept
    with connection.cursor() as cursor:
        cursor.execute(_SHELF, [base.pk, list(audiences)])
        rows = cursor.fetchall()
    total = sum(count for _, count, _ in rows)
    average = sum(lexemes for _, _, lexemes in rows) / total if total else 1.0
    found = Shelf(total, float(average), tuple(language for language, _, _ in rows))
    if total >= KEPT_FROM:
        _shelves.put(key, found)
    return found


def asked(question: str, own: str, languages: Sequence[str]) -> Asked:
    """The words of a question, whose base has its `own` language and articles in `languages`."""
    spoken: dict[str, str] = {}
    for language in sorted(languages, key=lambda one: one != own):
        spoken.setdefault(configuration(language), language)
    with connection.cursor() as cursor:
        cursor.execute(_LEXEMES, [list(spoken) or [configuration(own)], question[:MAX_LENGTH].replace("\0", " ")])
        rows: list[tuple[str, str, list[int]]] = cursor.fetchall()
    places: dict[str, dict[int, str]] = {name: {} for name in spoken}
    for name, lexeme, positions in rows:
        places.setdefault(name, {}).update(dict.fromkeys(positions, lexeme))
    main = _fewest(places)
    is_told = len(places) > 1 and all(len(places[main]) < len(some) for name, some in places.items() if name != main)
    return Asked(spoken.get(main, own) if is_told else "", _forms(places.pop(main, {}), places))


def _fewest(places: dict[str, dict[int, str]]) -> str:
    """The configuration that takes most of the question for filler words, which is the language that it is asked in."""
    return min(places, key=lambda name: len(places[name]), default="")


def _forms(main: dict[int, str], others: dict[str, dict[int, str]]) -> dict[str, tuple[str, ...]]:
    """By each lexeme of the main language what stands at its places in the others. A form belongs to one word only."""
    owner = {lexeme: lexeme for lexeme in main.values()}
    for place, lexeme in sorted(main.items()):
        for other in others.values():
            if place in other:
                owner.setdefault(other[place], lexeme)
    forms: dict[str, list[str]] = {lexeme: [] for lexeme in main.values()}
    for form, lexeme in owner.items():
        forms[lexeme].append(form)
    return {lexeme: tuple(some) for lexeme, some in forms.items()}


def _counts(base: int, audiences: Sequence[str], lexemes: list[str]) -> dict[str, int]:
    """In how many articles each lexeme is."""
    key = (current_actor().kind, base, *audiences)
    counts = {lexeme: count for lexeme in lexemes if (count := _frequent.get((*key, lexeme))) is not None}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [base, list(audiences), [one for one in lexemes if one not in counts]])
        fresh: dict[str, int] = dict(cursor.fetchall())
    for lexeme, count in fresh.items():
        if count >= KEPT_FROM:
            _frequent.put((*key, lexeme), count)
    return counts | fresh


def _articles(
    base: int,
    audiences: Sequence[str],
    average: float,
    said: Asked,
    words: list[str],
    found: dict[str, int],
    rarity: dict[str, float],
) -> list[tuple[int, float, float]]:
    """The best articles as (pk, BM25 score, rarity of the words they have). `words` come rarest first, and choose while few are read."""
    chosen = 1 + sum(read <= READ for read in list(accumulate(found[word] for word in words))[1:])
    rare = [(form, rarity[word]) for word in words[:chosen] for form in said.words[word]]
    common = [(form, rarity[word]) for word in words[chosen:] for form in said.words[word]]
    values: dict[str, Any] = {
        "base": base, "audiences": list(audiences), "average": average, "read": READ, "likely": LIKELY, "contenders": CONTENDERS,
        "pool": POOL,
        "rare": [form for form, _ in rare], "rarities": [weight for _, weight in rare],
        "common": [form for form, _ in common], "commonness": [weight for _, weight in common],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_BM25, values)
        return list(cursor.fetchall())


def _rarity(count: int, total: int) -> float:
    return math.log(1 + (total - count + 0.5) / (count + 0.5))


# ------------------------------------------------------------------------------------- what moves slowly in a large base
KEPT_FROM = 2000
KEPT_SECONDS = 60.0
KEPT_MOST = 5000


class Kept(Generic[T]):
    """Numbers that are counted again after a minute, the oldest dropped first. A small base is counted each time."""

    def __init__(self) -> None:
        self._values: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> T | None:
        with self._lock:
            until, value = self._values.get(key, (0.0, None))
        return value if time.monotonic() < until else None

    def put(self, key: Hashable, value: T) -> None:
        with self._lock:
            self._values[key] = (time.monotonic() + KEPT_SECONDS, value)
            self._values.move_to_end(key)
            while len(self._values) > KEPT_MOST:
                self._values.popitem(last=False)


_shelves: Kept[Shelf] = Kept()
_frequent: Kept[int] = Kept()
