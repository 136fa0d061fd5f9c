"""Reading mails: whatever the bytes, as much as a reader would see in them, and never an exception."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversations.quoting import said
from gateways.mail.parsing import parse
from gateways.mail.reading import read
from gateways.mail.types import Mail

HEAD = "From: Marta Lind <marta@post.example>\nTo: help@kestrel.example\nSubject: Card\nMessage-ID: <1@post.example>\nMIME-Version: 1.0\n"


def mail(headers: str = "", body: str = "Hello", *, head: str = HEAD) -> Mail:
    return parse(f"{head}{headers}\n{body}".encode())


def many(kind: str, *parts: str, headers: str = "") -> Mail:
    inner = "".join(f"--b\n{part}\n" for part in parts)
    return mail(f"Content-Type: multipart/{kind}; boundary=b\n{headers}", f"{inner}--b--\n")


def names(found: Mail) -> list[str]:
    return [file.name for file in found.files]


PLAIN, HTML = "Content-Type: text/plain\n\nPlain words", "Content-Type: text/html\n\n<p>Rich <b>words</b></p>"


# The examples


def test_every_example_is_read_without_a_problem_and_in_letters_that_a_database_takes(shared_data: Path) -> None:
    files = sorted(file for room in ("generated", "raw") for file in (shared_data / "emails" / room).iterdir())
    for file in files:
        found = read(file.read_bytes())
        assert found.problem == "", file.name
        shown = json.dumps([found.subject, found.text, found.html, names(found), found.mail_id], ensure_ascii=False)
        assert "\x00" not in shown and "\\u0000" not in shown
        shown.encode("utf-8")
    assert len(files) > 250


def test_the_examples_say_what_their_makers_put_in(shared_data: Path) -> None:
    prints: dict[str, str] = {}
    for line in (shared_data / "emails" / "gold.jsonl").read_text("utf-8").splitlines():
        gold = json.loads(line)
        found = read((shared_data / "emails" / gold["file"]).read_bytes())
        wrong = [key for key in gold if key in CHECKS and not CHECKS[key](found, gold[key])]
        assert wrong == [], (gold["file"], found)
        prints[gold["file"]] = found.fingerprint
        assert not gold.get("same_message_as") or prints[gold["same_message_as"]] == found.fingerprint
    assert len(prints) - len(set(prints.values())) == 3


CHECKS = {
    "sender": lambda found, gold: found.sender is not None and found.sender.address == gold,
    "sender_name": lambda found, gold: found.sender is not None and found.sender.name == gold,
    "subject": lambda found, gold: found.subject == gold,
    "automatic": lambda found, gold: bool(found.automatic) == gold,
    "text_contains": lambda found, gold: all(words in said(found.text) for words in gold),
    "text_excludes": lambda found, gold: not any(words in said(found.text) for words in gold),
    "attachments": lambda found, gold: names(found) == gold,
    "authentication": lambda found, gold: found.authentication.verdict == gold,
    "reply_to_message": lambda found, gold: found.references[-1] == gold,
    "forwarded": lambda found, gold: bool(found.forwarded_from) == gold,
    "bounce_of": lambda found, gold: found.notice is not None and found.notice.mail_id == gold,
    "bounced_address": lambda found, gold: found.notice is not None and found.notice.recipient == gold,
}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(raw=st.binary(max_size=600), keep=st.integers(0, 400), cut=st.integers(0, 400))
def test_no_bytes_raise(raw: bytes, keep: int, cut: int) -> None:
    whole = (HEAD + "Content-Type: multipart/mixed; boundary=b\n\n--b\n" + HTML + "\n--b\n" + PLAIN + "\n--b--\n").encode()
    for mangled in (raw, whole[:keep] + raw + whole[keep + cut :], HEAD.encode() + raw):
        found = parse(mangled)
        json.dumps([found.subject, found.text, found.html], ensure_ascii=False).encode("utf-8")
        assert "\x00" not in found.subject + found.text + found.html


@settings(max_examples=60, deadline=None)
@given(
    words=st.lists(
        st.sampled_from(
            ["=?", "?=", "utf-8", "?q?", "?b?", "(", ")", '"', "<", ">", "@", ",", ";", ":", "\\", "=", "*0*", "'", "a"]
        )
    )
)
def test_no_header_raises(words: list[str]) -> None:
    value = "".join(words)
    headers = "".join(f"{name}: {value}\n" for name in ("From", "To", "Date", "References", "Authentication-Results"))
    parse(f"{headers}Content-Type: text/plain; {value}\nContent-Disposition: attachment; {value}\n\nx".encode())


# Headers and addresses


@pytest.mark.parametrize(
    ("written", "address", "name"),
    [
        ("Marta Lind <Marta@Post.example>", "marta@post.example", "Marta Lind"),
        ('"Lind, Marta" <m@post.example>', "m@post.example", "Lind, Marta"),
        ("Lind, Marta <m@post.example>", "m@post.example", "Lind, Marta"),
        ("m@post.example (Marta Lind)", "m@post.example", "Marta Lind"),
        ("m@post.example", "m@post.example", ""),
        ("=?utf-8?q?J=C3=BCrgen?= <j@post.example>", "j@post.example", "Jürgen"),
        ('"=?utf-8?b?SsO8cmdlbg==?=" <j@post.example>', "j@post.example", "Jürgen"),
        ("=?utf-8?b?SsO8cmdlbiA8akBwb3N0LmV4YW1wbGU+?=", "j@post.example", "Jürgen"),
        ("Jürgen <j@post.example>", "j@post.example", "Jürgen"),
        ('"a@b.example" <c@d.example>', "c@d.example", "a@b.example"),
        ("Ann <a@b.example> Bob <c@d.example>", "a@b.example", "Ann"),
        ("Pete(A wonderful \\) chap) <pete(his account)@silly.test(his host)>", "pete@silly.test", "Pete"),
        ("=?utf-8?q?Evil_=3Cceo=40kestrel.example=3E?= <eve@evil.example>", "eve@evil.example", "Evil <ceo@kestrel.example"),
    ],
)
def test_a_sender_is_understood_as_it_was_written(written: str, address: str, name: str) -> None:
    sender = parse(f"From: {written}\n\nx".encode()).sender
    assert sender is not None and (sender.address, sender.name) == (address, name)


def test_everybody_else_it_went_to_is_known() -> None:
    found = mail(
        "Cc: Friends: a@x.example, B <b@x.example>;, c@x.example\nDelivered-To: help@kestrel.example\nX-Original-To: HELP@kestrel.example\n"
    )
    assert [one.address for one in found.cc] == ["a@x.example", "b@x.example", "c@x.example"]
    assert found.delivered_to == ("help@kestrel.example",)


def test_encoded_words_are_decoded_wherever_they_stand_and_however_they_were_cut() -> None:
    def subject(written: str) -> str:
        return parse(f"Subject: {written}\n\nx".encode()).subject

    assert subject("=?utf-8?b?w6Q=?= =?utf-8?b?w7Y=?=") == "äö"
    assert subject("=?utf-8?b?44Kr44O8?=\n =?utf-8?b?44OJ?=") == "カード"
    assert subject("=?utf-8?q?=C3?= =?utf-8?q?=A4?=") == "ä"
    assert subject("=?utf-8?q?two words=21?= and =?x-unknown?q?more?=") == "two words! and more"
    assert subject("=?broken =?utf-8?q?fine?=") == "=?broken fine"
    assert subject("Grüße roh") == "Grüße roh"
    assert subject("\u202efolded\n\tinto\n two") == "\u202efolded into two"


def test_the_chain_of_a_mail_is_oldest_first_and_ends_with_what_it_answers() -> None:
    found = mail("References: <a@x> <b@x>\n <c@x>\nIn-Reply-To: <b@x>\n")
    assert found.references == ("a@x", "c@x", "b@x")
    long = mail("References: " + " ".join(f"<{n}@x>" for n in range(900)) + "\n")
    assert len(long.references) == 100 and long.references[0] == "0@x" and long.references[-1] == "899@x"


def test_odd_beginnings_and_line_ends_do_not_matter() -> None:
    text = f"{HEAD}Content-Type: text/plain\n\nHello\nyou"
    for variant in (text, text.replace("\n", "\r\n"), text.replace("\n", "\r"), text.replace("\n", "\r\r\n"),
                    "From marta@post.example Mon Mar  2 09:00:00 2026\n" + text, "\n\n" + text, "\ufeff" + text):  # fmt: skip
        found = parse(variant.encode())
        assert (found.subject, found.text.replace("\n\n", "\n")) == ("Card", "Hello\nyou"), variant[:30]


# Text


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("iso-2022-jp", "カードが届きません"), ("shift_jis", "カードが届きません①"), ("euc-jp", "カードが届きません"), ("gb2312", "我的卡还没有到，請問"),
        ("gbk", "我的卡"), ("big5", "我的卡還沒有到"), ("koi8-r", "Где мой возврат"), ("windows-1251", "Где мой возврат"), ("euc-kr", "카드가 오지 않았습니다"),
        ("iso-8859-1", "Grüße €"), ("windows-1252", "„Grüße“ – 5 €"), ("iso-8859-2", "Zażółć gęślą"), ("windows-1256", "أين بطاقتي"),
        ("iso-8859-8-i", "איפה הכרטיס"), ("utf-16", "Where"), ("utf-7", "Grüße"), ("us-ascii", "plain"), ("unknown-8bit", "Grüße"), ("x-unknown", "Grüße"),
    ],
)  # fmt: skip
def test_every_common_charset_is_read(charset: str, text: str) -> None:
    codec = {"gb2312": "gb18030", "shift_jis": "cp932", "iso-8859-1": "cp1252", "iso-8859-8-i": "iso8859-8"}.get(
        charset, charset
    )
    written = text.encode(codec if "unknown" not in charset else "cp1252")
    found = parse(HEAD.encode() + f"Content-Type: text/plain; charset={charset}\n\n".encode() + written)
    assert found.text == text


def test_a_wrong_label_is_seen_through() -> None:
    def read_as(label: str, data: bytes) -> str:
        return parse(HEAD.encode() + f"Content-Type: text/plain; charset={label}\n\n".encode() + data).text

    assert read_as("iso-8859-1", "Zażółć".encode()) == "Zażółć"
    assert read_as("utf-8", "Grüße aus Köln, wie geht es".encode("cp1252")) == "Grüße aus Köln, wie geht es"
    assert (
        read_as("us-ascii", "Где мой возврат денег, напишите пожалуйста".encode("koi8-r"))
        == "Где мой возврат денег, напишите пожалуйста"
    )
    assert read_as("us-ascii", b"\x1b$B%+!<%I\x1b(B") == "カード"
    assert read_as("hex", b"4142") == "4142" and read_as("zip", b"plain") == "plain"


def test_nothing_that_a_database_refuses_gets_through() -> None:
    found = parse(HEAD.replace("Card", "Ca\0rd").encode() + b"\nHel\0lo \xed\xa0\x80 you")
    assert found.subject == "Card" and found.text.startswith("Hello ") and "\0" not in found.text


def test_of_two_ways_to_say_the_same_the_plain_one_is_read_unless_it_says_nothing() -> None:
    assert many("alternative", PLAIN, HTML).text == "Plain words"
    assert many("alternative", "Content-Type: text/plain\n\n \n", HTML).text == "Rich words"
    placeholder = "Content-Type: text/plain\n\nYour email client does not support HTML."
    assert many("alternative", placeholder, HTML).text == "Rich words"
    assert "<b>" in many("alternative", PLAIN, HTML).html


def test_text_before_and_after_a_picture_is_all_read_and_what_is_said_twice_once() -> None:
    picture = "Content-Type: image/png\nContent-ID: <p1>\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo="
    found = many("mixed", PLAIN, picture, "Content-Type: text/plain\n\nMore words", PLAIN)
    assert found.text == "Plain words\n\nMore words"
    assert [(file.name, file.content_id, file.content) for file in found.files] == [("image.png", "p1", b"\x89PNG\r\n\x1a\n")]


def test_flowed_text_is_put_together_again() -> None:
    body = "One long \nline.\n> quoted \n> on\n-- \nMarta"
    assert mail("Content-Type: text/plain; format=flowed\n", body).text == "One long line.\n> quoted on\n-- \nMarta"


def test_broken_encodings_give_what_can_be_had() -> None:
    assert mail("Content-Transfer-Encoding: base64\n", "SGVsbG8gd29ybGQ").text == "Hello world"
    assert mail("Content-Transfer-Encoding: base64\n", "SGVsbG8gd29y*bGQgYW5kIGJleW9uZA=").text == "Hello world and beyond"
    assert mail("Content-Transfer-Encoding: base64\n", "This is not base64, it only says so.").text.startswith("This is not")
    assert mail("Content-Transfer-Encoding: quoted-printable\n", "Gr=C3=BC=ZZ=").text == "Grü=ZZ"
    assert mail("Content-Transfer-Encoding: nonsense\n").text == "Hello"
    unclosed = mail("Content-Type: multipart/mixed; boundary=b\n", f"--b\n{PLAIN}")
    assert unclosed.text == "Plain words"
    assert mail("Content-Type: multipart/mixed\n", f"--xyz\n{PLAIN}\n--xyz--").text == "Plain words"


# Files


def test_files_have_the_names_that_they_brought() -> None:
    def named(*lines: str) -> str:
        return names(many("mixed", PLAIN, "\n".join(lines) + "\n\nx"))[0]

    kind = "Content-Type: application/pdf"
    assert named(kind, "Content-Disposition: attachment; filename*=utf-8''M%C3%A4rz%20%E2%80%93.pdf") == "März –.pdf"
    assert (
        named(kind, "Content-Disposition: attachment; filename*0*=utf-8''M%C3; filename*1*=%A4rz; filename*2=.pdf")
        == "März.pdf"
    )
    assert named(kind, 'Content-Disposition: attachment; filename="=?utf-8?q?M=C3=A4rz=2Epdf?="') == "März.pdf"
    assert named('Content-Type: application/pdf; name="C:\\Users\\me\\bill.pdf"') == "bill.pdf"
    assert named(kind, "Content-Disposition: attachment; filename=two words.pdf") == "two words.pdf"
    assert named(kind, 'Content-Disposition: attachment; filename="../../etc/passwd"') == "passwd"
    assert named(kind, 'Content-Disposition: attachment; filename="bill\u202efdp.exe"') == "billfdp.exe"
    assert named(kind, f'Content-Disposition: attachment; filename="{"a" * 400}.pdf"') == "a" * 196 + ".pdf"
    assert named(kind) == "file.pdf"
    assert named("Content-Type: text/calendar; method=REQUEST") == "invite.ics"
    assert named("Content-Type: application/ms-tnef") == "winmail.dat"


def test_a_forwarded_mail_is_a_file_named_by_its_subject() -> None:
    inner = "From: Shop <shop@store.example>\nSubject: Order 991\n\nDeclined."
    found = many("mixed", PLAIN, f"Content-Type: message/rfc822\n\n{inner}")
    assert names(found) == ["Order 991.eml"] and found.files[0].content == inner.encode()
    assert found.text == "Plain words" and found.forwarded_from is None


def test_signed_mails_are_read_and_encrypted_ones_say_that_they_are() -> None:
    signed = many("signed", PLAIN, "Content-Type: application/pkcs7-signature\n\nMIIB")
    assert (signed.text, names(signed)) == ("Plain words", ["smime.p7s"])
    pgp = many(
        "encrypted",
        "Content-Type: application/pgp-encrypted\n\nVersion: 1",
        "Content-Type: application/octet-stream; name=encrypted.asc\n\n-----",
    )
    assert "encrypted" in pgp.text and pgp.text.count("\n") == 0 and names(pgp) == ["version.asc", "encrypted.asc"]
    sealed = mail(
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n",
        "MIIB",
    )
    assert "encrypted" in sealed.text and names(sealed) == ["smime.p7m"]
