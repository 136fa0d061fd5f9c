"""The hard facts of a text, in a form in which two ways of writing the same one are equal: figures with their units, dates, times.

Only what is surely equal is made equal: "3 March" is "3/3" and "13/03", read as a date, is "13 March", but "03/04" is nobody's date.
"""

import re
import unicodedata
from dataclasses import dataclass

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty"
)
_WRITTEN = {word: str(number) for number, word in enumerate(_SMALL.split())} | {
    "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90",
}  # fmt: skip
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero gennaio januari janeiro", "february feb februar février febrero febbraio februari fevereiro",
            "march mar märz mars marzo maart março", "april apr avril abril aprile", "may mai mayo maggio mei maio",
            "june jun juni juin junio giugno junho", "july jul juli juillet julio luglio julho",
            "august aug août agosto augustus", "september sep sept septembre septiembre settembre setembro",
            "october oct oktober octobre octubre ottobre outubro", "november nov novembre noviembre novembro",
            "december dec dezember décembre diciembre dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
# A unit as it is written, and the one name it is compared by.
_UNITS = {
    "%": "percent", "percent": "percent", "per cent": "percent", "prozent": "percent", "pour cent": "percent",
    "£": "pound", "gbp": "pound", "pound": "pound", "pounds": "pound", "quid": "pound",
    "€": "euro", "eur": "euro", "euro": "euro", "euros": "euro", "$": "dollar", "usd": "dollar", "dollar": "dollar", "dollars": "dollar",
    "¥": "yen", "yen": "yen", "jpy": "yen", "₹": "rupee", "inr": "rupee", "chf": "franc", "pence": "penny", "p": "penny", "cent": "cent",
    "cents": "cent", "second": "second", "seconds": "second", "minute": "minute", "minutes": "minute", "mins": "minute", "min": "minute",
    "hour": "hour", "hours": "hour", "hrs": "hour", "hr": "hour", "day": "day", "days": "day", "week": "week", "weeks": "week",
    "month": "month", "months": "month", "year": "year", "years": "year", "mb": "mb", "gb": "gb", "kb": "kb", "kg": "kg", "km": "km",
}  # fmt: skip
_NUMBER = r"\d+(?:[.,]\d+)*"
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True) if unit.isalpha() or " " in unit)

_LIST = re.compile(r"^\s*\d{1,2}[.)](?=\s|$)", re.MULTILINE)
_FIGURE = re.compile(r"\d+(?:[.,:/]\d+)*")
_WRITTEN_FIGURE = re.compile(
    rf"\b({'|'.join(_WRITTEN)})\b(?=\s+(?:(?:working|business|calendar|full)\s+)?(?:{_UNIT})\b)", re.IGNORECASE
)
_BEFORE = re.compile(rf"([£€$¥₹])\s?({_NUMBER})")
_AFTER = re.compile(
    rf"({_NUMBER})(?:\s?-?(?:to|and|or|bis|à|a|–)?-?\s?({_NUMBER}))?[\s-]?(?:(?:working|business|calendar|full|more|further)\s)?(%|£|€|(?:{_UNIT})\b)",
    re.IGNORECASE,
)
_DAY_MONTH = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+|de\s+)?({_MONTH})\b\.?(?:,?\s+(?:de\s+)?(\d{{4}}))?", re.IGNORECASE
)
_MONTH_DAY = re.compile(rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*(?::|%))(?:,?\s+(\d{{4}}))?", re.IGNORECASE)
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_SLASHED = re.compile(r"(?<![\d/.])(\d{1,2})([/.])(\d{1,2})(?:\2(\d{4}))?(?![\d/]|\.\d)")
_CLOCK = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\s?(am|pm|a\.m\.|p\.m\.)(?![a-z])|\b(\d{1,2}):(\d{2})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Facts:
    """`figures` are numbers as written but without grouping, `amounts` a number with its unit, `dates` (year or "", month, day),
    `times` minutes of the day.
    """

    figures: frozenset[str]
    amounts: frozenset[tuple[str, str]]
    dates: frozenset[tuple[str, int, int]]
    times: frozenset[int]


