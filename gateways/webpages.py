"""Reading one public web page. The address was typed by a person, so it may lead anywhere: at ourselves, at a neighbour, at a page
that never ends. Nothing leaves before the address is judged, and no answer is taken that is too long, too late or not a text.

The line goes to the number that was judged, under the name that was asked for; proxies named in the environment are not used. Each
redirect is judged like the first address. One clock runs over everything.
"""

import http.client
import io
import socket
import ssl
import threading
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from core.words import gettext_noop
from gateways.errors import DeadlinePassed, GatewayError
from gateways.web_address import Address, Network, Refused, checked, follow, public_numbers

SECONDS = 5.0
MAX_BYTES = 2_000_000
REDIRECTS = 3
NUMBERS = 3
KINDS = ("text/html", "text/plain", "application/pdf")
AGENT = "ContactCenter-KnowledgeReader/1.0"
STEP = 65_536


class Gone(GatewayError):
    """The page is not there any more (404 or 410)."""

    def __init__(self, status: int) -> None:
        super().__init__(gettext_noop("The page is gone ({0})").format(status), permanent=True)


@dataclass(frozen=True)
class WebDocument:
    """What an address gave. `content` is None when the page is as it was when `etag` or `last_modified` was given."""

    url: str
    kind: str = ""
    charset: str = ""
    content: bytes | None = None
    etag: str = ""
    last_modified: str = ""


class PublicInternet:
    """The real network."""

    def resolve(self, host: str, port: int) -> list[str]:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]

    def connect(self, number: str, port: int, timeout: float) -> socket.socket:
        return socket.create_connection((number, port), timeout=timeout)


def fetch(
    url: str, *, etag: str = "", last_modified: str = "", network: Network | None = None, seconds: float = SECONDS
) -> WebDocument:
    """Read one page within `seconds`. Raises Refused, Gone, DeadlinePassed, or GatewayError (not permanent: try later)."""
    clock = _Clock(time.monotonic() + seconds)
    address, reach = checked(url), network or PublicInternet()
    known = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    for _ in range(REDIRECTS + 1):
        answer = _ask(address, {name: value for name, value in known.items() if value}, reach, clock)
        if isinstance(answer, WebDocument):
            return answer
        address = follow(address, answer)
    raise Refused(gettext_noop("The page leads on more than {0} times").format(REDIRECTS))


