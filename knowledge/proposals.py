"""Articles that somebody or something proposes. A person makes one an article, or declines it; nothing else does."""

from django.db.models import QuerySet

from accounts.models import User
from knowledge.models import Proposal

TITLE = 300
LONGEST = 20_000


def propose(
    base_id: int, kind: str, *, title: str, body: str, source: str, question: str = "", language: str = "en",
    scope_id: int | None = None, customer_ref: int | None = None, by: User | None = None,
) -> bool:  # fmt: skip
    """Put an article before the editors, without personal data. False when the same `source` was proposed before."""
    rows = Proposal.objects.bulk_create(
        [
            Proposal(
                base_id=base_id, kind=kind, title=title[:TITLE], body=body[:LONGEST], language=language, question=question[:LONGEST],
                source=source, scope_id=scope_id, customer_ref=customer_ref, by=by,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return bool(rows)


def waiting() -> QuerySet[Proposal]:
    """What waits for an editor, oldest first."""
    rows = Proposal.objects.filter(state=Proposal.State.WAITING)
    return rows.select_related("base", "by").order_by("pk")
