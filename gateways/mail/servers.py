"""A line to a mail server: to the machine that was judged, secured as was asked for, bounded in time and in bytes.

A server may be one of the house, so numbers of a private network are let through where the operator says so. What leads to a machine's
own metadata is refused wherever it comes from.
"""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings

from core.words import gettext_noop
from gateways.errors import DeadlinePassed, GatewayError, Misconfigured
from gateways.web_address import is_public

CONNECT_SECONDS = 2.0
NUMBERS = 3
# What an answer may come to, as long as nothing else was allowed: a server could talk for ever.
FEW_BYTES = 1_000_000
TLS, STARTTLS, NONE = "tls", "starttls", "none"
PORTS = {"smtp": {TLS: 465, STARTTLS: 587, NONE: 25}, "imap": {TLS: 993, STARTTLS: 143, NONE: 143}}

# What answers there speaks for the machine itself, to whoever asks from it.
_METADATA = tuple(
    ipaddress.ip_network(one) for one in ("168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32", "fd00:ec2::/32")
)
_NEAR = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Server:
    """Where to call and how to sign in. `is_operators`: the environment names it, so it may stand anywhere."""

    host: str
    port: int
    security: str = TLS
    user: str = ""
    password: str = field(default="", repr=False)
    is_operators: bool = False


def server_of(protocol: str, given: Mapping[str, Any], password: str) -> Server | None:
    """The server that an account's settings name for `protocol` (smtp, imap); None when they name none. Raises Misconfigured."""
    host, security = str(given.get(f"{protocol}_host") or "").strip(), str(given.get(f"{protocol}_security") or TLS)
    if not host:
        return None
    if security not in PORTS[protocol] or (security == NONE and host not in _NEAR):
        raise Misconfigured(gettext_noop("Only a server on this machine may be used without encryption"))
    port = given.get(f"{protocol}_port") or PORTS[protocol][security]
    if not str(port).isdecimal() or not 0 < int(port) < 65536:
        raise Misconfigured(gettext_noop("The port of the mail server is no number"))
    return Server(host, int(port), security, str(given.get(f"{protocol}_user") or ""), password)


def server_at(url: str) -> Server:
    """The server of an address such as smtps://name:word@mail.example; smtp:// is secured by STARTTLS unless it is on this machine."""
    parts = urlsplit(url)
    host, user = parts.hostname or "localhost", unquote(parts.username or "")
    security = TLS if parts.scheme == "smtps" else NONE if host in _NEAR or host.startswith("127.") else STARTTLS
    return Server(host, parts.port or PORTS["smtp"][security], security, user, unquote(parts.password or ""), True)


