"""All conversations of one person, whichever row and channel, as one line of time."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from conversations import families
from conversations.models import Conversation, Customer, Rating
from conversations.rows import channel_icon

PAGE = 8


@dataclass(frozen=True)
class Past:
    """One conversation as the history prints it."""

    pk: int
    url: str
    channel_icon: str
    channel: str
    subject: str
    state: str
    at: datetime
    rating: Rating | None
    stars: list[bool]
    is_current: bool


@dataclass(frozen=True)
class History:
    """A page of it; `next` is the id after which the following one begins, 0 on the last."""

    rows: list[Past]
    total: int
    next: int


def history(customer: Customer, current: int, after: int = 0) -> History:
    """The newest first, from below conversation `after` on. Only what the reader may see is counted."""
    rows = _of_person(customer)
    older = rows.filter(pk__lt=after) if after else rows
    found = list(older.select_related("rating").order_by("-pk")[: PAGE + 1])
    shown = found[:PAGE]
    return History([_past(one, current) for one in shown], rows.count(), shown[-1].pk if len(found) > PAGE else 0)


def choices(customer: Customer, but: int, words: str) -> list[Past]:
    """Conversations of the person that another one can be merged with, by number or words of subject and newest message."""
    rows = _of_person(customer).filter(merged_into=None).exclude(pk=but).select_related("rating").order_by("-last_message_at")
    for word in words.split():
        number = int(word.lstrip("#")) if word.lstrip("#").isdecimal() and len(word) < 18 else None
        rows = (
            rows.filter(pk=number) if number else (rows.filter(subject__icontains=word) | rows.filter(preview__icontains=word))
        )
    return [_past(one, but) for one in rows[:PAGE]]


def _of_person(customer: Customer) -> QuerySet[Conversation]:
    return Conversation.objects.filter(customer__in=[one.pk for one in families.rows_of(customer)])


def _past(one: Conversation, current: int) -> Past:
    return Past(
        pk=one.pk,
        url=f"/conversations/{one.pk}/",
        channel_icon=channel_icon(one),
        channel=one.get_channel_display(),
        subject=one.subject or one.preview or _("No subject"),
        state=_state(one, current),
        at=one.last_message_at,
        rating=(rating := getattr(one, "rating", None)),
        stars=stars(rating),
        is_current=one.pk == current,
    )


def stars(rating: Rating | None) -> list[bool]:
    """Five, the first ones lit; none without a rating."""
    return [number <= rating.score for number in range(1, 6)] if rating else []


def _state(one: Conversation, current: int) -> str:
    if one.merged_into_id == current:
        return _("Merged into this one")
    if one.merged_into_id:
        return _("Merged into #%(number)s") % {"number": one.merged_into_id}
    return _("This one") if one.pk == current else str(one.get_state_display())
