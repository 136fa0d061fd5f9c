"""Addresses out of a header, as people's programs write them: one walk over the signs, no recursion, no second look."""

import re

from gateways.mail.headers import decode_words, raw_text, words
from gateways.mail.limits import ADDRESSES, NAME_CHARACTERS, TOO_MANY_ADDRESSES, Limits
from gateways.mail.types import Address

_ADDRESS = re.compile(r"[^\s<>@,;:\"()\[\]\\]{1,64}@(?:[^\s<>@,;:\"()\[\]\\]{1,253}|\[[0-9A-Fa-f.:IPv]{3,50}\])")
_COMMENT = re.compile(r"\([^()]{0,200}\)")
_SLACK = " \t\"'"


def addresses(values: list[bytes], limits: Limits) -> tuple[Address, ...]:
    """All addresses of some headers, at most 200 of them."""
    found: list[Address] = []
    for value in values:
        found += _of_one(raw_text(value))
    if len(found) > ADDRESSES:
        limits.broke(TOO_MANY_ADDRESSES)
    return tuple(found[:ADDRESSES])


def one_address(value: str) -> Address | None:
    """The first address of a text."""
    return next(iter(_of_one(value)), None)


def _of_one(text: str) -> list[Address]:
    found = _mailboxes(text)
    if not found and "=?" in text:
        # Some programs encode the whole header, address and all.
        found = _mailboxes(decode_words(text))
    return found


def _mailboxes(text: str) -> list[Address]:
    """Each piece between commas that has an address. A piece without one is the first half of "Lind, Marta <m@...>"."""
    found: list[Address] = []
    carried = ""
    for name, angle in _pieces(text):
        whole = f"{carried}, {name}" if carried and name else carried or name
        made = _made(whole, angle)
        carried = "" if made else whole[-NAME_CHARACTERS:]
        if made:
            found.append(made)
    return found


def _made(name: str, angle: str) -> Address | None:
    hit = _ADDRESS.search(_COMMENT.sub("", angle).replace(" ", "")) if angle else None
    if hit is None:
        hit = _ADDRESS.search(name)
        name = (name[: hit.start()] + name[hit.end() :]) if hit else name
    if hit is None:
        return None
    display = hit[0].strip(".'")
    shown = words(name).strip(_SLACK + "<>()")[:NAME_CHARACTERS]
    return Address(address=display.lower(), name="" if shown.lower() == display.lower() else shown, display=display)


def _pieces(text: str) -> list[tuple[str, str]]:
    """(what stands beside, what stands in angle brackets) of each mailbox."""
    walk = _Walk()
    at = 0
    while at < len(text):
        at += walk.take(text[at], text[at + 1 : at + 2])
    walk.close()
    return walk.pieces


class _Walk:
    """Where in a header the walk is: in quotes, in how many brackets, in an address; and what was found."""

    def __init__(self) -> None:
        self.pieces: list[tuple[str, str]] = []
        self._name: list[str] = []
        self._comment: list[str] = []
        self._angle: list[str] = []
        self._is_quoted, self._is_angle, self._depth, self._divides_at = False, False, 0, 0

    def take(self, sign: str, following: str) -> int:
        """Take in one sign, two when a backslash protects the next; how many it were."""
        if sign == "\\" and (self._is_quoted or self._depth):
            (self._comment if self._depth else self._name).append(following)
            return 2
        if self._angle and not self._is_angle and not (self._depth or sign.isspace() or sign in ",;("):
            # Two mailboxes without a comma between them.
            self.close()
        if self._depth:
            self._depth += (sign == "(") - (sign == ")")
            self._comment.append(sign if self._depth else "")
        elif self._is_angle:
            self._is_angle = sign != ">"
            self._angle.append(sign if self._is_angle else "")
            self._divides_at = len(self._name)
        elif self._is_quoted or sign == '"':
            self._is_quoted ^= sign == '"'
            self._name.append(sign if sign != '"' else "")
        else:
            self._take_bare(sign)
        return 1

    def _take_bare(self, sign: str) -> None:
        if sign in ",;":
            self.close()
        elif sign == "(":
            self._depth = 1
        elif sign == "<":
            self._divide()
            self._is_angle = True
        elif sign == ":":
            # The name of a group stands before it.
            self._name = []
        else:
            self._name.append(sign)

    def _divide(self) -> None:
        """Two addresses without a comma between them: what stands after the first belongs to the second."""
        if self._angle:
            following = self._name[self._divides_at :]
            self._name = self._name[: self._divides_at]
            self.close()
            self._name = following

    def close(self) -> None:
        """End one mailbox."""
        name, angle = "".join(self._name).strip(), "".join(self._angle)
        if not (name and angle):
            # The old way: m@post.example (Marta Lind)
            name = f"{name} {''.join(self._comment)}".strip()
        if name or angle:
            self.pieces.append((name, angle))
        self._name, self._comment, self._angle = [], [], []
