"""`import_knowledge` on folders as people keep them, broken files included."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from docx import Document

from core.context import Actor, acting_as
from knowledge.models import Article

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


def test_nothing_readable_is_an_error(tmp_path):
    with pytest.raises(CommandError):
        run(tmp_path / "missing.md")
