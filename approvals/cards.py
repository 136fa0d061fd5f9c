"""A draft as the screens print it: every word, figure and mark ready. Nothing of it is computed in the browser."""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from accounts.models import User
from approvals import closing
from approvals.citations import cited_numbers
from approvals.holders import holder_of
from approvals.lanes import AIMED_AT_US
from approvals.models import Decision, Draft
from approvals.policy import STOPPED
from approvals.standing import of_review
from conversations.models import Delivery
from conversations.rows import Row, row
from core.words import known

_PARAGRAPH = re.compile(r"\n\s*\n")
_REASON_OF_CHECK = {
    "claims_action": "false_claim",
    "language": "tone",
    "leak": "policy",
    "personal_data": "policy",
    "markup": "policy",
    "links": "policy",
    "answers": "missing_fact",
    "complete": "missing_fact",
    "money": "false_claim",
}
HIGH_LINE = 85
_CHECK_ICON = {"ok": "ok", "warn": "clock", "bad": "alert"}
_DONE = {
    Decision.Action.APPROVE: gettext_lazy("%(name)s approved this draft %(when)s."),
    Decision.Action.EDIT: gettext_lazy("%(name)s edited and approved this draft %(when)s."),
    Decision.Action.REJECT: gettext_lazy("%(name)s rejected this draft %(when)s."),
    Decision.Action.TAKE_OVER: gettext_lazy("%(name)s took over from this draft %(when)s."),
    Decision.Action.UNDO: gettext_lazy("%(name)s took back this draft %(when)s."),
}


@dataclass(frozen=True)
class Piece:
    """A run of words with the sources it rests on; `unsourced` is underlined in place."""

    text: str
    citations: list[int]
    unsourced: bool


@dataclass(frozen=True)
class Points:
    """One signed reason, in whole percentage points; `is_base` is the starting figure, printed without a sign."""

    label: str
    points: int
    is_base: bool = False

    @property
    def shown(self) -> str:
        if self.is_base:
            return str(self.points)
        return f"+{self.points}" if self.points >= 0 else f"−{-self.points}"


@dataclass(frozen=True)
class DraftCard:
    pk: int
    version: int
    request_key: uuid.UUID
    standing: str
    percent: int | None
    line: int
    is_above: bool
    paragraphs: list[list[Piece]]
    text: str
    language: str
    held: list[str]
    rule: str
    # Why it waits, where no rule says so.
    short_of: str
    raised: list[Points]
    lowered: list[Points]
    checks: list[dict[str, str]]
    passages: list[dict[str, Any]]
    until: datetime | None
    is_by_itself: bool
    budget: str
    is_stand_in: bool
    weakest: int | None
    reason: str
    row: Row
    # The colleague who has it in front of him, until when; none for the reader's own.
    held_by: str
    held_until: datetime | None
    is_late: bool
    is_suspicious: bool
    is_stopped: bool
    waits_since: datetime
    # Until when the channel takes free words, where that is soon or past.
    closes_at: datetime | None
    is_closed: bool

    @property
    def line_anchor(self) -> str:
        """Which end of the words under the ruler's line hangs on it: a line near the end leaves no room behind it."""
        return "middle" if self.line < HIGH_LINE else "end"

    @property
    def line_x(self) -> int:
        return self.line if self.line < HIGH_LINE else 100


def card(draft: Draft, me: User | None = None) -> DraftCard:
    """As `me` sees it: what he has in front of him himself is not held for him.

    Needs the draft's conversation with its customer, in_reply_to and message with its delivery at hand.
    """
    points = _whole_points(draft)
    holder = holder_of(draft, but=me)
    closes_at = closing.closes_at(draft.conversation) if draft.state == Draft.State.IN_REVIEW else None
    return DraftCard(
        pk=draft.pk,
        version=draft.version,
        request_key=uuid.uuid4(),
        standing=_standing(draft),
        percent=draft.percent,
        line=round(draft.threshold * 100),
        is_above=draft.confidence is not None and draft.confidence > draft.threshold,
        paragraphs=paragraphs(draft.text, draft.sentences),
        text=draft.text,
        language=draft.language,
        held=[known(rule["label"]) for rule in draft.rules],
        rule=of_review(draft)[1],
        short_of=_short_of(draft),
        raised=[one for one in points if one.points >= 0],
        lowered=[one for one in points if one.points < 0],
        checks=[check | {"icon": _CHECK_ICON.get(check["state"], "info")} for check in draft.checks],
        passages=passages(draft.evidence, draft.sentences),
        until=undo_until(draft),
        is_by_itself=draft.message is not None and draft.message.reviewed_by_id is None,
        budget=next((rule["label"] for rule in draft.rules if rule.get("code") == "budget"), ""),
        is_stand_in=draft.stand_in,
        weakest=_weakest(draft),
        reason=_likely_reason(draft),
        row=row(draft.conversation),
        held_by=holder.first_name if holder else "",
        held_until=draft.claimed_until if holder else None,
        is_late=is_late(draft),
        is_suspicious=any(rule.get("code") in AIMED_AT_US for rule in draft.rules),
        is_stopped=any(rule.get("code") == STOPPED.code for rule in draft.rules),
        waits_since=draft.created_at,
        closes_at=closes_at,
        is_closed=closes_at is not None and closes_at <= timezone.now(),
    )


