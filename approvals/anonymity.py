"""Taking the person out of a text before it may be kept beside the articles: names, addresses, numbers that lead to somebody.

What is taken out is replaced by a word that says what it was, so that the rest still reads. It takes too much rather than too
little: a wrongly removed number costs a reader a second, a kept one costs a customer.
"""

import re

from conversations.models import Customer, Message
from replies import guard

PLACEHOLDER = re.compile(r"\[(?:name|e-mail address|phone number|address|number|account number|card number|secret|date|link)\]")
SHORTEST_NAME = 2

_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_PERSONAL_LINK = re.compile(r"(?i)\b(?:https?://|www\.)[^\s<>\"')\]?#@=]{0,300}[?#@=][^\s<>\"')\]]*")
_IBAN_LIKE = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b")
_DATE = re.compile(r"\b(?:19|20)\d\d-\d\d-\d\d\b|\b\d{1,2}[./]\d{1,2}[./](?:19|20)\d\d\b")
_BORN = re.compile(r"(?i)\b(?:born(?: on)?|date of birth|d\.?o\.?b\.?|birthday)\b[^.\n]{0,40}")
_PHONE = re.compile(r"(?<![\w.,/-])\+?\(?\d[\d ()/.-]{5,18}\d(?![\w])")
# Six digits are a number of somebody's; four will do beside a letter.
_NUMBER = re.compile(
    r"(?<![\w.,:])#?(?=(?:[\d-]{0,9}\d){6}|(?=[\d-]{0,30}[A-Z])(?:[A-Z-]{0,9}\d){4})[A-Z\d][A-Z\d-]{4,30}(?!\w)", re.IGNORECASE
)
_SORT_CODE = re.compile(r"\b\d{2}-\d{2}-\d{2}\b")
_NETWORK = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_HANDLE = re.compile(r"(?<![\w@])@[A-Za-z]\w{1,30}")
_STREET = re.compile(
    r"\b(?:(?:flat|apartment|apt\.?|unit) \w{1,5},? )?\d{1,5}[a-zA-Z]?,? (?:[A-ZÄÖÜ][\w'’.-]{1,30} ){1,4}"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Way|Court|Ct|Close|Place|Pl|Square|Sq|Terrace|Crescent|Boulevard|Blvd|Hill|Gardens|Row|Walk)\b\.?"
    r"|\b[A-ZÄÖÜ][\wäöüß-]{1,30}(?:straße|strasse|str\.|weg|platz|gasse|allee|ring) \d{1,4}[a-z]?\b"
    r"|\b(?:rue|via|calle|avenida) (?:[\w'’]{1,20} ){1,4}\d{1,4}\b",
)
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|\b\d{5} [A-ZÄÖÜ][a-zäöüß]{2,30}\b|\b[A-Z]{2} \d{5}(?:-\d{4})?\b")
_WORD = r"[A-ZÀ-ÖØ-Þ][\w'’-]{1,30}"
# Only what introduces a name: "I am Locked out" is not one, so one that says who he is must say "my name is" or the like.
_INTRODUCED = re.compile(
    rf"\b((?i:my (?:full )?name(?:'s| is)|this is|i am|i'm|called|Mr\.?|Mrs\.?|Ms\.?|Miss|Dr\.?|Herr|Frau|Dear|Hi|Hello))( +)({_WORD}(?: {_WORD}){{0,2}})"
)
_NO_NAME = frozenset(
    ["all", "there", "team", "both", "everyone", "sir", "madam", "support", "customer", "sorry", "glad", "happy", "afraid", "sure", "trying", "unable", "locked", "stuck", "not", "a", "an", "the", "in", "on", "at", "from", "your", "our", "to", "very", "still", "about", "calling", "writing", "getting", "having"]
)  # fmt: skip


def impersonal(text: str, names: tuple[str, ...] = ()) -> str:
    """The text without what leads to a person; `names` are those who are known to be in it."""
    text = guard.redact(text[:20_000].replace("\0", " "))
    text = _PERSONAL_LINK.sub("[link]", text)
    text = _EMAIL.sub("[e-mail address]", text)
    text = _BORN.sub(lambda m: f"{m.group().split()[0]} [date]" if re.search(r"\d", m.group()) else m.group(), text)
    text = _STREET.sub("[address]", text)
    text = _POSTCODE.sub("[address]", text)
    text = _IBAN_LIKE.sub("[account number]", text)
    text = _SORT_CODE.sub("[number]", text)
    text = _NETWORK.sub("[number]", text)
    text = _PHONE.sub(_phone, text)
    text = _NUMBER.sub(_reference, text)
    text = _HANDLE.sub("[name]", text)
    for name in sorted(filter(None, _parts(names)), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "[name]", text, flags=re.IGNORECASE if len(name) > 3 else 0)
    text = _INTRODUCED.sub(_introduced, text)
    return re.sub(r"\[name\](?:[ ,]*\[name\])+", "[name]", text)


def names_in(message: Message) -> tuple[str, ...]:
    """Who is known to be in a message's conversation: the customer, and the people who wrote there."""
    people = Message.objects.filter(conversation=message.conversation_id, sender__isnull=False)
    writers = people.values_list("sender__name", flat=True).distinct()
    customer = Customer.objects.filter(pk=message.customer_id).values_list("name", flat=True)
    return tuple(name for name in (*customer, *writers) if name)


def _parts(names: tuple[str, ...]) -> set[str]:
    """Each name, and each word of it."""
    words = {part.strip(".,") for name in names for part in re.split(r"[\s-]+", name)}
    return {name.strip() for name in names} | {word for word in words if len(word) > SHORTEST_NAME}


def _phone(match: re.Match[str]) -> str:
    found = match.group()
    digits = sum(c.isdigit() for c in found)
    if digits < 7 or _DATE.fullmatch(found.strip()) or re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", found):
        return found
    return "[phone number]" if digits <= 15 else "[number]"


def _reference(match: re.Match[str]) -> str:
    return match.group() if _DATE.fullmatch(match.group()) else "[number]"


def _introduced(match: re.Match[str]) -> str:
    opening, space, found = match.groups()
    first = found.split()[0].strip(".,").lower()
    return match.group() if first in _NO_NAME else f"{opening}{space}[name]"
