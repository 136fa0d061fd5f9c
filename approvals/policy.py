"""The judge: may this reply go out by itself? Pure, and closed by default."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from core.words import gettext_noop
from replies.matters import MATTERS
from replies.types import Reply

Outcome = Literal["auto", "review", "escalate"]
FLOOR = 0.80
NAME = "floor-80-v2"
# Codes of the rules that hand the conversation to a person; every other rule only holds the reply for review.
ESCALATING = frozenset({matter.code for matter in MATTERS} | {"sounds_grave"})


@dataclass(frozen=True)
class Reach:
    """Whether replies on this topic of this knowledge base may go out by themselves at all; else why not, as a rule that holds."""

    allowed: bool = False
    code: str = "learning"
    label: str = gettext_noop("This topic has not earned automatic replies yet")


OPEN = Reach(allowed=True, code="", label="")
UNEARNED = Reach()
CLOSED = Reach(code="topic_closed", label=gettext_noop("Replies on this topic are always reviewed"))
FAILING = Reach(code="topic_closed", label=gettext_noop("Too many replies on this topic were wrong"))
STOPPED = Reach(code="stopped", label=gettext_noop("Automatic replies are stopped"))
ABOUT_REACH = frozenset({UNEARNED.code, CLOSED.code, STOPPED.code})


@dataclass(frozen=True)
class Verdict:
    """`sends` or not, and every reason that holds it: {"code", "label"}."""

    sends: bool
    holds: tuple[dict[str, str], ...]
    threshold: float
    policy: str = NAME


def judge(reply: Reply, threshold: float, reach: Reach = UNEARNED, *, auto_send: bool = True) -> Verdict:
    """Send only what is strictly above the line, on a topic that may, with nothing against it.

    The line is the highest of the floor, the inbox's threshold and what the reply's calibrator asks for; none can lower another.
    """
    line = max(FLOOR, threshold, reply.line) if math.isfinite(threshold) and math.isfinite(reply.line) else 1.0
    holds = [_hold(rule.code, rule.label) for rule in reply.rules]
    if not reply.text.strip():
        holds.append(_hold("no_answer", gettext_noop("There is no answer to send")))
    holds.extend(_hold(check.code, check.label) for check in reply.failed_checks)
    if reply.wants_person:
        holds.append(_hold("wants_person", gettext_noop("A person was asked for")))
    if not auto_send:
        holds.append(_hold("review_only", gettext_noop("Every reply of this inbox is reviewed")))
    if reach.allowed is not True:
        holds.append(_hold(reach.code, reach.label))
    if not is_above(reply.confidence, line):
        holds.append(_hold("below_line", gettext_noop("Not sure enough to send itself")))
    return Verdict(sends=not holds, holds=tuple(holds), threshold=line)


def is_above(confidence: object, line: float) -> bool:
    """Whether `confidence` is a probability strictly above `line`. None, NaN, text, and anything above 1 are not."""
    if isinstance(confidence, bool) or not isinstance(confidence, float):
        return False
    return math.isfinite(confidence) and line < confidence <= 1.0


def decided(verdict: str, rules: Iterable[Mapping[str, object]]) -> Outcome | None:
    """What the machine decided about a stored draft: auto, review or escalate; None while it is still composing."""
    if verdict == "send":
        return "auto"
    if verdict != "hold":
        return None
    return "escalate" if any(rule.get("code") in ESCALATING for rule in rules) else "review"


def _hold(code: str, label: str) -> dict[str, str]:
    return {"code": code, "label": label}
