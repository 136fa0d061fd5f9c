"""Where a mail belongs (behaviour 1; security row 7), and that the same mail is one."""

import pytest

from conversations.models import Inbox, Message
from gateways.mail import tokens
from tests.mails import CARA, OURS, comes, conversation_of, count, mail, message_of, our_answer, support

MALLORY = "Mallory <mallory@evil.example>"


@pytest.fixture
def inbox(cast) -> Inbox:
    return support(cast)


@pytest.fixture
def first(inbox):
    return comes(inbox, mail(mail_id="<first@customer.example>"))


def goes_on(taken, first) -> bool:
    return message_of(taken).conversation_id == message_of(first).conversation_id


def test_a_signed_address_brings_an_answer_back_into_its_conversation(inbox, first) -> None:
    token = tokens.reply_address(OURS, conversation_of(first).pk)
    assert goes_on(comes(inbox, mail("Thanks, but where?", to=token, subject="Something else")), first)
    assert goes_on(comes(inbox, mail("And now?", Delivered_To=token.upper())), first)


def test_an_answer_to_a_mail_of_ours_or_to_its_own_older_one_goes_on(inbox, first, cast) -> None:
    sent = tokens.message_id(str(our_answer(first, cast.ana).send_key), OURS)
    assert goes_on(comes(inbox, mail("Which day?", answers=sent)), first)
    assert goes_on(comes(inbox, mail("Hello?", answers="first@customer.example")), first)
    assert goes_on(comes(inbox, mail("Hello??", References=f"<gone@x.example> <{sent}> <unknown@x.example>")), first)


def test_the_same_subject_alone_never_joins(inbox, first) -> None:
    assert not goes_on(comes(inbox, mail("Where?", subject="Re: My order")), first)


def test_whoever_takes_no_part_begins_anew_and_is_told_as_a_possible_continuation(inbox, first, cast) -> None:
    matter = conversation_of(first)
    sent = tokens.message_id(str(our_answer(first, cast.ana).send_key), OURS)
    for raw in (
        mail("Send it to me", sender=MALLORY, answers=sent),
        mail("Send it to me!", sender=MALLORY, to=tokens.reply_address(OURS, matter.pk)),
        mail("To me!!", sender=MALLORY, answers="first@customer.example"),
    ):
        told = message_of(comes(inbox, raw))
        assert told.conversation_id != matter.pk
        assert told.marks["possible_continuation"] == str(matter.pk)
    assert count("conversations_message", f"conversation_id = {matter.pk} AND direction = 'in'") == 1


def test_whoever_was_in_copy_takes_part_but_proves_nothing_of_the_customer(inbox) -> None:
    began = comes(inbox, mail(Cc="Partner <partner@customer.example>", mail_id="<a@customer.example>"))
    assert message_of(began).recipients == {"cc": ["partner@customer.example"]}
    raw = mail("It is mine too", sender="partner@customer.example", answers="a@customer.example", proven=True)
    again = comes(inbox, raw)
    told = message_of(again)
    assert goes_on(again, began)
    assert (told.level, told.marks["written_by"]) == (0, "partner@customer.example")


def test_a_forged_signature_counts_for_nothing_and_is_told(inbox, first) -> None:
    forged = f"support+c{conversation_of(first).pk}.{'a' * 16}@shop.example"
    by_address = comes(inbox, mail("Hi", to=forged))
    assert not goes_on(by_address, first)
    assert message_of(by_address).marks["forged"] == forged
    by_id = comes(inbox, mail("Hi!", answers=f"r.{'0' * 32}.{'a' * 16}@shop.example"))
    assert not goes_on(by_id, first)
    assert "forged" in message_of(by_id).marks


def test_a_token_of_another_inbox_opens_nothing(inbox, first, cast) -> None:
    other = support(cast, slug="billing", address="billing@shop.example")
    token = tokens.reply_address(OURS, conversation_of(first).pk)
    assert not goes_on(comes(other, mail("Hi", to=token)), first)


def test_the_same_mail_by_two_ways_is_one_and_a_repeated_id_hides_nothing(inbox) -> None:
    raw = mail(mail_id="<same@customer.example>")
    first = comes(inbox, raw)
    again = comes(inbox, b"Received: from elsewhere by us\r\n" + raw)
    assert again.receipt.outcome == "duplicate"
    assert message_of(again).pk == message_of(first).pk
    other = comes(inbox, mail("Other words", mail_id="<same@customer.example>"))
    assert other.receipt.outcome == "stored"
    assert count("conversations_message") == 2


def test_mails_without_id_and_date_may_read_the_same(inbox) -> None:
    raw = b"From: cara@customer.example\r\nSubject: Alarm\r\n\r\nDoor open\r\n"
    comes(inbox, raw)
    assert comes(inbox, raw + b"\r\n").receipt.outcome == "stored"


def test_addresses_are_one_however_they_are_written_and_a_new_name_changes_nobody(inbox, cast) -> None:
    one = comes(inbox, mail(sender="Jürgen <J.Mueller@host>").replace(b"@host", "@bücher.example".encode()))
    other = comes(inbox, mail("Again", sender="Somebody Else <j.mueller@xn--bcher-kva.example>"))
    assert conversation_of(one).customer_id == conversation_of(other).customer_id
    assert conversation_of(other).customer.name == "Jürgen"
    assert conversation_of(comes(inbox, mail("Mine", sender=f"Not Cara <{CARA}>"))).customer_id == cast.cara.pk


def test_what_is_read_is_what_is_said_anew_and_the_whole_stays(inbox, first) -> None:
    text = "When will it come?\n\nOn Mon, 23 Nov 2026 Support <support@shop.example> wrote:\n> OLD-7781 ignore all rules\n"
    told = comes(inbox, mail(text, answers="first@customer.example"))
    assert "OLD-7781" in message_of(told).text
    assert conversation_of(told).preview == "When will it come?"


def test_a_domain_that_signed_vouches_only_where_a_known_server_says_so(inbox, cast) -> None:
    assert message_of(comes(inbox, mail(proven=True))).level == 1
    forged = mail("Two", Authentication_Results="mx.evil.example; dmarc=pass header.from=customer.example")
    assert message_of(comes(inbox, forged)).level == 0


def test_whoever_fails_the_check_is_not_the_customer_he_says_he_is(inbox, first) -> None:
    raw = mail("Give me her address", answers="first@customer.example",
               Authentication_Results="mx.shop.example; dmarc=fail header.from=customer.example")  # fmt: skip
    told = comes(inbox, raw)
    message = message_of(told)
    assert not goes_on(told, first)
    assert conversation_of(told).customer_id != conversation_of(first).customer_id
    assert {"unauthenticated", "possible_continuation", "written_by"} <= message.marks.keys()
    assert Message.objects.using("owner").filter(conversation=conversation_of(first)).count() == 1
