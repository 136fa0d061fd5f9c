"""Blind audits: replies that went out by themselves, looked at again by a person who is not told how sure the machine was.

Without them only what was held is ever judged, and the assistant would learn nothing of what it was surest of (selection bias).
"""

import hashlib

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import User
from approvals import learning
from approvals.labels import Worth
from approvals.models import Audit, Draft, Event, Label
from core import audit as record
from core.context import acting_as
from core.jobs import enqueue, job, settle

# All of the first, then a share of the rest.
FIRST = 200
SHARE = 0.05


def choose(draft: Draft, base_id: int) -> Audit | None:
    """Perhaps have this reply audited; called as the assistant in the transaction that sends it. The same draft, the same lot."""
    chance = 1.0 if _known(base_id) < FIRST else SHARE
    if _lot(draft.pk) >= chance:
        return None
    made, _ = Audit.objects.get_or_create(draft=draft, defaults={"inbox_id": draft.inbox_id, "chance": chance})
    return made


def waiting() -> QuerySet[Audit]:
    """Those that wait, oldest first, as far as the reader may see them. What was taken back was never sent: it is left out."""
    rows = Audit.objects.filter(
        state=Audit.State.WAITING, draft__state=Draft.State.SENT, draft__message__published_at__isnull=False
    )
    return rows.select_related("draft__in_reply_to", "draft__conversation").order_by("pk")


def answer(found: Audit, *, by: User, is_right: bool, comment: str = "") -> bool:
    """Write down what a person found; False when somebody was first, and then nothing changes."""
    mine = Audit.objects.filter(pk=found.pk, state=Audit.State.WAITING)
    done = Audit.State.DONE
    if not mine.update(state=done, is_right=is_right, comment=comment[:500], by=by, done_at=Now()):
        return False
    record.record(Event.AUDIT_ANSWERED, found, is_right=is_right)
    enqueue(label_audit, ref=found.pk, scope=found.inbox_id, key=f"audit:{found.pk}")
    return True


@job(lane="bulk")
def label_audit(audit_id: int) -> None:
    """Make the answer a label. It stands for those that were not audited too, so it weighs one over its chance."""
    with acting_as(learning.LEARNER):
        found = Audit.objects.select_related("draft__inbox").filter(pk=audit_id, state=Audit.State.DONE).first()
        if found is not None and found.is_right is not None:
            learning.keep(found.draft, Label.Source.AUDIT, Worth(1.0 if found.is_right else 0.0, 1.0 / found.chance))
        settle()


def _known(base_id: int) -> int:
    return len(Audit.objects.filter(draft__inbox__knowledge_base=base_id).values_list("pk", flat=True)[:FIRST])


def _lot(draft_id: int) -> float:
    """A number from 0 to below 1 that nobody outside can foresee and that a second run draws again."""
    drawn = hashlib.sha256(f"audit\0{settings.SECRET_KEY}\0{draft_id}".encode()).digest()
    return int.from_bytes(drawn[:8], "big") / 2**64
