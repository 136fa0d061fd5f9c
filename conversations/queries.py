"""What the queue and a conversation's page read. Row security decides which rows there are."""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.dateparse import parse_datetime

from accounts.models import Team, User
from conversations.models import ComposerText, Conversation, Identity, Inbox, Message
from core.models import AuditEvent

PAGE = 50
# Drafts that wait for a person, as `Conversation.draft_state` names them.
WAITING_DRAFT = ("review", "held")
FAR_OFF = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class View:
    """One way to look at the queue."""

    key: str
    name: str
    icon: str


VIEWS = (
    View("mine", "Mine", "user"),
    View("review", "Needs review", "ai"),
    View("unassigned", "Unassigned", "unassigned"),
    View("open", "All open", "all"),
    View("waiting", "Waiting", "clock"),
    View("resolved", "Resolved", "check"),
)
_VIEW_OF_KEY = {view.key: view for view in VIEWS}
BY_RECENCY = ("waiting", "resolved")


@dataclass(frozen=True)
class Filters:
    """What the reader asked the list for: a view, or an inbox or team of open conversations, and words to look for."""

    view: View
    inbox: int | None = None
    team: int | None = None
    words: str = ""

    @classmethod
    def of(cls, params: dict[str, str]) -> "Filters":
        """From an address's parameters; what makes no sense is left out."""
        return cls(
            view=_VIEW_OF_KEY.get(params.get("view", ""), _VIEW_OF_KEY["open"]),
            inbox=number(params.get("inbox")),
            team=number(params.get("team")),
            words=params.get("q", "").replace("\0", "").strip()[:100],
        )


@dataclass(frozen=True)
class Page:
    conversations: list[Conversation]
    next: str = ""


@dataclass(frozen=True)
class Counts:
    """How many conversations each entry of the navigation leads to."""

    views: dict[str, int]
    inboxes: list[Inbox]
    teams: list[Team] = field(default_factory=list)


def page(user: User, filters: Filters, after: str = "") -> Page:
    """At most PAGE conversations after the cursor `after`, and the cursor of the next ones ("" at the end).

    Open work is sorted by when a reply is due, the rest by the newest message; the primary key breaks ties.
    """
    rows = _matching(user, filters).select_related("customer", "assignee")
    rows = _recent_first(rows, after) if filters.view.key in BY_RECENCY else _due_first(rows, after)
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    return Page(shown, _cursor(shown[-1], filters) if len(found) > PAGE else "")


def counts(user: User) -> Counts:
    """Three queries, whatever the number of conversations."""
    views = Conversation.objects.aggregate(**{view.key: Count("pk", filter=_of_view(view.key, user)) for view in VIEWS})
    is_open = Q(conversations__state=Conversation.State.OPEN)
    inboxes = Inbox.objects.annotate(waiting=Count("conversations", filter=is_open))
    is_open_in_team = Q(inboxes__conversations__state=Conversation.State.OPEN)
    teams = Team.objects.filter(inboxes__isnull=False)
    teams = teams.annotate(waiting=Count("inboxes__conversations", filter=is_open_in_team, distinct=True))
    return Counts(views, list(inboxes), list(teams.distinct()))


def conversation(pk: int) -> Conversation | None:
    """The conversation with its people, or None when there is none or the reader may not see it."""
    return Conversation.objects.select_related("customer", "assignee", "inbox").filter(pk=pk).first()


def messages(found: Conversation) -> list[Message]:
    """Everything said, oldest first, notes among it."""
    return list(_with_people(Message.objects.filter(conversation=found)).order_by("pk"))


def message(pk: int) -> Message | None:
    return _with_people(Message.objects.filter(pk=pk)).select_related("conversation").first()


def newest_public(found: Conversation) -> int:
    """The id of the last message the customer wrote or can see; 0 before the first."""
    public = found.messages.exclude(direction=Message.Direction.NOTE).order_by("-pk")
    return public.values_list("pk", flat=True).first() or 0


