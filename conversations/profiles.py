"""What colleagues know about a customer and write down: the profile, the attributes that admins define, notes."""

from typing import Any

from accounts.models import User
from conversations.models import Customer, CustomerNote, Event
from core import audit

PROFILE = ("name", "language", "place")


def correct(customer: Customer, *, by: User, scope: int, **wanted: str) -> list[str]:
    """Write what is different now; returns the fields that are. `scope` is the inbox in which it was said."""
    changed = sorted(name for name in PROFILE if name in wanted and wanted[name] != getattr(customer, name))
    if changed:
        Customer.objects.filter(pk=customer.pk).update(**{name: wanted[name] for name in changed})
        audit.record(Event.CUSTOMER_CHANGED, customer, scope=scope, fields=changed)
    return changed


def set_attributes(customer: Customer, values: dict[str, Any], changed: list[str], *, by: User, scope: int) -> None:
    """Store all attributes as they are from now on; `changed` are the keys whose value is another one."""
    if changed:
        Customer.objects.filter(pk=customer.pk).update(attributes=values)
        audit.record(Event.CUSTOMER_CHANGED, customer, scope=scope, fields=changed)


def add_note(customer: Customer, text: str, *, by: User, scope: int) -> CustomerNote:
    """A note about the person, for colleagues only."""
    made = CustomerNote.objects.create(customer=customer, by=by, text=text)
    audit.record(Event.CUSTOMER_NOTED, customer, scope=scope, note=made.pk)
    return made
