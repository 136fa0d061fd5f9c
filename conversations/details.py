"""The customer beside a conversation, ready to be printed: every row of the person that the reader may see."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from conversations import attributes, families
from conversations.asks import told
from conversations.attributes import AttributesForm, Shown
from conversations.history import History, history, stars
from conversations.models import AttributeType, Conversation, Customer, CustomerNote, Identity, Rating, Tag
from conversations.rows import row
from conversations.splitting import why_not_rejoin
from conversations.timeline import hue

NOTES = 20


@dataclass(frozen=True)
class Known:
    """A row under which the person is known too."""

    customer: Customer
    identities: list[Identity]


@dataclass(frozen=True)
class Part:
    """A conversation that became part of this one, or came out of it."""

    pk: int
    subject: str
    channel: str


def details(found: Conversation, *, after: int = 0) -> dict[str, Any]:
    """Everything but who else it may be, which is looked for separately because it takes longer."""
    rows = families.rows_of(found.customer)
    person = rows[0] if rows else found.customer
    types = attributes.types_of(AttributeType.Of.CUSTOMER)
    rating = Rating.objects.filter(conversation=found).first()
    return {
        "conversation": found,
        "person": person,
        "hue": hue(str(person)),
        "tone": row(found).tone or _("Neutral"),
        "asks": told(found.needs_person),
        "identities": _identities(person),
        "also": [Known(row, _identities(row)) for row in rows if row.pk != person.pk],
        "past": past(found, after),
        "notes": list(CustomerNote.objects.filter(customer__in=rows).select_related("by").order_by("-pk")[:NOTES]),
        "attributes": shown(types, person),
        "attributes_form": AttributesForm(types, person.attributes) if types else None,
        "tags": list(Tag.objects.filter(tagged__conversation=found)),
        "rating": rating,
        "stars": stars(rating),
        "merged": [_part(one) for one in Conversation.objects.filter(merged_into=found).order_by("pk")],
        "parts": [one for one in found.split_from.select_related("source").filter(undone_at=None) if not why_not_rejoin(one)],
    }


def past(found: Conversation, after: int) -> History:
    return history(found.customer, found.pk, after)


def shown(types: list[AttributeType], person: Customer) -> list[Shown]:
    return attributes.shown(types, person.attributes)


def _identities(customer: Customer) -> list[Identity]:
    return list(customer.identities.order_by("kind", "pk"))


def _part(one: Conversation) -> Part:
    return Part(one.pk, one.subject, one.get_channel_display())
