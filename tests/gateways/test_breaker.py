"""Breakers: shared through Redis when it answers, and never waiting for it when it does not."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateways import breaker
from gateways.breaker_state import Shelf
from gateways.errors import Busy, CircuitOpen, GatewayError, Misconfigured, Unusable


@pytest.fixture(autouse=True)
def fresh_breakers():
    breaker.reset()
    yield
    breaker.reset()


@pytest.fixture
def hung():
    """A server that takes connections and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def down():
    raise GatewayError("down")


def fail(name, times):
    for _ in range(times):
        with pytest.raises(GatewayError):
            breaker.guarded(name, down)


def test_what_one_process_learned_the_next_one_knows():
    fail("llm.shared", breaker.FAILURES)
    breaker.reset()  # As if another process began: only Redis remembers.
    with pytest.raises(CircuitOpen):
        breaker.guarded("llm.shared", lambda: "never asked")
    breaker.breaker("llm.shared").close()
    breaker.reset()
    assert breaker.guarded("llm.shared", lambda: "asked again") == "asked again"


@pytest.mark.parametrize("where", ["away", "hung"])
def test_without_redis_it_counts_alone_and_nothing_waits(settings, hung, where):
    settings.REDIS_URL = hung if where == "hung" else "redis://127.0.0.1:1/0"
    began = time.monotonic()
    assert breaker.guarded("llm.alone", lambda: "answered") == "answered"
    fail("llm.alone", breaker.FAILURES)
    with pytest.raises(CircuitOpen):
        breaker.guarded("llm.alone", lambda: "never asked")
    assert time.monotonic() - began < 1 and breaker.breaker("llm.alone").state == "open"


def test_the_call_happens_once_even_when_redis_dies_during_it(settings, hung, monkeypatch):
    calls = []
    breaker.guarded("llm.once", lambda: calls.append(1))
    monkeypatch.setattr(breaker, "_shelves", {settings.REDIS_URL: Shelf(hung)})
    breaker._breakers.clear()
    breaker.guarded("llm.once", lambda: calls.append(2))
    assert calls == [1, 2]


def test_a_refused_request_is_not_the_provider_s_fault():
    def refused():
        raise GatewayError("bad request", permanent=True)

    for _ in range(breaker.FAILURES + 1):
        with pytest.raises(GatewayError):
            breaker.guarded("llm.refused", refused)
    assert breaker.breaker("llm.refused").state == "closed"


def test_words_that_cannot_be_used_say_nothing_against_their_provider():
    def babbling():
        raise Unusable("nonsense")

    fail("llm.babbling", breaker.FAILURES - 1)
    for _ in range(breaker.FAILURES):
        with pytest.raises(Unusable):
            breaker.guarded("llm.babbling", babbling)
    fail("llm.babbling", breaker.FAILURES - 1)
    assert breaker.breaker("llm.babbling").state == "closed"


@pytest.mark.parametrize("url", ["", None], ids=["alone", "shared"])
def test_after_the_rest_one_call_may_try_and_its_outcome_decides(settings, monkeypatch, url):
    settings.REDIS_URL = settings.REDIS_URL if url is None else url
    monkeypatch.setattr(breaker, "OPEN_SECONDS", 0.15)
    name = f"llm.resting.{url}"
    breaker.breaker(name).close()
    fail(name, breaker.FAILURES)
    assert breaker.breaker(name).state == "open"
    time.sleep(0.2)
    assert breaker.breaker(name).state == "half-open"
    fail(name, 1)
    assert breaker.breaker(name).state == "open"
    time.sleep(0.2)
    monkeypatch.setattr(breaker, "OPEN_SECONDS", 5.0)  # As long as the one who tries is given.
    began, ends = threading.Event(), threading.Event()

    def trying():
        began.set()
        ends.wait(5)
        return "well again"

    with ThreadPoolExecutor(1) as pool:
        trial = pool.submit(breaker.guarded, name, trying)
        began.wait(5)
        with pytest.raises(CircuitOpen):
            breaker.guarded(name, lambda: "never asked")
        ends.set()
        assert trial.result(5) == "well again"
    assert breaker.breaker(name).state == "closed" and breaker.guarded(name, lambda: "asked") == "asked"


@pytest.mark.parametrize("is_shared", [True, False])
def test_of_several_who_want_to_try_at_the_same_moment_one_may(settings, is_shared):
    shelf = Shelf(settings.REDIS_URL) if is_shared else None
    one = breaker.Breaker("llm.stampede", shelf)
    others = [breaker.Breaker("llm.stampede", shelf) for _ in range(4)] if is_shared else [one] * 4  # Processes, or threads.
    one.close()
    assert [each._claim() for each in (one, *others)] == [True, False, False, False, False]
    one.close()


def test_calls_of_one_process_do_not_queue_up():
    together = threading.Barrier(4, timeout=5)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: breaker.guarded("llm.many", together.wait), range(4)))


@pytest.mark.parametrize(("asked", "rests"), [(0.0, False), (3600.0, True)])
def test_a_busy_provider_is_left_alone_within_bounds(asked, rests):
    def busy():
        raise Busy("slow down", asked)

    name = f"llm.busy.{asked}"
    breaker.breaker(name).close()
    with pytest.raises(Busy):
        breaker.guarded(name, busy)
    time.sleep(0.01)
    assert breaker.breaker(name).state == ("resting" if rests else "half-open")
    assert breaker.breaker(name)._standing().seconds <= breaker.RESTING_SECONDS
    if rests:
        breaker.reset()  # The other processes leave it alone, too.
        assert breaker.breaker(name).state == "resting"
    breaker.breaker(name).close()


def test_misconfigured_stays_said_until_it_works():
    def refused():
        raise Misconfigured("wrong key")

    with pytest.raises(Misconfigured):
        breaker.guarded("llm.wrong", refused)
    breaker.breaker("llm.wrong")._leave_alone(breaker.MISCONFIGURED, 0.001)
    time.sleep(0.01)
    assert breaker.breaker("llm.wrong").state == "misconfigured"
    assert breaker.guarded("llm.wrong", lambda: "mended") == "mended" and breaker.breaker("llm.wrong").state == "closed"
