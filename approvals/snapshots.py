"""A conversation as it is composed from: the last turns that both sides have seen, and what our rows know about its customer."""

from datetime import datetime

from django.db.models import QuerySet

from conversations.families import words_in
from conversations.models import Conversation, Event, Level, Message
from conversations.newly_said import newly_said
from core.models import AuditEvent
from replies.persistence import contacts
from replies.types import Thread, Turn

TURNS = 20


def snapshot(conversation: Conversation, message: Message) -> Thread:
    """The last public turns, oldest first, ending with the customer's newest. Runs as the assistant.

    What was merged into it is read too, as far as it is the same row of a customer: if two people were taken for one, the
    assistant tells neither what the other wrote. Of a mail it is what it says anew, not what it repeats. `authenticated` is true where the channel vouches for who wrote last, or he proved
    himself; else unknown.
    """
    public = _standing(conversation)
    rows = list(public.select_related("conversation").order_by("-pk")[:TURNS])[::-1]
    began = began_at(conversation)
    return Thread(
        turns=tuple(_turn(row) for row in rows),
        channel=conversation.channel,
        subject=conversation.subject,
        inbox_name=message.conversation.inbox.name,
        customer_name=_name(conversation),
        language=conversation.language or conversation.customer.language,
        contacts=contacts([_turn(row) for row in rows if began is None or row.created_at > began]),
        authenticated=conversation.level >= Level.CHANNEL or None,
    )


def asks_something(conversation: Conversation) -> bool:
    """Whether the last word is the customer's and he has not taken it back: only then is there something to answer."""
    last = _standing(conversation).order_by("-pk").values_list("direction", flat=True).first()
    return last == Message.Direction.IN


def _name(conversation: Conversation) -> str:
    """How the writer is addressed. An address that somebody merely typed does not tell him the name of whose it is: there he is
    addressed by name only where he gave it himself, in the first that we heard of the customer."""
    if conversation.level < Level.CHANNEL:
        first = (
            Conversation.objects.filter(customer=conversation.customer_id).order_by("pk").values_list("pk", flat=True).first()
        )
        if first not in (conversation.pk, conversation.follows_id):
            return ""
    return conversation.customer.first_name


def _standing(conversation: Conversation) -> QuerySet[Message]:
    """What both sides have seen and nobody took back."""
    public = words_in(conversation.pk).filter(customer=conversation.customer_id, published_at__isnull=False)
    return public.filter(withdrawn_at__isnull=True)


def began_at(conversation: Conversation, *, closers: tuple[str, ...] = (Event.CONVERSATION_RESOLVED,)) -> datetime | None:
    """When the matter in hand began: with the last of the events that end one, None when there was none."""
    about = AuditEvent.objects.filter(subject="conversations.conversation", subject_id=conversation.pk, event__in=closers)
    return about.order_by("-pk").values_list("at", flat=True).first()


def _turn(row: Message) -> Turn:
    return Turn(author=row.author, text=newly_said(row))
