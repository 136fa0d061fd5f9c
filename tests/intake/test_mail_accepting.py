"""A mail at the door: kept with the job that reads it, once."""

import pytest

from conversations.models import Attachment, Inbox, Message
from core.context import acting_as
from intake.mail.accepting import LONGEST, accept_mail
from intake.models import Receipt
from tests.build import run_jobs
from tests.cast import SYSTEM
from tests.house.world import owner_sql

RAW = b"From: cara@customer.example\r\nSubject: Shoes\r\n\r\nWhere are they?\r\n"


@pytest.fixture
def support(cast) -> Inbox:
    inbox = Inbox.objects.using("owner").create(
        name="Support", slug="support", channel="email", address="support@shop.example", knowledge_base=cast.base
    )
    return Inbox.objects.using("owner").get(pk=inbox.pk)


def receipts() -> list[Receipt]:
    return list(Receipt.objects.using("owner").order_by("pk"))


def test_a_mail_is_kept_with_its_bytes_and_its_job(support) -> None:
    receipt = accept_mail(support, RAW, provider_id="gmail:7", facts={"folder": "inbox"})
    (kept,) = receipts()
    assert (kept.pk, bytes(kept.payload), kept.facts) == (receipt.pk, RAW, {"folder": "inbox"})
    assert owner_sql("SELECT count(*) FROM core_job WHERE kind = 'intake.mail.taking_in.take_in'") == [(1,)]


def test_the_same_provider_id_again_is_the_first_receipt(support) -> None:
    first = accept_mail(support, RAW, provider_id="gmail:7")
    assert accept_mail(support, RAW + b"other", provider_id="gmail:7").pk == first.pk
    assert len(receipts()) == 1
    assert owner_sql("SELECT count(*) FROM core_job WHERE kind = 'intake.mail.taking_in.take_in'") == [(1,)]


def test_what_has_no_name_is_named_by_its_bytes(support) -> None:
    assert accept_mail(support, RAW).pk == accept_mail(support, RAW).pk
    assert accept_mail(support, RAW + b"x").pk != accept_mail(support, RAW).pk


def test_a_door_may_call_inside_its_own_transaction_and_nothing_is_kept_when_that_ends_badly(support) -> None:
    with pytest.raises(RuntimeError), acting_as(SYSTEM):
        accept_mail(support, RAW, provider_id="gmail:7")
        raise RuntimeError
    assert receipts() == []


def test_of_what_is_too_long_the_beginning_is_read_and_all_is_attached(support) -> None:
    accept_mail(support, RAW + b"x" * LONGEST)
    run_jobs()
    (kept,) = receipts()
    assert (kept.state, kept.outcome) == ("done", "stored")
    message = Message.objects.using("owner").get()
    assert "partly_read" in message.marks and message.text.startswith("Where are they?")
    assert Attachment.objects.using("owner").get().name == "mail.eml"
