"""What the review screens read. Row security decides which rows there are."""

from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.models import User
from approvals import closing, lanes
from approvals.holders import without_others
from approvals.lanes import EVERYTHING, Counts, Filters
from approvals.models import Decision, Draft

STACK = 50
LOWEST_BIN, BIN = 50, 5


@dataclass(frozen=True)
class Pace:
    """What one reviewer has decided today."""

    decided: int
    edited: int
    rejected: int
    taken_over: int


@dataclass(frozen=True)
class Bar:
    """How many waiting drafts have a confidence from `low` percent to below `low` + BIN; the first bar holds all below it too."""

    low: int
    count: int


def stack(filters: Filters = EVERYTHING) -> list[Draft]:
    """The drafts that wait, the most urgent first: where the channel closes soon, the late ones, by priority, by when a reply is due."""
    return list(_in_order(filters)[:STACK])


def next_for(me: User, filters: Filters = EVERYTHING, *, but: int = 0) -> Draft | None:
    """The most urgent draft that no colleague has in front of him, other than `but`."""
    return without_others(_in_order(filters), but=me).exclude(pk=but).first()


def counts() -> Counts:
    """How many drafts wait in each lane."""
    return lanes.counted(lanes.sorted_into(Draft.objects.filter(state=Draft.State.IN_REVIEW)))


def waiting_count() -> int:
    return Draft.objects.filter(state=Draft.State.IN_REVIEW).count()


def draft(pk: int) -> Draft | None:
    """The draft with all its page needs, or None when there is none or the reader may not see it."""
    return _with_people(Draft.objects.filter(pk=pk)).first()


def newer_in_review(draft: Draft) -> Draft | None:
    """The draft that answers a newer message of the same conversation and waits, if there is one."""
    later = Draft.objects.filter(conversation=draft.conversation_id, in_reply_to__gt=draft.in_reply_to_id)
    return later.filter(state=Draft.State.IN_REVIEW).order_by("-in_reply_to_id").first()


def newest_of(conversation_id: int) -> Draft | None:
    return _with_people(Draft.objects.filter(conversation=conversation_id)).order_by("-pk").first()


def last_decision(draft: Draft) -> Decision | None:
    return Decision.objects.filter(draft=draft).select_related("by").order_by("-pk").first()


def pace(user: User) -> Pace:
    """Decisions of today in the reader's zone; what was taken back counts as the decision it was."""
    mine = Decision.objects.annotate(on=TruncDate("created_at")).filter(by=user, on=timezone.localdate())
    found = mine.exclude(action=Decision.Action.UNDO).aggregate(
        decided=Count("pk"),
        edited=Count("pk", filter=Q(action=Decision.Action.EDIT)),
        rejected=Count("pk", filter=Q(action=Decision.Action.REJECT)),
        taken_over=Count("pk", filter=Q(action=Decision.Action.TAKE_OVER)),
    )
    return Pace(**found)


def histogram() -> list[Bar]:
    """Ten bars from LOWEST_BIN to 100 percent. Drafts without a confidence are in none."""
    known = Draft.objects.filter(state=Draft.State.IN_REVIEW, confidence__isnull=False)
    bars = dict.fromkeys(range(LOWEST_BIN, 100, BIN), 0)
    for confidence in known.values_list("confidence", flat=True):
        percent = int(confidence * 100 + 1e-9)
        bars[min(95, max(LOWEST_BIN, percent // BIN * BIN))] += 1
    return [Bar(low, count) for low, count in bars.items()]


def _in_order(filters: Filters) -> QuerySet[Draft]:
    waiting = closing.ranked(lanes.sorted_into(_with_people(Draft.objects.filter(state=Draft.State.IN_REVIEW))))
    due = F("conversation__due_at").asc(nulls_last=True)
    return lanes.within(waiting, filters).order_by("-closing", "-late", "-conversation__priority", due, "pk")


def _with_people(rows: QuerySet[Draft]) -> QuerySet[Draft]:
    return rows.select_related(
        "conversation__customer",
        "conversation__inbox",
        "in_reply_to",
        "message__delivery",
        "message__reviewed_by",
        "claimed_by",
    )
