"""Sending by SMTP, against a server that fails in every way: what was surely not sent, what will never be, and what nobody knows."""

import asyncio
import ssl
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateways.errors import Busy, DeadlinePassed, Deferred, GatewayError, Misconfigured
from gateways.mail import servers
from gateways.mail.servers import Server, may_be_called, server_at, server_of
from gateways.mail.smtp import carrier
from gateways.mail.tokens import message_id, reply_address
from gateways.mail.writing import written
from gateways.types import Connection, OutboundMessage, Progress
from tests.peers.smtp import SmtpPeer, smtp_peer

OURS = "support@shop.example"
KEY = str(uuid.UUID("6f2f9f2c-3c53-5d0c-9d7e-0f5a0f3f7d11"))
MESSAGE = OutboundMessage(
    "email", "support", "cara@customer.example", "Hello\n.\n..dots\nYours, Ana", subject="Parcel", cc=("bob@other.example",),
    mail_id=message_id(KEY, OURS), mail_chain=("first@customer.example",), reply_to=reply_address(OURS, 3), written_at=1_800_000_000.0,
)  # fmt: skip


def through(peer: SmtpPeer, *, password: str = "", **settings: Any) -> Connection:
    given = {"smtp_host": "127.0.0.1", "smtp_port": peer.port, "smtp_security": "none", "smtp_seconds": 1.0, **settings}
    return Connection("email", "mail", "support", OURS, "Support", settings=given, secrets={"smtp_password": password})


def send(connection: Connection, message: OutboundMessage = MESSAGE) -> str:
    return carrier(connection).send(message, KEY, Progress())


@pytest.fixture
def peer() -> Iterator[SmtpPeer]:
    with smtp_peer() as found:
        yield found


def test_a_mail_is_taken_as_it_was_written_by_exactly_the_intended_recipients(peer):
    assert send(through(peer)) == MESSAGE.mail_id
    [taken] = peer.ledger
    assert (taken.sender, taken.recipients) == (OURS, ("cara@customer.example", "bob@other.example"))
    assert taken.raw == written(MESSAGE, through(peer)) and b"\r\n..dots\r\n" in taken.raw


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x00", "\u2028"], ids=repr)
@pytest.mark.parametrize(
    "where", ["subject", "recipient_name", "text", "recipient", "cc", "reply_to", "mail_id", "our name", "our address"]
)
def test_a_line_ended_anywhere_reaches_nobody_else(peer, where, end):
    evil = f"x{end}RCPT TO:<eve@evil.example>{end}Bcc: eve@evil.example{end}.{end}"
    connection, message = through(peer), MESSAGE
    if where.startswith("our"):
        connection = replace(connection, **{"name" if where == "our name" else "address": evil})
    else:
        message = replace(MESSAGE, **{where: (evil,) if where == "cc" else evil})
    if where in ("subject", "recipient_name", "text", "our name"):
        send(connection, message)
        assert [one.recipients for one in peer.ledger] == [("cara@customer.example", "bob@other.example")]
    else:
        with pytest.raises(GatewayError) as refused:
            send(connection, message)
        assert refused.value.permanent and peer.ledger == []
    assert not [said for said in peer.said if "evil" in said]
    assert not [
        line for one in peer.ledger for line in one.raw.partition(b"\r\n\r\n")[0].split(b"\r\n") if line.startswith(b"Bcc")
    ]


NOT_SENT = [
    ("connect", "drop"), ("connect", "554 no service here"), ("ehlo", "drop"), ("mail", "drop"), ("rcpt", "drop"), ("data", "drop"),
    ("data", "454 not now"), ("dot", "454 not now"), ("connect", "hang"), ("rcpt", "hang"), ("data", "hang"), ("data", "drip"),
    ("connect", "drip"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "step"), NOT_SENT)
def test_what_breaks_before_the_final_dot_was_not_sent(peer, kind, step):
    peer.script = {kind: [step]}
    began = time.monotonic()
    with pytest.raises(GatewayError) as failed:
        send(through(peer))
    assert (failed.value.permanent, failed.value.ambiguous, peer.ledger) == (False, False, [])
    assert time.monotonic() - began < 3
    assert send(through(peer)) == MESSAGE.mail_id and len(peer.ledger) == 1


# A small mail has left us whole, dot and all, before we hear that the line broke in the middle of it.
DOUBTFUL = [
    ("dot", "taken-drop", 1), ("dot", "taken-hang", 1), ("dot", "drop", 0), ("dot", "hang", 0), ("dot", "drip", 0), ("dot", "huh", 0),
    ("dot", "99 ?", 0), ("body", "drop", 0), ("body", "hang", 0),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "step", "arrived"), DOUBTFUL)
def test_without_an_answer_to_the_final_dot_nobody_knows(peer, kind, step, arrived):
    peer.script = {kind: [step]}
    began = time.monotonic()
    with pytest.raises(GatewayError) as failed:
        send(through(peer))
    assert (failed.value.permanent, failed.value.ambiguous, len(peer.ledger)) == (False, True, arrived)
    assert time.monotonic() - began < 3 and carrier(through(peer)).lookup(KEY) is None


