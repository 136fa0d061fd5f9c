"""Mails that are made to hurt: each is answered within a second, says what was not read, and still tells who wrote."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateways.mail import limits
from gateways.mail.markup import text_of
from gateways.mail.parsing import parse
from gateways.mail.reading import MOST_CHILDREN, Reader, read

HEAD = b"From: Eve <eve@evil.example>\r\nTo: help@kestrel.example\r\nSubject: Hi\r\nDate: Mon, 02 Mar 2026 09:01:00 +0000\r\nMessage-ID: <1@evil>\r\n"
MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
HTML = b"Content-Type: text/html\r\n\r\n"

# What grows with the square of its length takes seconds here. Measuring coverage makes everything some times slower.
QUICK = 0.5


def quickest(call: Callable[[], object], times: int = 3) -> float:
    """Seconds of processor time, of the best of several calls: what else this process does meanwhile is not its fault."""
    found = []
    for _ in range(times):
        began = time.process_time()
        call()
        found.append(time.process_time() - began)
    return min(found)


def nested(levels: int) -> bytes:
    return (
        HEAD
        + b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(levels))
        + b"\r\nx"
    )


BOMBS = {
    "nested": (nested(2_000), limits.TOO_DEEP),
    "nested mails": (HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 2_000 + b"x", limits.TOO_DEEP),
    "parts": (HEAD + MIXED + b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 10_000 + b"--b--", limits.TOO_MANY_PARTS),
    "recipients": (
        HEAD + b"Cc: " + b", ".join(b"a%d@x.example" % n for n in range(10_000)) + b"\r\n\r\nx",
        limits.HEADERS_TOO_LONG,
    ),
    "addresses": (
        HEAD + b"Cc: " + b",".join(b"a%d@x.example" % n for n in range(300)) + b"\r\n\r\nx",
        limits.TOO_MANY_ADDRESSES,
    ),
    "subject": (HEAD + b"Subject: " + b"a" * 1_000_000 + b"\r\n\r\nx", limits.HEADERS_TOO_LONG),
    "encoded words": (HEAD + b"X: " + b"=?utf-8?b?YQ==?= " * 20_000 + b"\r\n\r\nx", limits.HEADERS_TOO_LONG),
    "parentheses": (HEAD + b"Cc: " + b"(" * 20_000 + b"\r\n\r\nx", limits.HEADER_TOO_LONG),
    "header": (HEAD + b"X: " + b"z" * 5_000_000 + b"\r\n\r\nx", limits.HEADERS_TOO_LONG),
    "size": (HEAD + b"\r\n" + b"word " * 6_000_000, limits.TOO_LARGE),
    "text": (HEAD + b"\r\n" + b"word " * 400_000, limits.TEXT_TOO_LONG),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_answered_at_once_and_says_what_was_not_read(name: str) -> None:
    read(HEAD + b"\r\nwarm")
    raw, problem = BOMBS[name]
    began = time.perf_counter()
    found = read(raw)
    assert time.perf_counter() - began < 1.0
    assert found.problem == problem
    assert found.sender is not None and found.sender.address == "eve@evil.example" and found.subject == "Hi"
    assert found.mail_id == "1@evil" and found.date is not None


def test_a_bad_charset_and_a_cut_file_are_no_reason_to_refuse() -> None:
    for more in (
        b"Content-Type: text/plain; charset=no-such-thing\r\n\r\nHello \xfc",
        b"Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8gYW5",
    ):
        found = read(HEAD + more)
        assert found.problem == "" and found.text.startswith("Hello")


LONG = 30_000
HOSTILE = {
    "quotes": b">" * LONG, "spaces": b" " * LONG + b"x", "dashes": b"-" * LONG, "ats": b"@" * LONG, "less": b"<" * LONG, "at pairs": b"a@" * LONG,
    "from": b"From: a@b.example\n" * 2_000, "wrote": b"On Monday " * 3_000, "ids": b"Message-ID:\n" * 2_500, "codes": b"550 " * 7_000, "equals": b"=" * LONG,
    "commas": b"," * LONG, "words": b"=?utf-8?q?" * 3_000, "brackets": b"(" * LONG, "colons": b":" * LONG, "returns": b"\r" * LONG, "dots": b"." * LONG,
    "naked": b"a" * 50_000 + b"!", "escapes": b"\x1b$B" * 10_000, "undeliverable": b"undeliverable not " * 1_600,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_pattern_takes_long_over_any_text(name: str) -> None:
    body = HOSTILE[name]
    value = body.replace(b"\n", b" ").replace(b"\r", b" ")[: limits.HEADER_BYTES]
    headers = (
        b"From",
        b"To",
        b"Subject",
        b"Date",
        b"Content-Type",
        b"Content-Disposition",
        b"Authentication-Results",
        b"References",
    )
    mails = [
        HEAD.replace(b"eve@", b"mailer-daemon@").replace(b"Hi", b"Fwd: failure notice") + b"\r\n" + body,
        HEAD + HTML + body,
    ]
    mails += [name + b": " + value + b"\r\n" + HEAD + b"\r\nx" for name in headers]
    for raw in mails:
        assert quickest(lambda raw=raw: parse(raw)) < QUICK, raw[:60]


@pytest.mark.parametrize(
    "markup",
    ["<a " * 10_000, "<a b='" * 5_000 + ">", "<div>" * 6_000, "<!--" * 7_500, "<script>" * 3_750, "&" * 30_000, "<p><i>" + "</b>" * 7_500, "<" * 30_000,
     "<style>" + "a{" * 10_000, "<blockquote>x" * 2_000, "<a style='" + "color:" * 4_000 + "'>x", "<table><tr><td>x" * 1_800],
)  # fmt: skip
def test_no_markup_takes_long(markup: str) -> None:
    assert quickest(lambda: text_of(markup)) < QUICK


# The children


def test_a_child_that_hangs_is_replaced_and_its_mail_took_too_long() -> None:
    reader = Reader(seconds=0.3, command=(sys.executable, "-c", "import time; time.sleep(60)"))
    began = time.monotonic()
    found = reader.read(HEAD + b"\r\nx")
    assert found.problem == limits.TOO_LATE and time.monotonic() - began < 2
    reader.close()


def test_of_a_mail_that_kills_its_reader_the_writer_is_still_known() -> None:
    whole_kills = (
        "import sys; sys.path.insert(0, sys.argv[1]); from gateways.mail import child;"
        "child._READERS[child.WHOLE] = lambda raw: bytearray(1 << 40); child.run()"
    )
    root = str(Path(limits.__file__).parents[2])
    reader = Reader(command=(sys.executable, "-I", "-S", "-c", whole_kills, root))
    found = reader.read(HEAD + b"\r\nx")
    assert found.problem == limits.UNREADABLE and found.sender is not None and found.subject == "Hi" and found.text == ""
    reader.close()


def test_a_child_that_was_killed_meanwhile_is_replaced_without_a_word() -> None:
    reader = Reader()
    assert reader.read(HEAD + b"\r\none").text == "one"
    process = reader._idle[0]._process
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert reader.read(HEAD + b"\r\ntwo").text == "two" and reader._idle[0]._process.pid != process.pid
    reader.close()
    assert reader._idle == []


def test_a_child_retires_after_its_mails() -> None:
    reader = Reader(mails=2)
    pids = []
    for _ in range(4):
        reader.read(HEAD + b"\r\nx")
        pids.append(reader._idle[0]._process.pid if reader._idle else None)
    assert pids[1] is None and pids[3] is None and pids[0] != pids[2]
    reader.close()


def test_many_threads_read_at_once_with_few_children() -> None:
    reader, most = Reader(), []
    with ThreadPoolExecutor(16) as pool:
        texts = list(pool.map(lambda n: reader.read(HEAD + b"\r\n%d" % n).text, range(300)))
        most.append(len(reader._idle))
    assert texts == [str(n) for n in range(300)] and most[0] <= MOST_CHILDREN
    reader.close()
    assert threading.active_count() < 20


def test_a_child_goes_when_its_parent_is_killed() -> None:
    root = str(Path(limits.__file__).parents[2])
    program = "from gateways.mail.reading import _reader, read; import time; read(b'x'); print(_reader._idle[0]._process.pid, flush=True); time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=root, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(child)


def gone(pid: int) -> bool:
    for _ in range(100):
        try:
            with Path(f"/proc/{pid}/stat").open() as status:
                if status.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def test_the_largest_mail_fits_into_the_memory_of_a_child() -> None:
    line = b"QUJD" * 19 + b"\r\n"
    file = b"--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + line * 335_000
    raw = HEAD + MIXED + b"--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n" + file + b"--b--"
    assert limits.TOTAL_BYTES - 200_000 < len(raw) <= limits.TOTAL_BYTES
    found = read(raw)
    assert found.problem == "" and found.text == "Hello" and found.files[0].content == b"ABC" * 19 * 335_000
