"""A message as the mail that carries it (RFC 5322): every byte follows from what is given, so each try is the same mail.

Headers are written here and nowhere else. What people only look at (subject, names) loses every character that could end a line;
what servers act upon (addresses, ids) is refused when it holds one. Plain text alone: it reads well everywhere, its links can be
clicked, and nothing in it can hide.
"""

import base64
import hashlib
import re
import time
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.utils import formatdate

from django.core.files.storage import default_storage

from core.words import gettext_noop
from gateways.errors import GatewayError
from gateways.mail.tokens import MARKER, mark
from gateways.types import Connection, OutboundFile, OutboundMessage

LONGEST_LINE = 76
LONGEST_REFERENCES = 998
LONGEST_ADDRESS = 254
# What fits into one encoded word, so that it stands in one line of 76 letters with the header's name.
WORD_BYTES = 39

# RFC 5322 without what it calls obsolete, and without quoted names: nobody has one, and readers disagree about them.
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\u0080-\U0010ffff-]{1,64}")
_DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_ID = re.compile(r"[!-;=?-~]{1,250}")  # Printable letters but < and >, and as long as a row can keep.
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
# How mail programs of other languages say "Re:".
_ANSWERS = re.compile(r"(?:re|aw|antw|sv|vs|odp|ynt|res|r|rif|回复|答复|回覆)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE)
_INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")
# Two that words of some languages, and some emoji, are written with.
_JOINERS = "\u200c\u200d"
_BODY = policy.SMTP.clone(cte_type="7bit")


@dataclass(frozen=True)
class Envelope:
    """What the server is told, beside the mail: from whom and to whom. `needs_utf8`: an address has letters that not all servers take."""

    sender: str
    recipients: tuple[str, ...]

    @property
    def needs_utf8(self) -> bool:
        return not all(one.isascii() for one in (self.sender, *self.recipients))


def envelope(message: OutboundMessage, connection: Connection) -> Envelope:
    """Exactly the intended recipients, each once. Raises GatewayError (permanent) for what is no address."""
    to, cc = _recipients(message)
    return Envelope(sendable(connection.address), (*to, *cc))


def written(message: OutboundMessage, connection: Connection) -> bytes:
    """The mail. Raises GatewayError: permanent for what can never be written, else when a file cannot be read just now."""
    lines = [_header(name, parts) for name, parts in _headers(message, connection)]
    body = _body(message)
    for name in ("MIME-Version", "Content-Type", "Content-Transfer-Encoding"):
        if name in body:
            lines.append(_BODY.fold(name, body[name]).rstrip("\r\n"))
    content = body.as_bytes().partition(b"\r\n\r\n")[2]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def sendable(address: str) -> str:
    """The address as servers take it, its domain in plain letters. Raises GatewayError (permanent) when it is none."""
    name, _at, host = address.strip().rpartition("@")
    plain = _plain_host(host)
    shaped = _LOCAL.fullmatch(name) and not (name.startswith(".") or name.endswith(".") or ".." in name)
    hidden = any(unicodedata.category(one) in _INVISIBLE or one.isspace() for one in name)
    if not shaped or hidden or not _DOMAIN.fullmatch(plain) or len(f"{name}@{plain}".encode()) > LONGEST_ADDRESS:
        raise GatewayError(
            gettext_noop("This is no e-mail address: {0}").format(address[:80].encode("unicode_escape").decode()),
            permanent=True,
        )
    return f"{name}@{plain}"


def _plain_host(host: str) -> str:
    """The domain in plain letters, empty when it has none that mean the same to everybody: ß is ss to some servers and itself to others."""
    if len(host) > LONGEST_ADDRESS:
        return ""
    try:
        plain = host.encode("idna").decode("ascii").lower()
        return plain if plain.encode("ascii").decode("idna") == unicodedata.normalize("NFKC", host).lower() else ""
    except UnicodeError:
        return ""


def _headers(message: OutboundMessage, connection: Connection) -> list[tuple[str, Sequence[str]]]:
    to, cc = _recipients(message)
    named = (message.recipient_name and {to[0]: message.recipient_name}) or {}
    mail_id = _checked_id(message.mail_id)
    found: list[tuple[str, Sequence[str]]] = [
        ("Date", [formatdate(message.written_at or time.time())]),
        ("From", _mailbox(sendable(connection.address), connection.name)),
        ("Reply-To", _listed([sendable(message.reply_to)], {})) if message.reply_to else ("", []),
        ("To", _listed(to, named)),
        ("Cc", _listed(cc, {})),
        ("Subject", _text(answering(message))),
        ("Message-ID", [f"<{mail_id}>"]),
        ("In-Reply-To", [f"<{one}>" for one in _ids(message.mail_chain[-1:])]),
        ("References", [f"<{one}>" for one in references(message.mail_chain)]),
        (MARKER, [mark(mail_id)]),
    ]
    if message.is_automatic:
        found += [("Auto-Submitted", ["auto-replied"]), ("X-Auto-Response-Suppress", ["All"])]
    return [(name, parts) for name, parts in found if parts]


def answering(message: OutboundMessage) -> str:
    """The subject: with one "Re:" before it when the mail answers another, and as it is when it begins a thread."""
    subject = _visible(message.subject)
    return f"Re: {subject}".rstrip() if message.mail_chain and not _ANSWERS.match(subject) else subject


def references(chain: Iterable[str]) -> list[str]:
    """The ids that a mail goes back to, as many as fit: the first, which began it all, and the newest."""
    found = list(dict.fromkeys(_ids(chain)))
    first, rest = found[:1], found[1:]
    # The header's name and the first one stand in any case; each takes its brackets and the start of a line with it.
    left = LONGEST_REFERENCES - len("References:") - sum(len(one) + 5 for one in first)
    kept: list[str] = []
    for one in reversed(rest):
        left -= len(one) + 5
        if left < 0:
            break
        kept.insert(0, one)
    return first + kept


def _ids(chain: Iterable[str]) -> list[str]:
    """Those that can be said again: what an id must not hold, no server would give."""
    return [one for one in (each.strip().strip("<>") for each in chain) if _ID.fullmatch(one)]


def _checked_id(mail_id: str) -> str:
    if not _ID.fullmatch(mail_id):
        raise GatewayError(gettext_noop("The mail has no usable Message-ID"), permanent=True)
    return mail_id


def _recipients(message: OutboundMessage) -> tuple[list[str], list[str]]:
    """To and Cc, everybody once. Two spellings of one letter case are one address."""
    seen: set[str] = set()

    def fresh(addresses: Iterable[str]) -> list[str]:
        found = []
        for one in map(sendable, addresses):
            if one.lower() not in seen:
                seen.add(one.lower())
                found.append(one)
        return found

    return fresh((message.recipient, *message.also_to)), fresh(message.cc)


def _listed(addresses: Iterable[str], names: dict[str, str]) -> list[str]:
    """Addresses with commas between them."""
    boxes = [_mailbox(one, names.get(one, "")) for one in addresses]
    return [part for *begin, end in boxes[:-1] for part in (*begin, f"{end},")] + [part for box in boxes[-1:] for part in box]


def _mailbox(address: str, name: str) -> list[str]:
    """The name, quoted where it must be, and the address behind it."""
    shown = _visible(name)
    if not shown:
        return [address]
    if not _is_plain(shown, LONGEST_LINE - 16):
        return [*_encoded(shown), f"<{address}>"]
    quoted = shown.replace("\\", "\\\\").replace('"', '\\"')
    return [shown if _ATOMS.fullmatch(shown) else f'"{quoted}"', f"<{address}>"]


def _text(text: str) -> list[str]:
    """A text that is no name and no address, as words that may be broken between."""
    words = text.split()
    return words if all(_is_plain(one, LONGEST_LINE - 16) for one in words) else _encoded(text)


def _is_plain(text: str, longest: int) -> bool:
    """Whether it can stand as it is: nothing in it could be taken for an encoded word."""
    return text.isascii() and "=?" not in text and len(text) <= longest


def _encoded(text: str) -> list[str]:
    """RFC 2047, in base64, broken between letters."""
    pieces, piece = [], b""
    for letter in text:
        more = letter.encode()
        if len(piece) + len(more) > WORD_BYTES:
            pieces.append(piece)
            piece = b""
        piece += more
    return [f"=?utf-8?b?{base64.b64encode(one).decode()}?=" for one in [*pieces, piece] if one]


def _header(name: str, parts: Sequence[str]) -> str:
    """One header, folded between its parts."""
    lines = [f"{name}:"]
    for part in parts:
        fits = len(lines[-1]) + 1 + len(part) <= LONGEST_LINE or lines[-1] == f"{name}:"
        lines[-1:] = [f"{lines[-1]} {part}"] if fits else [lines[-1], f" {part}"]
    return "\r\n".join(lines)


def _visible(text: str) -> str:
    """One line of what can be seen: a line's end, or what turns a text around, has no business in a subject or a name."""
    kept = text.translate({ord(one): "" if unicodedata.category(one) == "Cf" else " " for one in set(text) if _is_hidden(one)})
    return " ".join(kept.split())


def _is_hidden(letter: str) -> bool:
    return unicodedata.category(letter) in _INVISIBLE and letter not in _JOINERS


def _body(message: OutboundMessage) -> EmailMessage:
    body = EmailMessage(policy=_BODY)
    text = message.text.replace("\r\n", "\n").replace("\r", "\n")
    body.set_content(text, charset="utf-8", cte=_encoding_of(text))
    for file in message.files:
        _attach(body, file)
    if message.files:
        # No part can hold it: in all of them a letter follows "=".
        body.set_boundary(f"=_{hashlib.sha256(message.mail_id.encode()).hexdigest()[:32]}")
    return body


def _encoding_of(text: str) -> str:
    """Quoted-printable stays readable; what is mostly other letters would become three times as long by it."""
    return "base64" if sum(not one.isascii() for one in text) * 4 > len(text) else "quoted-printable"


def _attach(body: EmailMessage, file: OutboundFile) -> None:
    kind, _slash, subtype = file.content_type.partition("/")
    # Mails in mails have rules of their own about how they may be encoded; as bytes they arrive unchanged.
    if kind in ("message", "multipart") or not re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", file.content_type):
        kind, subtype = "application", "octet-stream"
    body.add_attachment(_content(file), maintype=kind, subtype=subtype, filename=_visible(file.name) or "file")


def _content(file: OutboundFile) -> bytes:
    try:
        with default_storage.open(file.key) as kept:
            content: bytes = kept.read()
            return content
    except FileNotFoundError as error:
        raise GatewayError(
            gettext_noop("A file of the message is not there any more: {0}").format(_visible(file.name)), permanent=True
        ) from error
    except OSError as error:
        raise GatewayError(gettext_noop("A file of the message cannot be read just now")) from error
