"""A conversation as its page tells it: messages, notes and what happened, in one line of time."""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone

from conversations import queries, steps
from conversations.cards import Card, card, hue
from conversations.models import Conversation
from conversations.steps import Step

__all__ = ["Card", "Entry", "Step", "card", "hue", "timeline"]

# A longer run of steps is folded.
MOST_STEPS_SHOWN = 3


@dataclass
class Entry:
    """A day's heading, a message, or a run of steps; exactly one of the last three is set."""

    day: datetime | None = None
    card: Card | None = None
    steps: list[Step] = field(default_factory=list)

    @property
    def is_folded(self) -> bool:
        return len(self.steps) > MOST_STEPS_SHOWN


def timeline(conversation: Conversation) -> list[Entry]:
    """Oldest first. Nine queries at most, whatever the number of messages."""
    messages = queries.messages(conversation)
    told: list[Card | Step] = [card(message) for message in messages]
    told += steps.steps(conversation, [message.pk for message in messages])
    told.sort(key=lambda item: (item.at, isinstance(item, Card)))
    return _by_day(told)


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