class _Clock:
    """The one clock of a fetch: every wait gets what is left of it."""

    def __init__(self, end: float) -> None:
        self.end = end

    def left(self) -> float:
        """Seconds left. Raises DeadlinePassed when there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise DeadlinePassed(gettext_noop("The page took too long to answer"))
        return left


def _ask(address: Address, headers: dict[str, str], network: Network, clock: _Clock) -> WebDocument | str:
    """The document, or where the page leads."""
    try:
        numbers = _numbers(address, network, clock)
        with _line(numbers, address, network, clock) as line, _secured(line, address, clock) as secure:
            secure.settimeout(clock.left())
            secure.sendall(_request(address, headers))
            return _read(address, _TimedLine(secure, clock), clock)
    except TimeoutError as error:
        raise DeadlinePassed(gettext_noop("The page took too long to answer")) from error
    except ssl.SSLError as error:
        raise GatewayError(gettext_noop("The page could not be reached securely")) from error
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        raise GatewayError(f"The page could not be reached ({type(error).__name__})") from error


def _numbers(address: Address, network: Network, clock: _Clock) -> list[str]:
    """The judged numbers of a name. Looking up a name knows no time limit of its own, so it is waited for beside."""
    found: list[Any] = []

    def look() -> None:
        try:
            found.append(public_numbers(address, network))
        except Exception as error:  # Handed over to whoever waits.
            found.append(error)

    seeker = threading.Thread(target=look, daemon=True)
    seeker.start()
    seeker.join(clock.left())
    if not found:
        raise DeadlinePassed(gettext_noop("The page took too long to answer"))
    if isinstance(found[0], socket.gaierror):
        raise GatewayError(gettext_noop("No machine has this name")) from found[0]
    if isinstance(found[0], Exception):
        raise found[0]
    return list(found[0])


def _line(numbers: list[str], address: Address, network: Network, clock: _Clock) -> socket.socket:
    """An open line to one of the numbers, the first that answers. Raises OSError."""
    *others, last = numbers[:NUMBERS]
    for number in others:
        with suppress(OSError):
            return network.connect(number, address.port, clock.left() / 2)
    return network.connect(last, address.port, clock.left())


def _secured(line: socket.socket, address: Address, clock: _Clock) -> socket.socket:
    if address.scheme == "http":
        return line
    line.settimeout(clock.left())
    return ssl.create_default_context().wrap_socket(line, server_hostname=address.host.strip("[]"))


def _request(address: Address, headers: dict[str, str]) -> bytes:
    said = {
        "Host": address.host, "User-Agent": AGENT, "Accept": "text/html, text/plain, application/pdf", "Accept-Encoding": "gzip",
        "Connection": "close", **headers,
    }  # fmt: skip
    lines = [f"GET {address.path} HTTP/1.1"] + [f"{name}: {_one_line(value)}" for name, value in said.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _one_line(value: str) -> str:
    """What a page gave us as its mark goes back to it as a header: never as two."""
    return "".join(c for c in value if c.isprintable() and ord(c) < 256)[:200]


class _TimedLine(io.RawIOBase):
    """A line on which each wait is what is left of the clock, so that a page that drips does not outlast it."""

    def __init__(self, line: socket.socket, clock: _Clock) -> None:
        self.line, self.clock = line, clock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.line.settimeout(self.clock.left())
        return self.line.recv_into(buffer)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self, STEP)


def _read(address: Address, line: _TimedLine, clock: _Clock) -> WebDocument | str:
    response = http.client.HTTPResponse(line, method="GET")  # type: ignore[arg-type]  # It asks for a reader, and has one.
    response.begin()
    location = response.getheader("Location")
    if response.status in (301, 302, 303, 307, 308) and location:
        return location
    etag, last_modified = (response.getheader("ETag") or "")[:200], (response.getheader("Last-Modified") or "")[:80]
    if response.status == 304:
        return WebDocument(address.url, etag=etag, last_modified=last_modified)
    if response.status in (404, 410):
        raise Gone(response.status)
    if response.status != 200:
        is_final = 400 <= response.status < 500 and response.status not in (408, 425, 429)
        raise GatewayError(gettext_noop("The page answered with an error ({0})").format(response.status), permanent=is_final)
    kind, charset = _kind(response)
    return WebDocument(address.url, kind, charset, _content(response, clock), etag, last_modified)


def _kind(response: http.client.HTTPResponse) -> tuple[str, str]:
    kind = response.headers.get_content_type() if response.getheader("Content-Type") else ""
    if kind not in KINDS:
        raise Refused(gettext_noop("The address gives neither a page, a text nor a PDF"))
    return kind, response.headers.get_content_charset() or ""


def _content(response: http.client.HTTPResponse, clock: _Clock) -> bytes:
    if (response.length or 0) > MAX_BYTES:
        raise Refused(gettext_noop("The page is larger than 2 MB"))
    unpack = _unpacker((response.getheader("Content-Encoding") or "identity").strip().lower())
    found = bytearray()
    while chunk := response.read1(STEP):
        clock.left()
        found += unpack(chunk, MAX_BYTES + 1 - len(found))
        if len(found) > MAX_BYTES:
            raise Refused(gettext_noop("The page is larger than 2 MB"))
    if response.length:
        raise GatewayError(gettext_noop("The page broke off"))
    return bytes(found)


def _unpacker(coding: str) -> Any:
    """How to unpack, never more than asked for at a time: a few kilobytes can hold gigabytes."""
    if coding == "identity":
        return lambda chunk, most: chunk
    if coding not in ("gzip", "x-gzip"):
        raise Refused(gettext_noop("The page is packed in a way that was not asked for"))
    packed = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def unpack(chunk: bytes, most: int) -> bytes:
        try:
            return packed.decompress(packed.unconsumed_tail + chunk, max(most, 1))
        except zlib.error as error:
            raise GatewayError(gettext_noop("The page is packed in a way that cannot be read")) from error

    return unpack
