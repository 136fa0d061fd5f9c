"""Files in the composer: told by their content, named harmlessly, and gone when they go nowhere."""

import io
import struct
import zipfile

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from contactcenter import timetable
from conversations.file_types import CSV, EXCEL, OTHER, PLAIN, SLIDES, WORD, type_of
from conversations.models import Attachment, Conversation, Delivery, Inbox, Message
from conversations.outbound import outbound_of
from conversations.uploading import clean_name
from core.context import acting_as
from tests.cast import SYSTEM, Cast, conversation
from tests.conversations.test_composer import reply, says
from tests.conversations.test_screens import HX, owned
from tests.house.world import owner_sql
from tests.sockets import signed_in

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def found(cast: Cast) -> Conversation:
    return conversation(cast.orders, cast.cara)[0]


def archive(*names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return held.getvalue()


def attaches(client: Client, found: Conversation, name: str, data: bytes = PNG, mode: str = "reply"):
    file = SimpleUploadedFile(name or "x", data, content_type="application/pdf")
    return client.post(f"/conversations/{found.pk}/attachments/", {"mode": mode, "file": file}, **HX)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"), (JPEG, "image/jpeg"), (b"GIF89a" + b"\0" * 9, "image/gif"), (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7\n", "application/pdf"), (struct.pack(">I", 24) + b"ftypisom", "video/mp4"), (b"OggS\0\0", "audio/ogg"),
        (b"ID3\x04", "audio/mpeg"), ("Grüße, nothing else".encode(), PLAIN), (b"a;b\n1;2\n", CSV), (b"", OTHER),
        (archive("word/document.xml"), WORD), (archive("xl/workbook.xml"), EXCEL), (archive("ppt/presentation.xml"), SLIDES),
        (archive("payload.exe"), OTHER), (b"PK\x03\x04broken", OTHER), (b"MZ\x90\0", OTHER), (b"\x7fELF", OTHER),
        (b"<html><script>alert(1)</script>", OTHER), (b"<?xml version='1.0'?><svg onload='x'/>", OTHER),
        ("ä".encode() * 5000, PLAIN), ("x" + "ä" * 5000).encode() and (("x" + "ä" * 5000).encode(), PLAIN),
    ],
)  # fmt: skip
def test_a_file_is_what_is_in_it(data: bytes, kind: str) -> None:
    assert type_of(io.BytesIO(data)) == kind


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\Users\\x\\photo.png", "photo.png"), ("inv\u202egnp.exe", "invgnp.exe"),
        ("a\r\nContent-Type: text/html.png", "html.png"), ("nul\0l.png", "null.png"), ("...", "file"), ("", "file"),
        ("\u200b", "file"), ("Grüße für Zoë.pdf", "Grüße für Zoë.pdf"),
    ],
)  # fmt: skip
def test_a_hostile_name_is_shown_cleaned(name: str, shown: str) -> None:
    assert clean_name(name) == shown


def test_a_name_of_five_thousand_characters_keeps_its_ending() -> None:
    shown = clean_name("x" * 5000 + ".pdf")
    assert len(shown) <= 120 and shown.endswith(".pdf")


def test_a_file_is_kept_under_a_random_name_by_its_content(ana: Client, found: Conversation, tmp_path) -> None:
    answer = attaches(ana, found, "../../evil\u202egnp.pdf")
    assert answer.status_code == 200 and "evilgnp.pdf" in answer.content.decode()
    file = owned(Attachment)
    assert file.content_type == "image/png" and file.size == len(PNG) and len(file.sha256) == 64
    assert "evil" not in file.key and len(file.key) > 60
    assert default_storage.open(file.key).read() == PNG
    assert [path.parent.parent.name for path in tmp_path.rglob("*") if path.is_file()] == ["attachments"]


def test_files_go_with_the_message_of_their_mode(ana: Client, found: Conversation) -> None:
    attaches(ana, found, "reply.png")
    attaches(ana, found, "note.png", mode="note")
    says(ana, found.pk, {"mode": "note", "text": "Look", "client_key": "7b0f4f0e-5a0e-4c86-9c5d-000000000001"})
    assert owned(Attachment, name="note.png").message_id == owned(Message, direction="note").pk
    assert owned(Attachment, name="reply.png").message_id is None
    says(ana, found.pk, reply("Here you are"))
    assert owned(Attachment, name="reply.png").message_id == owned(Message, direction="out").pk


