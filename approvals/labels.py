"""What became of a draft, as a number to learn from: was it right to claim what it claimed? Pure."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from approvals.policy import ABOUT_REACH

# So many of a hundred words may change before a reply counts as another one.
SMALL = 0.10
# Rules that hold a draft for want of confidence or of leave to send. Any other says that more than the figure was looked at.
ABOUT_CONFIDENCE = frozenset({"below_line", "review_only", "article_changed"} | ABOUT_REACH)

_TOKEN = re.compile(r"https?://\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\d[\d.,:/-]*\d|\d|[^\W\d_]+(?:['’][^\W\d_]+)*|[€$£%]")
_NUMBER = re.compile(r"\d[\d.,:/-]*\d|\d")
_LINK = re.compile(r"(?:https?://|www\.)[^\s)\]>]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NAME = re.compile(r"(?<![.!?:\n]\s)(?<!^)(?<![\n\"“(•*-])\b[A-ZÀ-ÖØ-Þ][\w'’-]+|\b[A-Z]{2,}[\w-]*")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_WRITTEN_NUMBERS = frozenset(
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "twenty", "thirty", "half", "double", "twice", "once", "first", "second", "third", "zwei", "drei", "vier", "fünf", "deux", "trois", "quatre", "cinq", "dos", "tres", "cuatro", "cinco", "due", "tre", "quattro", "cinque"]
)  # fmt: skip
_NEGATIONS = frozenset(
    ["no", "not", "never", "none", "neither", "nor", "without", "cannot", "nobody", "nothing", "nowhere", "unless", "except", "only", "unable", "nicht", "nie", "kein", "keine", "keinen", "ohne", "ne", "pas", "jamais", "sans", "sin", "nunca", "ningún", "non", "mai", "senza"]
)  # fmt: skip


@dataclass(frozen=True)
class Worth:
    """`value` 1 right, 0 wrong, between for half right; `weight` how much it counts."""

    value: float
    weight: float = 1.0


RIGHT, WRONG, HALF = Worth(1.0), Worth(0.0), Worth(0.5, 0.5)
# Somebody who takes over may only have wanted to speak to the customer.
LEFT = Worth(0.0, 0.5)


def worth(action: str, before: str, after: str, names: Iterable[str] = ()) -> Worth | None:
    """What a decision says of the draft's words `before`; `after` are those that were sent. None when it says nothing.

    `names` are people who may be greeted: naming them changes no fact.
    """
    if action == "approve":
        return RIGHT
    if action == "reject":
        return WRONG
    if action == "take_over":
        return LEFT
    return edited(before, after, names) if action == "edit" else None


def edited(before: str, after: str, names: Iterable[str] = ()) -> Worth:
    """Right when hardly a word and no fact changed, wrong when a fact did, half right when it was only said otherwise."""
    changed = facts(before, names) != facts(after, names)
    if changed and not _is_added_to(before, after):
        return WRONG
    return RIGHT if not changed and distance(before, after) <= SMALL else HALF


def claims(text: str, codes: Iterable[str]) -> bool:
    """Whether a draft's figure alone was decided about: it had words, and no rule or check held it besides."""
    return bool(text.strip()) and set(codes) <= ABOUT_CONFIDENCE


def facts(text: str, names: Iterable[str] = ()) -> Counter[str]:
    """What must not change unnoticed: numbers, links, names and negations, each as often as it occurs."""
    known = {word for name in names for word in _tokens(name)}
    words = _tokens(_LINK.sub(" ", text))
    found = Counter(f"number {one}" for one in _NUMBER.findall(_LINK.sub(" ", text)))
    found.update(f"number {word}" for word in words if word in _WRITTEN_NUMBERS)
    found.update(f"link {one.rstrip('.,;')}" for one in _LINK.findall(text))
    found.update(f"not {word}" for word in words if word in _NEGATIONS or word.endswith("n't"))
    found.update(
        f"name {one.lower()}" for one in _NAME.findall(_LINK.sub(" ", text)) if one.lower() not in known and len(one) > 1
    )
    return found


def distance(before: str, after: str) -> float:
    """Words to insert, drop or replace (Levenshtein 1966) as a share of the longer text; case and punctuation do not count."""
    a, b = _tokens(before), _tokens(after)
    longer = max(len(a), len(b))
    while a and b and a[0] == b[0]:
        a, b = a[1:], b[1:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    row = list(range(len(b) + 1))
    for place, word in enumerate(a, start=1):
        above, row = row, [place]
        for column, other in enumerate(b, start=1):
            row.append(min(above[column] + 1, row[-1] + 1, above[column - 1] + (word != other)))
    return row[-1] / longer if longer else 0.0


def _is_added_to(before: str, after: str) -> bool:
    """Whether every sentence of the draft still stands as it was: what is new stands beside it."""
    whole = f" {' '.join(_tokens(after))} "
    return all(f" {' '.join(_tokens(sentence))} " in whole for sentence in _SENTENCE.split(before) if _tokens(sentence))


def _tokens(text: str) -> list[str]:
    return [token.lower().replace("’", "'").rstrip(".,") for token in _TOKEN.findall(text)]
