"""The headers of a mail or of one part of it: found in the bytes, unfolded, decoded.

Written for mails as they are: any line ends, a stray line between two headers, a mailbox's "From " before the first, raw UTF-8,
encoded words in places where none may stand, names cut in pieces (RFC 2231), one character cut in two encoded words.
"""

import binascii
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from gateways.mail.charsets import decoded, storable
from gateways.mail.limits import HEADER_BLOCK_BYTES, HEADER_BYTES, HEADER_TOO_LONG, HEADERS_TOO_LONG, Limits

_END = re.compile(rb"\r{0,2}\n|\r")
_EMPTY_LINE = re.compile(rb"(?:\r{0,2}\n|\r(?!\r?\n))(?:\r{0,2}\n|\r(?!\r?\n))")
_NAME = re.compile(rb"([!-9;-~]{1,100})[ \t]{0,9}:")
_MAILBOX_LINE = re.compile(rb">?From (?![ \t]{0,80}:)")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LONGEST_NAME = 120
_MOST_STRAY_LINES = 5
_SPACES = re.compile(r"\s+")
_CHARSET = re.compile(r"[^\s?=]{1,60}\Z")
_SECTION = re.compile(r"^([^*]{1,60})(?:\*(\d{1,3}))?(\*)?$")


@dataclass(frozen=True)
class Headers:
    """Names in small letters with their values as bytes, in the order in which they came."""

    fields: tuple[tuple[str, bytes], ...] = ()

    def all(self, name: str) -> list[bytes]:
        return [value for one, value in self.fields if one == name]

    def first(self, name: str) -> bytes:
        """The first one's bytes, empty when there is none."""
        return next((value for one, value in self.fields if one == name), b"")

    def has(self, name: str) -> bool:
        return any(one == name for one, _ in self.fields)

    def plain(self, name: str) -> str:
        """The first one as it stands, for what programs read."""
        return raw_text(self.first(name))

    def text(self, name: str) -> str:
        """The first one as people read it."""
        return words(self.first(name))


def raw_text(value: bytes) -> str:
    """The value on one line, encoded words left as they are."""
    return _SPACES.sub(" ", decoded(value)).strip()


def words(value: bytes | str) -> str:
    """The value on one line with its encoded words decoded."""
    shown = decode_words(value if isinstance(value, str) else decoded(value))
    return _SPACES.sub(" ", storable(shown)).strip()


def read_head(raw: bytes, start: int, end: int, limits: Limits) -> tuple[Headers, int]:
    """The headers from `start` on and where the body begins."""
    fields: list[tuple[str, list[bytes]]] = []
    at, last = _first_line(raw, start, end), min(end, start + HEADER_BLOCK_BYTES)
    while at < last:
        found = _END.search(raw, at, end)
        stop, following = (found.start(), found.end()) if found else (end, end)
        if stop == at:
            return _joined(fields, limits), following
        if not _take(raw, at, min(stop, at + HEADER_BYTES + _LONGEST_NAME), fields):
            if not _is_stray(raw, following, end, fields):
                return _joined(fields, limits), at
            fields[-1][1].append(b" " + raw[at : min(stop, at + HEADER_BYTES)])
        at = following
    if at >= end and end <= last:
        return _joined(fields, limits), end
    limits.broke(HEADERS_TOO_LONG)
    blank = _EMPTY_LINE.search(raw, min(at, last), end)
    return _joined(fields, limits), blank.end() if blank else end


def _first_line(raw: bytes, start: int, end: int) -> int:
    """Past empty lines at the very top of a mail and past a mailbox's own line."""
    at = start
    if start == 0 and raw.startswith(_BYTE_ORDER_MARK):
        at += len(_BYTE_ORDER_MARK)
    while start == 0 and at < end and raw[at : at + 1] in (b"\r", b"\n"):
        at += 1
    found = _END.search(raw, at, end) if _MAILBOX_LINE.match(raw, at, end) else None
    return found.end() if found else at


def _take(raw: bytes, at: int, stop: int, fields: list[tuple[str, list[bytes]]]) -> bool:
    """Whether the line is a header or goes on with one."""
    if raw[at : at + 1] in (b" ", b"\t") and fields:
        fields[-1][1].append(raw[at:stop])
        return True
    named = _NAME.match(raw, at, stop)
    if named:
        fields.append((named[1].decode("ascii").lower(), [raw[named.end() : stop]]))
    return bool(named)


def _is_stray(raw: bytes, following: int, end: int, fields: list[tuple[str, list[bytes]]]) -> bool:
    """Whether the headers go on after a line that is none, and after what goes on from that line."""
    at = following
    for _ in range(_MOST_STRAY_LINES):
        found = _END.search(raw, at, min(end, at + HEADER_BYTES)) if raw[at : at + 1] in (b" ", b"\t") else None
        if found is None or found.start() == at:
            break
        at = found.end()
    return bool(fields) and bool(_NAME.match(raw, at, min(end, at + _LONGEST_NAME)))


def _joined(fields: list[tuple[str, list[bytes]]], limits: Limits) -> Headers:
    joined = [(name, b"".join(pieces)) for name, pieces in fields]
    if any(len(value) > HEADER_BYTES for _, value in joined):
        limits.broke(HEADER_TOO_LONG)
    return Headers(tuple((name, value[:HEADER_BYTES].strip(b" \t")) for name, value in joined))


