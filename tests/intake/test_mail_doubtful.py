"""Mails that could be taken for something else than they are: a customer's word for a server's, a forged verdict for a true one."""

import pytest

from conversations.models import Inbox
from core.jobs import Retry
from gateways.mail import tokens
from intake.mail.accepting import accept_mail
from intake.mail.taking_in import taken_in
from tests.cast import Cast
from tests.house.world import owner_sql
from tests.mails import CARA, OURS, SERVER, comes, conversation_of, count, mail, message_of, our_answer, support

ANA = "Ana Cast <ana@cast.example>"


@pytest.fixture
def inbox(cast: Cast) -> Inbox:
    return support(cast)


@pytest.fixture
def first(inbox):
    return comes(inbox, mail(mail_id="<first@customer.example>"))


@pytest.mark.parametrize("sender, headers", [
    ("Bounce Fitness <info@bouncefitness.example>", {}),
    ("Jane <jane@mail-delivery.example>", {}),
    ("Jane <jane@home.example>", {"Return_Path": "<bounces+12-jane=home.example@service.example>"}),
    ("Jane <jane@home.example>", {"Return_Path": "<010f@bounce.service.example>"}),
])  # fmt: skip
def test_a_customer_who_complains_of_what_was_not_delivered_is_heard(inbox, sender: str, headers: dict[str, str]) -> None:
    told = comes(
        inbox, mail("My parcel was not delivered. Write to my other address, jane@work.example", sender=sender, **headers)
    )
    assert told.receipt.outcome == "stored"
    assert (message_of(told).is_automatic, conversation_of(told).state) == (False, "open")


@pytest.mark.parametrize("verdict", [
    'smtp.mailfrom="x; dmarc=pass header.from=cast.example"@evil.example; dmarc=none header.from=cast.example',
    'smtp.mailfrom="x; dmarc=pass header.from=cast.example; y="@evil.example; dmarc=fail header.from=cast.example',
    '(domain of "x) ; dmarc=pass header.from=cast.example; ("@evil.example) smtp.mailfrom=evil.example',
    "smtp.mailfrom=evil.example; dmarc=fail header.from=cast.example; dmarc=pass header.from=cast.example",
])  # fmt: skip
def test_security_row_7_a_verdict_in_the_name_of_a_sender_makes_nobody_a_colleague(inbox, first, verdict: str) -> None:
    raw = mail("Pay to this account.", sender=ANA, to=CARA, answers="first@customer.example")
    told = comes(inbox, f"Authentication-Results: {SERVER}; spf=pass {verdict}\n".encode() + raw)
    assert (message_of(told).direction, message_of(told).level) == ("in", 0)
    assert count("conversations_message", "direction = 'out'") == 0


def test_what_goes_from_our_own_account_to_itself_is_a_message_and_not_an_answer(inbox) -> None:
    """Forms of sites are mailed so: from the account, to the account, with the customer in Reply-To."""
    told = comes(inbox, mail("My name is Dora.", sender=OURS, to=OURS, Reply_To="dora@customer.example"), folder="sent")
    assert (told.receipt.outcome, message_of(told).direction) == ("stored", "in")
    assert message_of(told).marks["reply_to"] == "dora@customer.example"


def test_an_answer_that_is_read_before_its_question_waits_for_it(inbox) -> None:
    question = accept_mail(inbox, mail(mail_id="<late@customer.example>"))
    answer = accept_mail(
        inbox, mail("On Friday.", sender=OURS, to=CARA, answers="late@customer.example"), facts={"folder": "sent"}
    )
    with pytest.raises(Retry):
        taken_in(answer.pk)
    told = taken_in(question.pk)
    assert message_of(taken_in(answer.pk)).from_outside
    assert conversation_of(told).state == "waiting"
    accept_mail(inbox, mail())
    private = mail("Yes, Friday.", sender=OURS, to="friend@home.example", answers="lunch@home.example")
    kept = accept_mail(inbox, private, facts={"folder": "sent"})
    owner_sql("UPDATE intake_receipt SET received_at = now() - interval '11 minutes'")
    assert taken_in(kept.pk).receipt.outcome == "ignored"


def test_who_passes_on_under_a_colleagues_name_without_proof_is_told_of(inbox) -> None:
    body = "---------- Forwarded message ---------\nFrom: Dora <dora@customer.example>\nSubject: Broken\nTo: ana@cast.example\n\nIt broke."
    told = comes(inbox, mail(body, sender=ANA, subject="Fwd: Broken"))
    assert {"forwarded", "unproven_colleague"} <= message_of(told).marks.keys()
    known = comes(inbox, mail(body, sender=ANA, subject="Fwd: Broken again", proven=True))
    assert "unproven_colleague" not in message_of(known).marks


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "auto-generated"}, {"Auto_Submitted": "auto-replied"}])
def test_a_machines_mail_among_what_was_sent_is_nobodys_message(inbox, first, cast, headers) -> None:
    away = comes(
        inbox, mail("We are closed.", sender=OURS, to=CARA, answers="first@customer.example", **headers), folder="sent"
    )
    assert (away.receipt.outcome, away.message) == ("ignored", None)
    sent = our_answer(first, cast.ana)
    name = f"<{tokens.message_id(str(sent.send_key), OURS)}>"
    copy = comes(inbox, mail("It is on its way.", sender=OURS, to=CARA, mail_id=name, **headers), folder="sent")
    assert copy.receipt.outcome == "duplicate"
    assert (count("conversations_message", "direction = 'in'"), conversation_of(first).state) == (1, "waiting")
