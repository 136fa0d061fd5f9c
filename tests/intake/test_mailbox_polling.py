"""Mailboxes read by IMAP: every mail once, whatever breaks, and one that is dead holds up no other."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from contactcenter import timetable
from conversations.models import Account, Inbox, Message
from core.context import acting_as
from core.models import Job
from gateways import breaker
from gateways.mail.imap import Mailbox
from gateways.mail.servers import Bounds
from gateways.types import Connection
from intake.mailbox import places, polling
from intake.models import Receipt
from tests.build import run_jobs
from tests.cast import SYSTEM, Cast
from tests.house.world import owner_sql
from tests.peers.imap import Folder, ImapPeer, imap_peer

OURS = "help@shop.example"


def mail(number: int, text: str = "Where is my order?", sender: str = "cara@customer.example", **headers: str) -> bytes:
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return (
        f"From: {sender}\r\nTo: {OURS}\r\nSubject: Order {number}\r\nDate: Tue, 24 Nov 2026 10:00:{number:02} +0000\r\n"
        f"Message-ID: <m{number}@customer.example>\r\n{more}\r\n{text} {number}\r\n"
    ).encode()


@pytest.fixture
def peer() -> Iterator[ImapPeer]:
    breaker.reset()
    with imap_peer() as found:
        yield found
    breaker.reset()


def connect(inbox: Inbox, port: int, *, address: str = OURS, **settings: Any) -> None:
    """The inbox is one of mail, and read there."""
    owner_sql("UPDATE conversations_inbox SET channel = 'email', address = %s WHERE id = %s", address, inbox.pk)
    given = {"imap_host": "127.0.0.1", "imap_port": port, "imap_user": "support", "imap_security": "none", **settings}
    with acting_as(SYSTEM):
        Account.objects.update_or_create(inbox_id=inbox.pk, defaults={"transport": "mail", "settings": given})
    owner_sql("INSERT INTO conversations_inboxsecret (inbox_id, name, value) VALUES (%s, 'imap_password', 'secret')", inbox.pk)


def account(inbox: Inbox) -> Account:
    return Account.objects.using("owner").get(inbox_id=inbox.pk)


def texts() -> list[str]:
    said = Message.objects.using("owner").filter(direction="in").order_by("pk")
    return [one.text.strip() for one in said]


def receipts() -> list[str]:
    return list(Receipt.objects.using("owner").order_by("pk").values_list("provider_id", flat=True))


def test_what_came_is_taken_in_once_and_what_came_long_ago_is_left(cast: Cast, peer: ImapPeer) -> None:
    connect(cast.orders, peer.port)
    peer.put(mail(1), day=date.today() - timedelta(days=30))
    peer.put(mail(2))
    timetable.read_mailboxes()
    run_jobs()
    peer.put(mail(3))
    for _ in range(2):
        polling.poll(cast.orders.pk)
    run_jobs()
    assert texts() == ["Where is my order? 2", "Where is my order? 3"] and receipts() == ["imap:INBOX:1:2", "imap:INBOX:1:3"]
    kept = account(cast.orders)
    assert kept.cursor == {"INBOX": {"uidvalidity": 1, "uid": 3, "left_out": []}} and kept.polled_at and kept.poll_error == ""
    assert peer.fetched == [("INBOX", 2), ("INBOX", 3)]


def test_a_folder_that_is_numbered_anew_makes_no_second_message(cast: Cast, peer: ImapPeer) -> None:
    connect(cast.orders, peer.port)
    for number in (1, 2):
        peer.put(mail(number))
    polling.poll(cast.orders.pk)
    run_jobs()
    peer.folders["INBOX"].number_anew()
    peer.put(mail(3))
    polling.poll(cast.orders.pk)
    run_jobs()
    assert sorted(texts()) == [f"Where is my order? {number}" for number in (1, 2, 3)] and len(receipts()) == 5
    assert account(cast.orders).cursor == {"INBOX": {"uidvalidity": 2, "uid": 3, "left_out": []}}


def test_a_process_that_dies_between_mails_loses_and_doubles_nothing(cast: Cast, peer: ImapPeer) -> None:
    connect(cast.orders, peer.port)
    for number in range(1, 6):
        peer.put(mail(number))
    peer.script = {"UID FETCH": ["ok", "ok", "ok", "ok", "ok", "drop"]}
    polling.poll(cast.orders.pk)
    assert account(cast.orders).poll_error and len(receipts()) == 2 and account(cast.orders).polled_at is None
    polling.poll(cast.orders.pk)
    run_jobs()
    assert sorted(texts()) == [f"Where is my order? {number}" for number in range(1, 6)]
    assert account(cast.orders).poll_error == "" and account(cast.orders).cursor["INBOX"]["left_out"] == []


def test_the_place_moves_with_the_receipt_or_not_at_all(cast: Cast, peer: ImapPeer) -> None:
    connect(cast.orders, peer.port)
    polling.poll(cast.orders.pk)
    peer.put(mail(1))
    box = places.box_of(cast.orders.pk)
    assert box is not None
    # Somebody takes the connection away while it is read.
    owner_sql("DELETE FROM conversations_account WHERE inbox_id = %s", cast.orders.pk)
    with pytest.raises(Account.DoesNotExist):
        polling.read(box)
    assert receipts() == [] and peer.fetched == [("INBOX", 1)]
    with acting_as(SYSTEM):
        Account.objects.create(inbox=cast.orders, transport="mail", settings=box.account.settings, cursor=box.account.cursor)
    polling.poll(cast.orders.pk)
    assert receipts() == ["imap:INBOX:1:1"]


def test_one_mail_that_cannot_be_had_holds_up_no_other_and_is_tried_again(cast: Cast, peer: ImapPeer) -> None:
    connect(cast.orders, peer.port)
    polling.poll(cast.orders.pk)
    for number in range(1, 4):
        peer.put(mail(number))
    peer.script = {"UID FETCH": ["no"]}
    polling.poll(cast.orders.pk)
    assert receipts() == ["imap:INBOX:1:2", "imap:INBOX:1:3"] and "could not be fetched" in account(cast.orders).poll_error
    assert account(cast.orders).cursor["INBOX"] == {"uidvalidity": 1, "uid": 3, "left_out": [1]}
    polling.poll(cast.orders.pk)
    assert receipts()[-1] == "imap:INBOX:1:1" and account(cast.orders).cursor["INBOX"]["left_out"] == []
    assert account(cast.orders).poll_error == ""


def test_however_many_are_never_given_away_the_mailbox_is_read(cast: Cast, peer: ImapPeer) -> None:
    connect(cast.orders, peer.port)
    polling.poll(cast.orders.pk)
    for number in range(1, 7):
        peer.put(mail(number))
    for _ in range(3):
        peer.script = {"UID FETCH": ["no"] * 12}
        polling.poll(cast.orders.pk)
    assert account(cast.orders).cursor["INBOX"] == {"uidvalidity": 1, "uid": 6, "left_out": [1, 2, 3, 4, 5, 6]}
    assert account(cast.orders).poll_error.startswith("Some mails could not be fetched")


def test_a_mail_that_is_gone_before_it_is_fetched_is_passed_over(cast: Cast, peer: ImapPeer) -> None:
    connect(cast.orders, peer.port)
    peer.put(mail(1))
    owner_sql(
        'UPDATE conversations_account SET cursor = \'{"INBOX": {"uidvalidity": 1, "uid": 0, "left_out": [44]}}\' WHERE inbox_id = '
        + str(cast.orders.pk)
    )
    polling.poll(cast.orders.pk)
    assert receipts() == ["imap:INBOX:1:1"] and account(cast.orders).cursor["INBOX"]["left_out"] == []


def test_what_colleagues_sent_from_elsewhere_is_read_from_the_folder_of_sent_mail(cast: Cast, peer: ImapPeer) -> None:
    connect(cast.orders, peer.port, sent_folder="Sent")
    peer.folders["Sent"] = Folder()
    peer.put(mail(7, "Long ago", sender=OURS), "Sent")
    peer.put(mail(1))
    polling.poll(cast.orders.pk)
    run_jobs()
    answer = f"From: {OURS}\r\nTo: cara@customer.example\r\nSubject: Re: Order 1\r\nMessage-ID: <a1@shop.example>\r\nIn-Reply-To: <m1@customer.example>\r\n\r\nIt left.\r\n"
    peer.put(answer.encode(), "Sent")
    polling.poll(cast.orders.pk)
    run_jobs()
    facts = dict(Receipt.objects.using("owner").values_list("provider_id", "facts"))
    assert {name: fact["folder"] for name, fact in facts.items()} == {"imap:INBOX:1:1": "inbox", "imap:Sent:1:2": "sent"}
    said = Message.objects.using("owner").get(direction="out", from_outside=True)
    assert said.text.strip() == "It left." and said.conversation.customer_id == cast.cara.pk


def test_a_dead_mailbox_says_why_and_holds_up_no_other(cast: Cast, peer: ImapPeer) -> None:
    connect(cast.orders, peer.port)
    peer.put(mail(1))
    with imap_peer() as dead:
        connect(cast.app, dead.port, address="app@shop.example")
        dead.users = {}
        timetable.read_mailboxes()
        run_jobs(early=False)
        assert texts() == ["Where is my order? 1"] and "refuses our sign-in" in account(cast.app).poll_error
        # Left alone for a while: nobody calls there, and the reason stays.
        calls = dead.calls
        polling.poll(cast.app.pk)
        assert dead.calls == calls and "refuses our sign-in" in account(cast.app).poll_error
    assert account(cast.orders).poll_error == ""


def test_a_mailbox_is_asked_for_once_however_often_the_clock_strikes(cast: Cast, peer: ImapPeer) -> None:
    connect(cast.orders, peer.port)
    for _ in range(3):
        timetable.read_mailboxes()
    asked = Job.objects.using("owner").filter(kind="intake.mailbox.polling.poll")
    assert asked.count() == 1
    run_jobs()
    timetable.read_mailboxes()
    assert asked.filter(state="ready").count() == 1
    # One that is not read by IMAP any more is left in peace.
    owner_sql("UPDATE conversations_account SET transport = 'sandbox'")
    calls = peer.calls
    run_jobs()
    assert polling.read_all() == 0 and peer.calls == calls


def test_an_answer_goes_on_with_its_conversation(cast: Cast, peer: ImapPeer) -> None:
    connect(cast.orders, peer.port)
    peer.put(mail(1))
    polling.poll(cast.orders.pk)
    run_jobs()
    peer.put(mail(2, "And the second?", In_Reply_To="<m1@customer.example>", References="<m1@customer.example>"))
    polling.poll(cast.orders.pk)
    run_jobs()
    said = Message.objects.using("owner").filter(direction="in")
    assert {one.conversation_id for one in said} == {said[0].conversation_id} and len(said) == 2


def test_with_a_real_server_it_reads_the_same(tmp_path: Path) -> None:
    """Dovecot, where the machine has it: a Maildir, read by our reader."""
    dovecot = shutil.which("dovecot")
    if dovecot is None:
        pytest.skip("NOT PROVEN AGAINST A REAL SERVER: no dovecot on this machine")
    inbox = tmp_path / "mail" / "new"
    for folder in (inbox, tmp_path / "mail" / "cur", tmp_path / "mail" / "tmp"):
        folder.mkdir(parents=True)
    (inbox / "1.a").write_bytes(mail(1))
    config = tmp_path / "dovecot.conf"
    config.write_text(
        f"base_dir = {tmp_path}/run\nlog_path = {tmp_path}/log\nprotocols = imap\nssl = no\ndisable_plaintext_auth = no\nlisten = 127.0.0.1\n"
        f"mail_location = maildir:{tmp_path}/mail\nservice imap-login {{\n  inet_listener imap {{\n    port = 14143\n  }}\n}}\n"
        "passdb {\n  driver = static\n  args = password=secret\n}\nuserdb {\n  driver = static\n  args = uid=vmail gid=vmail home=/tmp\n}\n"
    )
    with subprocess.Popen([dovecot, "-F", "-c", str(config)]) as server:
        try:
            time.sleep(2)
            given = {"imap_host": "127.0.0.1", "imap_port": 14143, "imap_user": "support", "imap_security": "none"}
            connection = Connection("email", "mail", "s", OURS, settings=given, secrets={"imap_password": "secret"})
            with Mailbox(connection, Bounds(10)) as mailbox:
                validity, newest = mailbox.open("INBOX")
                assert (
                    validity
                    and newest == 1
                    and mailbox.after(0) == [1]
                    and mailbox.since(date.today() - timedelta(days=1)) == [1]
                )
                assert mailbox.mail(1) == mail(1)
        finally:
            server.terminate()
