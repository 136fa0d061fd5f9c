"""Mails as they are found in the wild: against the rules, and still somebody's words."""

import json

import pytest

from gateways.mail.parsing import parse

TWO_LEVELS = b"""From: a@b.example
Content-Type: multipart/mixed; boundary=same

--same
Content-Type: multipart/alternative; boundary=same

--same
Content-Type: text/plain

Look at it.
--same
Content-Type: text/html

<p>Look at it.</p>
--same--

--same
Content-Type: image/gif; name=it.gif
Content-Disposition: attachment

GIF89a
--same--
"""


def test_a_file_after_the_end_of_a_part_with_the_same_boundary_is_not_lost() -> None:
    mail = parse(TWO_LEVELS)
    assert (mail.text, [file.name for file in mail.files]) == ("Look at it.", ["it.gif"])


def test_what_follows_the_last_boundary_is_still_no_part() -> None:
    mail = parse(TWO_LEVELS + b"\nan epilogue\n")
    assert "epilogue" not in mail.text
    assert len(mail.files) == 1


@pytest.mark.parametrize(
    ("header", "sender", "name"),
    [
        (b"From: Bo D <bo@b.example> Bobby D <bobby@b.example>", "bo@b.example", "Bo D"),
        (b"From: Bo (the elder) <bo@b.example>", "bo@b.example", "Bo"),
        (b"From: Bo <the elder> <bo@b.example>", "bo@b.example", "Bo"),
        (b"From: <<bo@b.example>>", "bo@b.example", ""),
        (b"From  : Bo D <bo@b(at home).  example>", "bo@b.example", "Bo D"),
    ],
)
def test_the_first_of_two_senders_without_a_comma_and_obsolete_writing(header: bytes, sender: str, name: str) -> None:
    found = parse(header + b"\nSubject: x\n\ny").sender
    assert found is not None
    assert (found.address, found.name) == (sender, name)


def test_headers_go_on_after_a_stray_line_and_what_goes_on_from_it() -> None:
    mail = parse(b"From: a@b.example\nTo: Mary\n__\n   <mary@b.example>\nSubject: Card\n\nWhere is it?")
    assert (mail.subject, mail.text, mail.to[0].address) == ("Card", "Where is it?", "mary@b.example")


def test_a_text_with_a_name_is_said_where_nothing_else_is_and_stays_a_file() -> None:
    head = b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n\n"
    named = b"--b\nContent-Type: text/plain; name=note.txt\nContent-Disposition: inline\n\nWhere is it?\n"
    plain = b"--b\nContent-Type: text/plain\n\nSee the note.\n"
    alone, beside = parse(head + named + b"--b--"), parse(head + plain + named + b"--b--")
    assert (alone.text, [file.name for file in alone.files]) == ("Where is it?", ["note.txt"])
    assert (beside.text, [file.name for file in beside.files]) == ("See the note.", ["note.txt"])
    attached = parse(head + named.replace(b"inline", b"attachment") + b"--b--")
    assert (attached.text, len(attached.files)) == ("", 1)


def test_the_same_bytes_to_be_read_in_another_way_are_another_mail() -> None:
    parts = b"\n\n--b\n\nOne.\n--b\n\nTwo.\n--b--\n"
    mixed, other = (
        parse(b"Message-ID: <1@b.example>\nContent-Type: multipart/%s; boundary=b" % kind + parts)
        for kind in (b"mixed", b"alternative")
    )
    assert mixed.fingerprint != other.fingerprint
    again = parse(
        (b"Received: by another way\nMessage-ID: <1@b.example>\nContent-Type: multipart/mixed;\n boundary=b" + parts).replace(
            b"\n", b"\r\n"
        )
    )
    assert mixed.fingerprint == again.fingerprint


@pytest.mark.parametrize("mark", [b"X-Mailman-Version: 2.0.4", b"X-BeenThere: l@b.example", b"X-MLServer: fml 4.0.3"])
def test_what_mailing_list_programs_leave_is_a_sign_of_a_machine(mark: bytes) -> None:
    assert parse(b"From: a@b.example\n" + mark + b"\n\nNews.").automatic == "list"


def told(kind: str = "Bounce", **bounce: object) -> bytes:
    inner = {
        "notificationType": kind,
        "bounce": {
            "bounceType": "Permanent",
            "bouncedRecipients": [
                {"emailAddress": "Gone@b.example", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 no such user"}
            ],
        }
        | bounce,
        "mail": {"headers": [{"name": "Message-ID", "value": "<r.1@shop.example>"}]},
    }
    outer = {"Type": "Notification", "Message": json.dumps(inner)}
    return b"From: no-reply@sns.amazonaws.com\n\n" + json.dumps(outer, indent=2).encode()


def test_a_provider_may_tell_of_a_failure_in_json() -> None:
    notice = parse(told()).notice
    assert notice is not None
    assert (notice.recipient, notice.status, notice.is_final) == ("gone@b.example", "5.1.1", True)
    assert (notice.reason, notice.mail_id) == ("550 5.1.1 no such user", "r.1@shop.example")
    late = parse(told(bounceType="Transient")).notice
    assert late is not None
    assert not late.is_final


@pytest.mark.parametrize(
    "mail",
    [
        told("Complaint"),
        told(bouncedRecipients="x"),
        b"From: a@b.example\n\n" + b'{"Message": ' * 5_000,
        b"From: a@b.example\n\n" + b"[" * 100_000,
        b'From: a@b.example\n\n{"notificationType": "Bounce", "bounce": []}',
        b'From: a@b.example\n\n{"Message": "{\\"notificationType\\": \\"Bounce\\"}"}',
    ],
)
def test_other_json_is_no_failure_or_one_of_an_unknown_address(mail: bytes) -> None:
    notice = parse(mail).notice
    assert notice is None or notice.recipient == ""