@pytest.mark.parametrize("kind", ["mail", "rcpt", "data", "dot"])
def test_a_no_for_good_is_told_in_the_servers_words(peer, kind):
    peer.script = {kind: ["554 5.7.1 we take no\x1b[31m such mail"]}
    with pytest.raises(GatewayError) as failed:
        send(through(peer))
    assert failed.value.permanent and not failed.value.ambiguous and peer.ledger == []
    assert "we take no" in str(failed.value) and "\x1b" not in str(failed.value)


@pytest.mark.parametrize("kind", ["connect", "mail", "data", "dot"])
def test_a_server_that_is_busy_is_left_alone_for_a_while(peer, kind):
    peer.script = {kind: ["421 4.7.0 too many"]}
    with pytest.raises(Busy) as failed:
        send(through(peer))
    assert failed.value.seconds > 0 and not failed.value.permanent and not failed.value.ambiguous and peer.ledger == []


def test_one_refused_recipient_stops_the_mail_for_all_and_is_named(peer):
    peer.refuses = {"bob@other.example": "550 5.1.1 no such user"}
    with pytest.raises(GatewayError, match=r"This address was refused: bob@other\.example: 5\.1\.1 no such user") as failed:
        send(through(peer))
    assert failed.value.permanent and peer.ledger == [] and "data" not in peer.said
    # A refusal for good is told, whoever else is only asked to wait.
    peer.refuses |= {"cara@customer.example": "450 later"}
    with pytest.raises(GatewayError, match=r"bob@other\.example") as failed:
        send(through(peer))
    assert failed.value.permanent


def test_a_greylisting_server_takes_it_the_second_time_and_is_not_left_alone_for_it(peer):
    peer.greylists = True
    with pytest.raises(Deferred) as failed:
        send(through(peer))
    assert failed.value.seconds >= 60 and peer.ledger == []
    send(through(peer))
    assert len(peer.ledger) == 1


def test_a_mail_that_is_too_long_or_an_address_that_is_not_taken_ends_it_before_anything_is_said(peer):
    peer.most_bytes, peer.takes_utf8 = 100, False
    with pytest.raises(GatewayError, match="larger than") as failed:
        send(through(peer))
    peer.most_bytes = 10_000_000
    with pytest.raises(GatewayError, match=r"jörg@other\.example") as refused:
        send(through(peer), replace(MESSAGE, cc=("jörg@other.example",)))
    assert failed.value.permanent and refused.value.permanent and peer.ledger == []
    peer.takes_utf8 = True
    send(through(peer), replace(MESSAGE, cc=("jörg@müller.example",)))
    assert peer.ledger[0].recipients[1] == "jörg@xn--mller-kva.example"


def test_signing_in_and_being_refused(peer):
    peer.users = {"sup port": "wörd"}
    for user, password in (("sup port", "wrong"), ("nobody", "wörd"), ("", "")):
        with pytest.raises(Misconfigured):
            send(through(peer, smtp_user=user, password=password))
    send(through(peer, smtp_user="sup port", password="wörd"))
    assert [one.user for one in peer.ledger] == ["sup port"]
    peer.script = {"auth": ["454 4.7.0 later"]}
    with pytest.raises(GatewayError) as failed:
        send(through(peer, smtp_user="sup port", password="wörd"))
    assert not failed.value.permanent
    peer.users = {}
    with pytest.raises(Misconfigured, match="way of signing in"):
        send(through(peer, smtp_user="sup port", password="wörd"))


def test_the_environments_server_is_used_by_inboxes_that_name_none(peer, settings):
    nameless = replace(through(peer), settings={"smtp_seconds": 1.5})
    with pytest.raises(Misconfigured, match="No SMTP server"):
        send(nameless)
    peer.users, settings.SMTP_URL = {"a@b": "p:w/d"}, f"smtp://a%40b:p%3Aw%2Fd@127.0.0.1:{peer.port}"
    assert send(nameless) == MESSAGE.mail_id and peer.ledger[0].user == "a@b"
    assert server_at("smtps://mail.example") == Server("mail.example", 465, "tls", is_operators=True)
    assert server_at("smtp://u:p@mail.example") == Server("mail.example", 587, "starttls", "u", "p", True)
    assert server_at("smtp://localhost").port == 25


def test_nobody_there_is_not_sent(peer):
    gone = through(peer)
    peer.close()
    with pytest.raises(GatewayError, match="cannot be reached") as failed:
        send(gone)
    assert not failed.value.permanent and not failed.value.ambiguous


