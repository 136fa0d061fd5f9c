"""A channel that takes free words for a limited time only: what waits in review must not outlive that unnoticed, and does not go after it."""

from datetime import datetime, timedelta

from django.db.models import BooleanField, Case, Q, QuerySet, When
from django.utils import timezone

from approvals.models import Draft
from conversations.channel_limits import LIMITS
from conversations.models import Channel, Conversation
from conversations.on_whatsapp import CLOSED, is_closed
from replies.types import Rule

SOON = timedelta(hours=2)
WINDOW_CLOSED = Rule("window_closed", CLOSED)


def too_late(conversation: Conversation) -> tuple[Rule, ...]:
    """A reply that the channel would refuse now does not go by itself: a person finds another way."""
    return (WINDOW_CLOSED,) if is_closed(conversation) else ()


def closes_at(conversation: Conversation) -> datetime | None:
    """When the channel takes no more free words, if that is within two hours or past; for showing, by what the row itself says."""
    window = LIMITS[Channel(conversation.channel)].window
    end = conversation.last_inbound_at + window if window else None
    return end if end is not None and end <= timezone.now() + SOON else None


def ranked(rows: QuerySet[Draft]) -> QuerySet[Draft]:
    """The drafts with `closing`: whether the channel closes within two hours. What is closed already is in no hurry any more."""
    now, soon = timezone.now(), Q()
    for channel, limits in LIMITS.items():
        if limits.window is not None:
            begun = (now - limits.window, now - limits.window + SOON)
            last = {"conversation__last_inbound_at__gt": begun[0], "conversation__last_inbound_at__lte": begun[1]}
            soon |= Q(conversation__channel=channel, **last)
    return rows.annotate(closing=Case(When(soon, then=True), default=False, output_field=BooleanField()))
