"""What a mail says anew, apart from what it repeats and how it is signed: by view only, the text itself stays as it came.

    parts(text)    every line of it once, in order, as runs of what was said, quoted, or signed
    said(text)     only what was said: what a reader sees first and what the assistant reads

Mail programs mark quotes by ">", by a line that names the writer ("On Monday Jonas wrote:"), or by the headers of the older mail; each
in the language of its user. Where nothing at all would be left, nothing is folded. Everything is read line by line and lines that
are too long for a header are not looked at twice, so that no text takes long.
"""

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_HEADER = 400
HEADER_LINES = 4
MOST_LINES_ABOVE = 6
LONGEST_SIGNATURE = 25
MOST_WORDS_OF_A_DEVICE = 8


class Kind(enum.StrEnum):
    SAID = "said"
    QUOTE = "quote"
    SIGNATURE = "signature"


@dataclass(frozen=True)
class Part:
    kind: Kind
    text: str

    @property
    def lines(self) -> int:
        return sum(1 for line in self.text.splitlines() if line.strip())


_WROTE = (
    "wrote|writes|schrieb|geschrieben|a écrit|escribió|escribio|ha scritto|scrisse|schreef|skrev|napisał|napisał\\(a\\)|napisała|"
    "kirjoitti|escreveu|написал|написала|написал\\(а\\)|пишет|yazdı|a scris|írta|napsal|napsal\\(a\\)|έγραψε|כתב|كتب|viết"
)
# "On Monday, Jonas wrote:"; in German and Dutch the verb stands before the name, in Chinese and Japanese without a space.
_ENDS_WITH_VERB = re.compile(
    rf"(?:^|[\s>,\"»])(?:{_WROTE})\s?[:：]?[\s-]{{0,6}}$|(?:写道|寫道|のメール|さんは書きました|さんが書きました)[:：]?$", re.I
)
_VERB_THEN_NAME = re.compile(r"^(?:Am|Op|Den)\s.*\d.*\s(?:schrieb|schreef|skrev)\b[^.!?]*[:：]$", re.I)
_BY_MYSELF = re.compile(
    r"\b(?:I|we|you|he|she|they|ich|wir|je|nous|yo|ik|wij)\s+(?:wrote|schrieb\w*|ai écrit|avons écrit|schreef)", re.I
)
_OPENS = re.compile(r"^\W{0,6}(?:on|am|le|el|il|in data|op|den|em|w dniu|dnia|il giorno|no dia|在)\s", re.I)
_OPENS_WITH_DATE = re.compile(r"^\W{0,6}(?:\d|[^\W\d]{2,10}[.,]?\s+\d)")
_ENDS_WITH_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+>+\s?[:：]$")
_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")
_DATED = re.compile(r"\d{1,2}[:.h]\d{2}|\b\d{4}\b|\d{1,2}[./]\d{1,2}[./]\d{2}|\d年")

_FROM = "from|von|de|van|da|od|från|fra|от|lähettäjä|差出人|发件人|寄件者|보낸 사람|kimden|mittente|expéditeur|remitente|feladó"
_OTHER_HEADERS = (
    "sent|date|to|cc|subject|reply-to|gesendet|gesendet am|datum|an|betreff|kopie|envoyé|envoyé le|date d'envoi|à|objet|cc|enviado|"
    "enviado el|fecha|para|asunto|verzonden|aan|onderwerp|inviato|data|oggetto|a|assunto|wysłano|do|temat|skickat|till|ämne|sendt|til|"
    "emne|отправлено|дата|кому|тема|lähetetty|vastaanottaja|aihe|送信日時|日時|宛先|件名|发送时间|收件人|主题|보낸 날짜|받는 사람|제목"
)
_FROM_LINE = re.compile(rf"^[\s*]{{0,12}}(?:{_FROM})\s?\*?\s?[:：]\*?\s*\S", re.I)
_HEADER_LINE = re.compile(rf"^[\s*]{{0,12}}(?:{_OTHER_HEADERS})\s?\*?\s?[:：]", re.I)
_ORIGINAL = re.compile(
    r"^[\s>]{0,12}[-_=*]{2,}\s{0,3}(?:original message|original appointment|forwarded message|forwarded by .{1,80}|"
    r"ursprüngliche nachricht|originalnachricht|weitergeleitete nachricht|weitergeleitete mail|message d['’]origine|message original|"
    r"message transféré|mensaje original|mensaje reenviado|messaggio originale|messaggio inoltrato|oorspronkelijk bericht|"
    r"doorgestuurd bericht|ursprungligt meddelande|oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti|mensagem original|"
    r"mensagem encaminhada|wiadomość oryginalna|исходное сообщение|пересылаемое сообщение|元のメッセージ|転送メッセージ|原始邮件|"
    r"转发的邮件|원본 메시지)\s{0,3}[-_=*]{2,}\s*$|^Begin forwarded message:\s*$|^Anfang der weitergeleiteten Nachricht:\s*$|"
    r"^Début du message transféré\s?:\s*$",
    re.I,
)
_RULE = re.compile(r"^\s{0,4}[-_]{5,}\s*$")
# No mail program puts these above a mail that it quotes: who shows them tells of a mail.
_OF_MACHINES = re.compile(r"^\s{0,12}(?:message-id|return-path|received|mime-version|content-type|delivered-to)\s?:", re.I)
_ANY_HEADER = re.compile(r"^\s{0,12}[a-z-]{2,40}\s?:\s", re.I)

