"""Typed fields that admins define: what is stored, and what is said when a value does not fit."""

import pytest

from conversations.attributes import AttributesForm, shown
from conversations.models import AttributeType

TYPES = [
    AttributeType(of="conversation", key="order", label="Order number", kind="text"),
    AttributeType(of="conversation", key="amount", label="Amount", kind="number"),
    AttributeType(of="conversation", key="due", label="Due day", kind="date"),
    AttributeType(of="conversation", key="vip", label="VIP", kind="yes_no"),
    AttributeType(of="conversation", key="plan", label="Plan", kind="choice", choices=["Basic", "Pro"]),
]
GOOD = {
    "attribute-order": " A-17 ", "attribute-amount": "12.50", "attribute-due": "2026-12-31",
    "attribute-vip": "no", "attribute-plan": "Pro",
}  # fmt: skip


def test_every_kind_is_stored_as_what_it_is_and_reads_as_words():
    form = AttributesForm(TYPES, {}, GOOD)
    assert form.is_valid(), form.errors
    assert form.values() == {"order": "A-17", "amount": 12.5, "due": "2026-12-31", "vip": False, "plan": "Pro"}
    assert [(one.label, one.text) for one in shown(TYPES, form.values())] == [
        ("Order number", "A-17"), ("Amount", "12.5"), ("Due day", "12/31/2026"), ("VIP", "No"), ("Plan", "Pro"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "given", "told"),
    [
        ("order", "x" * 501, "“Order number” takes at most 500 characters."),
        ("amount", "a lot", "“Amount” takes a number, such as 12 or 12.5."),
        ("amount", "NaN", "“Amount” takes a number, such as 12 or 12.5."),
        ("amount", "1" * 16, "“Amount” takes at most 15 digits."),
        ("due", "2026-02-30", "“Due day” takes a day that exists, such as 2026-12-31."),
        ("vip", "perhaps", "“VIP” takes yes or no."),
        ("plan", "Gold", "“Plan” takes one of: Basic, Pro."),
    ],
)
def test_what_does_not_fit_is_refused_in_words_that_say_why(field, given, told):
    form = AttributesForm(TYPES, {}, GOOD | {f"attribute-{field}": given})
    assert not form.is_valid()
    assert form.errors[f"attribute-{field}"] == [told]


def test_an_emptied_field_is_forgotten_and_what_nobody_defines_any_more_stays():
    held = {"order": "A-17", "old": 3, "plan": "Gold"}
    form = AttributesForm(TYPES, held, {"attribute-order": "", "attribute-plan": "Gold"})
    assert form.is_valid()
    assert form.values() == {"old": 3, "plan": "Gold"}
    assert form.changed() == ["order"]


def test_a_value_that_the_type_no_longer_fits_is_printed_as_it_is():
    assert [one.text for one in shown(TYPES, {"amount": "many", "due": "some day", "vip": None})] == ["many", "some day"]
