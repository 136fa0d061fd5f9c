"""Files on the form and on the customer's page: said before, checked after, stored once, and never at the cost of the words."""

import io
import json
import re
import zipfile
from typing import Any

import pytest
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from conversations.channel_limits import LIMITS
from conversations.models import Attachment, Conversation, Message
from core import limits
from intake import nonces
from intake.framing import MOST_BYTES
from intake.links import conversation_token
from intake.models import Receipt
from tests.cast import Cast, conversation

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
MOST = LIMITS["web"]
HX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_REQUEST_TYPE": "partial"}


@pytest.fixture
def cara(cast: Cast) -> Client:
    limits.forget()
    caches["redis"].clear()
    caches["process"].clear()
    return Client()


def upload(name: str = "parcel.png", content: bytes = PNG, kind: str = "image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, kind)


def send(client: Client, cast: Cast, *files: SimpleUploadedFile, **more: Any) -> Any:
    fields = {"message": "It broke", "email": "cara@customer.example", "nonce": nonces.issue(f"inbox {cast.orders.pk}")} | more
    return client.post("/contact/", fields | {"files": list(files)})


def write(client: Client, matter: Conversation, *files: SimpleUploadedFile, text: str = "See here", **more: Any) -> Any:
    fields = {"text": text, "nonce": nonces.issue(f"conversation {matter.pk}"), "files": list(files)}
    return client.post(f"/c/{conversation_token(matter.pk)}/messages/", fields, **more)


def kept() -> list[tuple[str, str, int]]:
    return [(one.name, one.content_type, one.size) for one in Attachment.objects.using("owner").order_by("pk")]


def stored() -> tuple[int, ...]:
    return tuple(model.objects.using("owner").count() for model in (Message, Receipt, Attachment))


def test_what_may_be_sent_is_said_before_anything_is_chosen(cara: Client, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    for address in ("/contact/", f"/c/{conversation_token(matter.pk)}/"):
        page = cara.get(address).content.decode()
        field = re.search(r'<input type="file"[^>]*>', page)[0]
        assert "multiple" in field and "application/pdf" in field and "files_helptext" in field
        assert "Up to 10 files" in page and "10.0\xa0MB each" in page and "25.0\xa0MB together" in page
        assert 'enctype="multipart/form-data"' in page


def test_files_go_with_the_message_and_its_receipt_knows_them(cara: Client, cast: Cast) -> None:
    answer = send(cara, cast, upload(), upload("list.csv", b"a;b\n1;2\n", "text/csv"))
    assert answer.status_code == 303
    assert kept() == [("parcel.png", "image/png", 72), ("list.csv", "text/csv", 8)]
    payload = json.loads(bytes(Receipt.objects.using("owner").get().payload))
    assert [one["name"] for one in payload["files"]] == ["parcel.png", "list.csv"]
    assert "parcel.png" in cara.get(answer["Location"]).content.decode()


def test_the_type_is_what_is_in_it_and_not_what_it_is_called(cara: Client, cast: Cast) -> None:
    send(cara, cast, upload("invoice.pdf.exe", b"%PDF-1.7 and more", "application/x-msdownload"))
    assert kept() == [("invoice.pdf.exe", "application/pdf", 17)]
    refused = send(cara, cast, upload("holiday.png", b"MZ\x90\0 a program", "image/png"))
    assert refused.status_code == 422 and "holiday.png is no kind of file that can be sent here" in refused.content.decode()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.png", "passwd.png"), ("C:\\Users\\x\\photo.png", "photo.png"), ("a\u202egnp.exe.png", "agnp.exe.png"),
        ("x" * 400 + ".png", "….png"), ("<script>alert(1)</script>.png", "script"), ("'; DROP TABLE x; --.png", "DROP TABLE"),
    ],
)  # fmt: skip
def test_a_hostile_name_is_shown_as_a_name_and_is_no_path(cara: Client, cast: Cast, name: str, shown: str) -> None:
    assert send(cara, cast, upload(name)).status_code == 303
    found = Attachment.objects.using("owner").get()
    assert shown in found.name and "/" not in found.name and "\u202e" not in found.name and len(found.name) <= 120
    assert re.fullmatch(r"attachments/[0-9a-f]{2}/[0-9a-f]{62}", found.key)
    page = cara.get(f"/c/{conversation_token(found.conversation_id)}/").content.decode()
    assert "<script>alert" not in page


