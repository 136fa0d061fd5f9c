"""Taking articles in: new ones are made, changed ones change, the rest stays untouched."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from core.context import acting_as, current_actor
from knowledge.indexing import content_hash, index_articles
from knowledge.models import Article, KnowledgeBase
from knowledge.sources import SourceArticle

AT_ONCE = 100


@dataclass
class Imported:
    """How many articles were created, updated, left alone, and how many texts were embedded for that."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    embedded: int = 0


def import_articles(base: KnowledgeBase, articles: Iterable[SourceArticle]) -> Imported:
    """Bring `base` up to date with `articles` and index what changed. The last of several with one id counts."""
    wanted = list({one.external_id: one for one in articles}.values())
    done = Imported()
    for start in range(0, len(wanted), AT_ONCE):
        # Again for each part: a signed identity ends after some minutes, and thousands of articles take longer.
        with acting_as(current_actor()):
            _import_some(base, wanted[start : start + AT_ONCE], done)
    return done


def _import_some(base: KnowledgeBase, wanted: list[SourceArticle], done: Imported) -> None:
    ids = [one.external_id for one in wanted]
    known = {article.external_id: article for article in base.articles.filter(external_id__in=ids)}
    created = [_new(base, one) for one in wanted if one.external_id not in known]
    Article.objects.bulk_create(created)
    updated = [
        known[one.external_id] for one in wanted if one.external_id in known and _update(base, known[one.external_id], one)
    ]
    done.created += len(created)
    done.updated += len(updated)
    done.unchanged += len(wanted) - len(created) - len(updated)
    stale = [a for a in known.values() if a.indexed_hash != a.content_hash and a not in updated]
    done.embedded += index_articles(created + updated + stale)


def _new(base: KnowledgeBase, source: SourceArticle) -> Article:
    return Article(base=base, external_id=source.external_id, **_fields(base, source))


def _update(base: KnowledgeBase, article: Article, source: SourceArticle) -> bool:
    fields = _fields(base, source)
    if all(getattr(article, name) == value for name, value in fields.items()):
        return False
    for name, value in fields.items():
        setattr(article, name, value)
    article.version += 1
    article.updated_at = timezone.now()
    article.save(update_fields=[*fields, "version", "updated_at"])
    return True


def _fields(base: KnowledgeBase, source: SourceArticle) -> dict[str, str]:
    language = source.language or base.language
    return {
        "title": source.title, "body": source.body, "category": source.category, "url": source.url,
        "language": language, "audience": source.audience, "state": Article.State.PUBLISHED,
        "content_hash": content_hash(source.title, source.body, source.audience, language),
    }  # fmt: skip
