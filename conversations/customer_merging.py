"""One person under two rows: said by somebody who looked, and taken back when it was wrong.

The pointer is the merge. Addresses, conversations and notes stay with the row they came to, so that no address ever receives, and no
customer's page ever shows, what belongs to the other row. New conversations too belong to the row whose address wrote.
"""

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from conversations import families
from conversations.models import Customer, Event, NotTheSame
from core import audit
from core.claims import LostClaim
from core.context import Actor, acting_as
from core.models import AuditEvent

KEEPER = Actor.system("merging")


class CannotMerge(ValueError):
    """Why these two stay apart, or together, in words for the person who asked."""


def merge(other: Customer, into: Customer, *, by: User, scope: int) -> Customer:
    """From now on `other` is known as `into`; returns the surviving row. `scope` is the inbox in which it was said. Raises CannotMerge."""
    into = families.survivor_of(into)
    if families.is_same_person(other, into):
        raise CannotMerge(_("They are known as one person already."))
    rows = _held([other.pk, into.pk])
    if len(rows) < 2:
        raise LostClaim("one of them is not there any more")
    other, into = rows[other.pk], rows[into.pk]
    if other.merged_into_id or into.merged_into_id:
        raise CannotMerge(_("One of them is known as somebody else. Take that back first."))
    with acting_as(KEEPER):
        followers = list(Customer.objects.filter(merged_into=other.pk).values_list("pk", flat=True))
        Customer.objects.filter(pk__in=followers).update(merged_into=into.pk)
    Customer.objects.filter(pk=other.pk).update(merged_into=into.pk)
    audit.record(Event.CUSTOMER_MERGED, other, scope=scope, into=into.pk, followers=followers)
    audit.record(Event.CUSTOMER_MERGED, into, scope=scope, source=other.pk)
    into.refresh_from_db()
    return into


def separate(other: Customer, *, by: User, scope: int) -> None:
    """`other` is a person of its own again, with those that came along. Conversations merged meanwhile stay merged. Raises CannotMerge."""
    rows = _held([other.pk])
    if other.pk not in rows:
        raise LostClaim("it is not there any more")
    other = rows[other.pk]
    if other.merged_into_id is None:
        raise CannotMerge(_("This customer is known under no other name."))
    was = other.merged_into_id
    with acting_as(KEEPER):
        into = Customer.objects.get(pk=was)
        Customer.objects.filter(pk__in=_came_along(other), merged_into=was).update(merged_into=other.pk)
    Customer.objects.filter(pk=other.pk).update(merged_into=None)
    audit.record(Event.CUSTOMER_SEPARATED, other, scope=scope, into=was)
    audit.record(Event.CUSTOMER_SEPARATED, into, scope=scope, source=other.pk)


def tell_apart(one: Customer, other: Customer, *, by: User) -> None:
    """The two are two people: they are not suggested again."""
    lower, higher = sorted([one.pk, other.pk])
    NotTheSame.objects.bulk_create([NotTheSame(customer_id=lower, other_id=higher, by=by)], ignore_conflicts=True)


def told_apart(pks: list[int]) -> set[int]:
    """Whom somebody has told apart from one of these rows."""
    pairs = NotTheSame.objects.filter(Q(customer__in=pks) | Q(other__in=pks)).values_list("customer", "other")
    return {pk for pair in pairs for pk in pair} - set(pks)


def _held(pks: list[int]) -> dict[int, Customer]:
    return {one.pk: one for one in Customer.objects.select_for_update(of=("self",)).filter(pk__in=pks).order_by("pk")}


def _came_along(other: Customer) -> list[int]:
    about = AuditEvent.objects.filter(subject="conversations.customer", subject_id=other.pk, event=Event.CUSTOMER_MERGED)
    found = about.filter(facts__has_key="followers").order_by("-pk").first()
    return list(found.facts["followers"]) if found else []
