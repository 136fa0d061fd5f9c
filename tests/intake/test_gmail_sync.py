"""Reading a Gmail inbox: nothing that came is ever missed, whatever dies or fails in between, and nothing is kept twice."""

import logging
import random
import time

import pytest
from django.utils import timezone

from conversations.models import Delivery, DeliveryAttempt, Message
from core import jobs
from core.context import acting_as
from core.jobs import Retry
from core.models import Job
from gateways import breaker
from gateways.errors import GatewayError
from gateways.mail.gmail_reading import Mailbox, Page
from gateways.mail.tokens import mark, message_id
from intake.gmail import clock
from intake.gmail import sync as syncing
from intake.gmail.connected import box_of, read_up_to
from intake.gmail.sync import ask, sync
from intake.mail.taking_in import take_in
from intake.models import DOORMAN, Receipt
from tests.cast import conversation
from tests.house.world import owner_sql
from tests.intake.gmail_inbox import ADDRESS, account, gmail_inbox, inbox, mail, peer, receipts

__all__ = ["inbox", "peer"]


def test_what_came_is_kept_once_with_where_it_lay_and_the_place_moves(peer, inbox):
    first = peer.mailbox.arrives(mail(1))
    written = peer.mailbox.arrives(mail(2), "SENT")
    sync(inbox.pk)
    sync(inbox.pk)
    assert receipts(inbox) == [first, written]
    kept = Receipt.objects.using("owner").get(provider_id=f"gmail:{first}")
    assert bytes(kept.payload) == mail(1) and kept.facts == {"folder": "inbox", "thread": first}
    assert Receipt.objects.using("owner").get(provider_id=f"gmail:{written}").facts["folder"] == "sent"
    now = account(inbox)
    assert now.cursor == {"history_id": str(peer.mailbox.number)} and now.polled_at and now.poll_error == ""
    assert peer.count("messages.get") == 3, "what is known was fetched again"
    wanted = Job.objects.using("owner").filter(kind=jobs.kind_of(take_in).name)
    assert wanted.count() == 2


@pytest.mark.parametrize("label", ["DRAFT", "SPAM", "TRASH", "CHAT"])
def test_drafts_spam_and_what_was_thrown_away_stay_out(peer, inbox, label):
    peer.mailbox.arrives(mail(1), label)
    sync(inbox.pk)
    assert receipts(inbox) == [] and peer.count("messages.get") == 0


def test_what_somebody_takes_out_of_the_spam_comes_in(peer, inbox):
    found = peer.mailbox.arrives(mail(1), "SPAM")
    sync(inbox.pk)
    peer.mailbox.relabel(found, "INBOX", "SPAM")
    sync(inbox.pk)
    assert receipts(inbox) == [found]


def test_what_a_filter_put_away_is_a_customer_s_mail_all_the_same(peer, inbox):
    found = peer.mailbox.arrives(mail(1), "Label_7")
    sync(inbox.pk)
    assert receipts(inbox) == [found]


def test_a_history_of_many_pages_in_any_order_and_told_twice_is_read_whole(peer, inbox):
    came = [peer.mailbox.arrives(mail(number)) for number in range(25)]
    peer.page_size, peer.reorders, peer.repeats = 4, True, True
    sync(inbox.pk)
    assert sorted(receipts(inbox)) == sorted(came) and account(inbox).cursor == {"history_id": str(peer.mailbox.number)}


class Died(BaseException):
    """Stands for the end of the process."""


def test_nothing_is_missed_when_the_process_dies_anywhere(peer, inbox, monkeypatch):
    die, came, deaths = random.Random(7), [], []

    def failpoint(name):
        if die.random() < (0.5 if name == "gmail.before_place" else 0.1):
            deaths.append(name)
            raise Died

    for place in ("intake.gmail.taking.failpoint", "intake.gmail.sync.failpoint", "intake.mail.accepting.failpoint"):
        monkeypatch.setattr(place, failpoint)
    peer.page_size = 5
    for number in range(60):
        came.append(peer.mailbox.arrives(mail(number)))
        if number % 3 == 0:
            try:
                sync(inbox.pk)
            except Died:
                continue
    monkeypatch.undo()
    sync(inbox.pk)
    assert receipts(inbox) == came and {"gmail.after_receipt", "gmail.before_place", "mail.before_commit"} == set(deaths)