def facts(text: str) -> Facts:
    """Every hard fact of a text."""
    plain = _in_digits(text)
    return Facts(
        figures(plain), _amounts(plain), frozenset(date for _, date in _dates(plain)), frozenset(t for _, t in _times(plain))
    )


def missing(answer: str, source: str) -> list[str]:
    """What the answer states in figures and the source does not, as people read it; empty when the source bears all of it."""
    plain, known = _in_digits(answer), facts(source)
    found: list[str] = []
    rest = plain
    for written, date in _dates(plain):
        if any(date[1:] == other[1:] and date[0] in ("", other[0]) for other in known.dates):
            rest = rest.replace(written, " ")
    for written, time in _times(rest):
        if time in known.times:
            rest = rest.replace(written, " ")
    found += sorted(figures(rest) - known.figures)
    found += sorted(f"{number} {unit}" for number, unit in _amounts(rest) - known.amounts if number not in found)
    return found


def without_dates(text: str) -> str:
    """The text without its dates: the name of a month in one is no other name."""
    plain = unicodedata.normalize("NFKC", text)
    for written, _ in _dates(plain):
        plain = plain.replace(written, " ")
    return plain


def figures(text: str) -> frozenset[str]:
    """Every figure of a text, as written but without grouping: 1,000 and 1000 are the same."""
    return frozenset(_plain(match.group()) for match in _FIGURE.finditer(unicodedata.normalize("NFKC", text)))


def _in_digits(text: str) -> str:
    """The text with "two hours" as "2 hours"; a number in words that counts no unit stays ("there are two ways").

    The numbers of a list count its lines and are no facts.
    """
    text = _LIST.sub("", text)
    return _WRITTEN_FIGURE.sub(lambda match: _WRITTEN[match.group().lower()], unicodedata.normalize("NFKC", text))


def _amounts(text: str) -> frozenset[tuple[str, str]]:
    found = {(_plain(number), _UNITS[sign]) for sign, number in _BEFORE.findall(text)}
    for first, second, unit in _AFTER.findall(text):
        found |= {(_plain(number), _UNITS[unit.lower()]) for number in (first, second) if number}
    return frozenset(found)


def _dates(text: str) -> list[tuple[str, tuple[str, int, int]]]:
    """Each date with the words it was written in."""
    found = [(m.group(), (m[3] or "", _MONTHS[m[2].lower()], int(m[1]))) for m in _DAY_MONTH.finditer(text)]
    found += [(m.group(), (m[3] or "", _MONTHS[m[1].lower()], int(m[2]))) for m in _MONTH_DAY.finditer(text)]
    found += [(m.group(), (m[1], int(m[2]), int(m[3]))) for m in _ISO.finditer(text)]
    for match in _SLASHED.finditer(text):
        day, month = int(match[1]), int(match[3])
        if month <= 12 and (day > 12 or day == month):
            found.append((match.group(), (match[4] or "", month, day)))
        elif day <= 12 < month:
            found.append((match.group(), (match[4] or "", day, month)))
    return [(written, date) for written, date in found if 1 <= date[1] <= 12 and 1 <= date[2] <= 31]


def _times(text: str) -> list[tuple[str, int]]:
    found = []
    for match in _CLOCK.finditer(text):
        hour, minute, half, plain_hour, plain_minute = match.groups()
        if half:
            at = int(hour) % 12 * 60 + int(minute or 0) + (720 if half[0] in "pP" else 0)
        else:
            at = int(plain_hour) * 60 + int(plain_minute)
        if at < 24 * 60:
            found.append((match.group(), at))
    return found


def _plain(figure: str) -> str:
    plain = re.sub(r"[,.](?=\d{3}(?!\d))", "", figure).strip(".,:/")
    # 4.90 and 4.9 are one price, 5.00 is 5.
    return re.sub(r"(?<=\d)\.0+$|(?<=[.]\d)0$", "", plain) if plain.count(".") == 1 else plain
