"""Limits: counted over all processes, by halves without Redis, and never at the price of a wait."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from django.core.cache import caches
from django.test import RequestFactory

from core import limits
from core.limits import Limit, address_of, spend

THREE = Limit("tests", times=3, seconds=60)
NOON = 1_800_000_000.0  # the beginning of a window of 60 seconds


@pytest.fixture(autouse=True)
def _counts_begin_at_nothing() -> Iterator[None]:
    def clear() -> None:
        limits.forget()
        caches["process"].clear()

    clear()
    yield
    clear()
    caches["redis"].clear()


def without_redis(settings, port: int = 1) -> None:
    location = f"redis://127.0.0.1:{port}/0"
    settings.CACHES = settings.CACHES | {"redis": settings.CACHES["redis"] | {"LOCATION": location}}


@pytest.fixture
def silent_redis() -> Iterator[int]:
    """Something that accepts connections and never says a word, as a stopped Redis does. Gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken: list[socket.socket] = []
        ended = threading.Event()

        def accept() -> None:
            server.settimeout(0.1)
            while not ended.is_set():
                try:
                    taken.append(server.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1]
        ended.set()
        thread.join()
        for one in taken:
            one.close()


def test_what_is_within_the_limit_passes_and_the_rest_waits_for_the_next_window() -> None:
    assert [spend(THREE, "cara", now=NOON + 10) for _ in range(5)] == [0, 0, 0, 50, 50]
    assert spend(THREE, "cara", now=NOON + 59.5) == 1
    assert spend(THREE, "cara", now=NOON + 60) == 0


def test_each_is_counted_alone() -> None:
    assert [spend(THREE, "cara", now=NOON) for _ in range(4)][-1] == 60
    assert spend(THREE, "dan", now=NOON) == 0
    assert spend(Limit("other", 3, 60), "cara", now=NOON) == 0


def test_all_processes_count_together() -> None:
    """A thread has a cache connection of its own, as another process has."""
    waits: list[int] = []
    threads = [threading.Thread(target=lambda: waits.append(spend(THREE, "cara", now=NOON))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(waits) == [0, 0, 0, 60, 60, 60, 60, 60]


def test_redis_is_told_no_address() -> None:
    spend(THREE, "203.0.113.7", now=NOON)
    client = caches["redis"]._cache.get_client()
    keys = b" ".join(client.keys("*limit*"))
    assert b"limit:tests:" in keys and b"203.0.113.7" not in keys


def test_a_count_does_not_stay_for_ever() -> None:
    spend(THREE, "cara", now=NOON)
    client = caches["redis"]._cache.get_client()
    assert all(0 < client.ttl(key) <= 120 for key in client.keys("*limit*"))


def test_without_redis_each_process_allows_half(settings) -> None:
    without_redis(settings)
    four = Limit("tests", times=4, seconds=60)
    assert [spend(four, "cara", now=NOON) for _ in range(4)] == [0, 0, 60, 60]
    assert spend(Limit("once", times=1, seconds=60), "cara", now=NOON) == 0


def test_a_hung_redis_costs_less_than_a_second_once_and_then_nothing(settings, silent_redis: int) -> None:
    without_redis(settings, silent_redis)
    began = time.monotonic()
    assert spend(THREE, "cara", now=NOON) == 0
    assert time.monotonic() - began < 1
    again = time.monotonic()
    assert [spend(THREE, "cara", now=NOON) for _ in range(3)] == [60, 60, 60]
    assert time.monotonic() - again < 0.1


def test_redis_is_left_alone_for_a_while_and_then_asked_again(settings) -> None:
    good = settings.CACHES
    without_redis(settings)
    assert spend(THREE, "cara", now=NOON) == 0
    settings.CACHES = good
    assert [spend(THREE, "cara", now=NOON) for _ in range(2)] == [60, 60]
    limits.forget()
    assert [spend(THREE, "cara", now=NOON) for _ in range(4)] == [0, 0, 0, 60]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "counted"),
    [
        (0, "", "203.0.113.7", "203.0.113.7"),
        (0, "198.51.100.1", "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1", "10.0.0.1", "198.51.100.1"),
        (1, "6.6.6.6, 198.51.100.1", "10.0.0.1", "198.51.100.1"),
        (2, "6.6.6.6, 198.51.100.1, 10.0.0.2", "10.0.0.1", "198.51.100.1"),
        (2, "198.51.100.1", "10.0.0.1", "10.0.0.1"),
        (1, "", "10.0.0.1", "10.0.0.1"),
        (1, "nonsense", "10.0.0.1", "10.0.0.1"),
        (0, "", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (0, "", "", ""),
    ],
)
def test_an_address_is_what_our_own_proxies_saw(settings, proxies, forwarded, remote, counted) -> None:
    settings.TRUSTED_PROXIES = proxies
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert address_of(RequestFactory().get("/", REMOTE_ADDR=remote, **headers)) == counted
