"""Messages that ask for no answer: no words, nothing that can be read, thanks and greetings. Each is held without a draft.

No article is looked for behind a smile: whatever is nearest would be an answer to nothing.
"""

import re
import unicodedata

from core.words import gettext_noop
from replies.types import Rule

EMPTY = Rule("empty", gettext_noop("There are no words in it"), "none")
UNREADABLE = Rule("unreadable", gettext_noop("Cannot be read as text"), "none")
NO_QUESTION = Rule("no_question", gettext_noop("Asks nothing"), "none")
CODES = frozenset({EMPTY.code, UNREADABLE.code, NO_QUESTION.code})

READ = 20_000
MOST_COURTESIES = 15
# The share of a text that may be no text: control characters, halves of pairs, unassigned and private ones.
NOISE = 0.05
_NOISE = ("Cc", "Cs", "Cn", "Co")
_LONGEST_WORD, LONGEST_ORDINARY = 300, 20
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# A message of such words alone is finished when one of the first kind is in it.
_SAID_IN_THANKS = """
thanks thank thx thanx ty tysm cheers ta ok okay k kk oki alright perfect great brilliant super cool nice lovely awesome excellent
wonderful fantastic amazing understood bye goodbye hello hi hey hiya noted danke dankeschön vielen prima tschüss hallo merci parfait
bonjour salut gracias perfecto vale hola adiós grazie perfetto ciao bedankt dank dankjewel hoi doei obrigado obrigada perfeito olá
tchau solved sorted resolved fixed appreciated ありがとう ありがとうございます شكرا 谢谢 спасибо
"""
_SAID_AROUND = """
you so very much many a an lot really again all for your the this that it's its it is was now help helped helpful helping quick quickly fast
reply replying answer answering response support time advice info information good well fine there everyone team guys dear have had day
evening morning afternoon night weekend one then and to of too works working worked got i i'll i'm we me my try will do be best regards
kind wishes yes yep yeah sure just what needed exactly everything no problem issue perfectly happy nevermind never mind schön sehr dir
ihnen ihre für hilfe die schnelle antwort beaucoup pour votre aide muchas por su tu ayuda mille per aiuto je wel voor hulp muito pela
ajuda
"""
_THANKS, _AROUND = frozenset(_SAID_IN_THANKS.split()), frozenset(_SAID_AROUND.split())


def nothing_asked(text: str) -> Rule | None:
    """Why this message needs no answer, or None when it may ask for something."""
    read = unicodedata.normalize("NFKC", text[:READ])
    if _is_noise(text[:READ]):
        return UNREADABLE
    words = [word.lower().replace("’", "'") for word in _WORD.findall(read)]
    if not words:
        return EMPTY
    return NO_QUESTION if _is_courtesy(words, read) else None


def has_sentence(text: str) -> bool:
    """Whether there are words that could say something, whatever stands around them."""
    words = [word for word in _WORD.findall(text[:READ]) if word.isalpha() and len(word) <= LONGEST_ORDINARY]
    return any(word.lower() not in _THANKS | _AROUND for word in words)


def _is_noise(text: str) -> bool:
    odd = sum(c == "\ufffd" or (unicodedata.category(c) in _NOISE and c not in "\n\r\t") for c in text)
    if odd > NOISE * max(1, len(text)) and odd > 1 and text.strip("\0 \n\t\r"):
        return True
    longest = max((len(word) for word in text.split() if word.isascii()), default=0)
    return longest > _LONGEST_WORD and longest > len(text) / 2


def _is_courtesy(words: list[str], text: str) -> bool:
    if "?" in text or "？" in text or len(words) > MOST_COURTESIES:
        return False
    return any(word in _THANKS for word in words) and all(word in _THANKS or word in _AROUND for word in words)
