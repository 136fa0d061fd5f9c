"""A worker that messages wait for and none reaches is deaf; one that is busy, idle or served is not."""

from contactcenter.hearing import LOOKS, Ear


def looks(ear: Ear, times: int, received: int = 5, *, busy: bool = False, waiting: int = 3) -> list[bool]:
    return [ear.is_deaf(received, busy=busy, waiting=waiting) for _ in range(times)]


def test_messages_that_wait_while_none_arrives_make_a_worker_deaf() -> None:
    assert looks(Ear(), LOOKS + 1) == [False] * LOOKS + [True]


def test_a_worker_with_something_in_hand_is_busy_not_deaf() -> None:
    assert not any(looks(Ear(), 20, busy=True))


def test_a_worker_that_nobody_needs_is_idle_not_deaf() -> None:
    assert not any(looks(Ear(), 20, waiting=0))


def test_one_message_that_arrives_starts_the_count_anew() -> None:
    ear = Ear()
    assert not any([*looks(ear, LOOKS, received=5), *looks(ear, LOOKS, received=6)])
    assert looks(ear, 1, received=6) == [True]
