"""What a file is, by its first bytes. Its name says nothing: a name is what the sender wishes it were."""

import zipfile
from collections.abc import Iterator
from typing import IO

OTHER = "application/octet-stream"
PLAIN, CSV = "text/plain", "text/csv"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
HEAD = 4096

# (offset, bytes, type): the first that fits.
MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", "application/pdf"),
    (4, b"ftyp", "video/mp4"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
)
# A zip archive that holds this part is this kind of document.
PARTS = (("word/document.xml", WORD), ("xl/workbook.xml", EXCEL), ("ppt/presentation.xml", SLIDES))
ZIP = b"PK\x03\x04"
MOST_PARTS = 5_000


def type_of(file: IO[bytes]) -> str:
    """The type by content; a file that nothing is known about is OTHER. Leaves the file at its beginning."""
    file.seek(0)
    head = file.read(HEAD)
    found = next((kind for offset, magic, kind in MAGIC if head[offset:].startswith(magic)), "")
    if head.startswith(ZIP):
        found = _of_archive(file)
    file.seek(0)
    return found or _of_text(head)


def _of_archive(file: IO[bytes]) -> str:
    """Reads the archive's list of contents only; nothing is unpacked."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist()) if len(archive.infolist()) <= MOST_PARTS else set()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return OTHER
    return next((kind for part, kind in PARTS if part in names), OTHER)


def _of_text(head: bytes) -> str:
    """Text is UTF-8 without control characters, and not the markup that a browser would run."""
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The last character may be cut in two by the end of what was read.
        if len(head) < HEAD or error.start < HEAD - 4:
            return OTHER
        text = head[: error.start].decode("utf-8-sig")
    if not text or any((ord(one) < 32 and one not in "\t\r\n\f") or ord(one) == 127 for one in text):
        return OTHER
    if any(mark in text.lower() for mark in ("<!doctype", "<html", "<script", "<svg", "<?xml")):
        return OTHER
    return CSV if _is_table(text) else PLAIN


def _is_table(text: str) -> bool:
    """At least two lines, each with the same number of the same separator."""
    lines = [line for line in text.splitlines() if line.strip()][:20]
    return len(lines) > 1 and any(_evenly(lines[:-1] if len(text) >= HEAD else lines, one) for one in ",;\t")


def _evenly(lines: list[str], separator: str) -> bool:
    counts = set(_counts(lines, separator))
    return len(lines) > 1 and len(counts) == 1 and counts != {0}


def _counts(lines: list[str], separator: str) -> Iterator[int]:
    """Separators outside of quotes."""
    for line in lines:
        yield sum(part.count(separator) for part in line.split('"')[::2])
