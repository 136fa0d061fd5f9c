"""The address that a customer gave in this very conversation: the only one that mail about it may go to."""

import json
from typing import Any

from conversations.models import Conversation, Identity
from intake.models import Receipt


def address_given(conversation: Conversation) -> Identity | None:
    """The mailbox that was named when it began, as long as it is still its customer's; None when none was. Runs as the system.

    A conversation that goes on from an older one was begun without being asked again: there it is the customer's, if he has only one.
    """
    mine = Identity.objects.filter(customer=conversation.customer_id, kind=Identity.Kind.EMAIL).order_by("pk")
    named = _named(conversation)
    if named:
        return mine.filter(address=named).first()
    if conversation.follows_id is None:
        return None
    known = list(mine[:2])
    return known[0] if len(known) == 1 else None


def _named(conversation: Conversation) -> str:
    rows = Receipt.objects.filter(message__conversation=conversation, kind__in=(Receipt.Kind.FORM, Receipt.Kind.API))
    first = rows.order_by("message").values_list("payload", flat=True).first()
    return _email(first) if first else ""


def _email(payload: Any) -> str:
    """As the form stores it, or as a program sent it."""
    try:
        given = json.loads(bytes(payload))
    except ValueError:
        return ""
    if not isinstance(given, dict):
        return ""
    customer = given.get("customer")
    found = given.get("email") or (customer.get("email") if isinstance(customer, dict) else "")
    return found.strip().lower()[:254] if isinstance(found, str) else ""
