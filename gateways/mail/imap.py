"""Reading a mailbox by IMAP: what has come since the last time, by number. Nothing in it is changed, not even what counts as read."""

import base64
import imaplib
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

from core.words import gettext_noop
from gateways.errors import GatewayError, Misconfigured
from gateways.mail.servers import FEW_BYTES, STARTTLS, Bounds, Server, opened, secured, server_of, words
from gateways.mail.tokens import MARKER, mark
from gateways.types import Connection

logger = logging.getLogger(__name__)

INBOX = "INBOX"
# Of what is longer only the beginning is fetched: more than can be read, so that it is known to be too long.
LONGEST = 25 * 1024 * 1024
MANY_NUMBERS = 8_000_000
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID, _SIZE = re.compile(rb"\bUID (\d+)"), re.compile(rb"\bRFC822\.SIZE (\d+)")
NO_ANSWER = gettext_noop("The mail server hung up or fell silent")


class Missing(GatewayError):
    """The mail is not there any more."""


class NotGiven(GatewayError):
    """The server is well and does not give that one mail away."""


class Mailbox:
    """A session in one account's mailbox, from signing in to hanging up. Every call raises GatewayError."""

    def __init__(self, connection: Connection, bounds: Bounds) -> None:
        self.connection, self.bounds = connection, bounds

    def __enter__(self) -> "Mailbox":
        server = server_for(self.connection)
        with _asked():
            self._imap = _Dialogue(server, self.bounds)
        try:
            with _asked():
                self._imap.begin()
        except BaseException:
            self._imap.leave()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._imap.leave()

    def open(self, folder: str) -> tuple[int, int]:
        """Look into a folder: which numbering is valid there, and the highest number so far."""
        with _asked():
            said, _ = self._imap.select(_named(folder), readonly=True)
        if said != "OK":
            raise GatewayError(gettext_noop("The mailbox has no such folder: {0}").format(words(folder)), permanent=True)
        validity, upcoming = self._number("UIDVALIDITY"), self._number("UIDNEXT")
        if not validity:
            raise GatewayError(gettext_noop("The mail server does not number its mails"), permanent=True)
        return validity, (upcoming or max(self._search("ALL"), default=0) + 1) - 1

    def after(self, uid: int) -> list[int]:
        """The numbers of what came after that one, oldest first."""
        # A range that ends in a star always holds the newest mail, however old it is.
        return [one for one in self._search("UID", f"{uid + 1}:*") if one > uid]

    def since(self, day: date) -> list[int]:
        """The numbers of what came on that day or later, oldest first."""
        return self._search("SINCE", f"{day.day:02}-{_MONTHS[day.month - 1]}-{day.year}")

    def size(self, uid: int) -> int:
        """How long a mail is. Raises Missing."""
        found = _SIZE.search(self._fetch(uid, "(UID RFC822.SIZE)")[0])
        if found is None:
            raise NotGiven(gettext_noop("The mail server does not say how long a mail is"))
        return int(found[1])

    def mail(self, uid: int, longest: int = LONGEST) -> bytes:
        """A mail as it came; of one that is too long the beginning. Raises Missing."""
        size = self.size(uid)
        part = "BODY.PEEK[]" if size <= longest else f"BODY.PEEK[]<0.{longest + 1}>"
        self.bounds.allow(min(size, longest + 1) + FEW_BYTES)
        return self._fetch(uid, f"(UID {part})")[1]

    def holds(self, mail_id: str) -> bool:
        """Whether a mail of ours with that Message-ID lies in the folder, or one with our mark that was given another."""
        return bool(self._search("OR", "HEADER", "Message-ID", f'"{mail_id}"', "HEADER", MARKER, f'"{mark(mail_id)}"'))

    def keep(self, folder: str, raw: bytes) -> None:
        """Lay a mail that we sent into a folder."""
        with _asked():
            said, why = self._imap.append(_named(folder), r"(\Seen)", "", raw)
        if said != "OK":
            raise GatewayError(gettext_noop("The mail server did not keep a copy: {0}").format(words(why[-1])))

    def _search(self, *asked: str) -> list[int]:
        self.bounds.allow(MANY_NUMBERS)
        with _asked():
            said, data = self._imap.uid("SEARCH", *asked)
        if said != "OK":
            raise GatewayError(gettext_noop("The mail server answered: {0}").format(words(data[-1])))
        self.bounds.allow(FEW_BYTES)
        return sorted({int(one) for line in data if line for one in line.split() if one.isdigit()})

    def _fetch(self, uid: int, what: str) -> tuple[bytes, bytes]:
        """What is said of that mail, and the bytes that came with it."""
        with _asked():
            said, data = self._imap.uid("FETCH", str(uid), what)
        if said != "OK":
            raise NotGiven(gettext_noop("The mail server does not give a mail away: {0}").format(words(data[-1])))
        self.bounds.allow(FEW_BYTES)
        # Others' changes are told in between.
        for number, one in enumerate(data):
            head, content = one if isinstance(one, tuple) else (one or b"", b"")
            # Some servers say the number behind the bytes.
            tail = data[number + 1] if isinstance(one, tuple) and data[number + 1 :] else b""
            found = _UID.search(head) or _UID.search(tail if isinstance(tail, bytes) else b"")
            if found and int(found[1]) == uid and (content or b"BODY[" not in what.encode().replace(b".PEEK", b"")):
                return head, content
        raise Missing(gettext_noop("The mail is not there any more"))

    def _number(self, name: str) -> int:
        _, said = self._imap.response(name)
        return int(said[0]) if said and said[0] and said[0].isdigit() else 0


