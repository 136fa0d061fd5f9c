"""Attributes that admins define, for customers and for conversations alike: typed fields, what is wrong with a value, and how it reads.

The values lie in `attributes` of the row, by key, as JSON: a text, a number, an ISO date, true or false. Nothing is stored for an empty
field. What a row keeps under a key that nobody defines any more stays where it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conversations.models import AttributeType

LONGEST_TEXT = 500
DIGITS = 15
YES_NO = (("", "–"), ("yes", _("Yes")), ("no", _("No")))


@dataclass(frozen=True)
class Shown:
    """One attribute that has a value, ready to be printed."""

    key: str
    label: str
    text: str


def types_of(of: str) -> list[AttributeType]:
    """The attributes that admins defined for customers or for conversations, in their order."""
    return list(AttributeType.objects.filter(of=of))


def shown(types: Iterable[AttributeType], values: Mapping[str, Any]) -> list[Shown]:
    """What the row holds, in the order of the types; attributes without a value are left out."""
    return [Shown(one.key, one.label, _read(one, values[one.key])) for one in types if values.get(one.key) is not None]


class AttributesForm(forms.Form):
    """One field for each of `types`, filled with what the row holds; `values()` is what to store when it is valid."""

    def __init__(self, types: Iterable[AttributeType], held: Mapping[str, Any], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, auto_id="attribute-%s", initial={name_of(one): _typed(one, held.get(one.key)) for one in types})
        self.types, self.held = list(types), held
        for one in self.types:
            self.fields[name_of(one)] = _field(one, held.get(one.key))

    def values(self) -> dict[str, Any]:
        """Everything the row should hold from now on, under its keys."""
        known = {one.key for one in self.types}
        kept = {key: value for key, value in self.held.items() if key not in known}
        given = {one.key: _stored(one, self.cleaned_data[name_of(one)]) for one in self.types}
        return kept | {key: value for key, value in given.items() if value is not None}

    def changed(self) -> list[str]:
        """The keys whose value is another one now."""
        now = self.values()
        return sorted(key for key in now.keys() | self.held.keys() if now.get(key) != self.held.get(key))


def name_of(one: AttributeType) -> str:
    """The field's name in the form."""
    return f"attribute-{one.key}"


def _field(one: AttributeType, held: Any) -> forms.Field:
    common: dict[str, Any] = {"label": one.label, "required": False}
    if one.kind == AttributeType.Kind.NUMBER:
        return forms.DecimalField(
            **common, max_digits=DIGITS, widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            error_messages={
                "invalid": _says(_("“%(label)s” takes a number, such as 12 or 12.5."), one),
                "max_digits": _says(_("“%(label)s” takes at most 15 digits."), one),
            },
        )  # fmt: skip
    if one.kind == AttributeType.Kind.DATE:
        return forms.DateField(
            **common, input_formats=["%Y-%m-%d"], widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            error_messages={"invalid": _says(_("“%(label)s” takes a day that exists, such as 2026-12-31."), one)},
        )  # fmt: skip
    if one.kind == AttributeType.Kind.YES_NO:
        return forms.ChoiceField(
            **common, choices=YES_NO, error_messages={"invalid_choice": _says(_("“%(label)s” takes yes or no."), one)}
        )
    if one.kind == AttributeType.Kind.CHOICE:
        error = _says(_("“%(label)s” takes one of: %(choices)s."), one)
        return forms.ChoiceField(**common, choices=_choices(one, held), error_messages={"invalid_choice": error})
    too_long = _says(_("“%(label)s” takes at most 500 characters."), one)
    return forms.CharField(**common, max_length=LONGEST_TEXT, error_messages={"max_length": too_long})


def _says(text: Any, one: AttributeType) -> str:
    return str(text) % {"label": one.label, "choices": ", ".join(_offered(one))}


def _offered(one: AttributeType) -> list[str]:
    """The choices of a list; whatever else an admin's JSON may hold offers nothing."""
    given = one.choices if isinstance(one.choices, list) else []
    return [str(choice) for choice in given if choice not in (None, "")]


def _choices(one: AttributeType, held: Any) -> list[tuple[str, str]]:
    """What may be chosen; a value that is no longer on the list may stay until somebody changes it."""
    offered = _offered(one)
    gone = [str(held)] if held not in (None, "") and str(held) not in offered else []
    return [("", "–"), *[(choice, choice) for choice in [*offered, *gone]]]


def _typed(one: AttributeType, value: Any) -> Any:
    """A stored value as its field takes it."""
    if one.kind == AttributeType.Kind.YES_NO:
        return {True: "yes", False: "no"}.get(value, "") if isinstance(value, bool) else ""
    return "" if value is None else value


def _stored(one: AttributeType, given: Any) -> Any:
    """A field's value as it is stored; None for nothing."""
    if given in (None, ""):
        return None
    if isinstance(given, Decimal):
        return int(given) if given == given.to_integral_value() else float(given)
    if isinstance(given, date):
        return given.isoformat()
    return given == "yes" if one.kind == AttributeType.Kind.YES_NO else given


def _read(one: AttributeType, value: Any) -> str:
    """A stored value in words. A value of another kind than the type's (the type was changed since) is printed as it is."""
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if one.kind == AttributeType.Kind.NUMBER and isinstance(value, (int, float)):
        return number_format(value)
    if one.kind == AttributeType.Kind.DATE and isinstance(value, str):
        return date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT") if _is_date(value) else value
    return str(value)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