def test_without_encryption_only_this_machine_is_used_and_never_a_machines_metadata(settings):
    for host in ("mail.example", "10.0.0.5", "127.0.0.1.evil.example"):
        with pytest.raises(Misconfigured):
            server_of("smtp", {"smtp_host": host, "smtp_security": "none"}, "")
    for bad in ({"smtp_port": "x"}, {"smtp_port": 70000}, {"smtp_security": "rot13"}):
        with pytest.raises(Misconfigured):
            server_of("smtp", {"smtp_host": "mail.example", **bad}, "")
    assert server_of("smtp", {}, "") is None
    for private in (True, False):
        settings.PRIVATE_MAIL_HOSTS = private
        for number in (
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "fe80::1%eth0",
            "fd00:ec2::254",
            "168.63.129.16",
            "0.0.0.0",
            "::",
            "224.0.0.1",
        ):
            assert not may_be_called(number) and not may_be_called(number, is_operators=True)
        for number in ("127.0.0.1", "::1", "10.0.0.5", "192.168.1.2", "fd12::5", "100.64.0.9", "::ffff:10.0.0.1"):
            assert may_be_called(number) is private and may_be_called(number, is_operators=True)
        assert may_be_called("93.184.216.34") and may_be_called("2606:4700::1111")
        assert not may_be_called("64:ff9b::7f00:1") and not may_be_called("2002:7f00:1::")


def test_an_admins_server_on_a_private_number_is_refused_where_the_operator_did_not_allow_it(peer, settings):
    settings.PRIVATE_MAIL_HOSTS = False
    with pytest.raises(Misconfigured, match="must not be called"):
        send(through(peer))
    assert peer.calls == 0


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's context for localhost, and the file in which whoever trusts it finds it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    public, private = folder / "cert.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public


@pytest.fixture
def trusting(monkeypatch):
    """The world's certificates are read once: around a test that trusts another, once more."""

    def trust(file: Path) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        servers._trusted.cache_clear()

    yield trust
    servers._trusted.cache_clear()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_secured_line_is_used_only_with_a_server_that_proves_its_name(tmp_path, trusting, security):
    context, public = certificate(tmp_path)
    with smtp_peer(tls=context, is_secure_at_once=security == "tls") as peer:
        peer.users = {"u": "p"}
        secure = through(peer, smtp_host="localhost", smtp_security=security, smtp_user="u", password="p")
        with pytest.raises(GatewayError, match="certificate is not valid") as failed:
            send(secure)
        assert not failed.value.permanent and not [one for one in peer.said if one.startswith("AUTH")]
        trusting(public)
        assert send(secure) == MESSAGE.mail_id and peer.ledger[0].user == "u"
        with pytest.raises(GatewayError, match="certificate is not valid"):
            send(replace(secure, settings={**secure.settings, "smtp_host": "127.0.0.1"}))


def test_a_server_that_offers_no_encryption_learns_no_password(peer):
    peer.users = {"u": "p"}
    with pytest.raises(GatewayError, match="nothing was sent in the clear"):
        send(through(peer, smtp_security="starttls", smtp_user="u", password="p"))
    assert not [one for one in peer.said if "AUTH" in one] and peer.ledger == []


class Kept:
    def __init__(self) -> None:
        self.taken: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        return "250 ok"


@contextmanager
def another_server(context: ssl.SSLContext) -> Iterator[tuple[Kept, int]]:
    def knows(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        is_right = isinstance(given, LoginPassword) and given.password == b"secret"
        return AuthResult(success=is_right, handled=is_right)

    kept = Kept()
    served = Controller(
        kept, hostname="127.0.0.1", port=0, tls_context=context, require_starttls=True, auth_required=True, authenticator=knows,
        enable_SMTPUTF8=True,
    )  # fmt: skip
    # It would call itself on the port that it was given, and was given none.
    served.loop = asyncio.new_event_loop()
    serving = served.loop.run_until_complete(served._create_server())
    thread = threading.Thread(target=served.loop.run_forever, daemon=True)
    thread.start()
    try:
        yield kept, serving.sockets[0].getsockname()[1]
    finally:
        served.loop.call_soon_threadsafe(served.loop.stop)
        thread.join(5)
        serving.close()
        served.loop.close()


def test_a_server_of_another_hand_takes_it_as_well(tmp_path, trusting):
    context, public = certificate(tmp_path)
    trusting(public)
    with another_server(context) as (kept, port):
        given = {"smtp_host": "localhost", "smtp_port": port, "smtp_security": "starttls", "smtp_user": "ana"}
        connection = Connection(
            "email", "mail", "support", OURS, "Support", settings=given, secrets={"smtp_password": "secret"}
        )
        assert send(connection) == MESSAGE.mail_id
        [(sender, recipients, raw)] = kept.taken
        assert (sender, recipients, raw) == (OURS, ["cara@customer.example", "bob@other.example"], written(MESSAGE, connection))
        with pytest.raises(Misconfigured):
            send(replace(connection, secrets={"smtp_password": "wrong"}))


def test_no_call_goes_on_for_longer_than_it_may(peer):
    assert carrier(through(peer)).call_seconds == 1.0
    for given, seconds in ((None, 10.0), (1000, 30.0), ("5", 10.0), (0, 1.0)):
        assert carrier(through(peer, smtp_seconds=given)).call_seconds == seconds
    peer.script = {"ehlo": ["drip"]}
    began = time.monotonic()
    with pytest.raises((DeadlinePassed, GatewayError)):
        send(through(peer))
    assert 0.9 < time.monotonic() - began < 2.5
