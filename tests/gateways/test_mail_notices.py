"""What servers tell of mails that did not arrive, formally and in their own words."""

import json
from pathlib import Path

import pytest

from gateways.mail.parsing import parse
from gateways.mail.types import DeliveryNotice

HEAD = "From: Mail Delivery System <MAILER-DAEMON@mx.example>\nTo: help@kestrel.example\nSubject: Undelivered Mail Returned to Sender\n"
RETURNED = "Message-ID: <r.1@kestrel.example>\nFrom: help@kestrel.example\nTo: cara@post.example\nSubject: Your card\n\nHello"


def report(status: str, *, returned: str = "message/rfc822", text: str = "It did not arrive.") -> DeliveryNotice | None:
    parts = (
        f"text/plain\n\n{text}",
        f"message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n{status}\n",
        f"{returned}\n\n{RETURNED}",
    )
    inner = "".join(f"--b\nContent-Type: {part}\n" for part in parts)
    raw = f"{HEAD}MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n{inner}--b--\n"
    found = parse(raw.encode())
    assert found.automatic == "report"
    return found.notice


def plainly(text: str, head: str = HEAD) -> DeliveryNotice | None:
    return parse(f"{head}\n{text}".encode()).notice


def test_a_failure_names_the_address_the_reason_and_our_mail() -> None:
    told = report(
        "Original-Recipient: rfc822;Cara@post.example\nFinal-Recipient: rfc822;c.other@post.example\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <cara@post.example>\n User unknown"
    )
    assert told == DeliveryNotice(
        True, "cara@post.example", "5.1.1", "550 5.1.1 <cara@post.example> User unknown", "r.1@kestrel.example"
    )


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers", "message/global"])
def test_the_mail_that_came_back_is_known_in_every_form(returned: str) -> None:
    told = report("Final-Recipient: rfc822; cara@post.example\nAction: failed\nStatus: 5.2.2", returned=returned)
    assert told is not None and told.mail_id == "r.1@kestrel.example"


def test_a_delay_is_not_final_and_a_success_is_no_notice() -> None:
    late = report("Final-Recipient: rfc822; cara@post.example\nAction: delayed\nStatus: 4.4.1")
    assert late is not None and not late.is_final and late.status == "4.4.1"
    given_up = report("Final-Recipient: rfc822; cara@post.example\nAction: failed\nStatus: 4.4.7")
    assert given_up is not None and given_up.is_final
    assert report("Final-Recipient: rfc822; cara@post.example\nAction: delivered\nStatus: 2.0.0") is None


def test_of_several_recipients_the_one_that_failed_is_told() -> None:
    told = report(
        "Final-Recipient: rfc822; a@post.example\nAction: delivered\nStatus: 2.0.0\n\n"
        "Final-Recipient: rfc822; b@post.example\nAction: delayed\nStatus: 4.2.0\n\nFinal-Recipient: rfc822; c@post.example\nAction: failed\nStatus: 5.1.1"
    )
    assert told is not None and told.recipient == "c@post.example" and told.is_final


def test_a_vague_status_gives_way_to_what_the_words_know() -> None:
    told = report(
        "Final-Recipient: rfc822; a@post.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.7.1 no relay"
    )
    assert told is not None and told.status == "5.7.1"


OLD = {
    "qmail": "Hi. This is the qmail-send program at mx.example.\nI wasn't able to deliver your message to the following addresses.\n\n"
    "<cara@post.example>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 No such user\nGiving up on 192.0.2.1.\n\n"
    f"--- Below this line is a copy of the message.\n\n{RETURNED}",
    "exim": "A message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) "
    f"failed:\n\n  cara@post.example\n    550 5.1.1 No such user\n\n------ This is a copy of the message, including all the headers. ------\n\n{RETURNED}",
    "postfix": "I'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n"
    f"<cara@post.example>: host mx.example said: 550 5.1.1 No such user (in reply\n    to RCPT TO command)\n\nReceived: by mx\n{RETURNED}",
    "sendmail": "   ----- The following addresses had permanent fatal errors -----\n<cara@post.example>\n\n   ----- Transcript of session follows -----\n"
    f">>> RCPT To:<cara@post.example>\n<<< 550 5.1.1 No such user\n\n   ----- Original message follows -----\n\n{RETURNED}",
    "gmail": "Delivery to the following recipient failed permanently:\n\n     cara@post.example\n\nTechnical details of permanent failure: \n"
    f"550 5.1.1 No such user\n\n----- Original message -----\n\n{RETURNED}",
}


@pytest.mark.parametrize("server", OLD)
def test_servers_that_tell_in_their_own_words_are_understood(server: str) -> None:
    told = plainly(OLD[server])
    assert told is not None and told.is_final
    assert (told.recipient, told.status, told.mail_id) == ("cara@post.example", "5.1.1", "r.1@kestrel.example")
    assert "No such user" in told.reason


def test_a_warning_is_a_delay() -> None:
    told = plainly(
        "Your message has not yet been delivered to cara@post.example.\nWe will keep trying for 4 days. You do not need to resend it."
    )
    assert told is not None and not told.is_final and told.recipient == "cara@post.example" and told.status == "4.0.0"


def test_a_person_who_writes_about_a_bounce_is_no_server() -> None:
    head = "From: Cara <cara@post.example>\nTo: help@kestrel.example\nSubject: Undeliverable\n"
    found = parse(
        f"{head}\nMy mail to jonas@kestrel.example could not be delivered: 550 5.1.1 user unknown. What now?".encode()
    )
    assert found.notice is None and found.automatic == ""


def test_a_server_that_tells_of_something_else_is_no_notice() -> None:
    assert (
        plainly("Your mailbox moves to a new house on Monday.", HEAD.replace("Undelivered Mail Returned to Sender", "News"))
        is None
    )


def test_a_complaint_is_a_report_and_no_notice() -> None:
    parts = ("text/plain\n\nAbuse.", "message/feedback-report\n\nFeedback-Type: abuse", f"message/rfc822\n\n{RETURNED}")
    inner = "".join(f"--b\nContent-Type: {part}\n" for part in parts)
    head = HEAD.replace("Undelivered Mail Returned to Sender", "Complaint").replace("MAILER-DAEMON", "fbl")
    found = parse(f"{head}Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n{inner}--b--\n".encode())
    assert (found.automatic, found.notice) == ("report", None)


def test_nearly_every_bounce_of_the_examples_is_understood(shared_data: Path) -> None:
    lines = [json.loads(line) for line in (shared_data / "emails" / "raw_index.jsonl").read_text("utf-8").splitlines()]
    bounces = [line["file"] for line in lines if line["expected_class"] == "bounce"]
    told = {file: parse((shared_data / "emails" / file).read_bytes()).notice for file in bounces}
    found = [notice for notice in told.values() if notice]
    assert len(found) >= 0.94 * len(bounces)
    assert all(notice.recipient and notice.status for notice in found)
    assert sum(bool(notice.mail_id) for notice in found) >= 0.75 * len(found)
    persons = [line["file"] for line in lines if line["expected_class"] == "reply_with_quote"]
    assert not any(parse((shared_data / "emails" / file).read_bytes()).automatic for file in persons)
