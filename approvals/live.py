"""What the screens hear about drafts."""

from approvals.models import Draft
from conversations.live import inbox_group
from core import live


def draft_changed(draft: Draft) -> None:
    """A draft was opened, judged, decided or replaced. Customers never hear of drafts."""
    live.publish([inbox_group(draft.inbox_id)], topic="draft.changed", ref=draft.pk)
