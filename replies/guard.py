"""What protects both sides: secrets out before a model reads, attacks noticed, every fact of an answer held to its passage."""

import re
import unicodedata

from gateways.types import Completion
from replies import attacks
from replies.types import Check, Evidence, Rule, Sentence

ATTACK = Rule("attack", "The message tries to give the assistant orders", "high")
LEAST_OVERLAP = 0.5

_CARD = re.compile(r"(?<![\w.])(?:\d[ -]?){12,18}\d(?![\w.])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b")
_PASSWORD = re.compile(r"(?i)\b(password|passcode|pin|cvv|cvc|otp)\b(\s*(?:is|:|=)\s*)(\S{3,40})")
_LINK = re.compile(r"(?i)\b(?:https?://|www\.)[^\s<>\"')\]]+")
_FIGURE = re.compile(r"\d+(?:[.,:/]\d+)*")
_WORD = re.compile(r"[^\W\d_]{4,}")
_PROMISE = re.compile(
    r"(?i)\b(?:refund (?:is |has been |was )?(?:approved|granted|issued)|(?:we|i) (?:will|have|'ll) (?:refund|compensate|waive|credit)"
    r"|compensation of|as an exception|guarantee that)\b"
)
_LEAK = re.compile(r"(?i)\b(?:system prompt|my instructions|customer_message|answer_language|as an ai\b|language model)\b")


def redact(text: str) -> str:
    """The text without card numbers, account numbers and passwords; each is replaced by a word that says what it was."""
    text = _IBAN.sub(lambda m: "[account number]" if _is_iban(m.group()) else m.group(), text)
    text = _CARD.sub(lambda m: "[card number]" if _is_card(m.group()) else m.group(), text)
    return _PASSWORD.sub(r"\1\2[secret]", text)


def attack(text: str) -> bool:
    """Whether the text tries to steer the assistant instead of asking it something."""
    return attacks.is_attack(text)


def supported(completion: Completion, evidence: tuple[Evidence, ...]) -> tuple[Sentence, ...]:
    """The answer's sentences; one is supported when the passages it cites bear its figures, links and most of its words."""
    quotes = {one.number: f"{one.title} {one.quote} {one.url}" for one in evidence}
    found = []
    for sentence in completion.sentences:
        cited = " ".join(quotes.get(number, "") for number in sentence.citations)
        found.append(Sentence(sentence.text, sentence.citations, _is_borne(sentence.text, cited)))
    return tuple(found)


def checks(sentences: tuple[Sentence, ...], evidence: tuple[Evidence, ...], question: str) -> tuple[Check, ...]:
    """Every check of a finished answer, passed or not, in the order in which people read them."""
    text = " ".join(sentence.text for sentence in sentences)
    quotes = " ".join(f"{one.quote} {one.url}" for one in evidence)
    return (
        _check("cited", "Every sentence names its source", [s.text for s in sentences if not s.citations]),
        _check("grounded", "Its sources say so", [s.text for s in sentences if s.citations and not s.supported]),
        _check("figures", "Figures and dates stand in the source", sorted(figures(text) - figures(quotes))),
        _check("links", "Links come from the source", sorted(links(text) - links(quotes))),
        _check("promises", "Promises nothing that the source does not", _promises(text, quotes)),
        _check("leaks", "Says nothing about how it works", [m.group() for m in _LEAK.finditer(text)]),
    )


def figures(text: str) -> set[str]:
    """Every figure of a text, as written but without grouping: 1,000 and 1000 are the same."""
    return {_plain(match.group()) for match in _FIGURE.finditer(unicodedata.normalize("NFKC", text))}


def links(text: str) -> set[str]:
    return {match.group().rstrip(".,;:!?").lower() for match in _LINK.finditer(text)}


def _promises(text: str, quotes: str) -> list[str]:
    known = " ".join(quotes.lower().split())
    return [match.group() for match in _PROMISE.finditer(text) if match.group().lower() not in known]


def _is_borne(text: str, cited: str) -> bool:
    if not cited.strip():
        return False
    if figures(text) - figures(cited) or links(text) - links(cited):
        return False
    words = {word.lower()[:6] for word in _WORD.findall(text)}
    known = {word.lower()[:6] for word in _WORD.findall(cited)}
    return not words or len(words & known) / len(words) >= LEAST_OVERLAP


def _check(code: str, label: str, found: list[str]) -> Check:
    return Check(code, label, "bad" if found else "ok", "; ".join(found)[:300])


def _plain(figure: str) -> str:
    return re.sub(r"[,.](?=\d{3}\b)", "", figure).strip(".,:/")


def _is_card(text: str) -> bool:
    """Luhn's check (ISO/IEC 7812-1) on 13 to 19 digits."""
    digits = [int(c) for c in text if c.isdigit()]
    if not 13 <= len(digits) <= 19:
        return False
    doubled = [d if place % 2 == 0 else sum(divmod(2 * d, 10)) for place, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def _is_iban(text: str) -> bool:
    """The remainder check of ISO 13616."""
    plain = text.replace(" ", "")
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1
