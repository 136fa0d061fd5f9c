"""Whether two sentences of two articles say the same thing with another figure, or one of them denies what the other says.

Precision comes before recall: a false alarm lowers the confidence of every reply from both articles and wastes an editor's day. So the
two must speak in nearly the same words about the same subject; where one of them adds a condition or another subject it is
taken as another case. Pure: vectors are passed in.
"""

import re
from dataclasses import dataclass, field

from core.words import gettext_noop
from knowledge.quantities import Quantity, quantities

# What is left of each sentence without its figures must be this near, and share this much of its words.
NEAR, SHARED, DENIED_SHARED = 0.75, 0.60, 0.80
FEWEST_WORDS, LONGEST = 3, 400
# A sentence of fewer words of its own must share them all, or lean on its title: then the titles must speak of one thing as well.
OWN_WORDS, TITLES_SHARED = 5, 0.5

_WORD = re.compile(r"[^\W\d_][^\W\d_']*")
_STOP = frozenset(
    ["a", "an", "the", "and", "or", "but", "if", "then", "than", "so", "as", "at", "by", "for", "from", "in", "into", "of", "off", "on", "onto", "out", "over", "to", "up", "with", "within", "without", "is", "are", "was", "were", "be", "been", "being", "am", "do", "does", "did", "has", "have", "had", "will", "would", "shall", "should", "can", "could", "may", "might", "must", "you", "your", "we", "our", "us", "it", "its", "this", "that", "these", "those", "they", "them", "their", "there", "here", "who", "which", "what", "when", "where", "how", "i", "my", "me", "he", "she", "his", "her", "also", "only", "just", "very", "still", "again", "already", "please", "about", "after", "before", "during", "until", "till", "normally", "usually", "generally", "typically", "always", "often", "all", "any", "each", "every", "both", "some", "most", "more", "one", "once", "no", "not", "never", "cannot", "nor", "none", "neither", "don't", "doesn't", "can't", "won't", "isn't", "aren't", "didn't", "couldn't", "shouldn't", "mustn't", "wasn't", "weren't", "haven't", "hasn't", "needn't", "takes", "take", "get", "gets"]
)  # fmt: skip
_NEGATION = re.compile(
    r"\b(?:not|never|cannot|no longer|nor|neither|nobody|nothing|impossible|unable|without|no)\b|n't\b|\b(?:isn|aren|don|doesn|can|won|couldn)'t\b"
)
# "Not" in the middle of a list denies a part only.
_CONDITION = re.compile(r", not\b|\b(?:if|unless|except|when|while|until|only|otherwise|but|although|however|whether|even)\b")
# When an article itself was written says nothing about its subject.
_ABOUT_ITSELF = re.compile(
    r"\b(?:publish(?:ed|ing)?|updated|version|revis(?:ed|ion)|last (?:modified|changed)|posted on|release[ds]?)\b"
)
# Words that tell two cases apart however near the rest is: what they name must be the same on both sides.
_APART = frozenset(
    ["first", "second", "third", "last", "minimum", "maximum", "least", "most", "standard", "express", "domestic", "international", "foreign", "abroad", "public", "internal", "monthly", "yearly", "annual", "daily", "weekly", "weekend", "weekday", "online", "offline", "new", "existing", "old", "plus", "premium", "basic", "free", "business", "personal", "debit", "credit", "prepaid", "virtual", "physical", "incoming", "outgoing", "sender", "recipient", "cash", "card", "transfer", "cheque", "single", "joint", "adult", "child", "refund", "delivery", "order", "morning", "evening", "early", "late", "before", "after", "start", "end", "open", "close", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "android", "ios", "windows", "mac", "email", "phone", "chat", "post", "sms", "app", "web", "website"]
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """One sentence as it is compared: its figures, the rest of it, its words, and its article's title."""

    text: str
    title: str
    figures: tuple[Quantity, ...]
    bare: str
    words: frozenset[str]
    title_words: frozenset[str]
    denies: bool
    has_condition: bool
    apart: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_comparable(self) -> bool:
        """Whether there is anything in it that could disagree, and enough to know what it is about."""
        if len(self.text) > LONGEST or (
            any(one.kind.startswith("date") for one in self.figures) and _ABOUT_ITSELF.search(self.bare)
        ):
            return False
        return len(self.words) >= FEWEST_WORDS


def said(sentence: str, title: str) -> Said:
    figures, bare = quantities(sentence)
    plain = bare.replace("#", " ")
    words = [word for word in _WORD.findall(re.sub(r"#[a-z]+#", " ", bare)) if word not in _STOP]
    return Said(
        sentence, title, tuple(figures), bare, frozenset(_stem(word) for word in words),
        frozenset(_stem(word) for word in _WORD.findall(title.lower()) if word not in _STOP),
        len(_NEGATION.findall(plain)) % 2 == 1, bool(_CONDITION.search(plain)),
        frozenset(_stem(word) for word in words if word in _APART or word.rstrip("s") in _APART),
    )  # fmt: skip


def disagreement(one: Said, other: Said, likeness: float) -> str:
    """Why the two do not fit together, in words for a person; empty when they do. `likeness` is the cosine of their bare forms."""
    if likeness < NEAR or not (one.is_comparable and other.is_comparable) or not _same_subject(one, other):
        return ""
    shared = _shared(one.words, other.words)
    if shared >= SHARED and one.denies == other.denies:
        return _figures_apart(one, other)
    if shared >= DENIED_SHARED and one.denies != other.denies and not (one.has_condition or other.has_condition):
        return "" if _figures_apart(one, other) else gettext_noop("One says that it is so, the other that it is not")
    return ""


def _same_subject(one: Said, other: Said) -> bool:
    if one.apart != other.apart:
        return False
    if one.has_condition != other.has_condition:
        return False
    if min(len(one.words), len(other.words)) >= OWN_WORDS or one.words == other.words:
        return True
    return _shared(one.title_words, other.title_words) >= TITLES_SHARED


def _figures_apart(one: Said, other: Said) -> str:
    """The first kind of figure that both give exactly once and differently. Anything less clear is not a disagreement."""
    kinds = {figure.kind for figure in one.figures}
    if kinds != {figure.kind for figure in other.figures}:
        return ""
    apart = []
    for kind in sorted(kinds):
        here, there = ([f for f in side.figures if f.kind == kind] for side in (one, other))
        if len(here) != len(there):
            return ""
        if all(_overlap(a, b) for a, b in zip(here, there, strict=True)):
            continue
        if len(here) > 1 and sorted((f.low, f.high) for f in here) == sorted((f.low, f.high) for f in there):
            continue
        apart += [(a, b) for a, b in zip(here, there, strict=True) if not _overlap(a, b)]
    if len(apart) != 1:
        return ""
    first, second = apart[0]
    return gettext_noop("“{0}” here, “{1}” there").format(first.said, second.said)


def _overlap(one: Quantity, other: Quantity) -> bool:
    return one.low <= other.high and other.low <= one.high


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of the longer side's words that both have."""
    return len(one & other) / max(len(one), len(other), 1)


def _stem(word: str) -> str:
    """A word without the commonest endings, cut after its root; enough to meet its own plural and past."""
    plain = word.split("'", maxsplit=1)[0]
    for ending in ("ies", "ing", "ed", "es", "s"):
        if plain.endswith(ending) and len(plain) - len(ending) >= 3:
            plain = plain[: -len(ending)]
            break
    return plain.rstrip("e")[:7]
