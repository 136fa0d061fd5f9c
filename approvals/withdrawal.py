"""Taking the assistant's unsent words back when the world has moved on."""

from accounts.models import User
from approvals import standing
from approvals.models import Draft, Event
from conversations import delivery
from conversations.models import Conversation
from core import audit
from core.words import gettext_noop

LIVE = (Draft.State.COMPOSING, Draft.State.IN_REVIEW)


def withdraw(conversation: Conversation, *, reviewed_too: bool = False, but_of: User | None = None) -> list[Draft]:
    """Every draft not yet decided is superseded, and what waits out its undo window is recalled; returns them as they were.

    What a person has approved still goes out, unless `reviewed_too`: for a customer who asked for a person, a machine's words
    are not the answer, whoever checked them. What `but_of` approved himself stays.
    """
    found = _unfinished(conversation, reviewed_too=reviewed_too)
    return [draft for draft in found if not _is_of(draft, but_of) and _withdraw(draft)]


def withdraw_older(conversation: Conversation, *, than: Draft, reviewed_too: bool = False) -> None:
    """The same for the drafts of messages before its own: one live draft a conversation, the newest.

    By the messages' order: of two that came together the later one's draft may be opened first.
    """
    for draft in _unfinished(conversation, reviewed_too=reviewed_too):
        if draft.in_reply_to_id < than.in_reply_to_id:
            _withdraw(draft)


def _unfinished(conversation: Conversation, *, reviewed_too: bool = False) -> list[Draft]:
    drafts = Draft.objects.filter(conversation=conversation).select_related("message__delivery", "conversation")
    waiting = drafts.filter(state=Draft.State.SENT, message__delivery__state="pending")
    if not reviewed_too:
        waiting = waiting.filter(message__reviewed_by__isnull=True)
    return [*drafts.filter(state__in=LIVE), *waiting]


def _is_of(draft: Draft, person: User | None) -> bool:
    return person is not None and draft.message is not None and draft.message.reviewed_by_id == person.pk


def _withdraw(draft: Draft) -> bool:
    if draft.state == Draft.State.SENT and not delivery.recall(draft.message, reason=gettext_noop("the conversation moved on")):
        return False
    if not Draft.objects.claim(draft.pk, from_state=draft.state, to_state=Draft.State.SUPERSEDED):
        return False
    audit.record(Event.DRAFT_SUPERSEDED, draft)
    standing.show(draft, standing.NONE)
    return True
