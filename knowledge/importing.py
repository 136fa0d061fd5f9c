"""Taking articles in: new ones are made, changed ones change, the rest stays untouched.

A person's change wins over a file: an article that somebody changed here since it was last imported is left as it is and
reported, unless the caller says that files win. Either way every version is kept.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.utils import timezone

from accounts.models import User
from core import audit
from core.context import acting_as, current_actor
from core.words import gettext_noop
from knowledge.events import Event
from knowledge.indexing import ask_to_index, content_hash, index_articles
from knowledge.models import Article, KnowledgeBase
from knowledge.sources import SourceArticle

AT_ONCE = 100
# What the version of an import says about itself; any other note by a person is that person's own change.
IMPORTED = gettext_noop("Imported")


@dataclass
class Imported:
    """How many articles were created, updated, left alone, and how many texts were embedded for that.

    `changed_here` are the ids of those that a person changed since, and that were therefore left as they are.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    embedded: int = 0
    changed_here: list[str] = field(default_factory=list)


def import_articles(base: KnowledgeBase, articles: Iterable[SourceArticle], *, files_win: bool = False) -> Imported:
    """Bring `base` up to date with `articles` and index what changed. The last of several with one id counts."""
    done = Imported()

    def index(changed: list[Article]) -> None:
        done.embedded += index_articles(changed)

    return _import(base, articles, done, index, None, files_win)


def upload_articles(base: KnowledgeBase, articles: Iterable[SourceArticle], *, by: User, files_win: bool = False) -> Imported:
    """The same by a person, in the request: the index follows in the background, so `embedded` stays 0."""

    def ask(changed: list[Article]) -> None:
        for article in changed:
            ask_to_index(article)

    return _import(base, articles, Imported(), ask, by, files_win)


def _import(
    base: KnowledgeBase,
    articles: Iterable[SourceArticle],
    done: Imported,
    index: Callable[[list[Article]], None],
    by: User | None,
    files_win: bool,
) -> Imported:
    wanted = list({one.external_id: one for one in articles}.values())
    for start in range(0, len(wanted), AT_ONCE):
        # Again for each part: a signed identity ends after some minutes, and thousands of articles take longer.
        with acting_as(current_actor()):
            index(_import_some(base, wanted[start : start + AT_ONCE], done, by, files_win))
    counts = {"created": done.created, "updated": done.updated, "unchanged": done.unchanged}
    audit.record(Event.ARTICLES_IMPORTED, base, changed_here=len(done.changed_here), **counts)
    return done


def _import_some(
    base: KnowledgeBase, wanted: list[SourceArticle], done: Imported, by: User | None, files_win: bool
) -> list[Article]:
    """Returns what the index has to follow."""
    ids = [one.external_id for one in wanted]
    # Locked, so that nobody's change slips in between the look and the writing.
    rows = base.articles.select_for_update(no_key=True).filter(external_id__in=ids)
    known = {article.external_id: article for article in rows}
    created = [_new(base, one, by) for one in wanted if one.external_id not in known]
    Article.objects.bulk_create(created)
    differing = [one for one in wanted if one.external_id in known and _differs(base, known[one.external_id], one)]
    kept = [one.external_id for one in differing if is_changed_here(known[one.external_id]) and not files_win]
    updated = [_update(base, known[one.external_id], one, by) for one in differing if one.external_id not in kept]
    done.created += len(created)
    done.updated += len(updated)
    done.changed_here += kept
    done.unchanged += len(wanted) - len(created) - len(differing)
    stale = [a for a in known.values() if a.indexed_hash != a.content_hash and a not in updated]
    return created + updated + stale


def is_changed_here(article: Article) -> bool:
    """Whether a person changed it since it was imported last."""
    return article.changed_by_id is not None and article.change_note != IMPORTED


def _new(base: KnowledgeBase, source: SourceArticle, by: User | None) -> Article:
    return Article(base=base, external_id=source.external_id, changed_by=by, change_note=IMPORTED, **_fields(base, source))


def _differs(base: KnowledgeBase, article: Article, source: SourceArticle) -> bool:
    return any(getattr(article, name) != value for name, value in _fields(base, source).items())


def _update(base: KnowledgeBase, article: Article, source: SourceArticle, by: User | None) -> Article:
    facts = {"changed_by": by, "change_note": IMPORTED, "updated_at": timezone.now(), "indexed_hash": ""}
    values = facts | _fields(base, source)
    for name, value in values.items():
        setattr(article, name, value)
    article.version += 1
    article.save(update_fields=[*values, "version"])
    return article


def _fields(base: KnowledgeBase, source: SourceArticle) -> dict[str, str]:
    language = source.language or base.language
    return {
        "title": source.title, "body": source.body, "category": source.category, "url": source.url,
        "language": language, "audience": source.audience, "state": Article.State.PUBLISHED,
        "content_hash": content_hash(source.title, source.body, source.audience, language),
    }  # fmt: skip
