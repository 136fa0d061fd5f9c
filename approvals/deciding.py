"""How a decision about a draft is written down, whoever makes it: moved, recorded, learned from."""

import uuid
from typing import Any

from accounts.models import User
from approvals import learning
from approvals.models import Decision, Draft
from core.claims import LostClaim
from core.jobs import enqueue


def move(draft: Draft, to_state: str, *, from_state: str = Draft.State.IN_REVIEW, **changes: Any) -> None:
    """Move the draft, or raise LostClaim when it stands elsewhere by now."""
    if not Draft.objects.claim(draft.pk, from_state=from_state, to_state=to_state, **changes):
        raise LostClaim(f"no longer {from_state}")
    draft.refresh_from_db(fields=["state", "version", "message", "changed_at"])


def write_down(draft: Draft, by: User, action: str, request_key: uuid.UUID, version: int, **facts: Any) -> Decision:
    """Write the decision down, and have it learned from."""
    made = Decision.objects.create(
        draft=draft,
        conversation_id=draft.conversation_id,
        inbox_id=draft.inbox_id,
        action=action,
        by=by,
        request_key=request_key,
        draft_version=version,
        **facts,
    )
    enqueue(learning.learn, ref=made.pk, scope=made.inbox_id, key=f"learn:{made.pk}")
    return made
