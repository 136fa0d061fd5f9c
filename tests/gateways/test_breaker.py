"""Breakers: shared through Redis when it answers, and never waiting for it when it does not."""

import socket
import time

import pytest

from gateways import breaker
from gateways.breaker_state import Shelf
from gateways.errors import CircuitOpen, GatewayError


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
    assert time.monotonic() - began < 1 and breaker.states() == {"llm.alone": "open"}


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
    assert breaker.states() == {"llm.refused": "closed"}
