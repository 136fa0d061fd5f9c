"""What protects both sides before and after a model reads: secrets are taken out, attacks noticed, sentences held to their passages."""

import re

from core.words import gettext_noop
from gateways.types import Completion
from replies import attacks, facts
from replies.grounding import is_copied
from replies.types import Evidence, Rule, Sentence

ATTACK = Rule("attack", gettext_noop("The message tries to give the assistant orders"), "high")
LEAST_OVERLAP = 0.5

_CARD = re.compile(r"(?<![\w.])(?:\d[ -]?){12,18}\d(?![\w.])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b")
_PASSWORD = re.compile(r"(?i)\b(password|passcode|pin|cvv|cvc|otp)\b(\s*(?:is|:|=)\s*)(\S{3,40})")
_WORD = re.compile(r"[^\W\d_]{4,}")


def redact(text: str) -> str:
    """The text without card numbers, account numbers and passwords; each is replaced by a word that says what it was."""
    text = _IBAN.sub(lambda m: "[account number]" if _is_iban(m.group()) else m.group(), text)
    text = _CARD.sub(lambda m: "[card number]" if _is_card(m.group()) else m.group(), text)
    return _PASSWORD.sub(r"\1\2[secret]", text)


def attack(text: str) -> bool:
    """Whether the text tries to steer the assistant instead of asking it something."""
    return attacks.is_attack(text)


def supported(completion: Completion, evidence: tuple[Evidence, ...]) -> tuple[Sentence, ...]:
    """The answer's sentences; one is supported when the passages it cites bear its figures and most of its words."""
    quotes = {one.number: f"{one.title}\n{one.quote}\n{one.url}" for one in evidence}
    found = []
    for sentence in completion.sentences:
        cited = "\n".join(quotes.get(number, "") for number in sentence.citations)
        found.append(Sentence(sentence.text, sentence.citations, _is_borne(sentence.text, cited)))
    return tuple(found)


def _is_borne(text: str, cited: str) -> bool:
    if not cited.strip():
        return False
    if is_copied(text, cited):
        return True
    if facts.missing(text, cited):
        return False
    words = {word.lower()[:6] for word in _WORD.findall(text)}
    known = {word.lower()[:6] for word in _WORD.findall(cited)}
    return not words or len(words & known) / len(words) >= LEAST_OVERLAP


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
