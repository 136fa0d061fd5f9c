"""A reviewer has a draft in front of him: for two minutes colleagues are led past it, and nobody else decides it.

Renewed while his page is in use; he has one draft at a time. A colleague may look all the same, and take it explicitly.
"""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from approvals import live
from approvals.holders import held_by_others, holder_of
from approvals.models import Draft
from core.claims import LostClaim

LASTS = timedelta(minutes=2)


class HeldByOther(LostClaim):
    """A colleague has the draft in front of him; `holder` is who."""

    def __init__(self, holder: User) -> None:
        super().__init__("a colleague is looking at it")
        self.holder = holder


def claim(draft: Draft, *, by: User, take: bool = False) -> User | None:
    """Have the draft for two minutes more, and let go of every other. Returns the colleague who has it instead; `take` is stronger."""
    # In one order, so that two who change places do not wait for each other.
    rows = Draft.objects.select_for_update(of=("self",)).filter(Q(pk=draft.pk) | Q(claimed_by=by, state=Draft.State.IN_REVIEW))
    list(rows.order_by("pk").values_list("pk"))
    let_go(by, but=draft)
    free = Draft.objects.filter(pk=draft.pk, state=Draft.State.IN_REVIEW)
    if not take:
        free = free.exclude(held_by_others(by))
    had = draft.claimed_by_id if holder_of(draft, but=None) else None
    if not free.update(claimed_by=by, claimed_until=timezone.now() + LASTS):
        draft.refresh_from_db(fields=["state", "claimed_by", "claimed_until"])
        return holder_of(draft, but=by)
    draft.refresh_from_db(fields=["claimed_by", "claimed_until"])
    if had != by.pk:
        live.draft_changed(draft)
    return None


def let_go(by: User, *, but: Draft | None = None) -> None:
    """Whatever else he had in front of him is free again."""
    others = Draft.objects.filter(claimed_by=by, claimed_until__gt=timezone.now(), state=Draft.State.IN_REVIEW)
    for draft in others.exclude(pk=but.pk if but else None):
        Draft.objects.filter(pk=draft.pk, claimed_by=by).update(claimed_by=None, claimed_until=None)
        live.draft_changed(draft)
