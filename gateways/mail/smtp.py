"""Sending by SMTP. Up to the final dot nothing was sent, whatever happened; after it and without an answer nobody knows.

A server that refuses one recipient would still take the mail for the others, and the writer would not learn whom it did not reach. So
all of them are asked for first, and a single refusal ends it before a word of the mail is said.
"""

import base64
import re
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.conf import settings

from core.words import gettext_noop
from gateways.errors import Busy, Deferred, GatewayError, Misconfigured
from gateways.mail import imap
from gateways.mail.servers import STARTTLS, Bounds, Server, opened, secured, server_at, server_of, words
from gateways.mail.tokens import domain_of, message_id
from gateways.mail.writing import Envelope, envelope, written
from gateways.types import Connection, OutboundMessage, Progress

CALL_SECONDS, LONGEST_CALL = 10.0, 30.0
# A server that asks to be tried later means minutes, whatever it thinks of us.
BUSY_SECONDS, DEFERRED_SECONDS = 60.0, 120.0
NO_ANSWER = gettext_noop("The mail server did not say whether it took the message")


def carrier(connection: Connection) -> "SmtpCarrier":
    """How one account carries mails by SMTP."""
    return SmtpCarrier(connection)


class SmtpCarrier:
    """One account. A server forgets a mail's id as soon as it has answered, so only a folder of sent mail can tell of a lost answer."""

    keeps_keys = False

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        # A server that looks through every mail before it answers may need longer than others.
        given = connection.settings.get("smtp_seconds")
        self.call_seconds = min(max(float(given), 1.0), LONGEST_CALL) if isinstance(given, int | float) else CALL_SECONDS

    def send(self, message: OutboundMessage, idempotency_key: str, progress: Progress) -> str:
        """Carry the mail out and return its Message-ID. Raises GatewayError, ambiguous when the answer after the final dot is missing."""
        bounds = Bounds(self.call_seconds)
        to, raw = envelope(message, self.connection), written(message, self.connection)
        with signed_in(self.connection, bounds) as session:
            _ask_for_all(session, to, len(raw))
            _say(session, raw)
        if self.connection.settings.get("save_sent"):
            imap.keep_copy(self.connection, raw, bounds)
        return message.mail_id

    def lookup(self, idempotency_key: str, ref: str = "") -> str | None:
        """Its Message-ID if a mail of that key lies in the folder of sent mail; None when nobody can tell. Raises GatewayError."""
        mail_id = message_id(idempotency_key, self.connection.address)
        return mail_id if imap.was_sent(self.connection, mail_id, Bounds(self.call_seconds)) else None


def server_for(connection: Connection) -> Server:
    """The account's own server, or the one that the environment names. Raises Misconfigured."""
    own = server_of("smtp", connection.settings, connection.secrets.get("smtp_password", ""))
    if own is None and not settings.SMTP_URL:
        raise Misconfigured(gettext_noop("No SMTP server is named for this inbox"))
    return own or server_at(settings.SMTP_URL)


@contextmanager
def signed_in(connection: Connection, bounds: Bounds) -> Iterator[smtplib.SMTP]:
    """A session that may send. Raises GatewayError: nothing was sent."""
    server = server_for(connection)
    session = _Session(server, bounds, domain_of(connection.address))
    try:
        with _until_the_final_dot(before_the_message=True):
            session.begin()
        yield session
    finally:
        session.leave()


