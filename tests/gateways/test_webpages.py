"""Reading web pages: what must never be reached is not, and what is reached can neither flood nor hold us."""

import gzip
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from gateways.errors import DeadlinePassed, GatewayError
from gateways.web_address import Refused, checked, is_public
from gateways.webpages import MAX_BYTES, Gone, PublicInternet, fetch

PUBLIC = "93.184.216.34"
HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"


class Served:
    """A network on which every public number leads to one server on loopback, as if it stood far away."""

    def __init__(self, port: int, names: dict[str, list[str]] | None = None) -> None:
        self.port, self.names = port, names or {}
        self.looked_up: list[str] = []
        self.called: list[str] = []

    def resolve(self, host: str, port: int) -> list[str]:
        self.looked_up.append(host)
        return self.names.get(host, [PUBLIC])

    def connect(self, number: str, port: int, timeout: float) -> socket.socket:
        self.called.append(number)
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)


@contextmanager
def server(answer: Callable[[socket.socket, bytes], None]) -> Iterator[tuple[int, list[bytes]]]:
    """A server on loopback; yields its port and the requests that reached it."""
    seen: list[bytes] = []
    door = socket.create_server(("127.0.0.1", 0))
    door.settimeout(0.1)
    is_over = threading.Event()

    def serve() -> None:
        while not is_over.is_set():
            try:
                line, _ = door.accept()
            except TimeoutError:
                continue
            with line:
                line.settimeout(10)
                seen.append(line.recv(65536))
                with suppress(OSError):
                    answer(line, seen[-1])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield door.getsockname()[1], seen
    finally:
        is_over.set()
        thread.join(15)
        door.close()


def says(whole: bytes) -> Callable[[socket.socket, bytes], None]:
    return lambda line, _: line.sendall(whole)


def page(body: bytes, *headers: bytes) -> bytes:
    extra = b"".join(header + b"\r\n" for header in headers)
    return HTML + extra + b"Content-Length: %d\r\n\r\n" % len(body) + body


# What row 10 of the list of attacks names, and how each is spelt.
WRITTEN = [
    "http://127.0.0.1/", "http://127.1/", "http://127.0.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0x7f.0.0.1/",
    "http://0177.0.0.1/", "http://017700000001/", "http://127.0.0.1./", "http://0/", "http://0.0.0.0/", "http://00000000/",
    "http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b:1::7f00:1]/", "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/", "http://[fe80::1]/", "http://[fe80::1%25eth0]/", "http://[2606:4700::1%25eth0]/", "http://[fc00::1]/",
    "http://[fd00:ec2::254]/", "http://[fec0::1]/", "http://[ff02::1]/", "http://[::ffff:169.254.169.254]/",
    "http://169.254.169.254/latest/meta-data/", "http://168.63.129.16/", "http://100.100.100.200/", "http://192.0.0.192/",
    "http://10.0.0.1/", "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/", "http://100.64.0.1/", "http://198.18.0.1/",
    "http://224.0.0.1/", "http://240.0.0.1/", "http://255.255.255.255/", "http://192.88.99.1/",
    "http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://a.localhost/", "http://metadata.google.internal/",
    "http://printer.local/", "http://intranet/", "http://redis/", "http://router.lan/",
    "http://１２７.0.0.1/", "http://127。0。0。1/", "http://①②⑦.0.0.1/", "http://ｌｏｃａｌｈｏｓｔ/",
    "http://shop.example:22/", "http://shop.example:6379/", "http://shop.example:8000/", "https://shop.example:80/", "http://shop.example:/",
    "ftp://shop.example/", "file:///etc/passwd", "gopher://shop.example/", "dict://shop.example/", "data:text/html,hi", "javascript:alert(1)",
    "//shop.example/", "shop.example", "http:shop.example", "http://", "https:///x", "unix:/var/run/redis.sock", "jar:http://shop.example!/",
    "http://user:word@shop.example/", "http://shop.example@127.0.0.1/", "http://127.0.0.1@shop.example/", "http://127.0.0.1#@shop.example/",
    "http://shop.example\\@127.0.0.1/", "http://shop.example\t/", "http://shop.exa\nmple/", "http://shop.example/ x", " http://shop.example/",
    "http://shop.example/\r\nHost: other", "http://shop..example/", "http://-shop.example/", "http://" + "a." * 300 + "example/",
    "http://shop.example\u0000.example/", "http://[::1", "http://shop.example:99999/", "http://shop.example:8o/",
]  # fmt: skip

