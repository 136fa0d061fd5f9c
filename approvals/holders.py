"""Who has a draft in front of him, as the row says."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from approvals.models import Draft


def holder_of(draft: Draft, *, but: User | None) -> User | None:
    """Who has the draft in front of him, other than `but`; None once the time is over."""
    if draft.claimed_by_id is None or draft.claimed_until is None or draft.claimed_until <= timezone.now():
        return None
    return None if but is not None and draft.claimed_by_id == but.pk else draft.claimed_by


def without_others(rows: QuerySet[Draft], *, but: User) -> QuerySet[Draft]:
    """Those that no colleague has in front of him."""
    return rows.exclude(held_by_others(but))


def held_by_others(me: User) -> Q:
    """Drafts that somebody else has in front of him."""
    return Q(claimed_until__gt=timezone.now(), claimed_by__isnull=False) & ~Q(claimed_by=me)