_DASHES = re.compile(r"^(?:--|—|––)\s*$")
_SENT_FROM = re.compile(
    r"^(?:sent from|sent via|sent with|get outlook for|gesendet von|gesendet mit|von meinem .{1,40} gesendet|envoyé de(?:puis)?|"
    r"envoyé à partir de|envoyé avec|télécharger outlook pour|enviado desde|enviado con|enviado do|enviado a partir do|obtener outlook para|"
    r"inviato da|verzonden vanaf|verstuurd vanaf|skickat från|sendt fra|lähetetty|wysłane z|отправлено с|iphoneから送信|"
    r"androidから送信|从我的|發自我的|发自我的)\b[^.,;!?]{0,60}(?:<https?://\S{1,200}>)?\.?$|^iPhoneから送信$|^发自我的\S{1,20}$",
    re.I,
)
_CONFIDENTIAL = re.compile(
    r"intended recipient|confidential and |enthält vertrauliche|vertrauliche und/oder|nicht der richtige adressat|"
    r"destinataire (?:prévu|désigné)|message (?:est )?confidentiel|destinatario (?:previsto|indicado)|información confidencial",
    re.I,
)


def parts(text: str) -> list[Part]:
    """The whole text as runs of one kind each; joined they are the text, up to the line ends."""
    lines = text.splitlines()
    kinds = _kinds(lines)
    if not any(kind is Kind.SAID and line.strip() for kind, line in zip(kinds, lines, strict=True)):
        return [Part(Kind.SAID, text)] if text.strip() else []
    return [Part(kind, "\n".join(run)) for kind, run in _runs(lines, kinds)]


def said(text: str) -> str:
    """Without quotes and signature; the whole text where nothing else is in it."""
    return "\n\n".join(part.text.strip("\n") for part in parts(text) if part.kind is Kind.SAID).strip()


def _kinds(lines: list[str]) -> list[Kind]:
    kinds = _quoted(lines)
    _sign(lines, kinds)
    return kinds


def _quoted(lines: list[str]) -> list[Kind]:
    """Quotes by their marks. What follows a header that no ">" continues is the older mail, to the end."""
    kinds, at, is_code = [Kind.SAID] * len(lines), 0, False
    while at < len(lines):
        line = lines[at]
        is_code ^= line.lstrip().startswith("```")
        length = 0 if is_code else _header_at(lines, at)
        if length and not _is_marked(lines, at + length):
            return kinds[:at] + [Kind.QUOTE] * (len(lines) - at)
        if length or (not is_code and line.lstrip().startswith(">")):
            kinds[at : at + max(length, 1)] = [Kind.QUOTE] * max(length, 1)
        at += max(length, 1)
    return kinds


def _header_at(lines: list[str], at: int) -> int:
    """How many lines from here on announce an older mail; 0 when they do not."""
    line = lines[at]
    if len(line) > LONGEST_HEADER or not line.strip() or line.lstrip().startswith(">"):
        return 0
    if _ORIGINAL.match(line):
        return 1
    if _RULE.match(line):
        below = next((n for n in range(at + 1, min(at + 4, len(lines))) if lines[n].strip()), None)
        return below - at if below is not None and _is_header_block(lines, below) else 0
    return 1 if _is_header_block(lines, at) else _naming(lines, at)


def _is_header_block(lines: list[str], at: int) -> bool:
    """ "From:" and at least one more header within the next lines."""
    if len(lines[at]) > LONGEST_HEADER or not _FROM_LINE.match(lines[at]) or _is_told_of(lines, at):
        return False
    following = [line for line in lines[at + 1 : at + 6] if len(line) <= LONGEST_HEADER]
    found = sum(1 for line in following if _HEADER_LINE.match(line))
    return found >= 2 or (found == 1 and bool(_ADDRESS.search(lines[at])))