def server_for(connection: Connection) -> Server:
    """The server that the account names. Raises Misconfigured."""
    server = server_of("imap", connection.settings, connection.secrets.get("imap_password", ""))
    if server is None:
        raise Misconfigured(gettext_noop("No IMAP server is named for this inbox"))
    return server


def was_sent(connection: Connection, mail_id: str, bounds: Bounds) -> bool:
    """Whether the folder of sent mail holds it; False when there is none to look into. Raises GatewayError."""
    folder = connection.settings.get("sent_folder")
    if not folder or not connection.settings.get("imap_host"):
        return False
    with Mailbox(connection, bounds) as mailbox:
        mailbox.open(str(folder))
        return mailbox.holds(mail_id)


def keep_copy(connection: Connection, raw: bytes, bounds: Bounds) -> None:
    """Lay what was sent into the folder of sent mail, where colleagues look for it. It was sent even if this fails."""
    folder = connection.settings.get("sent_folder")
    if not folder or not connection.settings.get("imap_host"):
        return
    try:
        with Mailbox(connection, bounds) as mailbox:
            mailbox.keep(str(folder), raw)
    except GatewayError as error:
        logger.warning("no copy of a sent mail was kept", extra={"facts": {"inbox": connection.inbox, "why": str(error)}})


class _Dialogue(imaplib.IMAP4):
    """The standard library's dialogue on a line of ours."""

    def __init__(self, server: Server, bounds: Bounds) -> None:
        self._server, self._bounds = server, bounds
        super().__init__(server.host, server.port)

    def _create_socket(self, timeout: float | None) -> Any:
        return opened(self._server, self._bounds)

    def read(self, size: int) -> bytes:
        # Room for it is made before a byte has come.
        if size > self._bounds.bytes_left:
            raise GatewayError(gettext_noop("The mail server sends far too much"))
        return super().read(size)

    def begin(self) -> None:
        """Secure the line and sign in."""
        if self._server.security == STARTTLS:
            self._secure()
        user, password = self._server.user, self._server.password
        if any(ord(one) < 32 for one in user + password):
            raise Misconfigured(gettext_noop("The name or the password of the mailbox has a line's end in it"))
        try:
            if "AUTH=PLAIN" in self.capabilities:
                self.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
            else:
                self.login(self._quote(user), password)  # type: ignore[attr-defined]
        except imaplib.IMAP4.abort:
            raise
        except (imaplib.IMAP4.error, UnicodeError) as error:
            said = words(error.args[0]) if isinstance(error, imaplib.IMAP4.error) else ""
            if "UNAVAILABLE" in said.upper() or "[INUSE]" in said.upper():
                raise
            raise Misconfigured(gettext_noop("The mail server refuses our sign-in: {0}").format(said)) from error

    def leave(self) -> None:
        """Hang up."""
        with suppress(imaplib.IMAP4.error, OSError, GatewayError):
            self.logout()
        with suppress(OSError, GatewayError):
            self.shutdown()

    def _secure(self) -> None:
        if "STARTTLS" not in self.capabilities or self.state != "NONAUTH":
            raise GatewayError(gettext_noop("The mail server offers no STARTTLS; nothing was sent in the clear"))
        said, why = self.xatom("STARTTLS")
        if said != "OK":
            raise GatewayError(gettext_noop("The mail server answered: {0}").format(words(why[-1])))
        self.sock = secured(self.sock, self._server, self._bounds)  # type: ignore[arg-type]
        # What was said in the clear, by whomever, counts no more.
        self.file = self.sock.makefile("rb")
        self.untagged_responses = {}
        _, said_now = self.capability()
        self.capabilities = tuple(str(said_now[-1] or b"", "ascii", "replace").upper().split())


@contextmanager
def _asked() -> Iterator[None]:
    """The library's failures in our words."""
    try:
        yield
    except imaplib.IMAP4.abort as error:
        raise GatewayError(NO_ANSWER) from error
    except imaplib.IMAP4.error as error:
        raise GatewayError(
            gettext_noop("The mail server answered: {0}").format(words(error.args[0] if error.args else ""))
        ) from error
    except OSError as error:
        raise GatewayError(NO_ANSWER) from error
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        # The library takes apart what a server says without asking whether it is what servers say.
        raise GatewayError(gettext_noop("The mail server's answer makes no sense")) from error


def _named(folder: str) -> str:
    """A folder's name as it is asked for: in letters of its own encoding (RFC 3501, 5.1.3), between quotation marks."""
    if any(ord(one) < 32 for one in folder):
        raise Misconfigured(gettext_noop("The name of the folder has a line's end in it"))
    escaped = _utf7(folder).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _utf7(text: str) -> str:
    def shifted(found: Sequence[str] | re.Match[str]) -> str:
        letters = found[0].encode("utf-16-be")
        return "&" + base64.b64encode(letters).decode().rstrip("=").replace("/", ",") + "-"

    return re.sub(r"[^\x20-\x7e]+", shifted, text.replace("&", "&-"))
