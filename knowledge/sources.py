"""Reading articles out of files of many kinds. A file that cannot be read is an error with a name, never a crash."""

import csv
import html
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import nh3
from docx import Document
from pypdf import PdfReader

from core.words import gettext_noop

MAX_BYTES = 20_000_000
# In a request people wait, so a file that is uploaded may be smaller than one that is imported by command.
UPLOAD_BYTES = 10_000_000
MAX_BODY = 1_000_000
MAX_UNPACKED = 200_000_000
TITLE_WITHIN = 50_000
DEEPEST = 500
SUFFIXES = (".md", ".markdown", ".html", ".htm", ".pdf", ".docx", ".txt", ".csv", ".jsonl")

_HEADING = re.compile(r"^#\s+(.+)$", re.MULTILINE)
# Every repetition is bounded: a megabyte of opening brackets must not be read a million times.
_TITLE_TAG = re.compile(r"<title[^>]{0,500}>(.{0,300}?)</title>|<h1[^>]{0,500}>(.{0,300}?)</h1>", re.IGNORECASE | re.DOTALL)
_HEAD = re.compile(r"<(title|head)\b(?=[\s>])", re.IGNORECASE)
_BLOCK_END = re.compile(r"</(?:p|div|li|h[1-6]|tr|section|article|ul|ol|table)>|<br\s*/?>", re.IGNORECASE)
# What needs no closing tag, or never has one, does not nest.
_NESTING = re.compile(
    r"</?(?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr|p|li|d[dt]|t[dhr]|tbody|thead|option|script|style)\b)"
    r"[a-z]", re.IGNORECASE
)  # fmt: skip
_MARK = re.compile(r"(\*\*|__|`{1,3})(?=\S)(.{1,1000}?)(?<=\S)\1")
_LINK = re.compile(r"!?\[([^\[\]\n]{0,500})\]\(([^)\s]{1,2000})[^)\n]{0,500}\)")


class Unreadable(ValueError):
    """The file, or one line of it, holds no article; the message says why, in words for a person."""


@dataclass(frozen=True)
class SourceArticle:
    """One article as a file gives it. `external_id` stays the same from import to import."""

    external_id: str
    title: str
    body: str
    category: str = ""
    url: str = ""
    language: str = ""
    audience: str = "public"


def files_in(path: Path) -> list[Path]:
    """The files to read: the path itself, or every file of a known kind below a folder, in order."""
    if path.is_dir():
        return sorted(one for one in path.rglob("*") if one.is_file() and one.suffix.lower() in SUFFIXES)
    return [path]


def read(path: Path, root: Path) -> Iterator[SourceArticle | Unreadable]:
    """The articles of one file; a bad line of a CSV or JSONL is yielded as Unreadable. Raises Unreadable for a bad file."""
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    yield from articles_in(name, _content(path))


