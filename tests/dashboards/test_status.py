"""The public status page: honest words, no person, and an answer whatever is away."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import health
from core.context import Actor, acting_as
from dashboards.status import Facts, status
from gateways import breaker
from tests.cast import Cast
from tests.dashboards.rows import ago, draft, job, matter

AT = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
SINCE = datetime(2026, 11, 24, 10, 28, tzinfo=UTC)


def parts(facts: Facts) -> dict[str, str]:
    return {part.key: part.state for part in status(facts, AT).parts}


def text_of(facts: Facts, key: str) -> str:
    return next(part.text for part in status(facts, AT).parts if part.key == key)


def test_everything_works() -> None:
    found = status(Facts(has_database=True, has_redis=True), AT)
    assert found.heading == "Everything works" and found.is_serving
    assert [part.key for part in found.parts] == ["web", "messages", "live", "answering", "sending"]
    assert {part.state for part in found.parts} == {"works"}


def test_without_redis_things_appear_later_and_nothing_else_changes() -> None:
    facts = Facts(has_database=True, has_redis=False)
    assert parts(facts) == {"web": "works", "messages": "works", "live": "slow", "answering": "works", "sending": "works"}
    assert status(facts, AT).heading == "Changes appear later than usual"


def test_without_the_database_the_rest_is_not_known() -> None:
    found = status(Facts(has_database=False, has_redis=True), AT)
    assert found.heading == "We will be right back" and not found.is_serving
    assert [part.state for part in found.parts] == ["works", "away", "unknown", "unknown", "unknown"]


@pytest.mark.parametrize(("seconds", "state"), [(0, "works"), (30, "works"), (31, "slow"), (300, "slow"), (301, "away")])
@pytest.mark.parametrize(("lane", "key"), [("draft", "answering"), ("send", "sending")])
def test_a_job_that_waits_is_said_with_its_moment(lane: str, key: str, seconds: float, state: str) -> None:
    found = status(Facts(has_database=True, has_redis=True, delays={lane: (seconds, SINCE)}), AT)
    part = next(one for one in found.parts if one.key == key)
    assert (part.state, part.since) == (state, SINCE if state != "works" else None)
    assert [one.state for one in found.parts if one.key != key] == ["works"] * 4
    assert found.is_serving


def test_slow_answers_are_the_heading() -> None:
    slow = Facts(has_database=True, has_redis=True, delays={"draft": (45.0, SINCE)})
    assert status(slow, AT).heading == "Answers are slower than usual"
    worse = Facts(has_database=True, has_redis=False, delays={"draft": (999.0, SINCE)})
    assert status(worse, AT).heading == "Some things don’t work as they should"


def test_other_lanes_are_nobody_s_business() -> None:
    assert set(parts(Facts(True, True, delays={"bulk": (9999.0, SINCE)})).values()) == {"works"}


@pytest.mark.parametrize(
    ("breakers", "state", "words"),
    [
        ({}, "works", "as messages come in."),
        ({"a:b": "closed"}, "works", "as messages come in."),
        ({"a:b": "open", "c:d": "closed"}, "works", "stand-in"),
        ({"a:b": "open", "c:d": "half-open"}, "works", "stand-in"),
        ({"a:b": "open"}, "slow", "A stand-in prepares them"),
        ({"a:b": "misconfigured", "c:d": "resting"}, "slow", "A stand-in prepares them"),
    ],
)
def test_models_that_do_not_answer(breakers: dict[str, str], state: str, words: str) -> None:
    facts = Facts(has_database=True, has_redis=True, breakers=breakers)
    assert parts(facts)["answering"] == state and words in text_of(facts, "answering")


def test_the_page_is_public_and_names_each_part(cast: Cast) -> None:
    answer = Client().get("/status/")
    page = answer.content.decode()
    assert answer.status_code == 200 and "Everything works" in page
    for name in ("Website", "Messages", "Live updates", "Answers", "Sending"):
        assert f"<b>{name}</b>" in page
    assert answer["Cache-Control"] == "private, max-age=5" and "sessionid" not in answer.cookies


def test_no_person_is_on_the_page(cast: Cast) -> None:
    made = matter(cast, cast.orders, began=ago(hours=1), due=ago(minutes=5))
    draft(made, waiting_since=ago(minutes=1))
    job(cast.orders, "draft", due=ago(minutes=2))
    page = Client().get("/status/").content.decode()
    assert "Answers are slower than usual" in page and ", since <time" in page
    for word in ("Cara", "Sam", "Orders", "cast.example", "customer.example"):
        assert word not in page


def test_a_person_who_is_signed_in_reads_the_same(cast: Cast) -> None:
    client = Client()
    with acting_as(Actor.door(cast.ana.pk)):
        client.force_login(cast.ana)
    mine = client.get("/status/")
    assert mine.status_code == 200 and "Ana" not in mine.content.decode()
    assert mine.content == Client().get("/status/").content


def test_it_is_found_out_once_in_a_few_seconds(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as asked:
        pages = {Client().get("/status/").content for _ in range(4)}
    assert len(pages) == 1 and len([one for one in asked if "core_job" in one["sql"]]) == 1
    job(cast.orders, "send", due=ago(minutes=2))
    assert "later than usual" not in Client().get("/status/").content.decode()
    caches["process"].clear()
    assert "Replies go out later than usual" in Client().get("/status/").content.decode()


def test_it_answers_without_redis(cast: Cast, settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.OPENAI_API_KEY = "a key"
    health._redis.cache_clear()
    try:
        answer = Client().get("/status/")
    finally:
        health._redis.cache_clear()
    assert answer.status_code == 200 and "Changes appear later than usual" in answer.content.decode()


def test_it_knows_of_a_breaker_that_workers_opened(cast: Cast, settings) -> None:
    settings.OPENAI_API_KEY, settings.OPENAI_MODEL = "a key", "some-model"
    breaker.breaker("openai:some-model").open()
    breaker.reset()  # As in a web process, which has asked no model.
    try:
        assert "A stand-in prepares them" in Client().get("/status/").content.decode()
    finally:
        breaker.breaker("openai:some-model").close()
        breaker.reset()


@contextmanager
def database_away() -> Iterator[None]:
    """Nobody answers where the database should be."""
    given, port = connection.settings_dict, connection.settings_dict["PORT"]
    pool = given["OPTIONS"]["pool"]
    given["PORT"], given["OPTIONS"]["pool"] = "1", pool | {"timeout": 0.5}
    connection.close()
    connection.close_pool()
    try:
        yield
    finally:
        given["PORT"], given["OPTIONS"]["pool"] = port, pool
        connection.close()
        connection.close_pool()


def test_without_the_database_it_answers_503_with_the_same_page(db) -> None:
    with database_away():
        answer = Client().get("/status/")
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "5", "no-store")
    assert "We will be right back" in page and "What you have sent before is kept" in page


def test_a_signed_in_person_gets_503_too(cast: Cast) -> None:
    client = Client()
    with acting_as(Actor.door(cast.ana.pk)):
        client.force_login(cast.ana)
    with database_away():
        answer = client.get("/status/")
    assert answer.status_code == 503 and "We will be right back" in answer.content.decode()


def test_only_reading(db) -> None:
    assert Client().post("/status/").status_code == 405
