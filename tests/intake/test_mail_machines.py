"""Machines' mails (behaviour 3), notices of mail servers (4), what cannot be read (8), colleagues (9, 10), confirmations."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.utils import timezone

from approvals.models import Draft
from conversations import snoozing
from conversations.models import Attachment, Customer, Delivery, Identity, Inbox, Message
from gateways.mail import tokens
from intake.mail.accepting import accept_mail
from intake.models import Receipt
from tests.build import run_jobs
from tests.cast import Cast
from tests.house.world import owner_sql
from tests.mails import CARA, OURS, comes, conversation_of, count, mail, message_of, our_answer, support

ANA = "Ana Cast <ana@cast.example>"


@pytest.fixture
def inbox(cast) -> Inbox:
    return support(cast)


@pytest.fixture
def first(inbox):
    return comes(inbox, mail(mail_id="<first@customer.example>"))


def drafts() -> int:
    return count("core_job", "kind LIKE '%draft_reply'")


@pytest.mark.parametrize("headers", [
    {"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"List_Id": "<news.shop.example>"}, {"Return_Path": "<>"},
    {"X_Auto_Response_Suppress": "All"},
])  # fmt: skip
def test_what_a_machine_wrote_is_kept_and_shown_and_answered_by_nobody(inbox, first, cast, headers) -> None:
    our_answer(first, cast.ana)
    before = drafts()
    told = comes(inbox, mail("I am away", answers="first@customer.example", **headers))
    matter = conversation_of(told)
    assert message_of(told).is_automatic and message_of(told).marks["automatic"]
    assert (matter.pk, matter.state, matter.due_at) == (conversation_of(first).pk, "waiting", None)
    assert drafts() == before


def test_a_machine_wakes_nothing_and_overtakes_no_draft(inbox, first, cast) -> None:
    matter = conversation_of(first)
    with cast.acting(cast.ana):
        snoozing.snooze(matter, until=timezone.now() + timedelta(days=1), by=cast.ana)
    comes(inbox, mail("I am away", answers="first@customer.example", Auto_Submitted="auto-replied"))
    assert conversation_of(first).state == "snoozed"
    run_jobs()
    assert Draft.objects.using("owner").get(in_reply_to=message_of(first)).state == "in_review"


def test_what_comes_from_our_own_address_is_a_loop(inbox, cast) -> None:
    support(cast, slug="other", address="sales@shop.example")
    for sender in (OURS, "support+c1.aaaaaaaaaaaaaaaa@shop.example", "sales@shop.example"):
        assert message_of(comes(inbox, mail(sender, sender=sender))).is_automatic
    assert drafts() == 0


def test_two_machines_that_say_nothing_come_to_an_end(inbox, cast, settings) -> None:
    settings.UNDO_SECONDS = 0
    matter = conversation_of(comes(inbox, mail()))
    for _ in range(2):
        Message.objects.using("owner").create(
            conversation=matter, inbox_id=inbox.pk, customer_id=matter.customer_id, direction="out", author="assistant", text="x",
            confidence=0.9,
        )  # fmt: skip
    told = comes(inbox, mail("Received, thank you for your mail. What is it about?"))
    run_jobs()
    draft = Draft.objects.using("owner").get(in_reply_to=message_of(told))
    assert draft.state == "in_review"
    assert "mailed_enough" in [rule["code"] for rule in draft.rules]


def bounce(mail_id: str, *, status: str = "5.1.1", to: str = CARA) -> bytes:
    action = "failed" if status.startswith("5") else "delayed"
    return (
        f"From: MAILER-DAEMON@mx.example\r\nTo: {OURS}\r\nSubject: Returned mail\r\nReturn-Path: <>\r\nMIME-Version: 1.0\r\n"
        f"Message-ID: <b{status}{abs(hash((mail_id, to)))}@mx.example>\r\nDate: Tue, 24 Nov 2026 09:00:00 +0000\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt did not get there.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {to}\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; 550 No such user\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{mail_id}>\r\nSubject: Re: My order\r\n\r\n--b--\r\n"
    ).encode()


def test_a_bounce_changes_the_mail_that_it_is_about_and_opens_nothing(inbox, first, cast) -> None:
    delivery = our_answer(first, cast.ana)
    before = count("conversations_conversation"), count("conversations_message"), drafts()
    told = comes(inbox, bounce(tokens.message_id(str(delivery.send_key), OURS)))
    assert told.receipt.outcome == "bounce"
    now = Delivery.objects.using("owner").get(pk=delivery.pk)
    assert (now.state, "No such user" in now.reason) == ("failed", True)
    identity = Identity.objects.using("owner").get(address=CARA)
    assert identity.undeliverable_at is not None and "550" in identity.undeliverable_reason
    matter = conversation_of(first)
    assert (matter.state, matter.assignee_id, matter.needs_person) == ("open", cast.ana.pk, "A reply could not be delivered")
    assert (count("conversations_conversation"), count("conversations_message"), drafts()) == before
    comes(inbox, mail("I am here again", answers="first@customer.example"))
    assert Identity.objects.using("owner").get(address=CARA).undeliverable_at is None


def test_a_delay_is_told_and_flags_nobody(inbox, first, cast) -> None:
    delivery = our_answer(first, cast.ana)
    comes(inbox, bounce(tokens.message_id(str(delivery.send_key), OURS), status="4.4.1"))
    now = Delivery.objects.using("owner").get(pk=delivery.pk)
    assert now.state == "sent" and now.delayed_reason
    assert Identity.objects.using("owner").get(address=CARA).undeliverable_at is None


def test_a_forged_or_foreign_notice_changes_nothing_and_is_kept(inbox, first, cast) -> None:
    delivery = our_answer(first, cast.ana)
    before = count("conversations_conversation")
    for mail_id in (f"r.{delivery.send_key.hex}.{'a' * 16}@shop.example", "somebody@else.example", "first@customer.example"):
        assert comes(inbox, bounce(mail_id)).receipt.outcome == "bounce"
    assert Delivery.objects.using("owner").get(pk=delivery.pk).state == "sent"
    assert Identity.objects.using("owner").get(address=CARA).undeliverable_at is None
    assert count("conversations_conversation") == before


def test_a_copy_that_came_back_leaves_the_reply_sent_and_asks_for_somebody(inbox, first, cast) -> None:
    delivery = our_answer(first, cast.ana, to=[CARA], cc=["partner@customer.example"])
    comes(inbox, bounce(tokens.message_id(str(delivery.send_key), OURS), to="partner@customer.example"))
    assert Delivery.objects.using("owner").get(pk=delivery.pk).state == "sent"
    assert conversation_of(first).needs_person == "A reply could not be delivered"


def test_what_cannot_be_read_is_a_conversation_with_the_mail_attached(inbox) -> None:
    accept_mail(inbox, mail())
    owner_sql("UPDATE core_job SET attempts = max_attempts - 1")
    run_jobs()
    receipt, message = Receipt.objects.using("owner").get(), Message.objects.using("owner").get()
    assert (receipt.outcome, receipt.state) == ("unreadable", "failed")
    assert "could not be read" in message.text and "unreadable" in message.marks
    assert Attachment.objects.using("owner").get().name == "mail.eml"
    matter = message.conversation_id
    assert count("conversations_conversation", f"id = {matter} AND needs_person <> '' AND due_at IS NOT NULL") == 1
    assert drafts() == 0


def test_the_mails_behind_one_that_fails_go_on(inbox) -> None:
    for raw in (b"\xff\x00" * 50, b"", b"From:\r\n\r\n", mail("Hello")):
        accept_mail(inbox, raw)
    run_jobs()
    assert {one.state for one in Receipt.objects.using("owner").all()} <= {"done", "failed"}
    assert count("conversations_message", "text LIKE 'Hello%'") == 1
    assert count("core_deadletter") == 0


def test_hostile_names_and_headers_stay_what_they_are_said_to_be(inbox, cast) -> None:
    raw = mail(
        sender='"x\\" Bcc: a@evil.example" <cara@customer.example>', subject="Hi", files={"../../etc/passwd\u202egpj.exe": b"x"}
    )
    told = comes(inbox, raw.replace(b"Subject: Hi", b"Subject: =?utf-8?q?Hi=0D=0ABcc:_a@evil.example?="))
    assert "\n" not in conversation_of(told).subject and "\r" not in conversation_of(told).subject
    file = Attachment.objects.using("owner").get()
    assert "/" not in file.name and "\u202e" not in file.name and "passwd" not in file.key
    assert message_of(told).recipients == {}


def forwarded(text: str = "Please look at this.") -> str:
    return f"{text}\n\n---------- Forwarded message ---------\nFrom: Dora <dora@customer.example>\nDate: Mon, 23 Nov 2026\nSubject: Broken\nTo: ana@cast.example\n\nMy lamp is broken.\n"


def test_what_a_colleague_forwards_is_its_writers(inbox, cast) -> None:
    told = comes(inbox, mail(forwarded(), sender=ANA, subject="Fwd: Broken"))
    matter, message = conversation_of(told), message_of(told)
    assert Identity.objects.using("owner").get(address="dora@customer.example").customer_id == matter.customer_id
    assert (message.direction, message.marks["forwarded"], message.level) == ("in", "Ana Cast", 0)
    assert not Identity.objects.using("owner").filter(address="ana@cast.example").exists()


def test_what_only_pretends_to_be_forwarded_by_a_colleague_is_its_senders(inbox, cast) -> None:
    raw = mail(
        forwarded(),
        sender=ANA,
        subject="Fwd: Broken",
        Authentication_Results="mx.shop.example; dmarc=fail header.from=cast.example",
    )
    told = comes(inbox, raw)
    assert {"unauthenticated", "unproven_colleague"} <= message_of(told).marks.keys()
    stranger = comes(inbox, mail(forwarded(), sender="eve@evil.example", subject="Fwd: Broken"))
    assert "forwarded" not in message_of(stranger).marks
    assert not Identity.objects.using("owner").filter(address="dora@customer.example").exists()


def test_an_answer_from_a_colleagues_own_mail_program_is_ours_and_stops_the_clock_and_the_assistant(inbox, first, cast) -> None:
    run_jobs()
    draft = Draft.objects.using("owner").get()
    assert draft.state == "in_review" and conversation_of(first).due_at is not None
    before = conversation_of(first).ownership
    raw = mail("It comes on Friday.", sender=ANA, to=CARA, Cc=OURS, answers="first@customer.example", proven=True)
    told = comes(inbox, raw)
    message, matter = message_of(told), conversation_of(first)
    assert (message.direction, message.author, message.from_outside, message.sender_id) == ("out", "agent", True, cast.ana.pk)
    assert message.conversation_id == matter.pk and message.published_at is not None
    assert not Delivery.objects.using("owner").filter(message=message).exists()
    assert (matter.state, matter.due_at, matter.ownership > before) == ("waiting", None, True)
    assert Draft.objects.using("owner").get(pk=draft.pk).state == "superseded"


def test_the_sent_folder_proves_whoever_wrote_and_our_own_mails_in_it_are_known(inbox, first, cast) -> None:
    told = comes(inbox, mail("On Friday.", sender=OURS, to=CARA, answers="first@customer.example"), folder="sent")
    assert (message_of(told).from_outside, message_of(told).sender_id) == (True, None)
    private = comes(inbox, mail("Lunch?", sender=OURS, to="friend@home.example"), folder="sent")
    assert (private.receipt.outcome, private.message) == ("ignored", None)
    sent = our_answer(first, cast.ana)
    copy = mail("It is on its way.", sender=OURS, to=CARA, mail_id=f"<{tokens.message_id(str(sent.send_key), OURS)}>")
    assert comes(inbox, copy, folder="sent").receipt.outcome == "duplicate"
    assert count("conversations_message", "direction = 'out'") == 2


@pytest.mark.parametrize("headers", [
    {}, {"Authentication_Results": "mx.evil.example; dmarc=pass header.from=cast.example"},
    {"Authentication_Results": "mx.shop.example; dmarc=fail header.from=cast.example"},
])  # fmt: skip
def test_whoever_only_writes_under_a_colleagues_name_never_speaks_for_us(inbox, first, cast, headers) -> None:
    raw = mail("Pay to this account", sender=ANA, to=CARA, Cc=OURS, answers="first@customer.example", **headers)
    message = message_of(comes(inbox, raw))
    assert (message.direction, message.author) == ("in", "customer")
    assert message.marks["unproven_colleague"] == "Ana Cast"
    assert count("conversations_message", "direction = 'out'") == 0
    assert conversation_of(first).state == "open"


def test_an_inbox_that_wants_it_confirms_receipt_once_and_never_to_a_machine(cast: Cast) -> None:
    inbox = support(cast, sends_receipt=True)
    first = comes(inbox, mail(mail_id="<first@customer.example>"))
    comes(inbox, mail("More", answers="first@customer.example"))
    comes(inbox, mail("News", sender="list@news.example", Precedence="bulk"))
    comes(inbox, mail("Two", subject="Another"))
    comes(inbox, mail("Three", subject="A third"))
    said = Message.objects.using("owner").filter(author="system")
    assert said.count() == 2
    matter = conversation_of(first)
    assert (matter.state, matter.due_at is not None) == ("open", True)
    run_jobs()
    assert conversation_of(first).due_at is not None
    assert Draft.objects.using("owner").filter(state="superseded", in_reply_to__conversation=matter).count() <= 1


def test_two_instances_that_write_to_each_other_stop(inbox, cast) -> None:
    """What another instance's machine sends says that it is a machine's: its confirmation is answered by none of ours."""
    receipt = EmailMessage()
    receipt["From"], receipt["To"], receipt["Subject"] = "help@other.example", OURS, "Re: My order"
    receipt["Auto-Submitted"], receipt["X-Auto-Response-Suppress"] = "auto-generated", "All"
    receipt.set_content("Thank you for writing to us.")
    owner_sql("UPDATE conversations_inbox SET sends_receipt = true")
    told = comes(inbox, receipt.as_bytes())
    assert message_of(told).is_automatic
    assert (drafts(), count("conversations_message", "direction = 'out'")) == (0, 0)
    assert Customer.objects.using("owner").filter(pk=conversation_of(told).customer_id).exists()