@pytest.mark.parametrize("operation", ["history", "messages.get", "token"])
@pytest.mark.parametrize("fate", ["503", "drop", "junk", "refuse", "hang"])
def test_a_failing_gmail_moves_nothing_and_is_told_to_whoever_looks_after_it(peer, inbox, operation, fate, monkeypatch):
    monkeypatch.setattr("intake.gmail.sync.Mailbox", lambda connection: Mailbox(connection, 0.5))
    before = account(inbox).cursor
    came = [peer.mailbox.arrives(mail(number)) for number in range(2)]
    peer.script[operation] = [fate]
    sync(inbox.pk)
    assert account(inbox).cursor == before and account(inbox).poll_error and account(inbox).polled_at is None
    assert Job.objects.using("owner").filter(state="dead").count() == 0
    sync(inbox.pk)
    assert sorted(receipts(inbox)) == sorted(came) and account(inbox).poll_error == ""


def test_one_mail_that_cannot_be_had_does_not_hold_up_the_others(peer, inbox):
    came = [peer.mailbox.arrives(mail(number)) for number in range(4)]
    peer.script["messages.get"] = ["ok", "503", "ok", "ok"]
    sync(inbox.pk)
    assert receipts(inbox) == [came[0], came[2], came[3]] and "error" in account(inbox).poll_error
    sync(inbox.pk)
    assert sorted(receipts(inbox)) == sorted(came) and account(inbox).poll_error == ""


def test_a_mail_that_vanished_meanwhile_stops_nothing(peer, inbox):
    gone, there = peer.mailbox.arrives(mail(1)), peer.mailbox.arrives(mail(2))
    peer.mailbox.vanishes(gone)
    sync(inbox.pk)
    assert receipts(inbox) == [there] and account(inbox).cursor == {"history_id": str(peer.mailbox.number)}


def test_when_the_history_is_forgotten_the_mailbox_is_looked_through(peer, inbox):
    known = peer.mailbox.arrives(mail(0))
    sync(inbox.pk)
    old = peer.mailbox.arrives(mail(1), at=time.time() - 10 * 86_400)
    came = [peer.mailbox.arrives(mail(number), at=time.time() - 100 + number) for number in range(2, 9)]
    peer.mailbox.forget_history()
    peer.page_size = 3
    sync(inbox.pk)
    assert receipts(inbox) == [known, *came], "oldest first, and not from before the last reading"
    assert old not in receipts(inbox) and account(inbox).cursor == {"history_id": str(peer.mailbox.number)}
    after = peer.mailbox.arrives(mail(10))
    sync(inbox.pk)
    assert receipts(inbox)[-1] == after and peer.count("profile") == 1


def test_an_inbox_that_was_never_read_begins_with_the_last_day_or_as_many_as_are_wanted(cast, peer):
    days = [peer.mailbox.arrives(mail(number), at=time.time() - number * 86_400 - 60) for number in range(5)]
    inbox = gmail_inbox(cast, backfill_days=3)
    sync(inbox.pk)
    assert receipts(inbox) == [days[2], days[1], days[0]]


def test_our_own_mail_is_known_and_proves_that_it_left(cast, peer, inbox):
    delivery = doubtful_delivery(cast, inbox)
    raw = mail(1, Message_ID=f"<{message_id(str(delivery.send_key), ADDRESS)}>", From=ADDRESS)
    ours = peer.mailbox.arrives(raw, "SENT")
    sync(inbox.pk)
    sync(inbox.pk)
    kept = Receipt.objects.using("owner").get(provider_id=f"gmail:{ours}")
    assert (kept.kind, kept.outcome, bytes(kept.payload)) == ("other", "ignored", b"")
    now = Delivery.objects.using("owner").get(pk=delivery.pk)
    assert (now.state, now.provider_id) == ("sent", ours)


def test_our_own_mail_is_known_by_its_mark_when_gmail_gave_it_another_id(cast, peer, inbox):
    delivery = doubtful_delivery(cast, inbox)
    raw = mail(1, X_Contactcenter_Mail=mark(message_id(str(delivery.send_key), ADDRESS)), From=ADDRESS)
    ours = peer.mailbox.arrives(raw, "SENT")
    sync(inbox.pk)
    assert receipts(inbox, kind="other") == [ours] and receipts(inbox, kind="mail") == []


def doubtful_delivery(cast, inbox):
    matter, _ = conversation(inbox, cast.cara)
    with acting_as(DOORMAN):
        message = Message.objects.create(
            conversation=matter, inbox_id=inbox.pk, customer_id=matter.customer_id, direction="out", author="system", text="x"
        )
        delivery = Delivery.objects.create(message=message, inbox_id=inbox.pk, body_sha256="")
        for before, after in (("pending", "sending"), ("sending", "unknown")):
            Delivery.objects.claim(delivery.pk, from_state=before, to_state=after)
        DeliveryAttempt.objects.create(
            delivery=delivery, inbox_id=inbox.pk, state="unknown", worker_key=1, body_sha256="", deadline=timezone.now()
        )
        return delivery


