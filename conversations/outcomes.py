"""What becomes of a delivery once the channel has answered, and of the conversation with it.

Runs as the system, where the conversation and the delivery are locked; the callers are the carrier itself (conversations/carriage.py)
and whatever the channel says later (conversations/statuses.py).
"""

from typing import Any

from django.db.models.functions import Now

from accounts.models import User
from conversations import distribution, families, live, snoozing
from conversations.asks import NOT_DELIVERED
from conversations.models import Conversation, Delivery, DeliveryAttempt, Event, Message
from conversations.ownership import pass_on
from core import audit
from core.failpoints import failpoint

# As long as the columns are; a provider's words may be longer.
REASON, ERROR = 200, 300
UNDER_WAY = (Delivery.State.SENDING, Delivery.State.UNKNOWN, Delivery.State.HELD)
TAKEN = (Delivery.State.SENT, Delivery.State.DELIVERED)


def locked(delivery_id: int) -> tuple[Conversation, Delivery]:
    """The delivery and its conversation, held until the transaction ends. The conversation first, as everybody does who locks both:
    no message can arrive between a look and the deed."""
    conversation = Conversation.objects.select_for_update(of=("self",)).get(messages__delivery=delivery_id)
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("message__conversation__inbox", "via")
    return conversation, rows.get(pk=delivery_id)


def end_attempt(attempt_id: int, state: str, *, provider_id: str = "", error: str = "") -> None:
    """Complete a row of the ledger."""
    DeliveryAttempt.objects.filter(pk=attempt_id).update(
        state=state, provider_id=provider_id[:REASON], error=error[:ERROR], ended_at=Now()
    )


def accepted(delivery: Delivery, attempt_id: int, provider_id: str) -> None:
    """The channel has it: the customer may see it, and his clock stops."""
    failpoint("send.before_record")
    end_attempt(attempt_id, DeliveryAttempt.State.ACCEPTED, provider_id=provider_id)
    Delivery.objects.claim(
        delivery.pk,
        from_state=(*UNDER_WAY, Delivery.State.PENDING),
        to_state=Delivery.State.SENT,
        provider_id=provider_id[:REASON],
        reason="",
        retry_at=None,
    )
    Message.objects.filter(pk=delivery.message_id).update(published_at=Now(), provider_id=provider_id[:REASON])
    delivery.message.refresh_from_db(fields=["published_at", "provider_id"])
    _quiet_the_clock(delivery.message)
    audit.record(Event.MESSAGE_DELIVERED, delivery.message, delivery=delivery.pk)
    live.message_status(delivery.message)


def failed(delivery: Delivery, reason: str) -> None:
    """It does not get through: it says why, and a person is asked for."""
    _fail(delivery, reason, Event.DELIVERY_FAILED)


def returned(delivery: Delivery, attempt_id: int, reason: str, *, provider_id: str = "", **facts: Any) -> None:
    """The channel had taken it and could not bring it to the customer: as good as not sent, so that it may be sent again."""
    end_attempt(attempt_id, DeliveryAttempt.State.RETURNED, provider_id=provider_id, error=reason)
    _fail(delivery, reason, Event.DELIVERY_RETURNED, **facts)


def ask_for_a_person(message: Message, reason: str) -> None:
    """Somebody has to look at this reply: whoever has the conversation, else the one who wrote it, else whoever is next."""
    conversation = message.conversation
    conversation.refresh_from_db()
    _open(conversation)
    urgency = max(conversation.priority, 1)
    Conversation.objects.filter(pk=conversation.pk).update(needs_person=reason, priority=urgency, changed_at=Now())
    if conversation.assignee_id is None:
        _give_to_its_writer(conversation, message.sender or message.reviewed_by)
    live.conversation_changed(conversation)


def _open(conversation: Conversation) -> None:
    if conversation.state == Conversation.State.SNOOZED:
        snoozing.bring_back(conversation, why="delivery")
    elif Conversation.objects.claim(
        conversation.pk, from_state=Conversation.NOT_OPEN, to_state=Conversation.State.OPEN, resolved_at=None
    ):
        conversation.refresh_from_db()
        audit.record(Event.CONVERSATION_REOPENED, conversation)
        distribution.keep_or_let_go(conversation)


def _give_to_its_writer(conversation: Conversation, writer: User | None) -> None:
    if writer is not None and distribution.is_here(writer, conversation):
        pass_on(conversation, assignee=writer)
        audit.record(Event.CONVERSATION_ASSIGNED, conversation, to=writer.pk, why="wrote_it")
    else:
        distribution.ask(conversation)


def _fail(delivery: Delivery, reason: str, event: str, **facts: Any) -> None:
    Delivery.objects.claim(
        delivery.pk,
        from_state=(*UNDER_WAY, *TAKEN, Delivery.State.PENDING),
        to_state=Delivery.State.FAILED,
        reason=reason[:REASON],
        retry_at=None,
    )
    ask_for_a_person(delivery.message, NOT_DELIVERED)
    audit.record(event, delivery.message, delivery=delivery.pk, **facts)
    live.message_status(delivery.message)


def _quiet_the_clock(message: Message) -> None:
    """The customer has an answer: the reply clock stops and the conversation waits for him.

    Not when he asked for a person meanwhile: a machine's words that were already on their way are no answer to that. Fixed words of the
    house (that his message arrived) are no answer to anything.
    """
    conversation = Conversation.objects.select_for_update().get(pk=message.conversation_id)
    newest = families.received_in(conversation.pk).order_by("-pk").first()
    if (newest is not None and newest.pk > message.pk) or message.author == Message.Author.SYSTEM:
        return
    if conversation.assistant_paused and message.is_from_assistant:
        return
    fields = {} if message.is_from_assistant else {"needs_person": ""}
    Conversation.objects.filter(pk=conversation.pk).update(due_at=None, changed_at=Now(), **fields)
    Conversation.objects.claim(conversation.pk, from_state=Conversation.State.OPEN, to_state=Conversation.State.WAITING)
    live.conversation_changed(conversation)
