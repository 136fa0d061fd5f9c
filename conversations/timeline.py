"""A conversation as its page tells it: messages, notes and what happened, in one line of time."""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone

from conversations import queries
from conversations.models import Channel, Conversation, Delivery, Event, Message
from conversations.rows import channel_icon
from core.models import AuditEvent

_STATUS = {
    Delivery.State.PENDING: ("clock", "plain"),
    Delivery.State.SENDING: ("send", "plain"),
    Delivery.State.SENT: ("check", "plain"),
    Delivery.State.DELIVERED: ("checks", "plain"),
    Delivery.State.READ: ("checks", "plain"),
    Delivery.State.FAILED: ("alert", "bad"),
    Delivery.State.UNKNOWN: ("refresh", "warn"),
    Delivery.State.HELD: ("alert", "warn"),
    Delivery.State.RECALLED: ("undo", "plain"),
}
_SAID = {
    Event.CONVERSATION_OPENED: ("plus", "Conversation opened"),
    Event.CONVERSATION_ASSIGNED: ("user", "Assigned"),
    Event.CONVERSATION_HANDED_OVER: ("hand", "Handed over to a person; the assistant is silent"),
    Event.CONVERSATION_HANDED_BACK: ("ai", "Handed back to the assistant"),
    Event.CONVERSATION_RESOLVED: ("check", "Resolved"),
    Event.CONVERSATION_REOPENED: ("refresh", "Reopened"),
}


@dataclass(frozen=True)
class Card:
    """One message as the page prints it."""

    pk: int
    kind: str
    author: str
    label: str
    initials: str
    hue: int
    is_ai: bool
    licence: str
    via_icon: str
    via: str
    text: str
    language: str
    at: datetime
    status: str
    status_icon: str
    status_kind: str
    reason: str
    until: datetime | None
    scheduled_for: datetime | None
    can_recall: bool
    sources: list[str]


@dataclass(frozen=True)
class Step:
    """One thing that happened between two messages."""

    pk: int
    icon: str
    text: str
    at: datetime


@dataclass
class Entry:
    """A day's heading, a message, or a run of steps; exactly one of the last three is set."""

    day: datetime | None = None
    card: Card | None = None
    steps: list[Step] = field(default_factory=list)


def timeline(conversation: Conversation) -> list[Entry]:
    """Oldest first. Three queries."""
    told: list[Card | Step] = [card(message) for message in queries.messages(conversation)]
    told += _steps(conversation)
    told.sort(key=lambda item: (item.at, isinstance(item, Card)))
    return _by_day(told)


def card(message: Message) -> Card:
    """Needs the message's customer, sender, reviewed_by and delivery at hand, and its conversation's channel."""
    delivery = getattr(message, "delivery", None)
    icon, kind = _STATUS.get(Delivery.State(delivery.state), ("", "")) if delivery else ("", "")
    until = _undo_until(delivery)
    scheduled_for = _scheduled_for(delivery)
    author = _author(message)
    return Card(
        pk=message.pk,
        kind=_kind(message),
        author=author,
        label=f"{_what(message)} {author}, {timezone.localtime(message.created_at):%H:%M}",
        initials=_initials(message),
        hue=hue(author),
        is_ai=message.is_from_assistant,
        licence=_licence(message),
        via_icon=channel_icon(message.conversation),
        via=message.conversation.get_channel_display(),
        text=message.text,
        language=message.language,
        at=message.created_at,
        status=delivery.get_state_display() if delivery else "",
        status_icon=icon,
        status_kind=kind,
        reason=delivery.reason if delivery else "",
        until=until,
        scheduled_for=scheduled_for,
        can_recall=(until or scheduled_for) is not None and message.author == Message.Author.AGENT,
        sources=[str(cited.get("title", "")) for cited in message.citations if isinstance(cited, dict)],
    )


def hue(name: str) -> int:
    """One of twelve avatar hues, 0 to 11, the same for the same name."""
    return sum(name.encode()) % 12


def _kind(message: Message) -> str:
    classes = {"in": "", "out": "is-out", "note": "is-note"}[message.direction]
    is_bubble = message.conversation.channel == Channel.WHATSAPP and message.direction != Message.Direction.NOTE
    return f"{classes} is-bubble".strip() if is_bubble else classes


def _author(message: Message) -> str:
    if message.direction == Message.Direction.IN:
        return str(message.customer)
    return "AI reply" if message.is_from_assistant else str(message.sender)


def _what(message: Message) -> str:
    return {"in": "Message from", "out": "Reply by", "note": "Private note by"}[message.direction]


def _initials(message: Message) -> str:
    person = message.customer if message.direction == Message.Direction.IN else message.sender
    return person.initials if person else ""


def _licence(message: Message) -> str:
    """Why the assistant's reply was allowed to go out."""
    if not message.is_from_assistant:
        return ""
    if message.reviewed_by:
        return f"Reviewed by {message.reviewed_by.first_name}"
    return f"Sent by itself at {int(message.confidence * 100 + 1e-9)} %" if message.confidence else ""


def _undo_until(delivery: Delivery | None) -> datetime | None:
    """When the undo window closes, while it is open."""
    if delivery is None or delivery.is_scheduled or delivery.state != Delivery.State.PENDING:
        return None
    return delivery.not_before if delivery.not_before > timezone.now() else None


def _scheduled_for(delivery: Delivery | None) -> datetime | None:
    """When it goes out, while it waits for the time that its writer chose."""
    return delivery.not_before if delivery and delivery.is_scheduled and delivery.state == Delivery.State.PENDING else None


def _steps(conversation: Conversation) -> list[Step]:
    events = [event for event in queries.steps(conversation) if event.event in _SAID]
    names = queries.names({event.actor_id for event in events if event.actor_id} | _assignees(events))
    return [_step(event, names) for event in events]


def _assignees(events: list[AuditEvent]) -> set[int]:
    return {event.facts["to"] for event in events if isinstance(event.facts.get("to"), int)}


def _step(event: AuditEvent, names: dict[int, str]) -> Step:
    icon, text = _SAID[event.event]
    to = names.get(event.facts.get("to") or 0)
    if event.event == Event.CONVERSATION_ASSIGNED:
        text = f"Assigned to {to}" if to else "Unassigned"
    by = names.get(event.actor_id) if event.actor_kind in ("agent", "supervisor", "admin") else None
    return Step(event.pk, icon, f"{text} by {by}" if by else text, event.at)


def _by_day(told: list[Card | Step]) -> list[Entry]:
    entries: list[Entry] = []
    current: date | None = None
    for item in told:
        if timezone.localtime(item.at).date() != current:
            current = timezone.localtime(item.at).date()
            entries.append(Entry(day=item.at))
        if isinstance(item, Card):
            entries.append(Entry(card=item))
        elif entries[-1].steps:
            entries[-1].steps.append(item)
        else:
            entries.append(Entry(steps=[item]))
    return entries