def _is_told_of(lines: list[str], at: int) -> bool:
    """Whether the writer shows the headers of some mail ("I got this:") and goes on after them, as servers' notices do."""
    above = at - 1
    while above >= max(0, at - MOST_LINES_ABOVE) and _ANY_HEADER.match(lines[above][:LONGEST_HEADER]):
        if _OF_MACHINES.match(lines[above][:LONGEST_HEADER]):
            return True
        above -= 1
    return (
        above == at - 1 >= 0
        and lines[above].rstrip()[-1:] in (":", "：")
        and not _names_a_writer(lines[above][:LONGEST_HEADER], is_followed=True)
    )


def _naming(lines: list[str], at: int) -> int:
    """How many lines "On Monday, Jonas wrote:" takes, which programs like to break; 0 when it is none."""
    if not (_OPENS.match(lines[at]) or _OPENS_WITH_DATE.match(lines[at])):
        return 0
    joined = ""
    for count, line in enumerate(lines[at : at + HEADER_LINES], start=1):
        if not line.strip() or line.lstrip().startswith(">"):
            return 0
        joined = f"{joined} {line.strip()}".strip()
        if len(joined) > LONGEST_HEADER:
            return 0
        if count > 1 and _OPENS.match(line):
            return 0
        if _may_end(joined) and _names_a_writer(joined, is_followed=_is_marked(lines, at + count)):
            return count
    return 0


def _may_end(line: str) -> bool:
    """A quick look before the patterns: most lines are no header."""
    return line.endswith((":", "：", "-")) or line[-1:].isalpha()


def _names_a_writer(line: str, *, is_followed: bool) -> bool:
    has_address, is_dated = bool(_ADDRESS.search(line)), bool(_DATED.search(line))
    if not (is_dated or is_followed) or _BY_MYSELF.search(line):
        return False
    if _ENDS_WITH_VERB.search(line) or _VERB_THEN_NAME.match(line):
        is_closed = line.rstrip().endswith((":", "：", "-"))
        return is_followed or (has_address and is_dated) or (is_dated and is_closed)
    return is_dated and bool(_ENDS_WITH_ADDRESS.search(line))


def _is_marked(lines: list[str], at: int) -> bool:
    """Whether the next line that is not empty begins with ">"."""
    return next((line.lstrip().startswith(">") for line in lines[at : at + 4] if line.strip()), False)


def _sign(lines: list[str], kinds: list[Kind]) -> None:
    """Signatures in what is still said: after "--", "Sent from my phone", what lawyers add. Each only with words before it."""
    has_words, is_code = False, False
    for first, last in list(_said_runs(kinds)):
        for at in range(first, last):
            is_code ^= lines[at].lstrip().startswith("```")
            end = _signature_end(lines, at, last) if has_words and not is_code and kinds[at] is Kind.SAID else 0
            kinds[at:end] = [Kind.SIGNATURE] * (end - at)
            has_words |= bool(lines[at].strip())


def _said_runs(kinds: list[Kind]) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(kinds):
        end = at
        while end < len(kinds) and kinds[end] is Kind.SAID:
            end += 1
        if end > at:
            yield at, end
        at = end + 1


def _signature_end(lines: list[str], at: int, last: int) -> int:
    """Where the signature that begins here ends; 0 when none begins."""
    shown = lines[at].strip()
    if not shown or len(shown) > LONGEST_HEADER:
        return 0
    is_short = last - at <= LONGEST_SIGNATURE
    if _DASHES.match(shown):
        return last if is_short else 0
    if not _is_free(lines, at - 1):
        return 0
    is_device = len(re.sub(r"<\S*>", "", shown).split()) <= MOST_WORDS_OF_A_DEVICE and _SENT_FROM.match(shown)
    if is_device and (at + 1 == last or _is_free(lines, at + 1)):
        return at + 1
    if is_short and all(line.strip() for line in lines[at:last] if line is not lines[last - 1]):
        return last if _CONFIDENTIAL.search(" ".join(lines[at:last])[:2000]) else 0
    return 0


def _is_free(lines: list[str], at: int) -> bool:
    return not 0 <= at < len(lines) or not lines[at].strip()


def _runs(lines: list[str], kinds: list[Kind]) -> Iterator[tuple[Kind, list[str]]]:
    """Runs of one kind; empty lines belong to what stands before them."""
    run: list[str] = []
    current = kinds[0]
    for kind, line in zip(kinds, lines, strict=True):
        if line.strip() and kind is not current:
            yield current, run
            run, current = [], kind
        run.append(line)
    yield current, run