# What a name may stand for, whoever runs its name server.
BEHIND_A_NAME = [
    ["127.0.0.1"], ["127.8.8.8"], ["::1"], ["0.0.0.0"], ["10.1.2.3"], ["172.20.0.5"], ["192.168.0.10"], ["169.254.169.254"], ["100.64.1.1"],
    ["fe80::1%eth0"], ["fd00::1"], ["::ffff:10.0.0.1"], ["64:ff9b::a00:1"], ["2002:a00:1::"], ["224.0.0.251"], ["255.255.255.255"],
    ["168.63.129.16"], [PUBLIC, "127.0.0.1"], [PUBLIC, "::1"], ["2606:4700::1", "10.0.0.1"], [], ["no number"],
]  # fmt: skip


@pytest.mark.parametrize("url", WRITTEN)
def test_an_address_that_is_not_a_public_page_reaches_nothing(url: str) -> None:
    with server(says(page(b"canary"))) as (port, seen):
        network = Served(port)
        with pytest.raises(Refused) as refused:
            fetch(url, network=network)
        assert (network.called, seen) == ([], [])
    assert refused.value.permanent and str(refused.value)[0].isupper() and "canary" not in str(refused.value)


@pytest.mark.parametrize("url", [one for one in WRITTEN if one.startswith("http://") and one[7:8] in "012[l①１"])
def test_the_real_network_reaches_nothing_either(url: str) -> None:
    with pytest.raises(Refused):
        fetch(url, network=PublicInternet(), seconds=1)


@pytest.mark.parametrize("numbers", BEHIND_A_NAME, ids=str)
def test_a_name_that_stands_for_a_neighbour_reaches_nothing(numbers: list[str]) -> None:
    with server(says(page(b"canary"))) as (port, seen):
        network = Served(port, {"shop.example": numbers})
        with pytest.raises(Refused):
            fetch("https://shop.example/", network=network)
        assert (network.called, seen) == ([], [])


