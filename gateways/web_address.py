"""Which addresses of the web may be asked at all: public ones, spelt plainly. Everything else is refused before a byte leaves.

An address is judged twice: as it is written, and by each number that its name stands for. Whoever connects does so to the number
that was judged, never to the name again.
"""

import ipaddress
import re
import socket
import string
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, urljoin, urlsplit

from core.words import gettext_noop
from gateways.errors import GatewayError

PORTS = {"http": 80, "https": 443}
LONGEST = 500

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_PLAIN_NUMBER = re.compile(r"(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}")
# Names that stand for this machine or its neighbours wherever they are asked.
_NEAR = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "localdomain",
    "arpa",
    "onion",
    "test",
    "invalid",
)
# What `is_global` lets through although it leads to a neighbour: numbers that carry another one inside (mapped, compatible,
# translated, tunnelled), relays, and the metadata address of one cloud that is a public number.
_INDIRECT = tuple(
    ipaddress.ip_network(one)
    for one in (
        "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2002::/16", "3fff::/20", "5f00::/16",
        "fec0::/10", "192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "100.64.0.0/10",
    )
)  # fmt: skip


class Refused(GatewayError):
    """An address that must not be asked, or an answer that must not be taken. The message says why, in words for a person."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=True)


@dataclass(frozen=True)
class Address:
    """A web address as it may be asked: its parts, the name in plain letters, and what follows it."""

    scheme: str
    host: str
    path: str

    @property
    def port(self) -> int:
        return PORTS[self.scheme]

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}"


class Network(Protocol):
    """The two things that reach out: finding a name's numbers and opening a line to one of them."""

    def resolve(self, host: str, port: int) -> list[str]:
        """Every number that a name stands for. Raises OSError."""
        ...

    def connect(self, number: str, port: int, timeout: float) -> socket.socket:
        """An open line to a number. Raises OSError."""
        ...


def checked(url: str) -> Address:
    """The address, if it is written as a public one is. Raises Refused. No name is looked up."""
    if len(url) > LONGEST:
        raise Refused(gettext_noop("The address is too long"))
    # What some readers of addresses drop and others keep would make two readers see two hosts.
    if not url.isprintable() or any(c.isspace() or c in '\\<>"{}|^`' for c in url):
        raise Refused(gettext_noop("The address has characters in it that do not belong there"))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refused(gettext_noop("This is no web address")) from error
    if parts.scheme not in PORTS:
        raise Refused(gettext_noop("Only addresses that begin with http:// or https:// can be read"))
    if "@" in parts.netloc:
        raise Refused(gettext_noop("The address must not hold a name or password"))
    if port not in (None, PORTS[parts.scheme]) or parts.netloc.endswith(":"):
        raise Refused(gettext_noop("Only the usual ports (80 and 443) can be read"))
    path = parts.path or "/"
    whole = f"{path}?{parts.query}" if parts.query else path
    return Address(parts.scheme, _host(parts.hostname or ""), quote(whole, safe=string.punctuation))


def follow(base: Address, location: str) -> Address:
    """Where a redirect leads, under the same rules. Raises Refused."""
    try:
        found = checked(urljoin(base.url, location.strip()).split("#")[0])
    except ValueError as error:
        raise Refused(gettext_noop("The page leads to what is no web address")) from error
    if base.scheme == "https" and found.scheme == "http":
        raise Refused(gettext_noop("The page leads from a secure address to one that is not"))
    return found


def public_numbers(address: Address, network: Network) -> list[str]:
    """Every number of the address, if all of them are public. Raises Refused for a single one that is not."""
    found = list(dict.fromkeys(network.resolve(address.host.strip("[]"), address.port)))
    if not found or not all(is_public(one) for one in found):
        raise Refused(gettext_noop("The address leads to a machine that is not on the public internet"))
    return found


def is_public(number: str) -> bool:
    """Whether a number is one of the public internet, of its own and not by way of another."""
    try:
        found = ipaddress.ip_address(number)
    except ValueError:
        return False
    if "%" in number:  # One with a zone is a neighbour.
        return False
    if any(found in network for network in _INDIRECT if network.version == found.version):
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified or found.is_link_local)


def _host(given: str) -> str:
    """The host in plain letters. A number must be public and in its usual form; a name must be one of the public web."""
    if ":" in given:
        if not is_public(given):
            raise Refused(gettext_noop("The address leads to a machine that is not on the public internet"))
        return f"[{ipaddress.ip_address(given).compressed}]"
    try:
        plain = given.encode("idna").decode().lower().removesuffix(".")
    except UnicodeError as error:
        raise Refused(gettext_noop("This is no web address")) from error
    labels = plain.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise Refused(gettext_noop("This is no web address"))
    # 127.1, 0x7f.1, 0177.0.0.1 and 2130706433 are all read as one number by those who open lines.
    if labels[-1].isdigit() or re.fullmatch(r"0x[0-9a-f]*", labels[-1]):
        if not _PLAIN_NUMBER.fullmatch(plain):
            raise Refused(gettext_noop("The address is a number in an unusual form"))
        if not is_public(plain):
            raise Refused(gettext_noop("The address leads to a machine that is not on the public internet"))
        return plain
    if len(labels) < 2 or labels[-1] in _NEAR:
        raise Refused(gettext_noop("The address leads to a machine that is not on the public internet"))
    return plain
