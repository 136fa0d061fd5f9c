"""A customer asks for a person: honoured at once, whatever the assistant was about to say."""

from datetime import timedelta

from django.utils import timezone

from approvals.withdrawal import withdraw
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
        rows = Conversation.objects.select_for_update(of=("self",)).select_related("inbox")
        conversation = rows.get(pk=conversation_id)
        if conversation.assistant_paused and conversation.state == Conversation.State.OPEN:
            return False
        audit.record(Event.PERSON_REQUESTED, conversation)
        _start_clock(conversation)
        if conversation.state != Conversation.State.OPEN:
            reopen(conversation)
        hand_over(conversation, reason=ASKED)
        withdraw(conversation, reviewed_too=True)
        return True


def _start_clock(conversation: Conversation) -> None:
    if conversation.due_at is None:
        due = timezone.now() + timedelta(minutes=conversation.inbox.first_reply_minutes)
        Conversation.objects.filter(pk=conversation.pk).update(due_at=due)
