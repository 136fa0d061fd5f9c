"""The company's knowledge base, from the Markdown files beside this one.

Its articles are short and about one thing each, as those are that the shipped calibrator was measured on: in a base that looks
different, confidence is lowered and nothing goes out by itself.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from django.db import connections, transaction
from django.utils import timezone

from contactcenter.demo.people import Staff
from core.context import Actor, acting_as
from knowledge import editing
from knowledge.editing import Wording
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


OWNERS = {
    "Account": "ben", "Delivery": "jonas", "Gift cards": "mirela", "Orders": "ana", "Payments": "ana", "Products": "yuki",
    "Repairs": "tom", "Returns": "mirela", "Staff only": "sam",
}  # fmt: skip
# It waits for a note that was due by now.
OVERDUE = "stove-batch-k7"
PLANNED = Wording(
    "Winter service for tents",
    "Between November and February our workshop washes and proofs your tent while you do not need it. It takes three weeks and"
    " costs 59 euro for two people, 79 euro for larger tents.\n\nTo be settled before this is published: the price for pole"
    " repairs, and whether shops take tents in.",
    "Repairs",
)
REWORDED, ADDED = "writing-to-customers", "If the assistant answered before you, take up where it ended; do not start again."


def entrust(staff: Staff) -> None:
    """Articles get people who look after them and days on which they are read again; one is being written, one was changed."""
    sam = staff.fresh("sam")
    today = timezone.localdate()
    with acting_as(Actor.of(sam)):
        base = default_base()
        for number, article in enumerate(base.articles.order_by("pk")):
            owner = OWNERS.get(article.category)
            editing.set_owner(article, staff.people[owner] if owner else None)
            ahead = -6 if article.external_id == OVERDUE else 12 + number * 29 % 170
            editing.set_review_by(article, today + timedelta(days=ahead) if owner else None)
        editing.write(base, PLANNED, by=sam, note="Waits for the workshop's prices", owner=staff.people["tom"])
        manner = base.articles.get(external_id=REWORDED)
        wording = replace(Wording.of(manner), body=f"{manner.body} {ADDED}")
        editing.change(manner, wording, expected=manner.version, by=sam, note="As agreed in the team")


def age(base: KnowledgeBase) -> None:
    """Nobody writes a whole help centre in one afternoon: spread the articles and their versions over the months before."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE knowledge_article SET updated_at = updated_at - make_interval(days => 3 + (id * 37 %% 211)::int,"
            " mins => (id * 53 %% 480)::int) WHERE base_id = %s",
            [base.pk],
        )
        # Append-only also for the owner; as with the logs of the day, what they say stays, only when moves.
        cursor.execute("ALTER TABLE knowledge_articleversion DISABLE TRIGGER append_only")
        cursor.execute(
            "UPDATE knowledge_articleversion v SET created_at = a.updated_at - (a.version - v.version) * interval '83 days'"
            " FROM knowledge_article a WHERE a.id = v.article_id AND a.base_id = %s",
            [base.pk],
        )
        cursor.execute("ALTER TABLE knowledge_articleversion ENABLE TRIGGER append_only")