def articles_in(name: str, content: bytes) -> Iterator[SourceArticle | Unreadable]:
    """The same of a file that is no file here, such as an uploaded one. `name` says its kind, and is the id of its one article."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == ".jsonl":
        yield from _jsonl(_text(content))
    elif suffix == ".csv":
        yield from _csv(_text(content))
    else:
        yield _whole(name, suffix, content)


def _content(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise Unreadable(gettext_noop("larger than {0} MB").format(MAX_BYTES // 1_000_000))
        if size == 0:
            raise Unreadable(gettext_noop("empty"))
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(error.strerror or gettext_noop("cannot be opened")) from error


def _text(content: bytes) -> str:
    if b"\0" in content:
        raise Unreadable(gettext_noop("contains NUL bytes, so it is no text"))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(gettext_noop("not UTF-8")) from error


def _whole(name: str, suffix: str, content: bytes) -> SourceArticle:
    title, body = _READERS.get(suffix, _unknown)(content)
    stem = PurePosixPath(name).stem
    return checked(name, title or stem.replace("-", " ").replace("_", " ").strip().capitalize(), body)


def checked(external_id: str, title: str, body: str, **rest: str) -> SourceArticle:
    """An article with tidy fields. Raises Unreadable when something that is needed is missing or far too long."""
    if not external_id.strip() or not title.strip():
        raise Unreadable(gettext_noop("no id or no title"))
    if not body.strip():
        raise Unreadable(gettext_noop("no text in it"))
    if len(body) > MAX_BODY:
        raise Unreadable(gettext_noop("more than {0} characters").format(MAX_BODY))
    whole = external_id + title + body + "".join(rest.values())
    if "\0" in whole:
        raise Unreadable(gettext_noop("contains NUL characters"))
    if any("\ud800" <= c <= "\udfff" for c in whole):
        raise Unreadable(gettext_noop("contains halves of characters"))
    audience = rest.get("audience") or "public"
    if audience not in ("public", "internal"):
        raise Unreadable(f"unknown audience {audience[:40]!r}")
    return SourceArticle(
        external_id.strip()[:200], " ".join(title.split())[:300], body.strip(), rest.get("category", "")[:120],
        rest.get("url", "")[:500], rest.get("language", "")[:12], audience,
    )  # fmt: skip


def _jsonl(text: str) -> Iterator[SourceArticle | Unreadable]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield _one(number, partial(_from_line, line))


def _csv(text: str) -> Iterator[SourceArticle | Unreadable]:
    rows = csv.DictReader(io.StringIO(text), strict=True)
    if not {"id", "title", "body"} <= set(rows.fieldnames or ()):
        raise Unreadable(gettext_noop("needs the columns id, title and body"))
    try:
        for row in rows:
            yield _one(rows.line_num, partial(_from_fields, row))
    except csv.Error as error:
        raise Unreadable(f"line {rows.line_num}: {error}") from error


def _one(number: int, make: Callable[[], SourceArticle]) -> SourceArticle | Unreadable:
    try:
        return make()
    except Unreadable as error:
        return Unreadable(f"line {number}: {error}")


def _from_line(line: str) -> SourceArticle:
    return _from_fields(_object(line))


def _object(line: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Unreadable(gettext_noop("not JSON")) from error
    if not isinstance(found, dict):
        raise Unreadable(gettext_noop("not a JSON object"))
    return found


def _from_fields(fields: Mapping[str, object]) -> SourceArticle:
    known = ("id", "title", "body", "category", "url", "language", "audience")
    values = {name: fields.get(name) for name in known}
    if any(value is not None and not isinstance(value, str | int) for value in values.values()):
        raise Unreadable(gettext_noop("a field is no text"))
    texts = {name: "" if value is None else str(value) for name, value in values.items()}
    return checked(texts.pop("id"), texts.pop("title"), texts.pop("body"), **texts)


def _markdown(content: bytes) -> tuple[str, str]:
    text = _text(content)
    heading = _HEADING.search(text)
    title = heading.group(1).strip() if heading else ""
    body = text.replace(heading.group(0), "", 1) if heading else text
    body = _LINK.sub(r"\1 (\2)", body)
    return title, _MARK.sub(r"\2", body)


def _html(content: bytes) -> tuple[str, str]:
    text = _text(content)
    named = _TITLE_TAG.search(text[:TITLE_WITHIN])
    title = plain_text(next(filter(None, named.groups()), "")) if named else ""
    return title, plain_text(_without_head(text))


def _without_head(text: str) -> str:
    """What follows the head, or the title where there is no head. Markup without an end is left for the cleaner."""
    opening = _HEAD.search(text)
    if opening is None:
        return text
    closing = text.lower().find(f"</{opening.group(1).lower()}", opening.end())
    return text if closing < 0 else text[: opening.start()] + text[text.find(">", closing) + 1 :]


def plain_text(markup: str) -> str:
    """The words of some HTML, without scripts and styles, a line per block. Raises Unreadable for markup nested beyond reason."""
    if _depth(markup) > DEEPEST:
        raise Unreadable(gettext_noop("its markup is nested far too deeply"))
    cleaned = nh3.clean(_BLOCK_END.sub("\n", markup), tags=set(), clean_content_tags={"script", "style"})
    lines = (" ".join(line.split()) for line in html.unescape(cleaned).splitlines())
    return "\n".join(line for line in lines if line)


def _depth(markup: str) -> int:
    """How deep the elements nest that must be closed; a parser's time grows with its square."""
    depth = deepest = 0
    for match in _NESTING.finditer(markup):
        depth = max(depth - 1, 0) if match.group().startswith("</") else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _pdf(content: bytes) -> tuple[str, str]:
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise Unreadable(gettext_noop("protected by a password"))
        title = str((reader.metadata.title if reader.metadata else "") or "")
        return title, "\n".join(page.extract_text() for page in reader.pages)
    except Unreadable:
        raise
    except Exception as error:  # pypdf raises whatever a broken file leads it to.
        raise Unreadable(f"not a readable PDF ({type(error).__name__})") from error


def _docx(content: bytes) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if sum(entry.file_size for entry in package.infolist()) > MAX_UNPACKED:
                raise Unreadable(gettext_noop("unpacks to far too much"))
        document = Document(io.BytesIO(content))
    except Unreadable:
        raise
    except Exception as error:  # python-docx and lxml raise whatever a broken file leads them to.
        raise Unreadable(f"not a readable DOCX ({type(error).__name__})") from error
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return document.core_properties.title or "", "\n".join([*(p.text for p in document.paragraphs), *cells])


def _plain(content: bytes) -> tuple[str, str]:
    text = _text(content).strip()
    first, _, rest = text.partition("\n")
    return (first.strip(), rest) if rest.strip() and len(first) <= 120 else ("", text)


def _unknown(content: bytes) -> tuple[str, str]:
    raise Unreadable(gettext_noop("unknown kind of file"))


_READERS = {
    ".md": _markdown, ".markdown": _markdown, ".html": _html, ".htm": _html, ".pdf": _pdf, ".docx": _docx, ".txt": _plain,
}  # fmt: skip