@pytest.mark.parametrize("url", [one for one in WRITTEN if not one.startswith(("//", "shop")) and "\0" not in one])
def test_a_redirect_to_it_reaches_nothing(url: str) -> None:
    location = url.encode("utf-8", "replace").replace(b"\r\n", b"%0d%0a").replace(b"\n", b"")
    with server(says(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n")) as (port, seen):
        network = Served(port)
        with pytest.raises(GatewayError):
            fetch("http://shop.example/", network=network)
    # Some of these are read as a page of the same public host; none leads to another machine.
    assert set(network.called) == {PUBLIC} and set(network.looked_up) <= {"shop.example", "shop.example."}
    assert all(b"\r\nHost: shop.example\r\n" in one for one in seen)


def test_a_name_is_looked_up_once_and_the_line_goes_to_the_number_that_was_judged() -> None:
    class Rebinding(Served):
        def resolve(self, host: str, port: int) -> list[str]:
            super().resolve(host, port)
            return [PUBLIC] if len(self.looked_up) == 1 else ["127.0.0.1"]

    with server(says(page(b"hello"))) as (port, seen):
        network = Rebinding(port)
        assert fetch("http://Shop.Example/a?b=1", network=network).content == b"hello"
        assert (network.looked_up, network.called) == (["shop.example"], [PUBLIC])
        with pytest.raises(Refused):
            fetch("http://shop.example/", network=network)
    assert len(seen) == 1 and seen[0].startswith(b"GET /a?b=1 HTTP/1.1\r\nHost: shop.example\r\n")
    assert not [one for one in (b"Cookie", b"Authorization", b"Referer") if one in seen[0]]


def test_a_redirect_is_judged_again_and_counted() -> None:
    def answer(line: socket.socket, request: bytes) -> None:
        place = int(request.split(b"?n=")[1].split()[0])
        line.sendall(b"HTTP/1.1 302 Found\r\nLocation: /x?n=%d\r\n\r\n" % (place - 1) if place else page(b"there"))

    with server(answer) as (port, seen):
        assert fetch("http://shop.example/x?n=3", network=Served(port)).content == b"there"
        with pytest.raises(Refused, match="more than 3 times"):
            fetch("http://shop.example/x?n=4", network=Served(port))
        assert len(seen) == 8
        evil = Served(port, {"evil.example": ["127.0.0.1"]})
    with server(says(b"HTTP/1.1 301 Moved\r\nLocation: http://evil.example/\r\n\r\n")) as (port, seen):
        evil.port = port
        with pytest.raises(Refused):
            fetch("http://shop.example/", network=evil)
        assert evil.called == [PUBLIC] and len(seen) == 1


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(says(page(b"proxied"))) as (proxy, through), server(says(page(b"straight"))) as (port, _):
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setitem(os.environ, name, f"http://127.0.0.1:{proxy}")
        assert fetch("http://shop.example/", network=Served(port)).content == b"straight"
        assert through == []


def drips(head: bytes, drop: bytes) -> Callable[[socket.socket, bytes], None]:
    def answer(line: socket.socket, _: bytes) -> None:
        line.sendall(head)
        for _i in range(100):
            line.sendall(drop)
            time.sleep(0.1)

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        drips(b"", b"H"),
        drips(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        drips(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        drips(HTML + b"\r\n", b"x"),
        drips(HTML + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        lambda line, _: time.sleep(3),
    ],
    ids=["status", "headers", "continues", "body", "chunks", "silence"],
)
def test_a_page_that_drips_is_left_when_the_time_is_up(answer: Callable[[socket.socket, bytes], None]) -> None:
    with server(answer) as (port, _):
        began = time.monotonic()
        with pytest.raises(DeadlinePassed):
            fetch("http://shop.example/", network=Served(port), seconds=0.6)
        assert time.monotonic() - began < 1.2


def test_a_line_that_never_becomes_secure_and_a_name_that_is_never_found_end_in_time() -> None:
    class Lost(Served):
        def resolve(self, host: str, port: int) -> list[str]:
            time.sleep(2)
            return [PUBLIC]

    with server(drips(b"", b"\x16")) as (port, _):
        for network in (Served(port), Lost(port)):
            began = time.monotonic()
            with pytest.raises(GatewayError):
                fetch("https://shop.example/", network=network, seconds=0.5)
            assert time.monotonic() - began < 1.2


BOMB = gzip.compress(b"<p>" + b"a" * 200_000_000, 9)
TOO_MUCH = b"x" * (MAX_BYTES + 1)
TAKEN_AS_TOO_LARGE = {
    "said": HTML + b"Content-Length: 999999999\r\n\r\nx",
    "sent": HTML + b"\r\n" + TOO_MUCH,
    "in chunks": HTML + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % len(TOO_MUCH) + TOO_MUCH + b"\r\n0\r\n\r\n",
    "packed": page(BOMB, b"Content-Encoding: gzip"),
    "packed and unsaid": HTML + b"Content-Encoding: gzip\r\n\r\n" + BOMB,
}


@pytest.mark.parametrize("whole", TAKEN_AS_TOO_LARGE.values(), ids=TAKEN_AS_TOO_LARGE.keys())
def test_more_than_two_megabytes_are_not_taken(whole: bytes) -> None:
    with server(says(whole)) as (port, _), pytest.raises(Refused, match="larger than 2 MB"):
        fetch("http://shop.example/", network=Served(port))


REFUSED = {
    "br": (page(b"x", b"Content-Encoding: br"), "packed in a way"),
    "twice": (page(b"x", b"Content-Encoding: gzip, gzip"), "packed in a way"),
    "kind": (b"HTTP/1.1 200 OK\r\nContent-Type: application/x-msdownload\r\nContent-Length: 1\r\n\r\nx", "neither a page"),
    "picture": (b"HTTP/1.1 200 OK\r\nContent-Type: image/svg+xml\r\nContent-Length: 1\r\n\r\nx", "neither a page"),
    "no kind": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "neither a page"),
}


@pytest.mark.parametrize(("whole", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_text_is_not_taken(whole: bytes, why: str) -> None:
    with server(says(whole)) as (port, _), pytest.raises(Refused, match=why):
        fetch("http://shop.example/", network=Served(port))


@pytest.mark.parametrize(
    ("status", "kind", "permanent"),
    [(404, Gone, True), (410, Gone, True), (403, GatewayError, True), (500, GatewayError, False), (503, GatewayError, False), (429, GatewayError, False)],
)  # fmt: skip
def test_an_error_says_whether_it_pays_to_come_again(status: int, kind: type[GatewayError], permanent: bool) -> None:
    with server(says(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % status)) as (port, _), pytest.raises(kind) as raised:
        fetch("http://shop.example/", network=Served(port))
    assert raised.value.permanent is permanent


@pytest.mark.parametrize(
    "whole",
    [b"", b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 50\r\n\r\nshort", b"\x00" * 100_000,
     page(b"no gzip at all", b"Content-Encoding: gzip"), HTML + b"".join(b"X-%d: y\r\n" % n for n in range(300)) + b"\r\nx"],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_is_an_error_with_a_name(whole: bytes) -> None:
    with server(says(whole)) as (port, _), pytest.raises(GatewayError):
        fetch("http://shop.example/", network=Served(port))


def test_a_page_that_is_as_it_was_is_not_sent_again() -> None:
    def answer(line: socket.socket, request: bytes) -> None:
        known = b'If-None-Match: "v1"\r\n' in request
        line.sendall(
            b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n'
            if known
            else page(b"text", b'ETag: "v1"', b"Last-Modified: then")
        )

    with server(answer) as (port, seen):
        first = fetch("http://shop.example/", network=Served(port))
        again = fetch("http://shop.example/", etag='"v1"', last_modified="then\r\nX-Injected: 1", network=Served(port))
    assert (first.content, first.kind, first.charset, first.etag, first.last_modified) == (
        b"text",
        "text/html",
        "utf-8",
        '"v1"',
        "then",
    )
    assert again.content is None and b"\r\nX-Injected" not in seen[1]


def test_packed_pages_texts_and_pdfs_are_read() -> None:
    with server(says(page(gzip.compress(b"hello " * 1000), b"Content-Encoding: gzip"))) as (port, _):
        assert fetch("http://shop.example/", network=Served(port)).content == b"hello " * 1000
    with server(says(b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7")) as (port, _):
        assert fetch("http://shop.example/a b".replace(" ", "%20"), network=Served(port)).kind == "application/pdf"


def test_another_number_is_tried_when_the_first_does_not_answer() -> None:
    class HalfDown(Served):
        def connect(self, number: str, port: int, timeout: float) -> socket.socket:
            line = super().connect(number, port, timeout)
            if number == "2606:4700::1":
                line.close()
                raise ConnectionRefusedError
            return line

    with server(says(page(b"hello"))) as (port, _):
        network = HalfDown(port, {"shop.example": ["2606:4700::1", PUBLIC]})
        assert fetch("http://shop.example/", network=network).content == b"hello"


def test_letters_of_other_alphabets_are_asked_for_in_plain_ones() -> None:
    assert checked("https://bücher.example/straße?q=ä").url == "https://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%A4"
    assert checked("http://93.184.216.34/").host == PUBLIC and checked("https://[2606:4700::1111]/").host == "[2606:4700::1111]"
    assert is_public("8.8.8.8") and is_public("2606:4700::1111") and not is_public("")
