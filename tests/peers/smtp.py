"""A mail server on loopback: takes mails into a ledger of its own, and fails in every way that mail servers do.

`script` says what the next of each kind meets: {"rcpt": ["ok", "550 no such user"]}. Kinds: connect, ehlo, starttls, auth, mail, rcpt,
data, body (while the mail comes), dot (after its final dot). Steps: ok, drop (the line breaks), hang (silence), drip (an answer that
never ends), any answer of its own ("451 later"); for dot also taken-drop and taken-hang: taken, and no answer.
"""

import base64
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.peers.listening import Caller, HungUp, Listening


@dataclass(frozen=True)
class Taken:
    """One line of the ledger."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    user: str = ""


@dataclass
class _Session:
    user: str = ""
    sender: str = ""
    recipients: list[str] = field(default_factory=list)
    is_secure: bool = False


class SmtpPeer(Listening):
    def __init__(self, *, tls: ssl.SSLContext | None = None, is_secure_at_once: bool = False) -> None:
        self.ledger: list[Taken] = []
        self.script: dict[str, list[str]] = {}
        self.said: list[str] = []
        self.users: dict[str, str] = {}
        self.refuses: dict[str, str] = {}
        # Who is not known yet is asked to come again.
        self.greylists = False
        self.takes_utf8 = True
        self.most_bytes = 10_000_000
        self.tls, self.is_secure_at_once = tls, is_secure_at_once
        self._known: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        super().__init__()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def converse(self, caller: Caller) -> None:
        session = _Session()
        if self.is_secure_at_once and self.tls is not None:
            caller.secure(self.tls)
            session.is_secure = True
        self._answer(caller, "connect", "220 mail.peer.example ready")
        while True:
            said = caller.read_line().decode("utf-8", "replace")
            self.said.append(said)
            verb, _, rest = said.partition(" ")
            known = getattr(self, f"_{verb.lower()}", None) if verb.isalpha() else None
            if known is None:
                caller.say("502 not known")
            else:
                known(caller, session, rest)

    def _answer(self, caller: Caller, kind: str, well: str) -> bool:
        """Says what the script wants said, else that all is well; whether it was that."""
        with self._lock:
            step = self.script[kind].pop(0) if self.script.get(kind) else "ok"
        if step == "ok":
            caller.say(*well.split("\n"))
            return well[0] in "23"
        if step == "drop":
            raise HungUp
        if step == "hang":
            caller.hang()
        if step == "drip":
            caller.drip(b"250-still thinking\r\n")
        caller.say(step)
        return False

    def _ehlo(self, caller: Caller, session: _Session, rest: str) -> None:
        offered = ["PIPELINING", f"SIZE {self.most_bytes}", "8BITMIME"]
        offered += ["SMTPUTF8"] if self.takes_utf8 else []
        offered += ["STARTTLS"] if self.tls is not None and not session.is_secure else []
        offered += ["AUTH PLAIN LOGIN"] if self.users else []
        lines = ["mail.peer.example", *offered]
        said = [f"250-{one}" for one in lines[:-1]] + [f"250 {lines[-1]}"]
        self._answer(caller, "ehlo", "\n".join(said))

    def _helo(self, caller: Caller, session: _Session, rest: str) -> None:
        caller.say("250 mail.peer.example")

    def _starttls(self, caller: Caller, session: _Session, rest: str) -> None:
        if self._answer(caller, "starttls", "220 go ahead") and self.tls is not None:
            caller.secure(self.tls)
            session.is_secure = True

    def _auth(self, caller: Caller, session: _Session, rest: str) -> None:
        how, _, given = rest.partition(" ")
        if how != "PLAIN":
            caller.say("504 only PLAIN")
            return
        _, user, word = base64.b64decode(given).decode().split("\0")
        is_right = self.users.get(user) == word
        if self._answer(caller, "auth", "235 welcome" if is_right else "535 5.7.8 wrong name or word"):
            session.user = user

    def _mail(self, caller: Caller, session: _Session, rest: str) -> None:
        if self.users and not session.user:
            caller.say("530 5.7.0 sign in first")
        elif self._answer(caller, "mail", "250 ok"):
            session.sender, session.recipients = _address(rest), []

    def _rcpt(self, caller: Caller, session: _Session, rest: str) -> None:
        one = _address(rest)
        pair = (session.sender, one)
        well = self.refuses.get(one, "250 ok")
        if self.greylists and pair not in self._known:
            self._known.add(pair)
            well = "450 4.2.0 greylisted, come again"
        if self._answer(caller, "rcpt", well):
            session.recipients.append(one)

    def _data(self, caller: Caller, session: _Session, rest: str) -> None:
        if not session.recipients:
            caller.say("503 nobody to send to")
        elif self._answer(caller, "data", "354 go ahead"):
            self._body(caller, session)

    def _body(self, caller: Caller, session: _Session) -> None:
        with self._lock:
            step = self.script["body"].pop(0) if self.script.get("body") else "ok"
        if step == "drop":
            caller.read_line()
            raise HungUp
        if step == "hang":
            caller.hang()
        lines = []
        while (line := caller.read_line()) != b".":
            lines.append(line.removeprefix(b".") + b"\r\n")
        self._end(caller, session, b"".join(lines))

    def _end(self, caller: Caller, session: _Session, raw: bytes) -> None:
        with self._lock:
            step = self.script["dot"][0] if self.script.get("dot") else "ok"
        if step in ("ok", "taken-drop", "taken-hang"):
            self.ledger.append(Taken(session.sender, tuple(session.recipients), raw, session.user))
        if step.startswith("taken"):
            self.script["dot"][0] = step.removeprefix("taken-")
        self._answer(caller, "dot", f"250 2.0.0 taken as {len(self.ledger)}")

    def _rset(self, caller: Caller, session: _Session, rest: str) -> None:
        caller.say("250 ok")

    def _noop(self, caller: Caller, session: _Session, rest: str) -> None:
        caller.say("250 ok")

    def _quit(self, caller: Caller, session: _Session, rest: str) -> None:
        caller.say("221 bye")
        raise HungUp


def _address(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0]


@contextmanager
def smtp_peer(*, tls: ssl.SSLContext | None = None, is_secure_at_once: bool = False) -> Iterator[SmtpPeer]:
    """A peer for the length of a test."""
    peer = SmtpPeer(tls=tls, is_secure_at_once=is_secure_at_once)
    try:
        yield peer
    finally:
        peer.close()