class Bounds:
    """How long a conversation with a server may still take, and how many bytes may still come."""

    def __init__(self, seconds: float, most_bytes: int = FEW_BYTES) -> None:
        self.end, self.bytes_left = time.monotonic() + seconds, most_bytes

    def left(self) -> float:
        """Seconds left. Raises DeadlinePassed when there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise DeadlinePassed(gettext_noop("The mail server took too long to answer"))
        return left

    def count(self, size: int) -> None:
        """So many bytes came. Raises GatewayError when they are more than may."""
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise GatewayError(gettext_noop("The mail server sends far too much"))

    def allow(self, size: int) -> None:
        """From here on so many bytes may come."""
        self.bytes_left = size


class _Bounded:
    """Each wait is what is left of all the time there is, so that a server that drips does not outlast it."""

    bounds: Bounds

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(self.bounds.left())  # type: ignore[attr-defined]
        size: int = super().recv_into(*args, **kwargs)  # type: ignore[misc]
        self.bounds.count(size)
        return size

    def send(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(self.bounds.left())  # type: ignore[attr-defined]
        return super().send(*args, **kwargs)  # type: ignore[misc, no-any-return]

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self.settimeout(self.bounds.left())  # type: ignore[attr-defined]
        super().sendall(*args, **kwargs)  # type: ignore[misc]


class Line(_Bounded, socket.socket):
    """A line in the clear."""


class SecureLine(_Bounded, ssl.SSLSocket):
    """A line that nobody else reads."""


def opened(server: Server, bounds: Bounds) -> Line | SecureLine:
    """An open line; for TLS a secured one. Raises GatewayError: nothing was said on it yet."""
    try:
        line = _connected(server, bounds)
    except TimeoutError as error:
        raise GatewayError(gettext_noop("The mail server cannot be reached: no answer")) from error
    except OSError as error:
        raise GatewayError(
            gettext_noop("The mail server cannot be reached: {0}").format(error.strerror or type(error).__name__)
        ) from error
    if server.security != TLS:
        return line
    try:
        return secured(line, server, bounds)
    except BaseException:
        line.close()
        raise


def secured(line: Line | SecureLine, server: Server, bounds: Bounds) -> SecureLine:
    """The same line, secured, to a server that proved its name. Raises GatewayError."""
    line.settimeout(bounds.left())
    try:
        secure = _trusted().wrap_socket(line, server_hostname=server.host)
    except ssl.SSLCertVerificationError as error:
        raise GatewayError(
            gettext_noop("The mail server's certificate is not valid: {0}").format(error.verify_message)
        ) from error
    except OSError as error:
        raise GatewayError(gettext_noop("The mail server could not be reached securely")) from error
    assert isinstance(secure, SecureLine)
    secure.bounds = bounds
    return secure


@cache
def _trusted() -> ssl.SSLContext:
    """Reading all the world's certificates takes longer than a call; they are read once."""
    context = ssl.create_default_context()
    context.sslsocket_class = SecureLine
    return context


def _connected(server: Server, bounds: Bounds) -> Line:
    *others, last = _numbers(server, bounds)[:NUMBERS]
    for number in others:
        with suppress(OSError):
            return _called(number, server.port, bounds)
    return _called(last, server.port, bounds)


def _called(number: str, port: int, bounds: Bounds) -> Line:
    line = Line(socket.AF_INET6 if ":" in number else socket.AF_INET, socket.SOCK_STREAM)
    line.bounds = bounds
    try:
        line.settimeout(min(CONNECT_SECONDS, bounds.left()))
        line.connect((number, port))
    except BaseException:
        line.close()
        raise
    return line


def _numbers(server: Server, bounds: Bounds) -> list[str]:
    """The numbers of the server's name, all of them such as may be called. Looking up knows no time limit, so it is waited for beside."""
    found: list[str] = []
    failed: list[OSError | UnicodeError] = []

    def look() -> None:
        try:
            found.extend(str(one[4][0]) for one in socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            failed.append(error)

    seeker = threading.Thread(target=look, daemon=True)
    seeker.start()
    seeker.join(min(CONNECT_SECONDS, bounds.left()))
    if failed or not found:
        raise GatewayError(gettext_noop("No machine has the mail server's name")) from (failed[0] if failed else None)
    if not all(may_be_called(one, is_operators=server.is_operators) for one in found):
        raise Misconfigured(gettext_noop("The mail server's name leads to a machine that must not be called"))
    return list(dict.fromkeys(found))


def may_be_called(number: str, *, is_operators: bool = False) -> bool:
    """Whether a mail server may have that number: a public one, or one of a private network where the operator allows it."""
    plain = ipaddress.ip_address(number.partition("%")[0])
    inner = getattr(plain, "ipv4_mapped", None) or plain
    is_metadata = any(inner in network for network in _METADATA if network.version == inner.version)
    if is_metadata or inner.is_link_local or inner.is_multicast or inner.is_unspecified:
        return False
    return is_public(number) or ((is_operators or settings.PRIVATE_MAIL_HOSTS) and not inner.is_global)


def words(said: object, longest: int = 200) -> str:
    """What a server said, in one line for a person."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:longest]
