"""Files as readers get them: to be kept, and only four kinds of pictures to be seen, whatever they are called."""

import hashlib
import uuid

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from conversations.models import Attachment
from tests.cast import Cast, conversation
from tests.sockets import signed_in

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32
GIF = b"GIF89a" + b"\0" * 32
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 32
WEBP = b"RIFF\0\0\0\0WEBP" + b"\0" * 32
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path


def kept(message, content: bytes = PNG, name: str = "seam.png", kind: str = "image/png", **fields) -> Attachment:
    key = f"attachments/ab/{uuid.uuid4().hex}"
    default_storage.save(key, ContentFile(content))
    return Attachment.objects.using("owner").create(
        conversation_id=message.conversation_id,
        inbox_id=message.inbox_id,
        message_id=message.pk,
        name=name,
        content_type=kind,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        key=key,
        **fields,
    )


@pytest.fixture
def message(cast: Cast):
    return conversation(cast.orders, cast.cara)[1]


def test_a_file_is_kept_never_run(cast: Cast, message) -> None:
    file = kept(message, b"%PDF-1.7 x", "receipt.pdf", "application/pdf")
    answer = signed_in(cast.ana).get(f"/attachments/{file.pk}/")
    assert answer.content == b"%PDF-1.7 x"
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="receipt.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("content", "kind"), [(PNG, "image/png"), (GIF, "image/gif"), (JPEG, "image/jpeg"), (WEBP, "image/webp")]
)
def test_four_kinds_of_pictures_are_shown_when_asked(cast: Cast, message, content: bytes, kind: str) -> None:
    file = kept(message, content, "a.bin", kind)
    ana = signed_in(cast.ana)
    assert ana.get(f"/attachments/{file.pk}/?preview=1")["Content-Disposition"] == 'inline; filename="a.bin"'
    assert ana.get(f"/attachments/{file.pk}/")["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (SVG, "image/svg+xml"),
        (SVG, "image/png"),
        (b"<html><script>alert(1)</script>", "text/html"),
        (b"<html><script>alert(1)</script>", "image/png"),
        (b"%PDF-1.7", "application/pdf"),
        (GIF, "image/png"),
    ],
)
def test_nothing_else_is_shown_whatever_its_row_says(cast: Cast, message, content: bytes, kind: str) -> None:
    file = kept(message, content, "picture.png", kind)
    answer = signed_in(cast.ana).get(f"/attachments/{file.pk}/?preview=1")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] not in ("image/svg+xml", "text/html")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\r\nSet-Cookie: x=1.png", 'attachment; filename="aSet-Cookie: x=1.png"'),
        ('quo"te.png', 'attachment; filename="quo\\"te.png"'),
        ("../../etc/passwd", 'attachment; filename="passwd"'),
        ("größe 写真.png", "attachment; filename*=utf-8''gr%C3%B6%C3%9Fe%20%E5%86%99%E7%9C%9F.png"),
        ("evil\u202egnp.exe", 'attachment; filename="evilgnp.exe"'),
        ("\0", 'attachment; filename="file"'),
    ],
)
def test_a_name_is_a_label_and_nothing_more(cast: Cast, message, name: str, shown: str) -> None:
    file = kept(message, name=name.replace("\0", "\x01"))
    answer = signed_in(cast.ana).get(f"/attachments/{file.pk}/")
    assert answer["Content-Disposition"] == shown
    assert "Set-Cookie" not in answer.headers


def test_a_file_that_one_may_not_see_is_one_that_is_not_there(cast: Cast, message) -> None:
    file = kept(message)
    ben = signed_in(cast.ben)
    hidden, missing = ben.get(f"/attachments/{file.pk}/"), ben.get("/attachments/999999/")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.content == missing.content
    assert hidden.headers.keys() == missing.headers.keys()


@pytest.mark.parametrize("state", ["waiting", "refused", "infected"])
def test_what_is_not_checked_or_was_refused_is_not_given_out_but_named(cast: Cast, message, state: str) -> None:
    file = kept(message, state=state)
    ana = signed_in(cast.ana)
    assert ana.get(f"/attachments/{file.pk}/").status_code == 404
    page = ana.get(f"/conversations/{message.conversation_id}/").content.decode()
    assert "seam.png" in page and f"/attachments/{file.pk}/" not in page
    said = {
        "waiting": "being checked",
        "refused": "refused: this kind of file is not kept",
        "infected": "blocked by the virus check",
    }
    assert said[state] in page


def test_a_file_whose_bytes_are_gone_is_not_there(cast: Cast, message) -> None:
    file = kept(message)
    default_storage.delete(file.key)
    assert signed_in(cast.ana).get(f"/attachments/{file.pk}/").status_code == 404


def test_a_picture_is_a_small_preview_and_anything_else_a_card_with_name_and_size(cast: Cast, message) -> None:
    picture, paper = kept(message), kept(message, b"%PDF-1.7", "receipt.pdf", "application/pdf")
    drawn = kept(message, SVG, "<b>.svg", "image/svg+xml")
    page = signed_in(cast.ana).get(f"/conversations/{message.conversation_id}/").content.decode()
    assert f'<img src="/attachments/{picture.pk}/?preview=1" alt="seam.png" loading="lazy">' in page
    assert f'href="/attachments/{paper.pk}/" download' in page
    assert f"/attachments/{paper.pk}/?preview" not in page and f"/attachments/{drawn.pk}/?preview" not in page
    assert "&lt;b&gt;.svg" in page


def test_a_stranger_gets_no_file(message) -> None:
    from django.test import Client

    assert Client().get(f"/attachments/{kept(message).pk}/").status_code == 302
