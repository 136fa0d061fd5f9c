"""Which conversations a list shows, and in which order. Row security decides which there are."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, DateTimeField, Exists, F, Func, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils.dateparse import parse_datetime

from accounts.models import User
from conversations.filters import ME, NOBODY, Filters
from conversations.models import Conversation, ConversationTag, Inbox, Mention
from conversations.queries import WAITING_DRAFT
from conversations.row_facts import with_facts
from conversations.searching import Found, search

PAGE = 50
FAR_OFF = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
Cell = datetime | int | bool


@dataclass(frozen=True)
class Page:
    conversations: list[Conversation]
    next: str = ""


@dataclass(frozen=True)
class Step:
    """One column of an order; the primary key is the last of each, so that no two rows are alike."""

    name: str
    read: Callable[[Any], Cell | None]
    falling: bool = False


def _moment(text: Any) -> datetime | None:
    return parse_datetime(text) if isinstance(text, str) else None


def _key(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 10**18 else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


_PK, _PK_FALLING = Step("pk", _key), Step("pk", _key, falling=True)
_NEWEST = (Step("last_message_at", _moment, falling=True), _PK_FALLING)
ORDERS: dict[str, tuple[Step, ...]] = {
    "due": (Step("due_or_never", _moment), _PK),
    "newest": _NEWEST,
    "waiting": (Step("waiting_since", _moment), _PK),
    "until": (Step("back_at", _moment), _PK),
    "mentioned": (Step("is_unseen", _flag, falling=True), *_NEWEST),
}


def page(user: User, filters: Filters, after: str = "", found: Found | None = None) -> Page:
    """At most PAGE conversations after the cursor `after`, and the cursor of the next ones ("" at the end).

    `found` is what a search found for `filters.words`. Open work comes by when a reply is due, the rest by its newest message,
    unless `filters` ask for another order.
    """
    rows = _after(_ordered(matching(user, filters, found), filters.order, user), filters.order, after)
    if filters.is_spread:
        rows = _ordered(_first_of_each_inbox(rows, filters), filters.order, user)
    told = list(with_facts(rows, user).select_related("customer", "assignee")[: PAGE + 1])
    shown = told[:PAGE]
    return Page(shown, _cursor(shown[-1], filters.order) if len(told) > PAGE else "")


def matching(user: User, filters: Filters, found: Found | None = None) -> QuerySet[Conversation]:
    """Every conversation that `filters` mean, without an order; with words, those that the search finds (or has `found`)."""
    rows = Conversation.objects.filter(_of_view(filters.view.key, user), merged_into__isnull=True)
    if filters.words:
        rows = rows.filter(pk__in=list((found or search(user, filters)).messages))
    return rows.filter(_narrowed(filters, user))


def _of_view(key: str, user: User) -> Q:
    is_open = Q(state=Conversation.State.OPEN)
    return {
        "mine": is_open & Q(assignee=user),
        "review": is_open & Q(draft_state__in=WAITING_DRAFT),
        "unassigned": is_open & Q(assignee__isnull=True),
        "open": is_open,
        "snoozed": Q(state=Conversation.State.SNOOZED),
        "mentions": Q(pk__in=Mention.objects.filter(user=user).values("conversation")),
        "waiting": Q(state=Conversation.State.WAITING),
        "resolved": Q(state=Conversation.State.RESOLVED),
        "any": Q(),
    }[key]


def _narrowed(filters: Filters, user: User) -> Q:
    wanted = Q()
    if filters.inbox:
        wanted &= Q(inbox=filters.inbox)
    if filters.team:
        wanted &= of_team(filters.team)
    if filters.assignee == NOBODY:
        wanted &= Q(assignee__isnull=True)
    elif filters.assignee:
        wanted &= Q(assignee=user.pk if filters.assignee == ME else int(filters.assignee))
    if filters.tag:
        wanted &= Q(pk__in=ConversationTag.objects.filter(tag=filters.tag).values("conversation"))
    for name in ("channel", "language"):
        if getattr(filters, name):
            wanted &= Q(**{name: getattr(filters, name)})
    if filters.priority is not None:
        wanted &= Q(priority=filters.priority)
    if filters.lane:
        wanted &= Q(draft_state=filters.lane)
    return wanted


def of_team(team: int) -> Q:
    """What was given to the team, and what was given to none in the inboxes that it serves."""
    return Q(team=team) | Q(team__isnull=True, inbox__in=Inbox.objects.filter(teams=team).values("pk"))


def _ordered(rows: QuerySet[Conversation], order: str, user: User) -> QuerySet[Conversation]:
    """In this order; its columns come along as annotations."""
    unseen = Mention.objects.filter(conversation=OuterRef("pk"), user=user, seen_at__isnull=True)
    column = {
        "due": {"due_or_never": Coalesce("due_at", Value(FAR_OFF, DateTimeField()))},
        "waiting": {
            "waiting_since": Case(When(_WAITS_FOR_US, then="last_inbound_at"), default=Value(FAR_OFF, DateTimeField()))
        },
        "until": {"back_at": Coalesce("snoozed_until", Value(FAR_OFF, DateTimeField()))},
        "mentioned": {"is_unseen": Exists(unseen)},
    }.get(order, {})
    return rows.annotate(**column).order_by(*[f"-{step.name}" if step.falling else step.name for step in ORDERS[order]])


_WAITS_FOR_US = Q(last_inbound_at__gte=F("last_message_at"))


def _first_of_each_inbox(rows: QuerySet[Conversation], filters: Filters) -> QuerySet[Conversation]:
    """The first page of each inbox, among which the first page of all is.

    Each is read off an index that begins with the inbox, so that the work does not grow with what other teams have: a walk through
    everything in order would pass by all that the reader may not see.
    """
    inboxes = Inbox.objects.filter(pk=filters.inbox) if filters.inbox else Inbox.objects.all()
    first = ArraySubquery(rows.filter(inbox=OuterRef("pk")).values("pk")[: PAGE + 1])
    return Conversation.objects.filter(pk__in=inboxes.order_by().values(first=Func(first, function="unnest")))


def _after(rows: QuerySet[Conversation], order: str, cursor: str) -> QuerySet[Conversation]:
    values = _read(cursor, ORDERS[order])
    if values is None:
        return rows
    later, same = Q(), Q()
    for step, value in zip(ORDERS[order], values, strict=True):
        later |= same & Q(**{f"{step.name}__{'lt' if step.falling else 'gt'}": value})
        same &= Q(**{step.name: value})
    first = ORDERS[order][0]
    # The same said once more, so that an index can start there.
    bound = Q() if isinstance(values[0], bool) else Q(**{f"{first.name}__{'lte' if first.falling else 'gte'}": values[0]})
    return rows.filter(bound, later)


def _cursor(last: Conversation, order: str) -> str:
    values = [getattr(last, step.name) for step in ORDERS[order]]
    said = json.dumps([one.isoformat() if isinstance(one, datetime) else one for one in values])
    return base64.urlsafe_b64encode(said.encode()).decode()


def _read(cursor: str, steps: tuple[Step, ...]) -> list[Cell] | None:
    """The cursor's values; a damaged cursor, or one of another order, starts at the top."""
    try:
        said = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, binascii.Error):
        return None
    if not isinstance(said, list) or len(said) != len(steps):
        return None
    values = [step.read(one) for step, one in zip(steps, said, strict=True)]
    return None if None in values else [one for one in values if one is not None]