def steps(found: Conversation) -> list[AuditEvent]:
    """What happened to the conversation itself, oldest first."""
    return list(AuditEvent.objects.filter(subject="conversations.conversation", subject_id=found.pk).order_by("pk"))


def names(user_ids: set[int]) -> dict[int, str]:
    return dict(User.objects.filter(pk__in=user_ids).values_list("pk", "name"))


def earlier(found: Conversation) -> list[Conversation]:
    """The customer's other conversations, newest first, at most five."""
    others = Conversation.objects.filter(customer_id=found.customer_id).exclude(pk=found.pk)
    return list(others.order_by("-last_message_at")[:5])


def identities(found: Conversation) -> list[Identity]:
    return list(Identity.objects.filter(customer_id=found.customer_id).order_by("kind", "pk"))


def colleagues(found: Conversation) -> list[User]:
    """The active people of the teams that serve the conversation's inbox."""
    served = User.objects.filter(is_active=True, teams__inboxes=found.inbox_id).exclude(role=User.Role.ADMIN)
    return list(served.distinct().order_by("name"))


def composer_texts(found: Conversation, user: User) -> dict[str, str]:
    """What `user` has typed here and not sent, by mode."""
    return dict(ComposerText.objects.filter(conversation=found, user=user).values_list("mode", "text"))


def _with_people(rows: QuerySet[Message]) -> QuerySet[Message]:
    return rows.select_related("customer", "sender", "reviewed_by", "delivery")


def _matching(user: User, filters: Filters) -> QuerySet[Conversation]:
    rows = Conversation.objects.filter(_of_view(filters.view.key, user))
    if filters.inbox:
        rows = rows.filter(inbox=filters.inbox)
    if filters.team:
        rows = rows.filter(inbox__in=Inbox.objects.filter(teams=filters.team))
    if filters.words:
        rows = rows.filter(_contains(filters.words))
    return rows


def _of_view(key: str, user: User) -> Q:
    is_open = Q(state=Conversation.State.OPEN)
    return {
        "mine": is_open & Q(assignee=user),
        "review": is_open & Q(draft_state__in=WAITING_DRAFT),
        "unassigned": is_open & Q(assignee__isnull=True),
        "open": is_open,
        "waiting": Q(state=Conversation.State.WAITING),
        "resolved": Q(state=Conversation.State.RESOLVED),
    }[key]


def _contains(words: str) -> Q:
    by_address = Q(customer__in=Identity.objects.filter(address__icontains=words).values("customer"))
    found = Q(customer__name__icontains=words) | Q(subject__icontains=words) | by_address
    return found | Q(pk=int(words.lstrip("#"))) if number(words.lstrip("#")) else found


def _due_first(rows: QuerySet[Conversation], after: str) -> QuerySet[Conversation]:
    rows = rows.annotate(due_or_never=Coalesce("due_at", FAR_OFF)).order_by("due_or_never", "pk")
    moment, pk = _read(after)
    if moment is None:
        return rows
    return rows.filter(Q(due_or_never__gt=moment) | Q(due_or_never=moment, pk__gt=pk))


def _recent_first(rows: QuerySet[Conversation], after: str) -> QuerySet[Conversation]:
    rows = rows.order_by("-last_message_at", "-pk")
    moment, pk = _read(after)
    if moment is None:
        return rows
    return rows.filter(Q(last_message_at__lt=moment) | Q(last_message_at=moment, pk__lt=pk))


def _cursor(last: Conversation, filters: Filters) -> str:
    moment = last.last_message_at if filters.view.key in BY_RECENCY else last.due_at or FAR_OFF
    return base64.urlsafe_b64encode(f"{moment.isoformat()}|{last.pk}".encode()).decode()


def _read(cursor: str) -> tuple[datetime | None, int]:
    """The cursor's moment and key; a damaged cursor starts at the top."""
    try:
        moment, _, pk = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        return parse_datetime(moment), int(pk)
    except (ValueError, binascii.Error):
        return None, 0


def number(text: str | None) -> int | None:
    """The number that a part of an address gives, or None: PostgreSQL's own limit keeps a longer number from becoming an error."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    return int(text)
