"""What kind of answer a question asks for."""

import re

_FIGURE = re.compile(r"\d")
_ASKS_FIGURE = re.compile(
    r"\bhow (?:long|much|many|soon|often|old|big|late|early)\b|\bwhen\b|\bwhat (?:time|date|day|number|amount|rate|percentage|"
    r"limit|age|is the (?:fee|cost|price|limit|maximum|minimum|charge))\b|\b(?:fee|cost|price|limit|maximum|minimum)s?\b",
    re.IGNORECASE,
)


def asks_figure(question: str) -> bool:
    """Whether it asks for a number, an amount, a date or a time."""
    return bool(_ASKS_FIGURE.search(question[:2000]))


def has_figure(text: str) -> bool:
    return bool(_FIGURE.search(text))
