"""Words that rows keep. They stay English in the row, where programs read them, and are told in the reader's language."""

import re

from django.utils.translation import gettext

# What changes from row to row: a quotation, a number.
GIVEN = re.compile(r"“([^”]*)”|(\d+%?)")


def gettext_noop(text: str) -> str:
    """The text as it is; the name tells makemessages to gather it. Django's own needs settings, which a bare process has not."""
    return text


def known(text: str | None) -> str:
    """A text of ours in the reader's language; whatever else somebody wrote as it is.

    A text with a number or a quotation in it is looked up with {0}, {1} in their places, one with a colon also with what follows as {0}.
    """
    if not text:
        return ""
    told = gettext(text)
    if told != text:
        return told
    for pattern, given in (_pattern(text), _head(text)):
        told = gettext(pattern)
        if told != pattern:
            return told.format(*given)
    return text


def _head(text: str) -> tuple[str, list[str]]:
    head, _, tail = text.partition(": ")
    begun = tail[:1].upper() + tail[1:]
    told = known(begun)
    return f"{head}: {{0}}", [tail if told == begun else told]


def _pattern(text: str) -> tuple[str, list[str]]:
    given: list[str] = []

    def placed(found: re.Match[str]) -> str:
        quoted, number = found.groups()
        given.append(number if quoted is None else quoted)
        place = f"{{{len(given) - 1}}}"
        return place if quoted is None else f"“{place}”"

    return GIVEN.sub(placed, text), given