def test_a_stranger_s_mail_with_our_own_message_id_is_no_mail_of_ours(peer, inbox):
    raw = mail(1, Message_ID=f"<{message_id('2f6d0d3c-5ce7-4b0a-8e0e-3a4a6f6b2a10', ADDRESS)}>")
    found = peer.mailbox.arrives(raw)
    sync(inbox.pk)
    assert receipts(inbox, kind="mail") == [found]


def test_more_than_fits_into_one_run_is_read_in_several(peer, inbox, monkeypatch):
    came = [peer.mailbox.arrives(mail(number)) for number in range(6)]
    before = account(inbox).cursor
    monkeypatch.setattr(syncing, "BUDGET_SECONDS", 0.0)
    with pytest.raises(Retry):
        sync(inbox.pk)
    assert account(inbox).cursor == before
    monkeypatch.undo()
    sync(inbox.pk)
    assert receipts(inbox) == came


def test_who_is_asked_to_wait_waits(peer, inbox):
    peer.script["history"] = ["429"]
    with pytest.raises(Retry) as caught:
        sync(inbox.pk)
    assert caught.value.after == 7 and "wait" in account(inbox).poll_error


def test_a_refused_account_is_said_once_and_not_asked_at_every_turn(peer, inbox, caplog):
    peer.refresh_tokens.clear()
    sync(inbox.pk)
    assert "connect the account again" in account(inbox).poll_error
    assert breaker.breaker("gmail:support").state == "misconfigured"
    sync(inbox.pk)
    assert peer.count("token") == 1 and "refresh-1" not in caplog.text


def test_two_readings_at_once_move_the_place_once(peer, inbox):
    peer.mailbox.arrives(mail(1))
    late = box_of(inbox.pk)
    sync(inbox.pk)
    with acting_as(DOORMAN):
        assert not read_up_to(late, "1") and account(inbox).cursor == {"history_id": str(peer.mailbox.number)}


def test_a_burst_of_asking_is_one_reading_and_one_that_has_begun_is_followed_by_another(peer, inbox):
    def waiting():
        return Job.objects.using("owner").filter(kind=jobs.kind_of(sync).name).count()

    with acting_as(DOORMAN):
        for _ in range(20):
            ask(inbox.pk)
    assert waiting() == 1
    owner_sql("UPDATE core_job SET state = 'leased', lease_until = now() + interval '1 minute'")
    with acting_as(DOORMAN):
        ask(inbox.pk)
        ask(inbox.pk)
    assert waiting() == 2


def test_the_clock_asks_for_every_gmail_inbox_and_for_no_other(cast, peer, inbox):
    assert clock.read_all() == 1
    assert list(Job.objects.using("owner").values_list("ref", flat=True)) == [inbox.pk]


def test_gmail_is_asked_to_tell_of_changes_a_day_after_it_was_asked_last(cast, peer):
    inbox = gmail_inbox(cast, topic="projects/p/topics/mail")
    assert clock.renew_all() == 1
    clock.renew(inbox.pk)
    assert peer.forms[-1] == {"topicName": "projects/p/topics/mail"}
    assert (account(inbox).watch_until - timezone.now()).days in (6, 7) and clock.renew_all() == 0
    owner_sql("UPDATE conversations_account SET watch_until = watch_until - interval '25 hours'")
    assert clock.renew_all() == 1
    peer.script["watch"] = ["403"]
    clock.renew(inbox.pk)
    assert clock.renew_all() == 1


def test_an_inbox_without_a_topic_is_only_polled(peer, inbox):
    assert clock.renew_all() == 0
    clock.renew(inbox.pk)
    assert peer.count("watch") == 0


def test_counting_through_finds_what_nobody_told_of(peer, inbox, caplog):
    caplog.set_level(logging.INFO)
    told = peer.mailbox.arrives(mail(1), at=time.time() - 3600)
    sync(inbox.pk)
    clock.count_through(inbox.pk)
    assert found_missing(caplog) == [0]
    silent = peer.mailbox.arrives(mail(2), at=time.time() - 3600)
    peer.mailbox.arrives(mail(3), at=time.time() - 30 * 3600)
    peer.mailbox.arrives(mail(4))
    peer.mailbox.history.clear()
    clock.count_through(inbox.pk)
    assert receipts(inbox) == [told, silent] and found_missing(caplog) == [0, 1]
    clock.count_through(inbox.pk)
    assert found_missing(caplog) == [0, 1, 0]


def found_missing(caplog):
    return [record.facts["count"] for record in caplog.records if record.message == "reconcile_missing"]


def test_a_list_that_goes_round_in_circles_comes_to_an_end(monkeypatch):
    with pytest.raises(GatewayError, match="does not come to an end"):
        syncing.listed(lambda page: Page((), more="again"))
