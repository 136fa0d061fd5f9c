"""Quotes and signatures are folded by view only; what somebody wrote stays in sight."""

import email
import email.policy
import json
import time
from pathlib import Path

import pytest

from conversations.quoting import Kind, parts, said


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("On Mon, 2 Mar 2026 at 09:12, Kestrel <help@kestrel.example> wrote:", "en"),
        ("On Mon, 2 Mar 2026 at 09:12, Kestrel Support\n<help@kestrel.example> wrote:", "en, broken by the program"),
        ("Am 02.03.2026 um 09:12 schrieb Kestrel Support:", "de"),
        ("Am Mo., 2. März 2026 um 09:12 Uhr schrieb Kestrel <\nhelp@kestrel.example>:", "de, broken by the program"),
        ("Le lun. 2 mars 2026 à 09:12, Kestrel <help@kestrel.example> a écrit :", "fr"),
        ("El lun, 2 mar 2026 a las 9:12, Kestrel (<help@kestrel.example>) escribió:", "es"),
        ("2026年3月2日(月) 9:12 Kestrel Support <help@kestrel.example>:", "ja"),
        ("--- On Mon, 3/2/26, Kestrel <help@kestrel.example> wrote:", "en, Yahoo, older"),
        ("-----Original Message-----\nFrom: Kestrel Support", "en, Outlook"),
        ("-----Ursprüngliche Nachricht-----\nVon: Kestrel", "de, Outlook"),
        ("________________________________\nDe : Kestrel <help@kestrel.example>\nEnvoyé : lundi 2 mars 2026", "fr, Outlook"),
        ("差出人: Kestrel <help@kestrel.example>\n送信日時: 2026年3月2日\n件名: カード", "ja, Outlook"),
        ("*From:* Kestrel [mailto:help@kestrel.example]\n*Sent:* Monday\n*Subject:* Card", "en, with stars"),
    ],
)
def test_the_older_mail_is_folded_in_every_programs_and_languages_style(header, language):
    text = f"What became of it?\n\n{header}\n\nYour card is KM-OLD-7781."
    assert said(text) == "What became of it?"
    assert "".join(part.text for part in parts(text)).replace("\n", "") == text.replace("\n", "")


def test_what_was_written_between_quotes_stays_in_its_place():
    text = "> Which colour?\nBlue.\n> Which size?\nForty two.\n\nOn 2 Mar 2026 at 09:12, A <a@b.example> wrote:\n> more"
    assert [(part.kind, part.text.strip()) for part in parts(text)][:4] == [
        (Kind.QUOTE, "> Which colour?"),
        (Kind.SAID, "Blue."),
        (Kind.QUOTE, "> Which size?"),
        (Kind.SAID, "Forty two."),
    ]


def test_an_answer_below_the_quote_stays_in_sight():
    assert (
        said("On 2 Mar 2026, Kestrel wrote:\n> Hello,\n> old\n\nHow much is it?\n\n-- \nSent from my phone")
        == "How much is it?"
    )


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nMarta Lind\nHead of Operations",
        "--\nMarta Lind",
        "—\nJohn Doe\nCEO",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Gesendet von Outlook für Android<https://aka.ms/AAb9ysg>",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "iPhoneから送信",
        "This e-mail is confidential. If you are not the intended recipient delete it.",
        "Diese E-Mail enthält vertrauliche Informationen.\nSind Sie nicht der richtige Adressat, löschen Sie sie.",
    ],
)
def test_a_signature_is_folded(signature):
    text = f"Where is my order?\n\n{signature}"
    assert said(text) == "Where is my order?"
    assert parts(text)[-1].kind is Kind.SIGNATURE


@pytest.mark.parametrize(
    "text",
    [
        "On the other hand, it is not a header.\nOn average this works.",
        "The data comes From: our database, not From: external sources.",
        "Because of:\n-- the first point\n-- the second point\n\nThanks!",
        "## Points\n----\n\n1. One\n\n----\n\nAnd more.",
        "On 3 March 2026 I wrote:\nplease refund me. Nothing came.",
        "On 3 March 2026 I emailed help@kestrel.example:\nplease refund me",
        "Here is another email\n\nSent from my desk, is much easier then my mobile phone.",
        "Look:\n```\n-- \nOn 2 Mar 2026, A <a@b.example> wrote:\n> x\n```\nThat breaks.",
        "> only a quote\n> and nothing else",
        "-- \nnothing but a signature",
        "2024-01-15 14:30:25\nJan 15, 2024 at 14:30\n\nare examples.",
    ],
)
def test_what_only_looks_like_it_is_not_folded_and_never_everything(text):
    assert said(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "I got this:\nFrom: fraud@kestrei.example\nSubject: Your card\n\nIs it from you?",
        "Your message:\n   From:    a@b.example\n   Subject: Card\n\nCould not be delivered because of\n\n550 User unknown",
        "It has these headers:\n\n  Message-id: <1@b.example>\n  From: a@b.example\n  To: c@d.example\n\nand was not delivered.",
    ],
)
def test_headers_that_somebody_tells_of_do_not_end_what_he_says(text):
    assert said(text) == text


def test_a_line_before_the_header_is_never_taken_for_a_part_of_it():
    assert said("Order 123 has not come\nOn 3 May 2026 at 10:00 Jo <a@b.example> wrote:\n> x") == "Order 123 has not come"


def test_nothing_is_nothing():
    assert parts("") == []
    assert said(" \n\n") == ""


def test_the_made_mails_keep_what_was_said_and_lose_what_was_quoted(shared_data: Path):
    seen = 0
    for line in (shared_data / "emails" / "gold.jsonl").read_text().splitlines():
        expected = json.loads(line)
        body = plain_text(shared_data / "emails" / expected["file"])
        if body is None:
            continue
        shown = " ".join(said(body).split())
        assert all(" ".join(words.split()) in shown for words in expected["text_contains"]), expected["file"]
        assert not any(words in shown for words in expected["text_excludes"]), expected["file"]
        seen += 1
    assert seen > 40


def plain_text(file: Path) -> str | None:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    try:
        return body.get_content() if body else None
    except LookupError:
        return None


@pytest.mark.parametrize(
    "text",
    ["> " * 20_000, "a" * 50_000 + "!", "On " * 20_000 + "wrote:", "From: " * 9_000, "On 1\n" * 10_000, "--\n" * 20_000,
     "x\n\n" * 20_000, "From: a\n" * 8_000, "```\n" * 10_000, "On 12:00 a@b.c " * 20 + "\n" * 9_000, "-" * 50_000],
)  # fmt: skip
def test_no_text_takes_long(text):
    began = time.process_time()
    parts(text)
    assert time.process_time() - began < 0.5