def big_zip() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.bin", b"\0" * 5_000_000)
    return made.getvalue()


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([("empty.png", b"")], "empty.png is empty"),
        ([("large.pdf", b"%PDF-" + b"x" * MOST.file_bytes)], "large.pdf has 10.0\xa0MB"),
        ([(f"{n}.png", PNG) for n in range(11)], "Choose at most 10 files"),
        ([(f"{n}.pdf", b"%PDF-" + b"x" * (9 * 1024 * 1024)) for n in range(3)], "All files together may have 25.0\xa0MB"),
        ([("page.html", b"<!doctype html><script>alert(1)</script>")], "page.html is no kind of file"),
        ([("image.svg", b"<svg onload=alert(1)>")], "image.svg is no kind of file"),
        ([("bomb.zip", big_zip())], "bomb.zip is no kind of file"),
        ([("good.png", PNG), ("bad.exe", b"MZ\x90\0")], "bad.exe is no kind of file"),
    ],
    ids=["empty", "large", "many", "together", "page", "drawing", "archive", "one of two"],
)
def test_what_is_refused_is_named_and_the_words_stay(
    cara: Client, cast: Cast, files: list[tuple[str, bytes]], reason: str
) -> None:
    before = stored()
    uploads = [upload(name, content) for name, content in files]
    answer = send(cara, cast, *uploads, message="These words stay")
    page = answer.content.decode()
    assert answer.status_code == 422 and page.count(reason) >= 2 and '<a href="#files">' in page
    assert "These words stay</textarea>" in page and "Choose the files again" in page
    assert stored() == before


def test_a_refused_file_leaves_the_words_on_the_customers_page_with_and_without_a_script(cara: Client, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    before = stored()
    page = write(cara, matter, upload("bad.exe", b"MZ\x90\0"), text="Kept <b>")
    assert page.status_code == 422 and "Kept &lt;b&gt;</textarea>" in page.content.decode()
    assert "bad.exe is no kind of file" in page.content.decode()
    part = write(cara, matter, upload("bad.exe", b"MZ\x90\0"), **HX)
    assert part.status_code == 422 and "#write-notice" in part.content.decode() and "<html" not in part.content.decode()
    assert stored() == before


def test_files_need_no_words_on_the_customers_page(cara: Client, cast: Cast) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    assert write(cara, matter, upload(), text="").status_code == 303
    assert kept() == [("parcel.png", "image/png", 72)]
    assert write(cara, matter, text="").status_code == 422


def test_the_same_sending_twice_is_one_message_and_other_files_under_its_number_are_another(cara: Client, cast: Cast) -> None:
    nonce = nonces.issue(f"inbox {cast.orders.pk}")
    first, second = (send(cara, cast, upload(), nonce=nonce) for _ in range(2))
    assert first.status_code == second.status_code == 303 and first["Location"] == second["Location"]
    assert stored() == (1, 1, 1)
    other = send(cara, cast, upload(content=PNG + b"other"), nonce=nonce)
    assert other.status_code == 409 and stored() == (1, 1, 1)


def test_the_largest_that_is_allowed_goes_through(cara: Client, cast: Cast) -> None:
    pdf = b"%PDF-" + b"x" * (8 * 1024 * 1024)
    assert send(cara, cast, *[upload(f"{n}.pdf", pdf) for n in range(3)]).status_code == 303
    assert [size for *_, size in kept()] == [len(pdf)] * 3


@pytest.mark.parametrize("framed", ["", "?embed=1"])
def test_more_than_a_message_can_have_is_refused_before_it_is_taken_apart(cara: Client, cast: Cast, framed: str) -> None:
    matter, _ = conversation(cast.orders, cast.cara)
    before = stored()
    page = f"/c/{conversation_token(matter.pk)}/"
    for address in (f"/contact/{framed}", f"{page}messages/{framed}"):
        answer = cara.post(address, {"files": [upload(content=PNG + b"x" * MOST_BYTES)]})
        assert answer.status_code == 413 and "That was too much at once" in answer.content.decode()
    part = cara.post(f"{page}messages/{framed}", {"files": [upload(content=PNG + b"x" * MOST_BYTES)]}, **HX)
    assert part.status_code == 413 and "Your text is kept" in part.content.decode() and "<html" not in part.content.decode()
    assert stored() == before
