"""A mailbox on loopback that speaks as much of IMAP4rev1 as a reader needs, and fails as mailboxes do.

`script` says what the next of each command meets: {"UID FETCH": ["ok", "drop"]}. Steps: ok, drop (the line breaks), hang (silence),
drip (an answer that never ends), no (it answers NO), bad, junk (an answer that makes no sense), flood (a literal of gigabytes).
"""

import base64
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from tests.peers.listening import Caller, HungUp, Listening


@dataclass
class Folder:
    """Mails by number. `arrived` says when, for who asks by date."""

    uidvalidity: int = 1
    uidnext: int = 1
    mails: dict[int, bytes] = field(default_factory=dict)
    arrived: dict[int, date] = field(default_factory=dict)

    def put(self, raw: bytes, day: date | None = None) -> int:
        uid, self.uidnext = self.uidnext, self.uidnext + 1
        self.mails[uid], self.arrived[uid] = raw, day or date.today()
        return uid

    def number_anew(self) -> None:
        """As a server does that was restored from a backup: all the same mails under other numbers."""
        kept = [(self.mails[uid], self.arrived[uid]) for uid in sorted(self.mails)]
        self.uidvalidity, self.uidnext, self.mails, self.arrived = self.uidvalidity + 1, 1, {}, {}
        for raw, day in kept:
            self.put(raw, day)


class ImapPeer(Listening):
    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.folders = {"INBOX": Folder()}
        self.users = {"support": "secret"}
        self.script: dict[str, list[str]] = {}
        self.said: list[str] = []
        self.fetched: list[tuple[str, int]] = []
        self.offers_plain = True
        self.tls = tls
        self.lock = threading.Lock()
        super().__init__()

    def put(self, raw: bytes, folder: str = "INBOX", day: date | None = None) -> int:
        with self.lock:
            return self.folders.setdefault(folder, Folder()).put(raw, day)

    def converse(self, caller: Caller) -> None:
        if self._step("connect") == "drop":
            return
        caller.say("* OK peer ready")
        _Session(self, caller).serve()

    def _step(self, command: str) -> str:
        with self.lock:
            return self.script[command].pop(0) if self.script.get(command) else "ok"


