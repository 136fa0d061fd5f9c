"""Mails that we write, read by a reader that is not ours: what they say, to whom, and that nothing else can be slipped in."""

import email
import email.header
import email.policy
import uuid
from dataclasses import replace
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from gateways.errors import GatewayError
from gateways.mail.tokens import conversation_in, is_mark, message_id, reply_address
from gateways.mail.writing import Envelope, envelope, references, sendable, written
from gateways.types import Connection, OutboundFile, OutboundMessage

OURS = "support@shop.example"
KEY = str(uuid.UUID("6f2f9f2c-3c53-5d0c-9d7e-0f5a0f3f7d11"))
CONNECTION = Connection("email", "mail", "support", OURS, "Saltbarrow support")
MESSAGE = OutboundMessage(
    "email",
    "support",
    "cara@customer.example",
    "Hello Cara,\nyour parcel left today: https://track.example/1?a=1&b=2\n\nYours, Ana",
    subject="Where is my parcel?",
    recipient_name="Cara Cast",
    mail_id=message_id(KEY, OURS),
    mail_chain=("first@customer.example", "second@customer.example"),
    reply_to=reply_address(OURS, 12),
    written_at=1_800_000_000.0,
)
CRLF = ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\x00", "\r\n\r\n", "\n "]


def read(raw: bytes) -> EmailMessage:
    found = email.message_from_bytes(raw, policy=email.policy.SMTP)
    assert isinstance(found, EmailMessage)
    return found


def write(**changed: object) -> EmailMessage:
    return read(written(replace(MESSAGE, **changed), CONNECTION))


def said(part: EmailMessage) -> str:
    return part.get_payload(decode=True).decode().replace("\r\n", "\n").removesuffix("\n")


def test_a_reply_carries_what_threads_it_and_what_brings_the_answer_back():
    mail = write()
    assert mail["Message-ID"] == f"<{MESSAGE.mail_id}>"
    assert mail["In-Reply-To"] == "<second@customer.example>"
    assert mail["References"] == "<first@customer.example> <second@customer.example>"
    assert conversation_in(mail["Reply-To"].addresses[0].addr_spec) == 12
    assert (mail["From"], mail["To"], mail["Cc"]) == (f"Saltbarrow support <{OURS}>", "Cara Cast <cara@customer.example>", None)
    assert mail["Subject"] == "Re: Where is my parcel?" and parsedate_to_datetime(mail["Date"]).timestamp() == 1_800_000_000
    assert is_mark(mail["X-Contactcenter-Mail"]) and mail["Auto-Submitted"] is None and mail["List-Unsubscribe"] is None
    assert mail.get_content_type() == "text/plain" and said(mail) == MESSAGE.text