class _Session(smtplib.SMTP):
    """The standard library's dialogue on a line of ours."""

    def __init__(self, server: Server, bounds: Bounds, our_name: str) -> None:
        # Without a host it does not call by itself, and with a name it does not look for one in the network.
        super().__init__(local_hostname=our_name)
        self._server, self._bounds, self._host = server, bounds, server.host

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        return opened(self._server, self._bounds)

    def begin(self) -> None:
        """Call, greet, secure and sign in."""
        _expect(self.connect(self._server.host, self._server.port), 220)
        if self._server.security == STARTTLS:
            self._secure()
        self.ehlo_or_helo_if_needed()
        if self._server.user:
            self._sign_in()

    def leave(self) -> None:
        """Hang up. Nothing that the server could still say matters any more."""
        with suppress(smtplib.SMTPException, OSError, GatewayError):
            self.putcmd("quit")
        self.close()

    def _secure(self) -> None:
        self.ehlo_or_helo_if_needed()
        if not self.has_extn("starttls"):
            raise GatewayError(gettext_noop("The mail server offers no STARTTLS; nothing was sent in the clear"))
        _expect(self.docmd("STARTTLS"), 220)
        assert self.sock is not None
        self.sock = secured(self.sock, self._server, self._bounds)  # type: ignore[arg-type]
        # What was said in the clear, by whomever, counts no more.
        self.file = None
        self.helo_resp = self.ehlo_resp = None
        self.esmtp_features, self.does_esmtp = {}, False

    def _sign_in(self) -> None:
        user, password = self._server.user, self._server.password
        try:
            if "PLAIN" in self.esmtp_features.get("auth", "").upper().split():
                # By ourselves: the library knows no letters but those of ASCII.
                _expect(self.docmd("AUTH", "PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode()).decode()), 235)
            else:
                self.login(user, password)
        except smtplib.SMTPResponseException as error:
            if not 500 <= error.smtp_code < 600:
                raise
            raise Misconfigured(
                gettext_noop("The mail server refuses our sign-in: {0}").format(words(error.smtp_error))
            ) from error
        except smtplib.SMTPServerDisconnected:
            raise
        except (smtplib.SMTPException, UnicodeError) as error:
            raise Misconfigured(gettext_noop("The mail server does not take our way of signing in")) from error


@contextmanager
def _until_the_final_dot(*, before_the_message: bool = False) -> Iterator[None]:
    """Whatever goes wrong in here, nothing was sent. A no `before_the_message` is none to the message, which may be tried again."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        refusal = _refusal(error.smtp_code, error.smtp_error)
        raise GatewayError(str(refusal)) if before_the_message and type(refusal) is GatewayError else refusal from error
    except (smtplib.SMTPException, OSError) as error:
        raise GatewayError(gettext_noop("The mail server hung up or fell silent before it took the message")) from error


def _ask_for_all(session: smtplib.SMTP, to: Envelope, size: int) -> None:
    """Whether the server takes a mail from us to each of them. Raises GatewayError: nothing was sent."""
    options = _options(session, to, size)
    with _until_the_final_dot():
        _expect(session.mail(to.sender, options), 250)
        answers = [(one, *session.rcpt(one)) for one in to.recipients]
    refused = [(one, code, said) for one, code, said in answers if code not in (250, 251, 252)]
    for one, code, said in sorted(refused, key=lambda answer: -answer[1]):
        told = gettext_noop("This address was refused: {0}").format(f"{one}: {words(said)}")
        if code >= 500:
            raise GatewayError(told, permanent=True)
        raise Busy(told, BUSY_SECONDS) if code == 421 else Deferred(told, DEFERRED_SECONDS)


def _options(session: smtplib.SMTP, to: Envelope, size: int) -> list[str]:
    """What the server is told beside the sender. Raises GatewayError (permanent) for what it cannot take at all."""
    most = session.esmtp_features.get("size", "").strip()
    if most.isdecimal() and 0 < int(most) < size:
        raise GatewayError(gettext_noop("The message is larger than the mail server takes"), permanent=True)
    options = [f"size={size}"] if session.has_extn("size") else []
    if not to.needs_utf8:
        return options
    if not session.has_extn("smtputf8"):
        names = ", ".join(one for one in to.recipients if not one.isascii())
        raise GatewayError(
            gettext_noop("The mail server takes no such address: {0}").format(names or to.sender), permanent=True
        )
    return [*options, "SMTPUTF8", "BODY=8BITMIME"]


def _say(session: smtplib.SMTP, raw: bytes) -> None:
    """The mail itself. The dot that ends it goes alone, so that it is known on which side of it a failure lies."""
    with _until_the_final_dot():
        _expect(session.docmd("data"), 354)
        session.send(_stuffed(raw))
    try:
        session.send(b".\r\n")
        code, said = session.getreply()
    except (smtplib.SMTPException, OSError, GatewayError) as error:
        raise GatewayError(NO_ANSWER, ambiguous=True) from error
    if code < 200 or code >= 600:
        raise GatewayError(NO_ANSWER, ambiguous=True)
    if code >= 300:
        raise _refusal(code, said)


def _stuffed(raw: bytes) -> bytes:
    """No line of the mail is the dot that ends it."""
    ended = raw if raw.endswith(b"\r\n") else raw + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", ended)


def _expect(answer: tuple[int, bytes], wanted: int) -> None:
    code, said = answer
    if code != wanted and code // 10 != wanted // 10:
        raise smtplib.SMTPResponseException(code, said)


def _refusal(code: int, said: bytes | str) -> GatewayError:
    """What an answer means that is no yes: later, or never."""
    told = gettext_noop("The mail server refused it: {0}").format(words(said) or code)
    if code in (421, 450, 451, 452):
        return Busy(told, BUSY_SECONDS)
    if code == 530:
        return Misconfigured(told)
    return GatewayError(told, permanent=500 <= code < 600)
