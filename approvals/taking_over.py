"""A person answers from here on: the assistant's run ends, what it had not said yet is taken back, and it is silent.

It works wherever the assistant is at: composing, waiting for review, already sent by itself and still inside the undo window, or
with nothing in hand. Everything happens under the conversation's lock, which whoever sends takes as well: what was not with the
channel by then never is.
"""

import uuid
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.core import signing

from accounts.models import User
from approvals import standing
from approvals.deciding import write_down
from approvals.drafting import draft_reply
from approvals.models import Decision, Draft, Event
from approvals.withdrawal import withdraw
from conversations import live
from conversations.assignment import hand_over
from conversations.models import Conversation, Delivery, Message
from conversations.models import Event as ConversationEvent
from conversations.ownership import locked, pass_on
from core import audit
from core.jobs import enqueue

UNDO_FOR = timedelta(seconds=60)
SALT = "taken over"


@dataclass(frozen=True)
class Before:
    """How a conversation stood when it was taken over: what undoing needs. `ownership` is the number it got by that."""

    conversation: int
    by: int
    ownership: int
    assignee: int | None
    paused: bool
    needs_person: str
    priority: int
    newest: int
    draft: int | None
    draft_state: str


def take(conversation: Conversation, *, by: User, request_key: uuid.UUID | None = None) -> str:
    """`by` answers from here on; what he approved himself still goes out. Returns what undo asks for.

    A draft that had words counts as decided: taken over. The newest one's decision bears `request_key`.
    """
    held = locked(conversation.pk)
    before = standing_of(held, by)
    for draft in withdraw(held, reviewed_too=True, but_of=by):
        if draft.text and not _was_approved(draft):
            audit.record(Event.DRAFT_TAKEN_OVER, draft)
            key = request_key if draft.pk == before.draft and request_key else uuid.uuid4()
            write_down(draft, by, Decision.Action.TAKE_OVER, key, draft.version)
    hand_over(held, reason="", by=by)
    return seal(before)


def seal(before: Before) -> str:
    """What a page hands in to undo: signed, so that it says what was."""
    return signing.dumps(asdict(before), salt=SALT)


def undo(token: str, *, by: User) -> Conversation | None:
    """Give it back as it was, within the minute and when nothing happened since; None when that is over."""
    try:
        before = Before(**signing.loads(token, salt=SALT, max_age=UNDO_FOR))
    except signing.BadSignature:
        return None
    held = locked(before.conversation)
    if before.by != by.pk or held.ownership != before.ownership or _written_since(before):
        return None
    pass_on(
        held, assignee_id=before.assignee, assistant_paused=before.paused, needs_person=before.needs_person,
        priority=before.priority,
    )  # fmt: skip
    audit.record(ConversationEvent.CONVERSATION_HANDED_BACK, held)
    _give_back_draft(before, by)
    live.conversation_changed(held)
    return held


def standing_of(held: Conversation, by: User) -> Before:
    """How the conversation stands now, to be restored after `by` has taken it over."""
    draft = Draft.objects.filter(conversation=held).order_by("-in_reply_to_id").first()
    said = Message.objects.filter(conversation=held).order_by("-pk").values_list("pk", flat=True).first() or 0
    return Before(
        held.pk, by.pk, held.ownership + 1, held.assignee_id, held.assistant_paused, held.needs_person, held.priority,
        said, draft.pk if draft else None, draft.state if draft else "",
    )  # fmt: skip


def _was_approved(draft: Draft) -> bool:
    return draft.message is not None and draft.message.reviewed_by_id is not None


def _written_since(before: Before) -> bool:
    later = Message.objects.filter(conversation=before.conversation, pk__gt=before.newest)
    public = later.exclude(direction=Message.Direction.NOTE)
    return public.exclude(delivery__state=Delivery.State.RECALLED).exists()


def _give_back_draft(before: Before, by: User) -> None:
    """The draft waits for review again, whether it had waited before or gone by itself; one that was being written is begun anew."""
    draft = Draft.objects.select_related("conversation", "in_reply_to").filter(pk=before.draft).first()
    if draft is None:
        return
    is_unwritten = before.draft_state == Draft.State.COMPOSING
    to_state = Draft.State.COMPOSING if is_unwritten else Draft.State.IN_REVIEW
    if not Draft.objects.claim(draft.pk, from_state=Draft.State.SUPERSEDED, to_state=to_state, message=None):
        return
    draft.refresh_from_db()
    if is_unwritten:
        standing.show(draft, standing.COMPOSING)
        enqueue(
            draft_reply, ref=draft.in_reply_to_id, scope=draft.inbox_id, key=f"draft:{draft.in_reply_to_id}:{draft.version}"
        )
        return
    audit.record(Event.DRAFT_TAKEN_BACK, draft)
    write_down(draft, by, Decision.Action.UNDO, uuid.uuid4(), draft.version)
    standing.show(draft, *standing.of_review(draft))
