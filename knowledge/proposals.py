"""Articles that somebody or something proposes. A person makes one an article, or declines it; nothing else does."""

from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import User
from core import audit
from core.claims import LostClaim
from core.words import gettext_noop
from knowledge import editing
from knowledge.curation import Event
from knowledge.models import Article, Proposal

TITLE = 300
LONGEST = 20_000


def propose(
    base_id: int, kind: str, *, title: str, body: str, source: str, question: str = "", language: str = "en",
    scope_id: int | None = None, customer_ref: int | None = None, by: User | None = None,
) -> bool:  # fmt: skip
    """Put an article before the editors, without personal data. False when the same `source` was proposed before."""
    if Proposal.objects.filter(source=source).exists():
        return False
    one = Proposal(
        base_id=base_id, kind=kind, title=title[:TITLE], body=body[:LONGEST], language=language, question=question[:LONGEST],
        source=source, scope_id=scope_id, customer_ref=customer_ref, by=by,
    )  # fmt: skip
    Proposal.objects.bulk_create([one], ignore_conflicts=True)
    return True


def waiting() -> QuerySet[Proposal]:
    """What waits for an editor, oldest first."""
    rows = Proposal.objects.filter(state=Proposal.State.WAITING)
    return rows.select_related("base", "by").order_by("pk")


def accept(proposal: Proposal, *, title: str, body: str, state: str, by: User) -> Article:
    """Make it an article, with the words as the editor left them. Raises LostClaim when it waits no more."""
    _decide(proposal, Proposal.State.ACCEPTED, by)
    wording = editing.Wording(title, body, language=proposal.language, audience="public")
    article = editing.write(proposal.base, wording, by=by, state=state, note=gettext_noop("From a proposal"))
    Proposal.objects.filter(pk=proposal.pk).update(article=article)
    audit.record(Event.PROPOSAL_ACCEPTED, proposal, scope=proposal.scope_id, article=article.pk)
    return article


def decline(proposal: Proposal, *, by: User, note: str = "") -> None:
    """It becomes no article. Raises LostClaim when it waits no more."""
    _decide(proposal, Proposal.State.DECLINED, by, note=note[:200])
    audit.record(Event.PROPOSAL_DECLINED, proposal, scope=proposal.scope_id)


def _decide(proposal: Proposal, state: str, by: User, **facts: str) -> None:
    rows = Proposal.objects.filter(pk=proposal.pk, state=Proposal.State.WAITING)
    if not rows.update(state=state, decided_by=by, changed_at=Now(), **facts):
        raise LostClaim("decided meanwhile")


def forget(customer_ref: int) -> int:
    """Drop what waits or was declined of one customer's conversations, and his words beside what was accepted. Runs as the system."""
    rows = Proposal.objects.filter(customer_ref=customer_ref)
    gone = rows.exclude(state=Proposal.State.ACCEPTED).delete()[0]
    return gone + rows.update(question="", customer_ref=None)