def _short_of(draft: Draft) -> str:
    if not draft.text:
        return gettext("No answer")
    if draft.percent is None or draft.confidence is None or draft.confidence > draft.threshold:
        return ""
    points = max(1, round(draft.threshold * 100) - draft.percent)
    return ngettext("%(points)s point below the line", "%(points)s points below the line", points) % {"points": points}


def is_late(draft: Draft) -> bool:
    """Whether it waits for its reviewer longer than its inbox allows."""
    limit = timedelta(minutes=draft.conversation.inbox.review_minutes)
    return draft.state == Draft.State.IN_REVIEW and draft.created_at + limit <= timezone.now()


def undo_until(draft: Draft) -> datetime | None:
    """When the undo window of the sent draft closes, while it is open."""
    delivery = getattr(draft.message, "delivery", None) if draft.message else None
    if delivery is None or delivery.state != Delivery.State.PENDING or delivery.not_before <= timezone.now():
        return None
    return delivery.not_before


def paragraphs(text: str, sentences: list[dict[str, Any]]) -> list[list[Piece]]:
    """The draft's words in their paragraphs, each sentence with its marks. Words outside of every sentence stay as they are."""
    found: list[list[Piece]] = [[]]
    rest = text
    for sentence in sentences:
        before, match, after = rest.partition(sentence["text"])
        if not match:
            continue
        _add(found, before, [], False)
        _add(found, match, sentence.get("citations", []), not sentence.get("supported", True))
        rest = after
    _add(found, rest, [], False)
    return [paragraph for paragraph in found if paragraph]


def told(decision: Decision | None) -> str:
    """Who was first, for the person who came second."""
    if decision is None:
        return _("This draft changed just before you. This is how it is now.")
    seconds = int((timezone.now() - decision.created_at).total_seconds())
    when = _("%(seconds)s s before you") % {"seconds": seconds} if seconds < 60 else _("before you")
    return _DONE[Decision.Action(decision.action)] % {"name": decision.by.first_name, "when": when}


def _add(found: list[list[Piece]], text: str, citations: list[int], unsourced: bool) -> None:
    for number, part in enumerate(_PARAGRAPH.split(text)):
        if number:
            found.append([])
        if part.strip():
            found[-1].append(Piece(part, citations, unsourced))
        elif part and found[-1]:
            found[-1].append(Piece(" ", [], False))


def _standing(draft: Draft) -> str:
    """composing, review, sending (undo is open), sent, rejected, superseded or failed."""
    if draft.state == Draft.State.IN_REVIEW:
        return "review"
    return "sending" if draft.state == Draft.State.SENT and undo_until(draft) else draft.state


def _whole_points(draft: Draft) -> list[Points]:
    """The reasons in whole points that add up to the figure shown (largest remainders); none when there is no figure."""
    exact = [(reason["label"], float(reason["points"])) for reason in draft.reasons]
    if draft.percent is None or not exact:
        return []
    floors = [int(value // 1) for _, value in exact]
    missing = draft.percent - sum(floors)
    by_remainder = sorted(range(len(exact)), key=lambda i: exact[i][1] - floors[i], reverse=True)
    for place in range(abs(missing)):
        floors[by_remainder[place % len(exact)]] += 1 if missing > 0 else -1
    return [
        Points(label, whole, is_base=place == 0 and whole > 0)
        for place, ((label, _), whole) in enumerate(zip(exact, floors, strict=True))
        if whole or place == 0
    ]


def passages(evidence: list[dict[str, Any]], sentences: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every passage that a sentence rests on, and others up to three, by their numbers."""
    cited = cited_numbers(sentences)
    chosen = sorted(evidence, key=lambda piece: piece["number"] not in cited)[: max(3, len(cited))]
    return [
        piece | {"score": f"{float(piece.get('score', 0)):.2f}"} for piece in sorted(chosen, key=lambda piece: piece["number"])
    ]


def _weakest(draft: Draft) -> int | None:
    """How well the weakest sentence stands on its source, in percent; None where nothing was said."""
    found = draft.features.get("weakest")
    return None if found is None else int(found * 100 + 1e-9)


def _likely_reason(draft: Draft) -> str:
    """The reason that the reject dialog starts on: the one of the first failed check."""
    for check in draft.checks:
        if check["state"] == "bad":
            return _REASON_OF_CHECK.get(check["code"], Decision.Reason.FALSE_CLAIM)
    return Decision.Reason.MISSING_FACT
