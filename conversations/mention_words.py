"""Names in a note: which words begin with "@" and mean somebody, and how they are shown."""

import re
from collections.abc import Iterable, Iterator

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from conversations.models import Message

# An "@" that begins a word: not the one in an address.
_SIGN = re.compile(r"(?<![\w@.+-])@")
_WORD = re.compile(r"\w")


def spoken_to(text: str, names: Iterable[str]) -> list[str]:
    """The names after an "@", each once, in order. Of two that fit the longer one is meant; a name that goes on in the text is none."""
    by_length = sorted(names, key=len, reverse=True)
    return list(dict.fromkeys(_at_signs(text, by_length)))


def _at_signs(text: str, by_length: list[str]) -> Iterator[str]:
    for sign in _SIGN.finditer(text):
        found = next((name for name in by_length if _stands_at(text, sign.end(), name)), None)
        if found is not None:
            yield found


def _stands_at(text: str, at: int, name: str) -> bool:
    end = at + len(name)
    return text[at:end].casefold() == name.casefold() and not _WORD.match(text, end)


def named(message: Message) -> list[str]:
    """Every name under which the message's mentions may stand in its text."""
    found: set[str] = set()
    for mention in message.mentions.all():
        found |= {mention.team.name} if mention.team else {mention.user.name, mention.user.first_name}
    return sorted(found - {""}, key=len, reverse=True)


def marked(html: str, names: list[str]) -> SafeString:
    """The names in escaped text, each as a mention."""
    either = "|".join(re.escape(escape(name)) for name in names)
    found = re.sub(rf"(?<![\w@.+-])@(?:{either})(?!\w)", r'<span class="mention">\g<0></span>', html, flags=re.I)
    return mark_safe(found)  # noqa: S308  the text came escaped, and only a span was added