def decode_words(text: str) -> str:
    """Every encoded word decoded (RFC 2047). Neighbours of one charset are joined before, since programs cut inside characters."""
    if "=?" not in text:
        return text
    shown: list[str] = []
    waiting: list[bytes] = []
    charset, at = "", 0
    while True:
        start = text.find("=?", at)
        word = _word(text, start) if start >= 0 else None
        between = text[at:start] if start >= 0 else text[at:]
        if waiting and (word is None or between.strip() or word[0] != charset):
            shown.append(decoded(b"".join(waiting), charset))
            waiting = []
            between = "" if word and not between.strip() else between
        elif waiting:
            between = ""
        shown.append(between)
        if start < 0:
            return "".join(shown)
        if word is None:
            shown.append("=?")
            at = start + 2
        else:
            charset, at = word[0], word[2]
            waiting.append(word[1])


def _word(text: str, start: int) -> tuple[str, bytes, int] | None:
    """Charset, bytes and end of the encoded word that begins here."""
    kind_at = text.find("?", start + 2, start + 64)
    if kind_at < 0 or text[kind_at + 2 : kind_at + 3] != "?":
        return None
    charset, kind = text[start + 2 : kind_at].partition("*")[0], text[kind_at + 1].lower()
    end = text.find("?=", kind_at + 3)
    if kind not in "bq" or end < 0 or not _CHARSET.match(charset):
        return None
    payload = text[kind_at + 3 : end]
    if "=?" in payload:
        return None
    data = payload.encode("utf-8", "replace")
    return charset.lower(), _b(data) if kind == "b" else _q(data), end + 2


def _b(data: bytes) -> bytes:
    return from_base64(data)


def _q(data: bytes) -> bytes:
    return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)


_MOST_PIECES = 10_000
_NOT_BASE64 = bytes(byte for byte in range(256) if not (chr(byte).isascii() and chr(byte).isalnum()) and byte not in b"+/=")


def from_base64(data: bytes) -> bytes:
    """As much as can be had: foreign signs left out, a cut end mended, several pieces one after the other."""
    cleaned = data.translate(None, _NOT_BASE64)
    body, _, rest = cleaned.partition(b"=")
    body = body[:-1] if len(body) % 4 == 1 else body
    whole = binascii.a2b_base64(body + b"=" * (-len(body) % 4))
    pieces = [piece for piece in rest.split(b"=", _MOST_PIECES)[:_MOST_PIECES] if piece]
    if len(cleaned) % 4 or any(len(piece) % 4 == 1 for piece in pieces):
        return whole
    return whole + b"".join(binascii.a2b_base64(piece + b"=" * (-len(piece) % 4)) for piece in pieces)


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """The value before the first ";" in small letters, and its parameters, names cut in pieces put together (RFC 2231)."""
    text = raw_text(value)
    head, _, tail = text.partition(";")
    found: dict[str, list[tuple[int, bool, str]]] = {}
    for name, given in _pairs(tail):
        section = _SECTION.match(name.strip().lower())
        if section:
            found.setdefault(section[1].strip(), []).append((int(section[2] or 0), bool(section[3]), given))
    return head.strip().lower(), {name: _assembled(pieces) for name, pieces in found.items()}


def _pairs(text: str) -> list[tuple[str, str]]:
    """name=value, quoted or not; a value that should have been quoted goes to the next ";"."""
    pairs: list[tuple[str, str]] = []
    at = 0
    while at < len(text) and len(pairs) < 200:
        equals = text.find("=", at)
        if equals < 0:
            break
        name = text[at:equals].rpartition(";")[2].strip()
        at = equals + 1
        while text[at : at + 1] == " ":
            at += 1
        value, at = _quoted(text, at + 1) if text[at : at + 1] == '"' else _bare(text, at)
        pairs.append((name, value))
    return pairs


def _quoted(text: str, at: int) -> tuple[str, int]:
    shown: list[str] = []
    while at < len(text) and text[at] != '"':
        # A backslash protects a quote or itself; in other places it is a Windows path.
        at += text[at] == "\\" and text[at + 1 : at + 2] in ('"', "\\")
        shown.append(text[at : at + 1])
        at += 1
    end = text.find(";", at)
    return "".join(shown), end + 1 if end >= 0 else len(text)


def _bare(text: str, at: int) -> tuple[str, int]:
    end = text.find(";", at)
    end = end if end >= 0 else len(text)
    return text[at:end].strip(), end + 1


def _assembled(pieces: list[tuple[int, bool, str]]) -> str:
    """The plain or the encoded value. An encoded one wins; of two alike the first."""
    encoded = [piece for piece in pieces if piece[1]]
    numbered = sorted({piece[0]: piece for piece in reversed(pieces)}.values())
    if not encoded and len(numbered) == 1:
        return words(pieces[0][2])
    if encoded and len(numbered) == 1:
        numbered = [encoded[0]]
    charset = ""
    data = b""
    for place, (_, is_encoded, value) in enumerate(numbered):
        if is_encoded and place == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        data += unquote_to_bytes(value) if is_encoded else value.encode("utf-8", "replace")
    return words(decoded(data, charset))
