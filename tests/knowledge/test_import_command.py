"""`import_knowledge` on folders as people keep them, broken files included."""

import io
import json
import time
import zipfile

import pytest
from django.core.management import CommandError, call_command
from docx import Document
from pypdf import PdfWriter

from core.context import Actor, acting_as
from knowledge.models import Article
from knowledge.sources import Unreadable, read
from knowledge.splitting import sentences

pytestmark = pytest.mark.django_db


def run(*paths):
    out, err = io.StringIO(), io.StringIO()
    call_command("import_knowledge", *map(str, paths), stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def titles():
    with acting_as(Actor.system("test")):
        return dict(Article.objects.values_list("external_id", "title"))


def test_every_kind_of_file_is_read(tmp_path):
    (tmp_path / "a.md").write_text("# Opening hours\n\nWe are **open** from 9 to 5.")
    (tmp_path / "b.html").write_text("<title>Returns</title><script>bad()</script><p>Send it back within 30 days.</p>")
    (tmp_path / "c.txt").write_text("Shipping\nParcels take two days.")
    (tmp_path / "d.csv").write_text("id,title,body\nd1,Payment,We take cards.\n")
    (tmp_path / "e.jsonl").write_text(json.dumps({"id": "e1", "title": "Gifts", "body": "We wrap gifts."}) + "\n")
    document = Document()
    document.add_paragraph("Warranty lasts two years.")
    document.save(tmp_path / "f.docx")
    out, err = run(tmp_path)
    assert err == "" and out.startswith("6 new")
    assert titles() == {
        "a.md": "Opening hours",
        "b.html": "Returns",
        "c.txt": "Shipping",
        "d1": "Payment",
        "e1": "Gifts",
        "f.docx": "F",
    }


def test_bad_files_are_named_and_the_rest_is_imported(tmp_path):
    (tmp_path / "good.md").write_text("# Good\n\nText.")
    (tmp_path / "nul.txt").write_bytes(b"a\0b")
    (tmp_path / "empty.md").write_text("")
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 nothing more")
    (tmp_path / "broken.docx").write_bytes(b"PK no")
    (tmp_path / "lines.jsonl").write_text('{"id": "x", "title": "X", "body": "fine"}\nnot json\n{"id": "y"}\n')
    _, err = run(tmp_path)
    assert set(titles()) == {"good.md", "x"}
    for name in ("nul.txt", "empty.md", "broken.pdf", "broken.docx", "line 2", "line 3"):
        assert name in err


def bomb():
    """A DOCX of some kilobytes that unpacks to 300 MB."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("word/document.xml", b"<w:t>" + b" " * 300_000_000)
    return package.getvalue()


def locked():
    writer, written = PdfWriter(), io.BytesIO()
    writer.add_blank_page(width=72, height=72)
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(written)
    return written.getvalue()


def laughs():
    """A DOCX whose text is an entity that stands for a billion others."""
    document, package = io.BytesIO(), io.BytesIO()
    Document().save(document)
    lines = [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9)]
    body = (
        '<!DOCTYPE d [<!ENTITY l0 "ha">'
        + "".join(lines)
        + ']><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>&l8;</w:t></w:r></w:p></w:body></w:document>'
    )
    with zipfile.ZipFile(document) as old, zipfile.ZipFile(package, "w") as new:
        for entry in old.infolist():
            new.writestr(entry, body if entry.filename == "word/document.xml" else old.read(entry))
    return package.getvalue()


def test_hostile_files_are_named_and_skipped_in_seconds(tmp_path):
    (tmp_path / "good.md").write_text("# Good\n\nText.")
    (tmp_path / "huge.txt").write_bytes(b"a" * 20_000_001)
    (tmp_path / "long.txt").write_text("word " * 300_000)
    (tmp_path / "binary.txt").write_bytes(bytes(range(128, 256)) * 50)
    (tmp_path / "bomb.docx").write_bytes(bomb())
    (tmp_path / "laughs.docx").write_bytes(laughs())
    (tmp_path / "locked.pdf").write_bytes(locked())
    (tmp_path / "half.jsonl").write_text('{"id": "h", "title": "Half", "body": "\\ud800"}\n' + "[" * 100_000)
    began = time.monotonic()
    _, err = run(tmp_path)
    assert set(titles()) == {"good.md"} and time.monotonic() - began < 20
    for name in ("huge.txt", "long.txt", "binary.txt", "bomb.docx", "laughs.docx", "locked.pdf: protected", "line 1", "line 2"):
        assert name in err


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("heads.html", "<head " * 150_000), ("titles.html", "<title>" * 120_000), ("h1.html", "<h1" * 200_000 + "text"),
        ("brackets.md", "[" * 900_000), ("stars.md", "**a" * 300_000), ("ticks.md", "`a``b```c" * 100_000),
        ("deep.html", "<div>" * 100_000 + "deep"), ("quotes.txt", "." + '"' * 900_000), ("spaces.txt", "a" + " " * 900_000 + "b"),
    ],
)  # fmt: skip
def test_markup_made_to_be_slow_is_read_in_a_moment(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    began = time.monotonic()
    found = _read_all(tmp_path / name)
    assert time.monotonic() - began < 5 and len(found) <= 1


def _read_all(path):
    try:
        return [sentences(one.body) for one in read(path, path.parent)]
    except Unreadable:
        return []


def test_nothing_readable_is_an_error(tmp_path):
    with pytest.raises(CommandError):
        run(tmp_path / "missing.md")
