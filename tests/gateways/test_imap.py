"""Reading a mailbox by IMAP: what is new by number, each mail to the byte, and a server that fails in every way."""

import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from gateways.errors import GatewayError, Misconfigured
from gateways.mail import imap
from gateways.mail.imap import Mailbox, Missing, NotGiven
from gateways.mail.servers import Bounds
from gateways.mail.smtp import carrier
from gateways.types import Connection, Progress
from tests.gateways.test_smtp import KEY, MESSAGE, OURS, certificate, trusting
from tests.peers.imap import Folder, ImapPeer, imap_peer
from tests.peers.smtp import smtp_peer

__all__ = ["trusting"]
RAW = b"From: cara@customer.example\r\nMessage-ID: <c1@x>\r\n\r\nH\xc3\xa4llo\r\n)\r\n* BYE\r\n"


def through(peer: ImapPeer, *, password: str = "secret", **settings: Any) -> Connection:
    given = {"imap_host": "127.0.0.1", "imap_port": peer.port, "imap_user": "support", "imap_security": "none", **settings}
    return Connection("email", "mail", "support", OURS, "Support", settings=given, secrets={"imap_password": password})


def reading(peer: ImapPeer, seconds: float = 5.0, **settings: Any) -> Mailbox:
    return Mailbox(through(peer, **settings), Bounds(seconds))


@pytest.fixture
def peer() -> Iterator[ImapPeer]:
    with imap_peer() as found:
        yield found


def test_what_is_new_is_told_by_number_and_read_to_the_byte_without_changing_anything(peer):
    for number in range(4):
        peer.put(b"X: %d\r\n\r\n" % number + bytes(range(256)) * 9)
    with reading(peer) as mailbox:
        assert (
            mailbox.open("INBOX") == (1, 4) and mailbox.after(2) == [3, 4] and mailbox.after(4) == [] and mailbox.after(9) == []
        )
        assert mailbox.mail(3) == peer.folders["INBOX"].mails[3] and mailbox.size(3) == len(peer.folders["INBOX"].mails[3])
        with pytest.raises(Missing):
            mailbox.mail(77)
    assert not [one for one in peer.said if "STORE" in one or " SELECT" in one or "BODY[" in one]


def test_a_folder_is_looked_through_by_date_and_an_empty_one_has_nothing(peer):
    peer.put(RAW, day=date.today() - timedelta(days=9))
    peer.put(RAW, day=date.today() - timedelta(days=1))
    peer.folders["Sent &- gepr&APw-ft \\"] = Folder(7)
    with reading(peer) as mailbox:
        mailbox.open("INBOX")
        assert mailbox.since(date.today() - timedelta(days=2)) == [2]
        with pytest.raises(GatewayError, match="no such folder"):
            mailbox.open("Nowhere")
        with pytest.raises(Misconfigured):
            mailbox.open('Sent"\r\nA1 DELETE INBOX')
    assert imap._named("Gesendete Grüße & 日本") == '"Gesendete Gr&APwA3w-e &- &ZeVnLA-"'


def test_of_a_mail_that_is_too_long_only_the_beginning_is_fetched(peer):
    peer.put(b"x" * 5000)
    with reading(peer) as mailbox:
        mailbox.open("INBOX")
        assert mailbox.mail(1, longest=1000) == b"x" * 1001 and len(mailbox.mail(1, longest=5000)) == 5000


FAULTS = [
    ("connect", "drop"), ("CAPABILITY", "hang"), ("CAPABILITY", "drip"), ("AUTHENTICATE", "drop"), ("EXAMINE", "drop"), ("EXAMINE", "hang"),
    ("UID SEARCH", "no"), ("UID SEARCH", "bad"), ("UID SEARCH", "junk"), ("UID SEARCH", "drip"), ("UID FETCH", "drop"), ("UID FETCH", "hang"),
    ("UID FETCH", "drip"), ("UID FETCH", "no"), ("UID FETCH", "bad"), ("UID FETCH", "junk"), ("UID FETCH", "flood"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "step"), FAULTS)
