"""A customer asks for a person: honoured at once, whatever the assistant was about to say."""

from datetime import timedelta

from django.utils import timezone

from approvals.withdrawal import withdraw
from conversations import families
from conversations.asks import ASKED
from conversations.assignment import hand_over, reopen
from conversations.models import Conversation
from core import audit
from core.context import acting_as
from intake.models import DOORMAN, Event


def ask_for_person(conversation_id: int) -> bool:
    """The assistant falls silent, what it has not said yet is taken back, and a person's reply falls due.

    False when people have the conversation already: asking twice changes nothing.
    """
    with acting_as(DOORMAN):
        conversation = _home(conversation_id)
        if conversation.assistant_paused and conversation.state == Conversation.State.OPEN:
            return False
        audit.record(Event.PERSON_REQUESTED, conversation)
        _start_clock(conversation)
        if conversation.state != Conversation.State.OPEN:
            reopen(conversation)
        hand_over(conversation, reason=ASKED)
        withdraw(conversation, reviewed_too=True)
        return True


def _home(conversation_id: int) -> Conversation:
    """Where colleagues see the conversation: itself, or the one it was merged into. Held until the transaction ends."""
    asked = Conversation.objects.only("pk", "merged_into").get(pk=conversation_id)
    return families.held([families.home_of(asked)])[families.home_of(asked)]


def _start_clock(conversation: Conversation) -> None:
    if conversation.due_at is None:
        due = timezone.now() + timedelta(minutes=conversation.inbox.first_reply_minutes)
        Conversation.objects.filter(pk=conversation.pk).update(due_at=due)
