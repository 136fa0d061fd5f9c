"""Matters that a person must see, and the ordinary talk that uses the same words."""

import json
from pathlib import Path

import pytest

from replies.compose import look
from replies.types import Thread, Turn


def seen(text, **fields):
    return look(Thread((Turn("customer", text),), language="en", **fields))


@pytest.mark.parametrize(
    ("text", "code", "priority"),
    [
        ("honestly I'd rather be dead", "self_harm", "urgent"),
        ("Ich will nicht mehr leben", "self_harm", "urgent"),
        ("someone is in my account right now", "fraud_security", "urgent"),
        ("my solicitor will write to you", "legal", "high"),
        ("my father passed away", "bereavement", "high"),
        ("let me talk to a real person", "wants_person", "normal"),
        ("Ich möchte mit einem Menschen sprechen", "wants_person", "normal"),
    ],
)
def test_grave_matters_escalate(text, code, priority):
    found = seen(text)
    assert code in [rule.code for rule in found.rules] and found.escalates and found.priority == priority


@pytest.mark.parametrize(
    "text",
    [
        "this queue is killing me haha, when does my card arrive?",
        "this offer is fire",
        "my old phone died, how do I move the app?",
    ],
)
def test_ordinary_talk_does_not(text):
    assert not seen(text).escalates


def test_a_third_contact_escalates():
    assert seen("and the parcel?", contacts=3).escalates


def test_a_language_without_calibration_is_held():
    assert "language" in [rule.code for rule in seen("Wie kann ich meine neue Karte im Ausland benutzen?").rules]


def test_all_known_grave_messages_escalate_and_few_others(shared_data):
    lines = [json.loads(line) for line in (shared_data / "escalation/messages.jsonl").read_text().splitlines()]
    grave = [seen(line["text"]).escalates for line in lines if line["escalate"]]
    other = [seen(line["text"]).escalates for line in lines if line["escalate"] is False]
    assert sum(grave) / len(grave) >= 0.98 and sum(other) / len(other) <= 0.10


@pytest.mark.parametrize(
    "text",
    [
        "I don't see a way out any more, nothing matters",
        "everyone would be happier if I wasn't around",
        "I wish I'd never wake up",
        "tell my family I love them, I can't do this anymore",
    ],
)
def test_despair_in_other_words_is_urgent(text):
    found = seen(text)
    assert found.escalates and found.priority == "urgent"


def test_our_own_messages_are_judged_as_they_are_marked():
    own = Path(__file__).parents[2] / "bench/messages/escalation.jsonl"
    lines = [json.loads(line) for line in own.read_text().splitlines()]
    grave = [seen(line["text"]) for line in lines if line["escalate"]]
    other = [seen(line["text"]).escalates for line in lines if not line["escalate"]]
    urgent = [seen(line["text"]).priority == "urgent" for line in lines if line["urgent"]]
    assert sum(one.escalates for one in grave) / len(grave) >= 0.98 and all(urgent) and sum(other) / len(other) <= 0.10
