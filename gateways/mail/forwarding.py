"""Who wrote what a mail passes on: the sender named in the forwarded headers, or that of the mail that is attached."""

import re

from gateways.mail.addresses import one_address
from gateways.mail.structure import Part
from gateways.mail.types import Address

_SUBJECT = re.compile(
    r"^[\s\[]{0,5}(?:(?:re|aw|sv|antw|r|odp)\s{0,2}[:：]\s{0,3}){0,5}(?:fwd?|wg|tr|rv|i|enc|vs|vb|doorst|pd|ilt|i̇lt|vl|fs|továbbítás|"
    r"转发|轉寄|転送|전달|пересл)\s{0,2}[:：]",
    re.I,
)
_FROM = re.compile(
    r"^[\s>*|]{0,16}(?:from|von|de|van|da|od|från|fra|от|lähettäjä|差出人|发件人|寄件者|보낸 사람|kimden|mittente|expéditeur|remitente|feladó)"
    r"\s?\*{0,2}\s?[:：]\*{0,2}\s{0,4}(\S.{0,390})$",
    re.I,
)
_OTHER = re.compile(
    r"^[\s>*|]{0,16}(?:sent|date|to|subject|gesendet|datum|an|betreff|envoyé|à|objet|enviado|fecha|para|asunto|verzonden|aan|onderwerp|"
    r"inviato|data|oggetto|a|assunto|wysłano|do|temat|skickat|till|ämne|sendt|til|emne|отправлено|дата|кому|тема|aihe|päivämäärä|"
    r"送信日時|日時|宛先|件名|发送时间|日期|收件人|主题|보낸 날짜|받는 사람|제목|tarih|konu|dátum|tárgy)(?: \S{1,10})?\s?\*{0,2}\s?[:：]",
    re.I,
)
_LOOKED_AT = 6
_MOST_LINES = 5_000
_LONGEST_LINE = 400


def is_forwarded(subject: str) -> bool:
    """Whether the subject says that the mail was passed on, in the languages of common programs."""
    return bool(_SUBJECT.match(subject[:300]))


def forwarded_from(root: Part, subject: str, text: str) -> Address | None:
    """The writer of what was passed on, as far as subject and text say that something was."""
    if not is_forwarded(subject):
        return None
    return _named_in(text) or _attached(root)


def _named_in(text: str) -> Address | None:
    """The first "From:" that has other headers below it."""
    lines = [line[:_LONGEST_LINE] for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]]
    for at, line in enumerate(lines):
        found = _FROM.match(line)
        if found and any(_OTHER.match(below) for below in lines[at + 1 : at + 1 + _LOOKED_AT]):
            return one_address(found[1].replace("*", " ").replace("[mailto:", "<").replace("]", ">"))
    return None


def _attached(root: Part) -> Address | None:
    inner = next((part.parts[0] for part in root.walk() if part.type == "message/rfc822" and part.parts), None)
    return one_address(inner.headers.plain("from")) if inner else None
