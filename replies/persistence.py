"""How often somebody has written about a matter without a solution. Each time that an answer is followed by more of the same counts.

A customer who asks one thing after another is no trouble; one who asks the same again was not helped. The same is: a third of the
telling words come back, or the customer says that it did not help.
"""

import re
from collections.abc import Sequence

from replies.coverage import COMMON
from replies.types import Turn

SAME = 1 / 3
_WORD = re.compile(r"[^\W\d_]{3,}")
_NOT_HELPED = re.compile(
    r"\b(?:still (?:not|no|does|doesn|can|haven|have|waiting|the same)|(?:did|does|do)(?: not|n['’]?t) (?:help|work|answer|solve|fix)|not (?:helpful|solved|"
    r"what i (?:asked|meant))|no help|same (?:problem|issue|error|thing)|as i (?:said|wrote|told)|i (?:already|just) (?:told|said|wrote|asked|tried|did)|"
    r"tried (?:that|this|it)|(?:once )?again|immer noch|hilft nicht|toujours pas|sigue sin|ancora non|nog steeds|ainda não)\b", re.IGNORECASE
)  # fmt: skip


def contacts(turns: Sequence[Turn]) -> int:
    """The number of times this customer has come with what is asked now, this time included; `turns` begin with the matter."""
    groups = _groups(turns)
    if not groups:
        return 1
    now = groups[-1]
    if _NOT_HELPED.search(now):
        return len(groups)
    return 1 + sum(_is_same(now, before) for before in groups[:-1])


def _groups(turns: Sequence[Turn]) -> list[str]:
    """What the customer said, each time between two answers."""
    groups: list[list[str]] = [[]]
    for turn in turns:
        if turn.author == "customer":
            groups[-1].append(turn.text)
        elif groups[-1]:
            groups.append([])
    return ["\n".join(group) for group in groups if group]


def _is_same(now: str, before: str) -> bool:
    asked, known = _stems(now), _stems(before)
    return bool(_NOT_HELPED.search(before)) or len(asked & known) >= SAME * max(1, min(len(asked), len(known)))


def _stems(text: str) -> set[str]:
    return {word.lower()[:5] for word in _WORD.findall(text[:4000]) if word.lower() not in COMMON}
