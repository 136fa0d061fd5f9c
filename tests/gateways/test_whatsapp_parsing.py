"""Reading webhook calls: every element, nothing raised, whatever JSON comes."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from gateways.whatsapp.contents import phone_of
from gateways.whatsapp.elements import Edited, Reacted, Renumbered, Reported, Unused, Withdrawn, Written
from gateways.whatsapp.parsing import LISTS, Unreadable, elements, read
from gateways.whatsapp.words import WORDS, words_for
from tests.peers.whatsapp import about, change, message_call, said

LEAVES = some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(max_size=20)
WORDS_OF_THEIRS = some.sampled_from(
    [
        "entry",
        "changes",
        "value",
        "field",
        "messages",
        "statuses",
        "contacts",
        "id",
        "type",
        "text",
        "body",
        "from",
        "image",
        "errors",
    ]
)
JSON = some.recursive(
    LEAVES,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(WORDS_OF_THEIRS | some.text(max_size=5), inner, max_size=5),
)


@settings(max_examples=400, deadline=None)
@given(JSON)
def test_any_json_is_read_without_complaint(body):
    for element in elements(body):
        assert 0 < len(element.key) <= 255
        again = elements(element.raw)
        assert [one.key for one in again] == [element.key]


@settings(max_examples=400, deadline=None)
@given(
    some.dictionaries(
        some.sampled_from(["id", "type", "from", "timestamp", "text", "image", "context", "edit", "reaction", "system"]), JSON
    )
)
def test_any_message_is_one_element(message):
    assert len(elements(change(about() | {"messages": [message]}))) == 1


@settings(max_examples=200, deadline=None)
@given(some.binary(max_size=300))
def test_any_bytes_are_json_or_unreadable(raw):
    try:
        read(raw)
    except Unreadable:
        return


@pytest.mark.parametrize("seed", range(5))
def test_every_element_of_a_mixed_call_is_there(seed):
    die = random.Random(seed)
    body: dict[str, Any] = {"object": "whatsapp_business_account", "entry": []}
    count = 0
    for entry in range(die.randint(1, 4)):
        made: dict[str, Any] = {"id": str(entry), "changes": []}
        for _ in range(die.randint(1, 4)):
            value: dict[str, Any] = about()
            for name in LISTS:
                items = [{"id": f"{name}{count + n}", "type": "text", "status": "sent"} for n in range(die.randint(1, 3))]
                value[name] = items
                count += len(items)
            made["changes"].append({"field": "messages", "value": value})
        body["entry"].append(made)
    found = read(json.dumps(body).encode())
    assert len(found) == count and len({one.key for one in found}) == count


def test_each_kind_is_told_apart():
    read_one = lambda item: elements(message_call(item))[0]  # noqa: E731
    assert isinstance(read_one(said("w1")), Written)
    assert isinstance(read_one(said("w1", type="edit", edit={"original_message_id": "w0", "message": {}})), Edited)
    assert isinstance(read_one(said("w1", type="revoke", revoke={"original_message_id": "w0"})), Withdrawn)
    assert isinstance(read_one(said("w1", type="reaction", reaction={"message_id": "w0", "emoji": "x"})), Reacted)
    assert isinstance(
        read_one(said("w1", type="system", system={"type": "user_changed_number", "wa_id": "447700910009"})), Renumbered
    )
    assert isinstance(read_one(said("w1", type="system", system={"type": "customer_identity_changed"})), Unused)
    unheard_of = read_one(said("w1", type="hologram", hologram={}))
    assert isinstance(unheard_of, Written) and unheard_of.marks == {"unsupported": "hologram"} and unheard_of.subject


def test_a_failed_status_says_why_in_words():
    trouble = {"id": "w1", "status": "failed", "timestamp": "1", "errors": [{"code": 131047, "title": "Message undeliverable"}]}
    (told,) = elements(change(about() | {"statuses": [trouble]}))
    assert isinstance(told, Reported) and told.reason == WORDS[131047] and told.code == 131047
    assert words_for(424242, "Something new") == "WhatsApp refused the message: Something new"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("447700910000", "+447700910000"), ("+447700910000", "+447700910000"), (447700910000, "+447700910000"), ("", ""), (None, ""),
        ("<PHONE>", ""), ("12", ""), ("٤٤٧٧٠٠٩١٠٠٠٠", ""), ("9" * 30, ""), (True, ""), ({"a": 1}, ""),
    ],
)  # fmt: skip
def test_numbers_are_kept_in_one_form(given, found):
    assert phone_of(given) == found


def test_what_no_database_keeps_is_replaced():
    (told,) = elements(message_call(said("w1", "a\x00b\ud800c")))
    assert isinstance(told, Written) and told.text == "a\ufffdb\ufffdc"
