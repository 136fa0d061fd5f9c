"""The words of a web page that somebody would read: its main part, without menus, footers and what is there for machines.

A stranger's page is taken apart in a process of its own, with little time and memory: there are pages that a parser reads for hours.
"""

import codecs
import json
import re
import resource
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nh3

from core.words import gettext_noop
from gateways.webpages import WebDocument
from knowledge.sources import MAX_BODY, Unreadable, articles_in

SHORTEST_MAIN = 200
SECONDS, MEMORY = 8, 1_000_000_000

_ALPHABETS = re.compile(
    r"utf-(?:8|8-sig|16|16-le|16-be)|ascii|iso8859-\d{1,2}|cp(?:125\d|874|932|949|950)|koi8-[ru]|gb(?:k|2312|18030)|big5"
    r"|shift_jis|euc_(?:jp|kr)|iso2022_jp|mac-roman"
)
_META = re.compile(rb"<meta[^>]{0,200}charset\s{0,5}=\s{0,5}[\"']?\s{0,5}([A-Za-z0-9_-]{2,20})", re.IGNORECASE)
_SKIPPED = {
    "script", "style", "nav", "footer", "aside", "form", "noscript", "template", "iframe", "svg", "select", "button", "dialog", "object",
    "canvas", "audio", "video", "math", "menu", "head", "title",
}  # fmt: skip
_KEPT = {
    "main", "article", "header", "section", "div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "br", "hr",
    "table", "tr", "td", "th", "pre", "blockquote", "details", "summary", "figcaption",
}  # fmt: skip
_INLINE = {"td", "th"}


def read_document(document: WebDocument) -> tuple[str, str]:
    """Title and text of what was fetched. Raises Unreadable with the reason, in words for a person."""
    command = [sys.executable, "-m", "knowledge.page_text", document.kind, document.charset]
    try:
        done = subprocess.run(
            command, input=document.content or b"", capture_output=True, timeout=SECONDS, env={}, check=False,
            cwd=Path(__file__).resolve().parent.parent,
        )  # fmt: skip
        found = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise Unreadable(gettext_noop("it takes far too long to take apart")) from error
    if "problem" in found:
        raise Unreadable(str(found["problem"]))
    return str(found["title"]), str(found["body"])


def taken_apart(document: WebDocument) -> tuple[str, str]:
    """The same in this process."""
    content = document.content or b""
    if document.kind == "application/pdf":
        return _only("page.pdf", content)
    text = _decoded(content, document.charset)
    if document.kind == "text/plain":
        return _only("page.txt", text.encode())
    title, everything = _only("page.html", text.encode())
    return _main_part(text, title, everything)


def _only(name: str, content: bytes) -> tuple[str, str]:
    [found] = articles_in(name, content)
    if isinstance(found, Unreadable):
        raise found
    title = "" if found.title == "Page" else found.title
    return title or found.body.splitlines()[0][:120], found.body


def _decoded(content: bytes, charset: str) -> str:
    """The text; letters that make no sense become a mark, so that one broken byte does not lose a page."""
    named = _META.search(content[:2048])
    for name in (charset, named.group(1).decode() if named else "", "utf-8"):
        try:
            found = codecs.lookup(name).name if name else ""
        except LookupError:
            continue
        if _ALPHABETS.fullmatch(found):
            return content.decode(found, "replace").replace("\0", " ").lstrip("\ufeff")
    return content.decode("utf-8", "replace").replace("\0", " ")


def _main_part(markup: str, title: str, everything: str) -> tuple[str, str]:
    """The main part where the page marks one, all of it but menus and footers where not."""
    reader = _Reader()
    reader.feed(nh3.clean(markup, tags=_KEPT, clean_content_tags=_SKIPPED, attributes={}))
    reader.close()
    body = reader.main or reader.article or reader.rest or everything
    heading = reader.heading or title
    first, _, others = body.partition("\n")
    if others.strip() and first.lstrip("# ").strip().casefold() == heading.casefold():
        body = others
    return heading[:300], body[:MAX_BODY].strip()


class _Reader(HTMLParser):
    """Gathers lines from cleaned markup, apart for what is in <main>, in <article>, and anywhere. A header counts inside of those."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.depth = {"main": 0, "article": 0, "header": 0, "h1": 0}
        self.line, self.mark, self.heading = "", "", ""
        self.lines: dict[str, list[str]] = {"main": [], "article": [], "rest": []}

    @property
    def main(self) -> str:
        return self._long_enough("main")

    @property
    def article(self) -> str:
        return self._long_enough("article")

    @property
    def rest(self) -> str:
        return "\n".join(self.lines["rest"])

    def _long_enough(self, part: str) -> str:
        text = "\n".join(self.lines[part])
        return text if len(text) >= SHORTEST_MAIN or len(text) * 2 >= len(self.rest) > 0 else ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._break(tag)
        if tag in self.depth:
            self.depth[tag] += 1
        if tag == "li":
            self.mark = "- "
        elif tag in ("h2", "h3", "h4", "h5", "h6"):
            self.mark = "## "

    def handle_endtag(self, tag: str) -> None:
        self._break(tag)
        if tag in self.depth:
            self.depth[tag] = max(self.depth[tag] - 1, 0)

    def handle_data(self, data: str) -> None:
        self.line += data

    def close(self) -> None:
        super().close()
        self._break("")

    def _break(self, tag: str) -> None:
        words = " ".join(self.line.split())
        if tag in _INLINE:
            self.line = f"{words} " if words else ""
            return
        self.line = ""
        if not words:
            return
        marked, self.mark = self.mark + words, ""
        inside = [part for part in ("main", "article") if self.depth[part]]
        if self.depth["h1"] and not self.heading and (inside or not self.depth["header"]):
            self.heading = words
        if inside or not self.depth["header"]:
            for part in (*inside, "rest"):
                self.lines[part].append(marked)


def main() -> None:
    """Document on standard input, title and body or the problem on standard output, as JSON."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        title, body = taken_apart(WebDocument("", sys.argv[1], sys.argv[2], sys.stdin.buffer.read()))
        found = {"title": title, "body": body}
    except Unreadable as error:
        found = {"problem": str(error)}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
