"""Looking for words: what was said, subjects, names, addresses, numbers and the providers' ids, and where in a text they stand.

What is found are ids, from a function of the database that keeps row security's rule itself (migration 0008 says why); everything
that is shown of them is read as usual.
"""

import re
import unicodedata
from dataclasses import dataclass

from django.db import connection

from accounts.models import User
from conversations.filters import ME, NOBODY, Filters
from conversations.models import Message
from conversations.queries import number

MOST = 100
AROUND = 60
FOUND = "SELECT conversation_id, message_id FROM sec.search(%s, %s, %s, %s, %s, %s, %s, %s)"
_PHONE = re.compile(r"[+()/.\-\s\d]{4,}")
_FOLDED_LETTERS = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "ı": "i"})

Snippet = list[tuple[str, bool]]


@dataclass(frozen=True)
class Found:
    """Conversations, each with the newest message in which the words stand (None when they stand elsewhere).

    `is_cut` says that there are more: the newest come first.
    """

    messages: dict[int, int | None]
    is_cut: bool = False


def search(user: User, filters: Filters) -> Found:
    """What `filters.words` are found in, among what the view shows."""
    words = filters.words.split()
    owner = {NOBODY: 0, ME: user.pk, "": None}.get(filters.assignee, number(filters.assignee))
    owner = {"mine": user.pk, "unassigned": 0}.get(filters.view.key, owner)
    states = [str(state) for state in filters.view.states]
    asked = [words, _digits(filters.words), _ids(filters.words), _number(filters.words), states, owner, filters.inbox, MOST]
    with connection.cursor() as cursor:
        cursor.execute(FOUND, asked)
        found = dict(cursor.fetchall())
    return Found(found, is_cut=len(found) >= MOST)


def snippets(found: Found, conversations: list[int], words: str) -> dict[int, Snippet]:
    """For each of these conversations that was found by what was said: that place, with the words marked."""
    wanted = {found.messages[pk]: pk for pk in conversations if found.messages.get(pk)}
    texts = Message.objects.filter(pk__in=wanted).values_list("pk", "text")
    return {wanted[pk]: snippet(text, words) for pk, text in texts}


def snippet(text: str, words: str) -> Snippet:
    """The text around the first of the words, as (piece, whether it is one of the words)."""
    plain = " ".join(text.split())
    marks = _marks(plain, words)
    start = max(0, (marks[0][0] if marks else 0) - AROUND // 2)
    end = start + 2 * AROUND
    pieces: Snippet = [("…", False)] if start else []
    at = start
    for first, last in marks:
        if first >= end:
            break
        pieces += [(plain[at:first], False), (plain[first:last], True)]
        at = last
    pieces.append((plain[at:end] + ("…" if len(plain) > end else ""), False))
    return [(piece, marked) for piece, marked in pieces if piece]


def folded(text: str) -> str:
    """Small letters without accents, as `sec.folded` makes them."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(one for one in decomposed if not "\u0300" <= one <= "\u036f").lower().translate(_FOLDED_LETTERS)


def _marks(text: str, words: str) -> list[tuple[int, int]]:
    """Where in `text` the words stand, in order and apart from each other."""
    places, plain = [], ""
    for at, letter in enumerate(text):
        plain += folded(letter)
        places += [at] * (len(plain) - len(places))
    found = []
    for word in {folded(one) for one in words.split()} - {""}:
        for match in re.finditer(re.escape(word), plain):
            found.append((places[match.start()], places[match.end() - 1] + 1))
    apart: list[tuple[int, int]] = []
    for first, last in sorted(found):
        if not apart or first >= apart[-1][1]:
            apart.append((first, last))
    return apart


def _digits(words: str) -> str:
    """A telephone number's digits however they were grouped, without the zero that a country drops; "" for anything else."""
    found = re.sub(r"\D", "", words).lstrip("0")
    return found if _PHONE.fullmatch(words) and len(found) >= 4 else ""


def _ids(words: str) -> list[str]:
    """A provider's id as it may have been stored: mail's are kept in angle brackets."""
    bare = words.strip("<> ")
    return [words, bare, f"<{bare}>"] if len(bare) >= 6 and " " not in bare else []


def _number(words: str) -> int | None:
    return number(words.lstrip("#"))
