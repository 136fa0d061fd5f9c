"""Does an answer answer: is the kind of thing in it that was asked for, and is each of several questions met?"""

import re
from collections.abc import Sequence

import numpy as np

from knowledge.embedding import read_sentences
from knowledge.splitting import sentences as split
from replies.coverage import COMMON
from replies.types import Sentence

# A question below it has nothing to do with any sentence of the answer.
MET = 0.30
MOST_QUESTIONS = 10
TELLING = 2
READ = 4000

_KINDS = (
    (
        "a link",
        re.compile(r"\b(?:(?:send|give|share|post) (?:me |us )?(?:the|a|your) (?:link|url)|what(?:'s| is) (?:the |your )?(?:link|url|web ?site))\b", re.IGNORECASE),
        re.compile(r"(?i)https?://|www\.|\b[\w-]+\.(?:com|net|org|io|app|example|co)\b|\blink\b|\bweb ?(?:site|page)\b|\bpage\b|\bapp\b"),
    ),
    (
        "a phone number",
        re.compile(r"\b(?:(?:phone|telephone|hotline|contact) number|number (?:can|do|should) i call|what(?:'s| is) your (?:phone|number))\b", re.IGNORECASE),
        re.compile(r"\d{3}|\b(?:call|phone|telephone|number)\b", re.IGNORECASE),
    ),
    (
        "an e-mail address",
        re.compile(r"\b(?:what(?:'s| is) (?:the |your )?(?:support )?e-?mail|(?:your|which|what) e-?mail address (?:can|do|should) i)\b", re.IGNORECASE),
        re.compile(r"@|\be-?mail\b", re.IGNORECASE),
    ),
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_HOW_MUCH = re.compile(
    r"\b(?:how (?:long|much|many|soon|often|old)|what (?:time|date|percentage)|until when|by when)\b", re.IGNORECASE
)
_QUANTITY = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|once|twice|half|first|second|third|hour|day|week|month|year|minute|daily|"
    r"monthly|weekly|yearly|instant\w*|immediate\w*|at once|straight ?away|right away|same day|overnight|any ?time|always|never|free|"
    r"no (?:limit|fee|charge|cost|extra|minimum|maximum)|unlimited|none|nothing|all|every|each|any|several|only|as (?:many|much|often|long)|within|until|"
    r"limits?|depends?|varies|no longer|not (?:possible|limited))s?\b", re.IGNORECASE
)  # fmt: skip


def lacks(question: str, answer: str) -> list[str]:
    """The kinds of things that the question asks for and the answer has not."""
    asked = question[:READ]
    found = [kind for kind, asks, gives in _KINDS if asks.search(asked) and not gives.search(answer)]
    if _HOW_MUCH.search(asked) and not _QUANTITY.search(answer):
        found.append("a number, an amount or a time")
    return found


def questions(text: str) -> list[str]:
    """The single questions of a message that can be told apart: "is it gone?" after another asks nothing of its own."""
    parts = [part for part in split(text[:READ]) if part.rstrip("\"'”’) ").endswith(("?", "？", "؟"))]
    return [part for part in dict.fromkeys(parts) if len(_telling(part)) >= TELLING][:MOST_QUESTIONS]


def _telling(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.lower()) if len(word) > 3 and word not in COMMON}


def unanswered(text: str, answer: Sequence[Sentence]) -> list[str]:
    """Of several questions in one message, those that no sentence of the answer comes near; none when there is but one."""
    asked = questions(text)
    if len(asked) < 2 or not answer:
        return []
    said = np.stack([one.vector for one in read_sentences([sentence.text for sentence in answer])])
    nearest = [float((said @ one.vector).max()) for one in read_sentences(asked)]
    return [question for question, cosine in zip(asked, nearest, strict=True) if cosine < MET]
