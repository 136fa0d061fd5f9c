"""Bytes as text, whatever they call themselves. The label is a hint: programs lie, forget, and make names up.

    decoded(data, label)   as the label says, unless the bytes show that it is wrong
    storable(text)         without what a database refuses (NUL, halves of characters)

Only real charsets are ever looked up: Python has codecs that unpack, and some that take long.
"""

import codecs
import re

SAMPLE = 4096
_ALIASES = {
    "ascii": "utf-8", "us-ascii": "utf-8", "ansi_x3.4-1968": "utf-8", "646": "utf-8", "utf8": "utf-8", "unicode": "utf-8",
    "unicode-1-1-utf-7": "utf-7", "latin1": "cp1252", "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "iso_8859-1": "cp1252",
    "gb2312": "gb18030", "gb_2312-80": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030", "936": "gb18030",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932", "ms_kanji": "cp932",
    "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "ksc5601": "cp949", "euc-kr": "cp949", "euckr": "cp949",
    "x-windows-949": "cp949", "windows-949": "cp949", "windows-874": "cp874", "tis-620": "cp874", "iso-8859-11": "cp874",
    "iso-8859-8-i": "cp1255", "iso-8859-8-e": "cp1255", "iso-8859-9": "cp1254", "iso-8859-6-i": "iso8859-6", "x-euc-jp": "euc_jp",
    "x-mac-roman": "mac_roman", "macintosh": "mac_roman", "x-mac-cyrillic": "mac_cyrillic", "big5": "big5hkscs",
    "x-x-big5": "big5hkscs", "cp50220": "iso2022_jp", "csiso2022jp": "iso2022_jp", "koi8": "koi8_r", "x-cp1251": "cp1251",
    "x-cp1252": "cp1252", "iso-10646": "utf-8", "iso-8859-15": "iso8859-15",
}  # fmt: skip
_KNOWN = re.compile(
    r"(?:utf[-_]?(?:7|8|16|32)|ascii|iso8859|latin|cp\d|koi8|gb|hz|big5|shift|euc|iso2022|johab|mac|tis|kz1048|ptcp154)"
)
_LABEL = re.compile(r"[\w.:+-]{1,40}")
_ESCAPES = (b"\x1b$B", b"\x1b$@", b"\x1b(J", b"\x1b$(D")
_CONTROLS = dict.fromkeys(set(range(32)) - {9, 10}, None) | {127: None}
_SURROGATE = re.compile("[\ud800-\udfff]")
_TWO_BYTES = re.compile(rb"\x1b\$[B@]([^\x1b]*)(?:\x1b\([BJ])?|\x1b\([BJ]")


def decoded(data: bytes, label: str = "") -> str:
    """The text of some bytes. Never raises: what makes no sense becomes a replacement character."""
    if any(escape in data for escape in _ESCAPES) and data.isascii():
        return _japanese(data)
    codec = _codec(label)
    # UTF-8 that calls itself western is UTF-8: nobody writes those pairs on purpose.
    for one in (codec, "utf-8") if codec not in ("utf-8", "cp1252") else ("utf-8",):
        try:
            return storable(data.decode(one)) if one else ""
        except (UnicodeError, ValueError):
            continue
    return storable(data.decode(_fallback(data, codec), "replace"))


def storable(text: str) -> str:
    """Line ends as \\n, and nothing that a database refuses or a screen obeys."""
    text = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    return _SURROGATE.sub("\ufffd", text.translate(_CONTROLS)).removeprefix("\ufeff")


def _codec(label: str) -> str:
    """Our name for a charset; UTF-8 for what nobody knows."""
    found = _LABEL.match(label.strip().strip("\"'").lower())
    if not found:
        return "utf-8"
    name = _ALIASES.get(found[0], found[0].replace("windows-", "cp").removeprefix("x-"))
    try:
        real = codecs.lookup(name).name
    except (LookupError, ValueError):
        return "utf-8"
    return real.replace("_", "-") if real == "utf_8" else real if _KNOWN.match(real) else "utf-8"


def _fallback(data: bytes, codec: str) -> str:
    """What bytes are that are not what they say: the label with holes for a charset of many bytes, otherwise a guess."""
    if codec not in ("utf-8", "cp1252", "ascii"):
        return codec
    if codec == "cp1252" or _is_nearly(data, "utf-8"):
        return codec
    return _guess(data[:SAMPLE])


def _is_nearly(data: bytes, codec: str) -> bool:
    """Whether only a few characters are broken, as in a text that was cut."""
    shown = data[:SAMPLE].decode(codec, "replace")
    strange = sum(1 for letter in shown if ord(letter) > 127)
    return shown.count("\ufffd") * 4 <= strange


def _guess(data: bytes) -> str:
    """A charset by what the bytes would say in it: kana, Cyrillic in small letters, Chinese; else western Europe."""
    high = sum(1 for byte in data if byte > 127)
    if high < 2 * sum(chr(byte).isalpha() for byte in data if byte < 128):
        return "cp1252"
    scores = {codec: _plausible(data, codec) for codec in ("euc_jp", "cp932", "koi8_r", "cp1251", "gb18030")}
    best = max(scores, key=lambda codec: scores[codec])
    return best if scores[best] > 0.4 else "cp1252"


def _plausible(data: bytes, codec: str) -> float:
    try:
        letters = [letter for letter in data.decode(codec) if letter > "\x7f"]
    except UnicodeError:
        return 0.0
    if codec in ("koi8_r", "cp1251"):
        return sum("а" <= letter <= "я" for letter in letters) / len(letters)
    if codec == "gb18030":
        return 0.6 * sum("\u4e00" <= letter <= "\u9fff" for letter in letters) / len(letters)
    return sum("\u3040" <= letter <= "\u30fa" for letter in letters) * 1.5 / len(letters)


def _japanese(data: bytes) -> str:
    """ISO-2022-JP with the signs that Windows adds, which Python's own codec refuses."""
    try:
        return storable(data.decode("iso2022_jp"))
    except UnicodeError:
        pass
    high = bytes(byte | 0x80 if 0x20 < byte < 0x7F else byte for byte in range(256))
    plain = _TWO_BYTES.sub(lambda found: (found[1] or b"").translate(high), data)
    return storable(plain.decode("euc_jis_2004", "replace"))
