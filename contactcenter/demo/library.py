"""The company's knowledge base, from the Markdown files beside this one.

Its articles are short and about one thing each, as those are that the shipped calibrator was measured on: in a base that looks
different, confidence is lowered and nothing goes out by itself.
"""

from dataclasses import replace
from pathlib import Path

from django.db import connections

from core.context import Actor, acting_as
from knowledge.importing import Imported, import_articles
from knowledge.indexing import default_base
from knowledge.models import Audience, KnowledgeBase
from knowledge.sources import SourceArticle, Unreadable, files_in, read

SHELVES = Path(__file__).parent / "knowledge"
LIBRARIAN = Actor.system("seed")
# Articles that customers must never be shown are in a folder of their own.
STAFF_ONLY = "internal"


def fill() -> tuple[KnowledgeBase, Imported]:
    """Import every article into the default knowledge base, as `import_knowledge` would, and index it."""
    with acting_as(LIBRARIAN):
        base = default_base()
        KnowledgeBase.objects.filter(pk=base.pk).update(name="Help centre")
        return base, import_articles(base, articles())


def articles() -> list[SourceArticle]:
    """Every article. The first folder says its language, or that it is for staff only; the second its category."""
    return [_placed(file) for file in files_in(SHELVES)]


def _placed(file: Path) -> SourceArticle:
    found = next(read(file, SHELVES))
    if isinstance(found, Unreadable):
        raise found
    shelf, *rest = file.relative_to(SHELVES).parts
    return replace(
        found,
        external_id=file.stem,
        category=rest[0].replace("-", " ").capitalize() if len(rest) > 1 else "Staff only" if shelf == STAFF_ONLY else "",
        language="en" if shelf == STAFF_ONLY else shelf,
        audience=Audience.INTERNAL if shelf == STAFF_ONLY else Audience.PUBLIC,
    )


def age(base: KnowledgeBase) -> None:
    """Nobody writes a whole help centre in one afternoon: spread the articles over the months before."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE knowledge_article SET updated_at = updated_at - make_interval(days => 3 + (id * 37 %% 211)::int,"
            " mins => (id * 53 %% 480)::int) WHERE base_id = %s",
            [base.pk],
        )