def test_a_server_that_fails_is_left_in_time_and_says_nothing_wrong(peer, command, step):
    peer.put(RAW)
    peer.script = {command: [step]}
    began = time.monotonic()
    with pytest.raises(GatewayError) as failed, reading(peer, 1.0) as mailbox:
        mailbox.open("INBOX")
        for uid in mailbox.after(0):
            mailbox.mail(uid)
    assert time.monotonic() - began < 2.5 and not isinstance(failed.value, Missing)
    assert isinstance(failed.value, NotGiven) is ((command, step) == ("UID FETCH", "no"))
    with reading(peer) as mailbox:
        assert mailbox.open("INBOX") and mailbox.mail(1) == RAW


def test_signing_in_in_either_way_and_being_refused(peer):
    peer.users = {"sup port": 'wö"rd'}
    for peer.offers_plain in (True, False):
        with pytest.raises(Misconfigured, match="refuses our sign-in"), reading(peer):
            pass
    peer.offers_plain = True
    with reading(peer, imap_user="sup port", password='wö"rd') as mailbox:
        assert mailbox.open("INBOX") == (1, 0)
    peer.users, peer.offers_plain = {"support": 'a"b'}, False
    with reading(peer, password='a"b') as mailbox:
        assert mailbox.open("INBOX") == (1, 0)
    with pytest.raises(Misconfigured), reading(peer, password="a\r\nA9 DELETE INBOX"):
        pass
    assert not [one for one in peer.said if "DELETE" in one]


def test_without_a_server_or_where_it_may_not_be_called_nothing_is_asked(peer, settings):
    with pytest.raises(Misconfigured, match="No IMAP server"), Mailbox(Connection("email", "mail", "s", OURS), Bounds(1)):
        pass
    settings.PRIVATE_MAIL_HOSTS = False
    with pytest.raises(Misconfigured, match="must not be called"), reading(peer):
        pass
    assert peer.calls == 0


def test_a_secured_mailbox_is_read_only_when_it_proves_its_name(tmp_path, trusting):
    context, public = certificate(tmp_path)
    with imap_peer(tls=context) as peer:
        peer.put(RAW)
        given = {"imap_host": "localhost", "imap_security": "starttls"}
        with pytest.raises(GatewayError, match="certificate is not valid"), reading(peer, **given):
            pass
        trusting(public)
        with reading(peer, **given) as mailbox:
            assert mailbox.open("INBOX") == (1, 1) and mailbox.mail(1) == RAW
    with imap_peer() as clear, pytest.raises(GatewayError, match="nothing was sent in the clear"), reading(clear, **given):
        pass
    assert not [one for one in clear.said if "AUTH" in one or "LOGIN" in one]


def test_a_copy_of_what_was_sent_is_kept_and_tells_of_a_lost_answer(peer):
    peer.folders["Sent"] = Folder()
    with smtp_peer() as smtp:
        given = {
            "smtp_host": "127.0.0.1",
            "smtp_port": smtp.port,
            "smtp_security": "none",
            "smtp_seconds": 2,
            "sent_folder": "Sent",
        }
        sending = carrier(through(peer, save_sent=True, **given))
        smtp.script = {"dot": ["drop"]}
        with pytest.raises(GatewayError):
            sending.send(MESSAGE, KEY, Progress())
        assert sending.lookup(KEY) is None and not peer.folders["Sent"].mails
        assert sending.send(MESSAGE, KEY, Progress()) == MESSAGE.mail_id == sending.lookup(KEY)
        assert list(peer.folders["Sent"].mails.values()) == [smtp.ledger[0].raw]
        # It was sent, whatever becomes of the copy.
        peer.script = {"APPEND": ["no"]}
        assert sending.send(MESSAGE, KEY, Progress()) == MESSAGE.mail_id
        peer.script = {"UID SEARCH": ["drop"]}
        with pytest.raises(GatewayError):
            sending.lookup(KEY)
