"""What is brought to do harm by mail: the same at once, archives and pictures that burst, letters that break (security rows 9, 26, 27)."""

import io
import struct
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client

from conversations.models import Attachment, Identity, Inbox, Message
from core import jobs
from intake.mail.taking_in import take_in
from intake.models import Receipt
from tests.build import run_jobs
from tests.house.world import owner_sql
from tests.mails import HOOK_SECRET as SECRET
from tests.mails import comes, conversation_of, count, mail, message_of, with_hook
from tests.sockets import signed_in


@pytest.fixture
def inbox(cast) -> Inbox:
    return with_hook(cast)


def posted(raw: bytes) -> int:
    try:
        return (
            Client()
            .generic("POST", "/hooks/email/support/", raw, content_type="message/rfc822", HTTP_AUTHORIZATION=f"Bearer {SECRET}")
            .status_code
        )
    finally:
        connection.close()


def run(job: int) -> None:
    try:
        jobs.run(job)
    finally:
        connection.close()


def test_security_row_9_the_same_mail_ten_times_at_once_by_two_ways_is_one(inbox) -> None:
    raw = mail("Once, please.", mail_id="<once@customer.example>")
    another_way = b"Received: from elsewhere\n" + raw
    with ThreadPoolExecutor(10) as many:
        assert set(many.map(posted, [raw, another_way] * 5)) == {202}
    assert count("intake_receipt") == 2
    due = [one.id for one in jobs.due(50) if one.lane == "ingest"]
    with ThreadPoolExecutor(10) as many:
        list(many.map(run, due * 5))
    # Of two that were stored at the same moment one fails, and is tried again after a pause.
    owner_sql("UPDATE core_job SET run_at = now() WHERE state = 'ready'")
    run_jobs()
    assert Message.objects.using("owner").filter(direction="in").count() == 1
    assert set(Receipt.objects.using("owner").values_list("outcome", flat=True)) == {"stored", "duplicate"}


def test_a_mail_that_was_taken_in_is_not_taken_in_again(inbox) -> None:
    told = comes(inbox, mail())
    take_in(told.receipt.pk)
    assert count("conversations_message") == 1


def burst() -> bytes:
    """Twenty kilobytes that unpack to twenty megabytes, with another archive and a way out of the folder in it."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(20_000_000))
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../inner.zip", inner.getvalue())
        archive.writestr("word/document.xml", bytes(20_000_000))
    return outer.getvalue()


def huge_picture() -> bytes:
    head = b"IHDR" + struct.pack("!IIBBBBB", 50_000, 50_000, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack("!I", 13) + head + struct.pack("!I", zlib.crc32(head))


def test_security_row_26_what_bursts_when_it_is_opened_is_kept_closed(inbox, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    files = {"bomb.zip": burst(), "huge.png": huge_picture(), "nothing.pdf": b""}
    told = message_of(comes(inbox, mail(files=files)))
    kept = {one.name: one for one in Attachment.objects.using("owner").filter(message=told)}
    assert {name: one.size for name, one in kept.items()} == {name: len(content) for name, content in files.items()}
    for name, content in files.items():
        with default_storage.open(kept[name].key) as stream:
            assert stream.read() == content
    assert sum(one.stat().st_size for one in tmp_path.rglob("*") if one.is_file()) == sum(map(len, files.values()))


LETTERS = (
    "nul \x00 inside", "half \ud83d of a pair", "\u202egnp.exe", "Z\u0351\u036b\u0343" + "\u0310" * 500, "\ufeff\u200b\u2060", "😀" * 300,
    "<script>alert(1)</script>{{7*7}}", "'; DROP TABLE x; --", "﷽" * 100, "\x1b[31mred\x07", "=?utf-8?b?=?=", "a" * 5_000,
)  # fmt: skip


@pytest.mark.parametrize("letters", LETTERS, ids=range(len(LETTERS)))
def test_security_row_27_odd_letters_everywhere_are_stored_and_shown(inbox, cast, letters: str) -> None:
    odd = letters.encode("utf-8", "surrogatepass")
    raw = b"\r\n".join([
        b"From: " + odd[:600] + b" <cara@customer.example>", b"To: support@shop.example, " + odd[:200] + b"@b.example",
        b"Subject: " + odd, b"Message-ID: <" + odd[:100] + b"@c.example>", b"References: <" + odd[:100] + b"@d.example>",
        b"Reply-To: " + odd[:100] + b"@e.example", b"MIME-Version: 1.0", b'Content-Type: multipart/mixed; boundary="b"', b"",
        b"--b", b"Content-Type: text/plain; charset=utf-8", b"", odd, b"--b",
        b'Content-Type: application/octet-stream; name="' + odd[:300] + b'"', b"Content-ID: <" + odd[:100] + b">", b"", odd, b"--b--", b"",
    ])  # fmt: skip
    told = comes(inbox, raw)
    assert told.receipt.outcome == "stored"
    run_jobs()
    page = signed_in(cast.ana).get(f"/conversations/{conversation_of(told).pk}/")
    assert page.status_code == 200
    assert b"<script>alert(1)" not in page.content
    assert Identity.objects.using("owner").get(customer=conversation_of(told).customer_id).address == "cara@customer.example"