def test_the_channel_is_told_which_files_go_with_a_reply(ana: Client, found: Conversation) -> None:
    attaches(ana, found, "reply.png")
    says(ana, found.pk, reply("Here you are"))
    with acting_as(SYSTEM):
        [file] = outbound_of(Delivery.objects.select_related("message__conversation__inbox").get()).files
    assert (file.name, file.content_type, file.size) == ("reply.png", "image/png", len(PNG))
    assert default_storage.open(file.key).read() == PNG


def test_taking_back_a_reply_brings_its_files_back(ana: Client, found: Conversation) -> None:
    attaches(ana, found, "reply.png")
    says(ana, found.pk, reply("Here you are"))
    answer = ana.post(f"/messages/{owned(Message, direction='out').pk}/recall/", **HX).content.decode()
    assert "reply.png" in answer and owned(Attachment).message_id is None
    assert owned(Delivery).state == "recalled"


def test_a_file_taken_out_is_gone_with_its_bytes(ana: Client, found: Conversation) -> None:
    attaches(ana, found, "reply.png")
    file = owned(Attachment)
    assert ana.post(f"/attachments/{file.pk}/removal/", **HX).status_code == 200
    assert not Attachment.objects.using("owner").exists() and not default_storage.exists(file.key)


def test_what_has_been_sent_cannot_be_taken_out_and_a_colleague_s_neither(ana: Client, cast: Cast, found: Conversation) -> None:
    attaches(ana, found, "mine.png")
    file = owned(Attachment)
    assert signed_in(cast.sam).post(f"/attachments/{file.pk}/removal/", **HX).status_code == 404
    assert "mine.png" not in signed_in(cast.sam).get(f"/conversations/{found.pk}/").content.decode()
    says(ana, found.pk, reply("Here you are"))
    assert ana.post(f"/attachments/{file.pk}/removal/", **HX).status_code == 404
    assert owned(Attachment).message_id and default_storage.exists(file.key)


@pytest.mark.parametrize(
    ("channel", "data", "why"),
    [
        ("whatsapp", b"GIF89a" + b"\0" * 9, "does not carry"), ("whatsapp", b"MZ\x90\0", "kind of file that is not known"),
        ("web", b"MZ\x90\0", "kind of file that is not known"), ("web", PNG + b"\0" * 10 * 1024 * 1024, "at most 10.0"),
        ("email", b"", "is empty"),
    ],
)  # fmt: skip
def test_what_a_channel_does_not_carry_is_refused_with_the_reason(cast: Cast, channel: str, data: bytes, why: str) -> None:
    owner_sql(f"UPDATE conversations_inbox SET channel = '{channel}' WHERE slug = 'web'")
    found, _ = conversation(Inbox.objects.using("owner").get(slug="web"), cast.cara)
    answer = attaches(signed_in(cast.ana), found, "thing.bin", data)
    assert why in answer.content.decode().replace("\xa0", " ")
    assert not Attachment.objects.using("owner").exists()


def test_one_refused_file_leaves_the_others(ana: Client, found: Conversation) -> None:
    files = [SimpleUploadedFile("good.png", PNG), SimpleUploadedFile("bad.exe", b"MZ\x90\0")]
    answer = ana.post(f"/conversations/{found.pk}/attachments/", {"mode": "reply", "file": files}, **HX).content.decode()
    assert "good.png" in answer and "bad.exe" in answer
    assert owned(Attachment).name == "good.png"


def test_at_most_ten_files_go_with_one_reply(ana: Client, found: Conversation) -> None:
    for number in range(10):
        attaches(ana, found, f"{number}.png")
    assert "At most 10 files" in attaches(ana, found, "eleven.png").content.decode()
    assert Attachment.objects.using("owner").count() == 10


def test_a_stranger_s_conversation_takes_no_file(cast: Cast, ana: Client) -> None:
    theirs, _ = conversation(cast.app, cast.dan)
    assert attaches(ana, theirs, "x.png").status_code == 404
    assert not Attachment.objects.using("owner").exists()


def test_after_thirty_days_files_that_went_nowhere_are_gone(ana: Client, found: Conversation) -> None:
    attaches(ana, found, "idle.png")
    attaches(ana, found, "sent.png")
    idle = owned(Attachment, name="idle.png")
    ana.post(f"/attachments/{idle.pk}/removal/", **HX)
    says(ana, found.pk, reply("Here you are"))
    attaches(ana, found, "idle.png")
    owner_sql("UPDATE conversations_attachment SET created_at = now() - interval '31 days'")
    idle = owned(Attachment, name="idle.png")
    timetable.forget_idle_texts()
    assert owned(Attachment).name == "sent.png"
    assert not default_storage.exists(idle.key) and default_storage.exists(owned(Attachment).key)
