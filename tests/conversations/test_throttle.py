"""How fast we send: each account in its own pace, whether Redis counts for all or each process for itself."""

import time

import pytest

from conversations import throttle
from conversations.throttle import Bucket, buckets_of, take
from gateways.types import Connection


@pytest.fixture(autouse=True)
def fresh(db) -> None:
    throttle.forget()


@pytest.fixture(params=["shared", "alone"])
def counting(request, settings) -> int:
    """How many of ten a bucket has room for: all when Redis counts, half while it is away."""
    if request.param == "alone":
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        return 5
    return 10


def test_so_many_go_at_once_and_then_each_in_its_time(counting: int) -> None:
    bucket = Bucket("orders", every=5, burst=10)
    assert [take([bucket]) for _ in range(counting)] == [0.0] * counting
    wait = take([bucket])
    assert 4 < wait <= 10 and take([bucket]) <= wait


def test_it_goes_on_when_the_time_has_come(counting: int) -> None:
    bucket = Bucket("orders", every=0.05, burst=1)
    assert take([bucket]) == 0.0 and take([bucket]) > 0
    time.sleep(0.15)
    assert take([bucket]) == 0.0


def test_one_accounts_pace_is_not_anothers(counting: int) -> None:
    full = Bucket("orders", every=60, burst=1)
    assert take([full]) == 0.0 and take([full]) > 0
    assert take([Bucket("app", every=60, burst=1)]) == 0.0


def test_nothing_is_taken_unless_every_bucket_has_room(counting: int) -> None:
    number, pair = Bucket("number", every=60, burst=2), Bucket("number:cara", every=60, burst=1)
    assert take([pair]) == 0.0
    for _ in range(5):
        assert take([number, pair]) > 0
    assert take([number]) == 0.0


def test_whatsapp_counts_per_number_and_per_customer() -> None:
    found = buckets_of(Connection("whatsapp", "cloud", "wa"), "4917012345")
    assert [(one.name, round(one.every, 4), one.burst) for one in found] == [("wa", 0.0125, 80), ("wa:4917012345", 6.0, 40)]


@pytest.mark.parametrize(("given", "every"), [(60, 1.0), ("30", 2.0), (None, 0.2), ("quickly", 0.2), (-5, 0.2)])
def test_an_account_may_have_a_pace_of_its_own(given: object, every: float) -> None:
    assert (
        buckets_of(Connection("email", "mail", "help", settings={"sends_per_minute": given}), "x@y.example")[0].every == every
    )


def test_what_does_not_leave_the_house_has_no_pace() -> None:
    assert buckets_of(Connection("web", "web", "shop"), "") == [] and take([]) == 0.0
