"""The waiting drafts by why they wait. Every one is in exactly one lane; late ones and the kinds of rules cut across.

What holds a draft is written on it (`rules`). The lane follows from the first rule that is about more than confidence.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    DateTimeField,
    ExpressionWrapper,
    F,
    Func,
    JSONField,
    Min,
    Q,
    QuerySet,
    Value,
    When,
)  # fmt: skip
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from approvals.models import Draft

ALL, RULE, BELOW, NO_ANSWER, PERSON, SUSPICIOUS, LATE = "all", "rule", "below", "none", "person", "suspicious", "late"
NAMES: dict[str, str | Promise] = {
    ALL: _("All"),
    LATE: _("Late"),
    PERSON: _("Asked for a person"),
    SUSPICIOUS: _("Suspicious"),
    RULE: _("Held by rule"),
    BELOW: _("Below the line"),
    NO_ANSWER: _("No answer"),
}
# What holds a draft for no fault of its own: not sure enough, or nothing of this kind goes by itself.
QUIET = ("below_line", "no_answer", "no_question", "review_only", "learning", "stopped")
ASKS_FOR_PERSON = "wants_person"
AIMED_AT_US = ("attack", "unverified", "leak")
_LOUD = "$[*] ? (" + " && ".join(f'@.code != "{code}"' for code in QUIET) + ")"


@dataclass(frozen=True)
class Filters:
    """What the address asks for; what it does not know is as if it were not there."""

    lane: str = ALL
    kind: str = ""

    @classmethod
    def of(cls, parameters: dict[str, str]) -> "Filters":
        lane = parameters.get("lane", "")
        return cls(lane if lane in NAMES else ALL, parameters.get("kind", "")[:40] if lane == RULE else "")

    @property
    def query(self) -> str:
        """For an address, empty for everything."""
        kind = f"&kind={self.kind}" if self.kind else ""
        return "" if self.lane == ALL else f"lane={self.lane}{kind}"


EVERYTHING = Filters()


@dataclass(frozen=True)
class Kind:
    """One rule that holds drafts, and how many it holds."""

    code: str
    label: str
    count: int


@dataclass(frozen=True)
class Counts:
    """By lane, and what holds those in the lane of rules."""

    lanes: dict[str, int]
    kinds: list[Kind] = field(default_factory=list)


def sorted_into(rows: QuerySet[Draft]) -> QuerySet[Draft]:
    """The drafts with their `lane`, their `kind` (the code of the rule) and whether they are `late`."""
    loud = Func(F("rules"), Value(_LOUD), function="jsonb_path_query_first", template="%(function)s(%(expressions)s::jsonpath)")
    loud.output_field = JSONField()
    limit = ExpressionWrapper(
        F("created_at") + Value(timedelta(minutes=1)) * F("inbox__review_minutes"), output_field=DateTimeField()
    )
    aimed = Q()
    for code in AIMED_AT_US:
        aimed |= Q(rules__contains=[{"code": code}])
    return rows.annotate(
        loud=loud,
        kind=KeyTextTransform("code", "loud"),
        kind_label=KeyTextTransform("label", "loud"),
        late_at=limit,
    ).annotate(
        late=Case(When(late_at__lte=timezone.now(), then=True), default=False, output_field=BooleanField()),
        lane=Case(
            When(aimed, then=Value(SUSPICIOUS)),
            When(kind=ASKS_FOR_PERSON, then=Value(PERSON)),
            When(kind__isnull=False, then=Value(RULE)),
            When(text="", then=Value(NO_ANSWER)),
            default=Value(BELOW),
            output_field=CharField(),
        ),
    )


def within(rows: QuerySet[Draft], filters: Filters) -> QuerySet[Draft]:
    """Those of `sorted_into` that the address asks for."""
    if filters.lane == LATE:
        return rows.filter(late=True)
    if filters.lane == ALL:
        return rows
    return rows.filter(lane=filters.lane, **({"kind": filters.kind} if filters.kind else {}))


def counted(rows: QuerySet[Draft]) -> Counts:
    """How many of `sorted_into` are in each lane and of each kind, in one query."""
    found = rows.order_by().values("lane", "kind", "late").annotate(n=Count("pk"), label=Min("kind_label"))
    lanes, kinds = dict.fromkeys(NAMES, 0), dict[str, Kind]()
    for one in found:
        lanes[ALL] += one["n"]
        lanes[one["lane"]] += one["n"]
        lanes[LATE] += one["n"] if one["late"] else 0
        if one["lane"] == RULE:
            before = kinds.get(one["kind"])
            kinds[one["kind"]] = Kind(one["kind"], one["label"], one["n"] + (before.count if before else 0))
    return Counts(lanes, sorted(kinds.values(), key=lambda kind: (-kind.count, kind.label)))
