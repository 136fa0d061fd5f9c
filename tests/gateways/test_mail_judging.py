"""What is to be thought of a mail: whether it came before, who vouches for it, whether a machine wrote it, who was forwarded."""

import pytest

from gateways.mail.parsing import parse
from gateways.mail.types import Mail

HEAD = "From: Marta Lind <marta@post.example>\nTo: help@kestrel.example\nSubject: Card\nMessage-ID: <1@post.example>\nMIME-Version: 1.0\n"


def mail(headers: str = "", body: str = "Hello", *, head: str = HEAD) -> Mail:
    return parse(f"{head}{headers}\n{body}".encode())


def test_the_same_mail_by_two_ways_has_one_fingerprint_and_another_mail_another() -> None:
    first = mail("Received: from a\nDelivered-To: x@y.example\nX-Spam: no\n")
    again = mail("Received: from b\nReceived: from c\nAuthentication-Results: mx; spf=pass\nDKIM-Signature: v=1\n")
    assert first.fingerprint == again.fingerprint
    assert mail(body="Hello!").fingerprint != first.fingerprint
    assert mail(head=HEAD.replace("<1@", "<2@")).fingerprint != first.fingerprint


@pytest.mark.parametrize("prefix", ["Fwd:", "FW:", "WG:", "TR:", "RV:", "I:", "Re: Fwd:", "[Fwd:", "VS:", "转发："])
def test_who_wrote_what_was_forwarded_is_known(prefix: str) -> None:
    bodies = [
        "See below\n\n---------- Forwarded message ---------\nFrom: Shop <shop@store.example>\nDate: Sun, 1 Mar 2026\nSubject: Order\nTo: <m@p.example>\n\nNo.",
        "________________________________\nVon: Shop [mailto:shop@store.example]\nGesendet: Montag\nAn: Marta\nBetreff: Order\n\nNein.",
        "Begin forwarded message:\n\n> From: Shop <shop@store.example>\n> Subject: Order\n> To: m@p.example\n>\n> No.",
        "-------- Message transféré --------\nSujet : Order\nDate : 1 mars 2026\nDe : Shop <shop@store.example>\nPour : m@p.example\nÀ : x\n\nNon.",
    ]
    for body in bodies:
        found = mail(head=HEAD.replace("Subject: ", f"Subject: {prefix} "), body=body)
        assert found.forwarded_from is not None and found.forwarded_from.address == "shop@store.example", body
    assert mail(body=bodies[0]).forwarded_from is None


def test_only_the_topmost_check_is_believed_and_only_of_the_sender_s_own_domain() -> None:
    def checked(*results: str) -> tuple[str, str]:
        found = mail("".join(f"Authentication-Results: {result}\n" for result in results)).authentication
        return found.verdict, found.authority

    assert checked("mx.k.example; spf=pass smtp.mailfrom=post.example; dmarc=pass header.from=post.example") == (
        "pass",
        "mx.k.example",
    )
    assert checked("mx.k.example; dmarc=fail", "mx.k.example; dmarc=pass") == ("fail", "mx.k.example")
    assert checked("mx.k.example; none", "mx.k.example; dmarc=pass") == ("", "mx.k.example")
    assert checked("mx.k.example; dkim=pass header.d=post.example") == ("pass", "mx.k.example")
    assert checked("mx.k.example; dkim=fail header.d=post.example; dkim=pass header.i=@post.example")[0] == "pass"
    assert checked("mx.k.example; dkim=pass header.d=evil.example; spf=pass smtp.mailfrom=x@evil.example")[0] == ""
    assert checked("mx.k.example; dmarc=pass header.from=evil.example")[0] == ""
    assert checked("mx.k.example; spf=none (dmarc=pass) smtp.mailfrom=post.example")[0] == ""
    two = mail("Authentication-Results: mx; dmarc=pass\nFrom: Other <o@evil.example>\n")
    assert two.authentication.verdict == ""


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ("Auto-Submitted: auto-replied (vacation)", "auto-submitted"), ("Return-Path: <>", "null-sender"), ("Precedence: bulk", "bulk"),
        ("Precedence: list", "list"), ("Precedence: auto_reply", "auto-reply"), ("X-Auto-Response-Suppress: DR, OOF", "auto-submitted"),
        ("List-Unsubscribe: <mailto:u@x>", "list"), ("X-Autoreply: yes", "auto-reply"), ("X-Loop: help@kestrel.example", "loop"),
        ("Auto-Submitted: no", ""), ("X-Auto-Response-Suppress: DR, RN", ""), ("Return-Path: <marta@post.example>", ""), ("Precedence: first-class", ""),
    ],
)  # fmt: skip
def test_what_a_machine_wrote_says_so(headers: str, why: str) -> None:
    assert mail(f"{headers}\n").automatic == why


def test_a_subject_alone_makes_nobody_a_machine() -> None:
    away = HEAD.replace("Card", "Out of office")
    assert mail(head=away, body="Can I have my card sent to the office?").automatic == ""
    assert mail(head=away, body="I am on vacation until Monday.").automatic == "auto-reply"
    assert mail("In-Reply-To: <r@k>\n", head=HEAD.replace("Card", "Automatische Antwort: Ihre Karte")).automatic == "auto-reply"


def test_an_address_that_nobody_reads_is_a_machine_unless_its_answers_go_to_a_person() -> None:
    form = HEAD.replace("marta@post.example", "no-reply@shop.example")
    assert mail(head=form).automatic == "no-reply"
    assert mail("Reply-To: Cara <cara@post.example>\n", head=form).automatic == ""
    assert mail(head=HEAD.replace("marta@", "mailer-daemon@")).automatic == "no-reply"


def test_our_own_mark_is_seen() -> None:
    found = mail("X-Contactcenter-Mail: r.0123.mac\n")
    assert found.is_ours and found.mark == "r.0123.mac" and not mail().is_ours