def test_every_try_is_the_same_mail_to_the_byte(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    kept = default_storage.save("attachments/aa", ContentFile(b"%PDF-1.4"))
    message = replace(MESSAGE, files=(OutboundFile("a.pdf", "application/pdf", 8, kept),))
    assert len({written(message, CONNECTION) for _ in range(3)}) == 1
    assert written(message, CONNECTION) != written(replace(message, text="Other words"), CONNECTION)


def test_what_nobody_looked_at_says_so():
    mail = write(is_automatic=True)
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-replied", "All")


@pytest.mark.parametrize(
    ("subject", "chain", "shown"),
    [
        ("Parcel", ("a@b",), "Re: Parcel"), ("Re: Parcel", ("a@b",), "Re: Parcel"), ("AW: Paket", ("a@b",), "AW: Paket"),
        ("RE[2]: Parcel", ("a@b",), "RE[2]: Parcel"), ("回复：包裹", ("a@b",), "回复：包裹"), ("Refund: no", ("a@b",), "Re: Refund: no"),
        ("Fwd: Parcel", ("a@b",), "Re: Fwd: Parcel"), ("Parcel", (), "Parcel"), ("", ("a@b",), "Re:"), ("", (), None),
        ("Über die Größe " + "ä" * 120, ("a@b",), "Re: Über die Größe " + "ä" * 120), ("word " * 40, (), ("word " * 40).strip()),
        ("x" * 200, (), "x" * 200), ("=?utf-8?q?Bcc?= odd", (), "=?utf-8?q?Bcc?= odd"), ("می‌خواهم 👩‍👧", (), "می‌خواهم 👩‍👧"),
    ],
)  # fmt: skip
def test_a_subject_arrives_as_it_was_with_one_re_before_an_answer(subject, chain, shown):
    raw = written(replace(MESSAGE, subject=subject, mail_chain=chain), CONNECTION)
    assert read(raw)["Subject"] == shown
    assert all(len(line) <= 78 for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n"))


def test_a_long_chain_keeps_its_first_and_its_newest_under_998_bytes():
    chain = [f"{number:04}.{'x' * 40}@customer.example" for number in range(100)]
    kept = references(chain)
    assert kept[0] == chain[0] and kept[1:] == chain[-len(kept) + 1 :] and 10 < len(kept) < 100
    raw = written(replace(MESSAGE, mail_chain=tuple(chain)), CONNECTION)
    header = raw[raw.index(b"References:") :].partition(b"\r\nX-")[0]
    assert len(header) <= 998 and read(raw)["References"].split() == [f"<{one}>" for one in kept]
    assert all(len(line) <= 78 for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n"))


def test_ids_that_no_server_would_give_are_left_out_of_the_chain():
    mail = write(mail_chain=("good@x", "bad\r\nBcc: eve@evil.example", "sp ace@x", "<in@brackets>", "", "é@x", "y" * 300))
    assert mail["References"] == "<good@x> <in@brackets>" and mail["In-Reply-To"] is None and mail["Bcc"] is None


def test_to_and_cc_are_the_intended_ones_each_once_and_nobody_is_hidden():
    message = replace(
        MESSAGE, also_to=("Bob@Other.example", "CARA@customer.example"), cc=("bob@other.example", "carl@third.example")
    )
    mail = read(written(message, CONNECTION))
    assert getaddresses([mail["To"]]) == [("Cara Cast", "cara@customer.example"), ("", "Bob@other.example")]
    assert getaddresses([mail["Cc"]]) == [("", "carl@third.example")] and mail["Bcc"] is None
    sent = envelope(message, CONNECTION)
    assert sent == Envelope(OURS, ("cara@customer.example", "Bob@other.example", "carl@third.example")) and not sent.needs_utf8


@pytest.mark.parametrize("end", CRLF, ids=repr)
def test_a_line_ended_inside_a_subject_or_a_name_slips_nothing_in(end, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    evil = f"Hello{end}Bcc: eve@evil.example{end}X-Evil: 1"
    kept = default_storage.save("attachments/aa", ContentFile(b"hello"))
    file = OutboundFile(f"{evil}.txt", "text/plain", 5, kept)
    message = replace(MESSAGE, subject=evil, recipient_name=evil, text=evil, files=(file,))
    raw = written(message, replace(CONNECTION, name=evil))
    mail = read(raw)
    assert mail["Bcc"] is None and mail["X-Evil"] is None and mail.defects == []
    assert [name for name in mail if name.lower() not in EXPECTED] == []
    assert getaddresses([mail["To"], mail["From"]])[0][1] == "cara@customer.example"
    assert envelope(message, CONNECTION).recipients == ("cara@customer.example",)
    attached = next(mail.iter_attachments())
    assert attached.get_filename() and [name.lower() for name in attached] == [
        "content-type", "content-transfer-encoding", "content-disposition", "mime-version",
    ]  # fmt: skip


EXPECTED = {
    "date", "from", "reply-to", "to", "cc", "subject", "message-id", "in-reply-to", "references", "x-contactcenter-mail", "mime-version",
    "content-type", "content-transfer-encoding",
}  # fmt: skip


@pytest.mark.parametrize("end", [*CRLF, ",", ";", " ", "<", ">", "\u202e", "\u200b"], ids=repr)
@pytest.mark.parametrize("where", ["recipient", "also_to", "cc", "reply_to", "mail_id", "ours"])
def test_an_address_or_an_id_with_more_in_it_than_one_is_refused(where, end):
    evil = f"cara{end}eve@evil.example"
    connection = replace(CONNECTION, address=evil) if where == "ours" else CONNECTION
    given = {} if where == "ours" else {where: (evil,) if where in ("also_to", "cc") else evil}
    if where == "mail_id" and end in ",;":
        return
    with pytest.raises(GatewayError) as refused:
        written(replace(MESSAGE, **given), connection)
    assert refused.value.permanent and "\r" not in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    ["", "cara", "@x.example", "cara@", "a@b@c.example", ".a@x.example", "a.@x.example", "a..b@x.example", '"a b"@x.example', "a@-x.example",
     "a@x..example", "a@x.example.", "a@[127.0.0.1]", "a@x_y.example", "a@straße.example", "a@" + "x" * 64 + ".example", "a" * 65 + "@x.example",
     "a@" + ".".join(["x" * 60] * 5)],
)  # fmt: skip
def test_what_is_no_address_is_refused(address):
    with pytest.raises(GatewayError) as refused:
        sendable(address)
    assert refused.value.permanent


def test_domains_in_other_letters_are_written_in_plain_ones_and_names_as_they_are():
    assert (
        sendable("jörg@Müller.example") == "jörg@xn--mller-kva.example" and sendable("A.b+c'd@X.Example") == "A.b+c'd@x.example"
    )
    message = replace(MESSAGE, recipient="jörg@müller.example")
    assert envelope(message, CONNECTION).needs_utf8
    assert "jörg@xn--mller-kva.example".encode() in written(message, CONNECTION)


@pytest.mark.parametrize(
    "name", ["Cara Cast", 'Cara "the" Cast', "Cast, Cara (Dr.)", "Çağrı Öz", "李小龙 " * 12, "x" * 160, "=?utf-8?q?a?=", "a\\b"]
)
def test_names_arrive_as_they_are(name):
    # The newer reader of the standard library puts a space between two encoded words of a name; the older one reads them right.
    mail = email.message_from_bytes(written(replace(MESSAGE, recipient_name=name), replace(CONNECTION, name=name)))
    for header, address in (("To", "cara@customer.example"), ("From", OURS)):
        assert [
            (str(email.header.make_header(email.header.decode_header(shown))), at) for shown, at in getaddresses([mail[header]])
        ] == [(name.strip(), address)]


@pytest.mark.parametrize(
    "text",
    ["", ".", "a\n.\nb\n..", "From here\n to there  \n\ttabs", "ünïcode – “quotes”", "你好世界\n" * 50, "x" * 3000, "a\r\nb\rc\nd", "=3D =20\n--=_x",
     "\u2028line\x0bfeed", "👩‍👧 " * 400],
)  # fmt: skip
def test_words_arrive_as_they_were_written(text):
    raw = written(replace(MESSAGE, text=text), CONNECTION)
    assert raw.isascii() and all(len(line) <= 998 for line in raw.split(b"\r\n")) and b"\n" not in raw.replace(b"\r\n", b"")
    assert read(raw).get_payload(decode=True).decode().replace("\r\n", "\n").removesuffix("\n") == text.replace(
        "\r\n", "\n"
    ).replace("\r", "\n").removesuffix("\n")


def test_files_go_along_under_their_names(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    names = [
        "plain.pdf",
        "Größe – Übersicht.pdf",
        "发票 2026.pdf",
        "n" * 110 + "ü" * 8 + ".pdf",
        'quo"te;.pdf',
        "a\u202efdp.exe",
    ]
    kept = [default_storage.save(f"attachments/{number}", ContentFile(bytes(range(256)))) for number in range(len(names))]
    kinds = ["application/pdf", "image/png", "text/plain", "message/rfc822", "", "multipart/x\r\nX: y"]
    files = tuple(OutboundFile(name, kind, 256, key) for name, kind, key in zip(names, kinds, kept, strict=True))
    raw = written(replace(MESSAGE, files=files), CONNECTION)
    mail = read(raw)
    found = list(mail.iter_attachments())
    assert [one.get_filename() for one in found] == [*names[:-1], "afdp.exe"]
    assert [one.get_content_type() for one in found] == [*kinds[:3], *["application/octet-stream"] * 3]
    assert all(
        one.get_payload(decode=True) == bytes(range(256)) and one.get_content_disposition() == "attachment" for one in found
    )
    assert said(mail.get_body()) == MESSAGE.text and max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_file_that_is_gone_ends_the_sending_and_one_that_cannot_be_read_waits(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "attachments").mkdir()
    for key, permanent in (("attachments/none", True), ("attachments", False)):
        with pytest.raises(GatewayError) as failed:
            written(replace(MESSAGE, files=(OutboundFile("a.pdf", "application/pdf", 1, key),)), CONNECTION)
        assert failed.value.permanent is permanent and not failed.value.ambiguous
