"""The console's sockets: what the room below says about conversations, and drafts added to it."""

from accounts.models import User
from approvals import queries
from approvals.cards import card
from approvals.holders import holder_of
from approvals.models import Draft
from approvals.views import banner
from conversations.consumers import ConversationConsumer, QueueConsumer, list_changed
from conversations.fragments import drawn, partial
from conversations.models import Conversation
from conversations.views import draft_slot
from core.live import LiveEventSeen


class ConsoleConsumer(QueueConsumer):
    """/ws/queue/: the queue with whichever conversation is open beside it."""

    def render(self, event: LiveEventSeen) -> str:
        return draft_frame(event.ref) if event.topic == "draft.changed" else super().render(event)


class ThreadConsumer(ConversationConsumer):
    """/ws/conversations/<id>/."""

    def render(self, event: LiveEventSeen) -> str:
        if event.topic != "draft.changed":
            return super().render(event)
        is_here = Draft.objects.filter(pk=event.ref, conversation=self.conversation_id).exists()
        return draft_frame(event.ref) if is_here else ""


class ReviewConsumer(QueueConsumer):
    """/ws/approvals/: the stack changes in place, the draft on screen only gains a note."""

    def render(self, event: LiveEventSeen) -> str:
        if event.topic != "draft.changed":
            return ""
        draft = queries.draft(event.ref)
        return stack_frame(draft) if draft else ""


def draft_frame(pk: int) -> str:
    """Makes the dock of its conversation ask for the draft; while somebody edits, only a note appears above the text."""
    draft = queries.draft(pk)
    if draft is None:
        return ""
    conversation: Conversation = draft.conversation
    note = drawn(f"#decide-note-{draft.pk}:is(.is-editing *)", "innerHTML", "approvals/_changed.html", {})
    return draft_slot(conversation) + note


def stack_frame(draft: Draft) -> str:
    if draft.state != Draft.State.IN_REVIEW:
        gone = partial(f"#stack-{draft.pk}", "delete", "")
        return f"{gone}{banner(draft)}{list_changed()}"
    holder = holder_of(draft, but=None)
    if holder is None:
        return _item(draft, None, "") + list_changed()
    mine = f'[data-me="{holder.pk}"]'
    return _item(draft, holder, mine) + _item(draft, None, f":not({mine})") + list_changed()


def _item(draft: Draft, me: User | None, of: str) -> str:
    """Its row in the stack and the note on the draft itself, for the pages of those who match."""
    context = {"item": card(draft, me), "draft": card(draft, me), "current": 0}
    row = drawn(f"#stack{of} #stack-{draft.pk}", "outerMorph", "approvals/_stack_item.html", context)
    return row + drawn(f"#claim-{draft.pk}{of}", "innerHTML", "approvals/_claim.html", context)
