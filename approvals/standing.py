"""How the newest draft stands, written onto its conversation so that a row of the queue needs no look in here."""

from django.db.models.functions import Now

from approvals import live
from approvals.lanes import QUIET
from approvals.models import Draft
from conversations.live import conversation_changed
from conversations.models import Conversation

COMPOSING, REVIEW, HELD, AUTO_SENT, APPROVED, REJECTED, NONE = (
    "composing", "review", "held", "auto_sent", "approved", "rejected", "",
)  # fmt: skip


def show(draft: Draft, standing: str, label: str = "") -> None:
    """Write the standing of `draft` onto its conversation and tell the screens. The draft of a later message has the word."""
    if Draft.objects.filter(conversation=draft.conversation_id, in_reply_to__gt=draft.in_reply_to_id).exists():
        live.draft_changed(draft)
        return
    percent = draft.percent if standing not in (COMPOSING, NONE) else None
    Conversation.objects.filter(pk=draft.conversation_id).update(
        draft_state=standing, draft_percent=percent, draft_label=label[:80], changed_at=Now()
    )
    live.draft_changed(draft)
    conversation_changed(draft.conversation)


def of_review(draft: Draft) -> tuple[str, str]:
    """Standing and label of a draft in review: held by a rule, or only not sure enough."""
    rules = [rule for rule in draft.rules if rule.get("code") not in QUIET]
    return (HELD, rules[0]["label"]) if rules else (REVIEW, "")
