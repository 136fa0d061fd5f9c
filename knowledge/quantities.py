"""The figures of a sentence with what they count: amounts, shares, lengths of time, dates, times of day, numbers of things.

Two figures can only disagree when they are of one kind. "24 hours" and "one day" are the same figure, "5 days" and "5 working days" are
of two kinds. A bare number counts nothing and is left out.
"""

import re
from dataclasses import dataclass

_WORDS = {
    word: number
    for number, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"]
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100, "twice": 2, "once": 1}  # fmt: skip
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONEY = {
    "£": "gbp", "gbp": "gbp", "pound": "gbp", "pounds": "gbp", "€": "eur", "eur": "eur", "euro": "eur", "euros": "eur",
    "$": "usd", "usd": "usd", "dollar": "usd", "dollars": "usd",
}  # fmt: skip
_CENTS = {"cent": "eur", "cents": "eur", "pence": "gbp"}
_TIME = {
    "second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600, "day": 86400, "week": 604800, "month": 2_592_000, "year": 31_536_000,
}  # fmt: skip
_SIZES = {"kb": 1, "mb": 1000, "gb": 1_000_000, "kilobyte": 1, "megabyte": 1000, "gigabyte": 1_000_000}
_NUMBER = rf"(?:\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?|(?:{'|'.join(_WORDS)})(?![a-z]))"
_RANGE = rf"(?P<low>{_NUMBER})(?:\s?(?:-|–|to|or|and)\s?(?P<high>{_NUMBER}))?"
_UNITS = "|".join(
    (
        r"(?P<percent>%|per ?cent\b)",
        r"(?P<workday>(?:working|business|bank|week)[ -]days?\b)",
        r"(?P<time>(?:calendar )?(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?)\b)",
        r"(?P<money>€|£|\$|(?:pounds?|gbp|euros?|eur|(?:us )?dollars?|usd)\b)",
        r"(?P<cents>(?:euro )?(?:cents?|pence)\b)",
        r"(?P<size>(?:kb|mb|gb|kilobytes?|megabytes?|gigabytes?)\b)",
        r"(?P<noun>(?!(?:of|and|or|to|in|on|at|the|a|is|are|by|for|with|from|if|per|more|other|times?|new|different|free|single)\b)[a-z]{3,20}\b)",
        r"(?P<times>times?\b)",
    )
)
_AFTER = re.compile(rf"(?<![\w.,:/-]){_RANGE}[ -]?(?:{_UNITS})")
_BEFORE = re.compile(rf"(?<!\w)(?P<money>[£€$])\s?{_RANGE}(?![\d:])")
_DAY = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{'|'.join(_MONTHS)})|(?P<month2>{'|'.join(_MONTHS)}) (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?)(?:,? (?P<year>(?:19|20)\d\d))?\b"
)
_CLOCK = re.compile(r"(?<![\d:.])(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?\s?(?P<half>am|pm|a\.m\.|p\.m\.)?(?![\d:])")


@dataclass(frozen=True)
class Quantity:
    """One figure or a range of it: `low` and `high` in the smallest unit of `kind`; `said` is how it is written."""

    kind: str
    low: float
    high: float
    said: str


def quantities(sentence: str) -> tuple[list[Quantity], str]:
    """The figures of a sentence, and the sentence with each of them replaced by its kind."""
    found: list[Quantity] = []
    text = sentence.lower().replace("\u00a0", " ").replace("’", "'")

    def keep(one: Quantity | None, match: re.Match[str]) -> str:
        if one is None:
            return match.group()
        found.append(one)
        kind, _, thing = one.kind.partition(":")
        return f" #{kind}# {thing if kind == 'count' else ''} "

    text = _DAY.sub(lambda m: keep(_day(m), m), text)
    text = _BEFORE.sub(lambda m: keep(_measured(m), m), text)
    text = _AFTER.sub(lambda m: keep(_measured(m), m), text)
    text = _CLOCK.sub(lambda m: keep(_clock(m), m), text)
    return found, " ".join(text.split())


def _value(text: str) -> float:
    return float(_WORDS[text]) if text in _WORDS else float(text.replace(",", ""))


def _measured(match: re.Match[str]) -> Quantity | None:
    parts = match.groupdict()
    low = _value(parts["low"])
    high = _value(parts["high"]) if parts.get("high") else low
    kind, scale = _unit(parts)
    if not kind or high < low:
        return None
    return Quantity(kind, low * scale, high * scale, match.group().strip())


def _unit(parts: dict[str, str | None]) -> tuple[str, float]:
    if parts.get("percent"):
        return "share", 1
    if parts.get("workday"):
        return "workdays", 1
    if time := parts.get("time"):
        return "time", _TIME[time.removeprefix("calendar ").rstrip("s")]
    if money := parts.get("money"):
        return f"money:{_MONEY[money.removeprefix('us ')]}", 100
    if cents := parts.get("cents"):
        return f"money:{_CENTS[cents.removeprefix('euro ')]}", 1
    if size := parts.get("size"):
        return "size", _SIZES[size.rstrip("s") if len(size) > 2 else size]
    if parts.get("times"):
        return "times", 1
    noun = parts.get("noun") or ""
    return (f"count:{noun.rstrip('s')[:6]}", 1) if noun else ("", 1)


def _day(match: re.Match[str]) -> Quantity | None:
    parts = match.groupdict()
    month, day = _MONTHS.index(parts["month"] or parts["month2"]) + 1, int(parts["day"] or parts["day2"])
    if day > 31:
        return None
    place = (int(parts["year"]) * 10_000 if parts["year"] else 0) + month * 100 + day
    return Quantity("date:full" if parts["year"] else "date:day", place, place, match.group())


def _clock(match: re.Match[str]) -> Quantity | None:
    hour, minute, half = int(match["hour"]), match["minute"], (match["half"] or "").replace(".", "")
    if (minute is None and not half) or hour > 24 or int(minute or 0) > 59:
        return None
    hour = hour % 12 + 12 if half == "pm" else 0 if half == "am" and hour == 12 else hour
    place = hour * 60 + int(minute or 0)
    return Quantity("clock", place, place, match.group().strip())
