"""Proper names in an answer, and who else it speaks of: what a source must have said or the customer must have brought."""

import json
import re
from functools import cache
from pathlib import Path

from knowledge import embedding

# Where every noun has a capital, a capital says nothing.
CAPITAL_NOUNS = frozenset({"de", "lb"})
_WORD = re.compile(r"[^\W_](?:[\w'’&-]*[^\W_])?")
_CAPITAL = re.compile(r"[A-ZÀ-ÖØ-ÞĀ-ŽΑ-ΩА-Я]")
_ENDS = re.compile(r"""[.!?:;…•\n*\-–—"“”«»(\[>|/]\s*["'“‘«(\[]*$""")
# Said with a capital wherever they stand, and nobody's name.
_NO_NAMES = frozenset(
    [
        "i",
        "i'm",
        "i'll",
        "i've",
        "i'd",
        "ok",
        "faq",
        "faqs",
        "pdf",
        "url",
        "id",
        "app",
        "qr",
        "sms",
        "pin",
        "tv",
        "pc",
        "usb",
        "wifi",
        "hello",
        "dear",
        "please",
    ]
)

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w.,])(?:\+|00|\(0|0)\d[\d ()/.-]{6,18}\d(?![\w])")
_REFERENCE = re.compile(
    r"\b(?:ref(?:erence)?|order|ticket|case|invoice|booking|customer|account|policy|tracking)s?\s*(?:no\.?|number|id|code|#|:)*\s*"
    r"(?:is|are|was)?\s*#?((?=[A-Z0-9-]*\d)[A-Z0-9][A-Z0-9-]{3,24})\b", re.IGNORECASE
)  # fmt: skip
_CODE = re.compile(r"(?<![\w/-])(?=[A-Z-]*\d)(?:[A-Z]{1,6}-?\d{5,16}|\d{7,19})(?![\w/-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,7}(?:\s?[A-Z0-9]{1,3})?\b")


def names(text: str, language: str = "en") -> list[str]:
    """Capitalised words that are no mere beginnings of sentences. Of those, only what no dictionary has is taken for a name."""
    found = []
    for match in _WORD.finditer(text):
        word = match.group()
        if not _CAPITAL.match(word) or word.lower().replace("’", "'") in _NO_NAMES:
            continue
        begins = match.start() == 0 or bool(_ENDS.search(text[max(0, match.start() - 4) : match.start()]))
        if _has_inner(word) or (language not in CAPITAL_NOUNS and (not begins or not _is_ordinary(word))):
            found.append(word)
    return list(dict.fromkeys(found))


def unknown_names(text: str, source: str, language: str = "en") -> list[str]:
    """The names of `text` that `source` does not have, whatever their capitals and endings."""
    known = {_stem(word) for match in _WORD.finditer(source) for word in (match.group(), *re.split(r"[-'’/&]", match.group()))}
    return [name for name in names(text, language) if not all(_stem(part) in known for part in _parts(name))]


def personal(text: str) -> set[str]:
    """E-mail addresses, telephone numbers, numbers of orders and accounts in a text, in the form in which they are compared."""
    found = {match.group().lower() for match in _EMAIL.finditer(text)}
    for pattern in (_PHONE, _IBAN, _CODE):
        found |= {_bare(match.group()) for match in pattern.finditer(text)}
    return found | {_bare(match.group(1)) for match in _REFERENCE.finditer(text)}


def foreign(text: str, *known: str) -> list[str]:
    """Those of `text` that none of the `known` texts has: somebody else's."""
    have = {bare for one in known for bare in personal(one)}
    everything = _bare(" ".join(known))
    return sorted(one for one in personal(text) if one not in have and ("@" in one or one not in everything))


def _has_inner(word: str) -> bool:
    """PayPal, GA4: no sentence gives a word a capital inside."""
    return bool(_CAPITAL.search(word[1:])) and not (word.isupper() and word.isalpha() and len(word) > 5)


def _is_ordinary(word: str) -> bool:
    plain = re.split(r"['’-]", word.lower())[0]
    return plain in _dictionary() or any(
        plain.endswith(end) and plain[: -len(end)] in _dictionary() for end in ("s", "ly", "ing", "ed")
    )


@cache
def _dictionary() -> frozenset[str]:
    """The whole words of the embedding model's vocabulary: some twenty thousand common ones."""
    vocabulary = json.loads(Path(embedding.__file__).with_name("tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    return frozenset(word for word in vocabulary if word.isalpha())


def _parts(name: str) -> list[str]:
    whole = [name] if "-" not in name else [part for part in name.split("-") if part]
    return [re.sub(r"['’]s?$", "", part) for part in whole]


def _stem(word: str) -> str:
    plain = re.sub(r"['’]s$|['’]$", "", word).lower()
    return plain[:-1] if len(plain) > 3 and plain.endswith("s") else plain


def _bare(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())