class _Session:
    def __init__(self, peer: ImapPeer, caller: Caller) -> None:
        self.peer, self.caller = peer, caller
        self.folder, self.name = Folder(), ""
        self.is_secure = self.is_in = False

    def serve(self) -> None:
        while True:
            line = self.caller.read_line().decode("utf-8", "replace")
            self.peer.said.append(line)
            tag, _, rest = line.partition(" ")
            verb, _, given = rest.partition(" ")
            command = f"UID {given.partition(' ')[0]}" if verb == "UID" else verb
            given = given.partition(" ")[2] if verb == "UID" else given
            self._meet(tag, command.upper())
            known = getattr(self, "_" + command.lower().replace(" ", "_"), None)
            if known is None or (
                not self.is_in and command not in ("CAPABILITY", "LOGIN", "AUTHENTICATE", "STARTTLS", "LOGOUT")
            ):
                self.caller.say(f"{tag} BAD not now")
            else:
                known(tag, given)

    def _meet(self, tag: str, command: str) -> None:
        step = self.peer._step(command)
        if step == "drop":
            raise HungUp
        if step == "hang":
            self.caller.hang()
        if step == "drip":
            self.caller.drip(b"* OK still here\r\n")
        if step == "junk":
            self.caller.say("* SEARCH one two", "* 1 FETCH (UID x RFC822.SIZE y", "(((", f"{tag} MAYBE")
        if step == "flood":
            self.caller.say("* 1 FETCH (UID 1 BODY[] {99999999999}")
            self.caller.drip(b"x" * 1000)
        if step in ("no", "bad"):
            self.caller.say(f"{tag} {step.upper()} [SERVERBUG] that does not work")
            self.serve()

    def _ok(self, tag: str, *lines: str) -> None:
        self.caller.say(*lines, f"{tag} OK done")

    def _capability(self, tag: str, given: str) -> None:
        starts = " STARTTLS" if self.peer.tls and not self.is_secure else ""
        plain = " AUTH=PLAIN" if self.peer.offers_plain else ""
        self._ok(tag, f"* CAPABILITY IMAP4rev1{plain}{starts}")

    def _starttls(self, tag: str, given: str) -> None:
        assert self.peer.tls is not None
        self._ok(tag)
        self.caller.secure(self.peer.tls)
        self.is_secure = True

    def _login(self, tag: str, given: str) -> None:
        user, word = (one.replace(r"\"", '"') for one in re.findall(r'"((?:[^"\\]|\\.)*)"', given))
        self._sign_in(tag, user, word)

    def _authenticate(self, tag: str, given: str) -> None:
        self.caller.say("+ ")
        _, user, word = base64.b64decode(self.caller.read_line()).decode().split("\0")
        self._sign_in(tag, user, word)

    def _sign_in(self, tag: str, user: str, word: str) -> None:
        self.is_in = self.peer.users.get(user) == word
        self.caller.say(f"{tag} OK welcome" if self.is_in else f"{tag} NO [AUTHENTICATIONFAILED] wrong name or word")

    def _list(self, tag: str, given: str) -> None:
        self._ok(tag, *(f'* LIST () "/" "{name}"' for name in self.peer.folders))

    def _examine(self, tag: str, given: str) -> None:
        self.name = given.strip().strip('"').replace(r"\"", '"')
        if self.name not in self.peer.folders:
            self.caller.say(f"{tag} NO no such mailbox")
            return
        self.folder = self.peer.folders[self.name]
        told = [f"* {len(self.folder.mails)} EXISTS", "* 0 RECENT", r"* FLAGS (\Seen \Deleted)"]
        told += [f"* OK [UIDVALIDITY {self.folder.uidvalidity}] valid", f"* OK [UIDNEXT {self.folder.uidnext}] next"]
        self.caller.say(*told, f"{tag} OK [READ-ONLY] done")

    def _uid_search(self, tag: str, given: str) -> None:
        with self.peer.lock:
            uids = sorted(self.folder.mails)
        found = [uid for uid in uids if self._fits(uid, given, uids)]
        self._ok(tag, "* SEARCH" + "".join(f" {uid}" for uid in found))

    def _fits(self, uid: int, asked: str, uids: list[int]) -> bool:
        if asked.startswith("UID "):
            first = int(asked.removeprefix("UID ").partition(":")[0])
            # The star is the newest mail, in whichever order the two are named.
            return uid >= min(first, uids[-1])
        if asked.startswith("SINCE "):
            return self.folder.arrived[uid] >= datetime.strptime(asked.removeprefix("SINCE "), "%d-%b-%Y").date()
        if asked.startswith("OR HEADER"):
            pairs = re.findall(r'HEADER (\S+) "([^"]*)"', asked)
            head = self.folder.mails[uid].partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
            return any(re.search(f"^{re.escape(name)}:.*{re.escape(value)}", head, re.I | re.M) for name, value in pairs)
        return asked == "ALL"

    def _uid_fetch(self, tag: str, given: str) -> None:
        uid = int(given.partition(" ")[0])
        raw = self.folder.mails.get(uid)
        # Somebody else is reading mails at the same moment.
        self.caller.say(r"* 1 FETCH (FLAGS (\Seen) UID 999999)")
        if raw is not None and "RFC822.SIZE" in given:
            self.caller.say(f"* 1 FETCH (UID {uid} RFC822.SIZE {len(raw)})")
        elif raw is not None:
            self.peer.fetched.append((self.name, uid))
            part = re.search(r"<0\.(\d+)>", given)
            shown = raw[: int(part[1])] if part else raw
            self.caller.say(f"* 1 FETCH (UID {uid} BODY[]{'<0>' if part else ''} {{{len(shown)}}}")
            self.caller.line.sendall(shown)
            self.caller.say(")")
        self._ok(tag)

    def _append(self, tag: str, given: str) -> None:
        size = re.search(r"\{(\d+)\}$", given)
        assert size is not None
        self.caller.say("+ go on")
        raw = self.caller.read(int(size[1]))
        self.caller.read_line()
        name = re.match(r'"([^"]*)"', given)
        if name is None or name[1] not in self.peer.folders:
            self.caller.say(f"{tag} NO [TRYCREATE] no such mailbox")
            return
        self.peer.put(raw, name[1])
        self._ok(tag)

    def _logout(self, tag: str, given: str) -> None:
        self.caller.say("* BYE", f"{tag} OK bye")
        raise HungUp


@contextmanager
def imap_peer(*, tls: ssl.SSLContext | None = None) -> Iterator[ImapPeer]:
    """A peer for the length of a test."""
    peer = ImapPeer(tls=tls)
    try:
        yield peer
    finally:
        peer.close()
