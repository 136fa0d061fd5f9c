"""What a customer is told to expect, for every way a conversation can stand."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from intake.outlook import PATIENCE, Situation, outlook, span

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=40)
PAST = NOW - timedelta(minutes=5)

TABLE: list[tuple[str, dict[str, Any], str, str]] = [
    ("just written", {}, "assistant", "The assistant is reading your message."),
    ("being drafted", {"draft_state": "composing"}, "assistant", "The assistant is reading your message."),
    ("inside the undo window", {"draft_state": "auto_sent"}, "assistant", "The assistant is reading your message."),
    (
        "nothing came in a minute",
        {"waiting_since": NOW - PATIENCE},
        "person",
        "The assistant can’t answer at the moment. A person will",
    ),
    (
        "drafting never ended",
        {"draft_state": "composing", "waiting_since": PAST},
        "person",
        "The assistant can’t answer at the moment. A person will",
    ),
    (
        "not sure enough",
        {"draft_state": "review"},
        "checking",
        "I want to get this right, so a person is checking the answer. You will have it here",
    ),
    (
        "held by a rule",
        {"draft_state": "held"},
        "checking",
        "I want to get this right, so a person is checking the answer. You will have it here",
    ),
    ("approved", {"draft_state": "approved"}, "checked", "A person has checked your answer. It is on its way."),
    ("rejected", {"draft_state": "rejected"}, "person", "A person will answer"),
    ("asked for a person", {"asked": True, "paused": True}, "asked", "You asked for a person. Someone will answer"),
    ("asked in words", {"asked": True, "draft_state": "held"}, "asked", "You asked for a person. Someone will answer"),
    (
        "asked, and somebody has it",
        {"asked": True, "paused": True, "person": "Ana"},
        "person",
        "Ana has your conversation and will answer",
    ),
    ("taken over", {"paused": True, "person": "Ana"}, "person", "Ana has your conversation and will answer"),
    ("with people, nobody yet", {"paused": True}, "person", "A person will answer"),
    ("something went wrong", {"needs_person": True}, "person", "A person will answer"),
    ("her reply is on its way", {"person_is_answering": True, "person": "Ana"}, "person", "Ana is answering you."),
    ("somebody's reply is on its way", {"person_is_answering": True}, "person", "A person is answering you."),
    (
        "opened again by a person",
        {"last_by": "agent"},
        "person",
        "A person is looking at your conversation and will answer",
    ),
    (
        "answered by the assistant",
        {"state": "waiting", "last_by": "assistant"},
        "answered",
        "Does this help? If not, write again or ask for a person.",
    ),
    ("answered by a person", {"state": "waiting", "last_by": "agent"}, "answered", ""),
    ("answered by a person who stays", {"state": "waiting", "last_by": "agent", "paused": True}, "answered", ""),
    ("closed", {"state": "resolved"}, "closed", "This conversation is closed."),
    ("closed while with people", {"state": "resolved", "paused": True}, "closed", "This conversation is closed."),
]
CASES = [pytest.param(given, key, text, id=name) for name, given, key, text in TABLE]


@pytest.mark.parametrize(("given", "key", "text"), CASES)
def test_each_state_has_its_words(given: dict[str, Any], key: str, text: str) -> None:
    found = outlook(NOW, Situation(**({"waiting_since": NOW, "due_at": SOON} | given)))
    assert (found.key, found.text) == (key, text)


@pytest.mark.parametrize("given", [{"paused": True}, {"draft_state": "review"}, {"asked": True, "paused": True}])
def test_a_promise_names_its_time_while_it_can_be_kept(given: dict[str, Any]) -> None:
    kept = outlook(NOW, Situation(due_at=SOON, **given))
    late = outlook(NOW, Situation(due_at=PAST, **given))
    open_ended = outlook(NOW, Situation(due_at=None, **given))
    assert kept.due_at == SOON and kept.look_again_at == SOON
    assert late.due_at is None and late.text.endswith(" as soon as possible.") and "longer than we promised" in late.more
    assert open_ended.due_at is None and open_ended.text.endswith(" as soon as possible.") and "longer" not in open_ended.more


def test_silence_of_the_assistant_is_promised_only_where_it_is_silent() -> None:
    silent = outlook(NOW, Situation(asked=True, paused=True, due_at=SOON))
    asked_in_words = outlook(NOW, Situation(asked=True, due_at=SOON))
    assert "says nothing" in silent.more and not silent.can_ask
    assert asked_in_words.more == "" and asked_in_words.can_ask


def test_a_silent_assistant_is_given_up_after_a_minute() -> None:
    found = outlook(NOW, Situation(draft_state="composing", waiting_since=NOW - timedelta(seconds=20)))
    assert found.is_busy and found.look_again_at == NOW - timedelta(seconds=20) + PATIENCE


def test_a_person_can_be_asked_for_until_people_have_the_conversation() -> None:
    states = ["open", "waiting", "resolved"]
    for state, draft, paused in product(states, ["", "composing", "review", "held", "approved", "rejected"], [False, True]):
        found = outlook(NOW, Situation(state=state, draft_state=draft, paused=paused, waiting_since=NOW, due_at=SOON))
        assert found.can_ask == (not paused or state == "resolved"), (state, draft, paused)


def test_whatever_happens_something_can_be_said() -> None:
    """Every combination, unknown draft states included, has words and never a promise in the past."""
    flags = [False, True]
    for state, draft, paused, asked, needs, name, answering, by, due in product(
        ["open", "waiting", "resolved"], ["", "composing", "review", "held", "approved", "rejected", "auto_sent", "new"],
        flags, flags, flags, ["", "Ana"], flags, ["customer", "assistant", "agent"], [None, PAST, SOON],
    ):  # fmt: skip
        found = outlook(NOW, Situation(state, draft, paused, asked, needs, name, answering, by, NOW, due))
        assert found.text or found.key == "answered"
        assert found.due_at is None or found.due_at > NOW
        assert found.look_again_at is None or found.look_again_at > NOW


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "a moment"), (1, "1 minute"), (10, "10 minutes"), (60, "an hour"), (90, "1 hour and 30 minutes"), (120, "2 hours"),
        (1440, "a day"), (1500, "1 day and 1 hour"), (2880, "2 days"), (2885, "2 days and 5 minutes"),
    ],
)  # fmt: skip
def test_spans_are_said_as_people_say_them(minutes: int, said: str) -> None:
    assert span(minutes) == said
