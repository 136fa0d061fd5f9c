"""Matters that a person must see, and the ordinary talk that uses the same words."""

import json
import time
from pathlib import Path

import pytest

from replies import matters
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


MESSAGES = Path(__file__).parents[2] / "bench/messages"
BATCHES = sorted(path.stem for path in MESSAGES.glob("batch_*.jsonl"))


@pytest.mark.parametrize("name", ["escalation", "check", *BATCHES])
def test_our_own_messages_are_judged_as_they_are_marked(name):
    lines = [json.loads(line) for line in (MESSAGES / f"{name}.jsonl").read_text().splitlines()]
    grave = [(seen(line["text"]), line) for line in lines if line["escalate"]]
    other = [seen(line["text"]).escalates for line in lines if line["escalate"] is False]
    urgent = [found.priority == "urgent" for found, line in grave if line.get("urgent") or line.get("priority") == "urgent"]
    assert sum(found.escalates for found, _ in grave) / len(grave) >= 0.98
    assert sum(urgent) / len(urgent) >= 0.98 and sum(other) / len(other) <= 0.10


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ich will einfach nicht mehr leben", "self_harm"),
        ("Je veux en finir, je veux mourir", "self_harm"),
        ("No quiero vivir más", "self_harm"),
        ("Non voglio più vivere", "self_harm"),
        ("Eu não quero mais viver", "self_harm"),
        ("Ik wil niet meer leven", "self_harm"),
        ("Ihr werdet das noch bereuen", "threat"),
        ("Je vais vous retrouver", "threat"),
        ("Mein Konto wurde leergeräumt", "fraud_security"),
        ("Mon compte a été piraté", "fraud_security"),
        ("Me han robado la tarjeta y están comprando", "fraud_security"),
        ("Mi hanno clonato la carta", "fraud_security"),
        ("Meu cartão foi clonado, conta invadida", "fraud_security"),
        ("Ik ben opgelicht via WhatsApp", "fraud_security"),
        ("Es riecht nach Gas in eurem Laden", "safety"),
        ("Mijn vader is vorige week gestorven", "bereavement"),
        ("Voglio parlare con una persona", "wants_person"),
    ],
)
def test_the_gravest_matters_are_known_in_other_languages(text, code):
    found = seen(text)
    assert code in [rule.code for rule in found.rules] and found.escalates


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "😀", "🔥🔥🔥", "?!", "\x00\x01\x02", "%PDF-1.4 \x00ÿØÿà\x00JFIF", "0101010101", "a" * 200_000, "\n" * 5_000,
        "Wie lange dauert die Lieferung?", "¿Cuánto cuesta?", "これはいくらですか", "\ud800 broken", "<html><body></body></html>",
    ],
)  # fmt: skip
def test_whatever_was_written_the_outcome_is_decided(text):
    found = seen(text)
    assert not found.escalates and found.priority == "none"
    assert found.sentiment in ("very_negative", "negative", "neutral", "positive")


def test_a_grave_sentence_is_heard_within_a_long_friendly_message():
    around = "Thank you for the quick delivery, the shelves look lovely. My neighbour ordered the same ones in oak. " * 3
    found = seen(f"{around}I have decided that tonight will be my last night on earth. {around}")
    assert found.escalates and found.priority == "urgent"


def test_a_grave_word_is_found_in_the_middle_of_a_very_long_message():
    around = "The meeting went over the agenda and everybody was content with the minutes. " * 400
    assert seen(f"{around}I am going to kill myself. {around}").priority == "urgent"


def test_a_lesser_matter_does_not_hide_an_urgent_one():
    found = seen("I want to make a complaint. someone is withdrawing cash from my account this very minute in another country")
    assert found.priority == "urgent"


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        " ",
        "my ",
        "I'm ",
        "someone has been in my ",
        "he has have had just recently ",
        "kill gas fire die ",
        "you will be the ",
        "\u200b",
    ],
)
def test_the_rules_read_a_message_of_any_size_in_a_moment(piece):
    text = (piece * 200_000)[:200_000]
    started = time.process_time()
    matters.found_in(text)
    assert time.process_time() - started < 0.25
