"""What belongs together after a merge: the conversations that one thread shows, and the rows that are one person.

A pointer is the merge and nothing moves, so every place that reads "the messages of a conversation" for staff asks here which
conversations those are. What customers see never asks: each row's own page shows its own words, whatever a wrong merge said.
"""

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from conversations.models import Conversation, Customer, Message


def members(pk: int) -> QuerySet[Conversation, int]:
    """The ids of conversation `pk` and of those merged into it, as a sub-query."""
    return Conversation.objects.filter(Q(pk=pk) | Q(merged_into=pk)).values_list("pk", flat=True)


def said_in(pk: int) -> QuerySet[Message]:
    """Everything that the thread of conversation `pk` shows, private notes among it."""
    return Message.objects.filter(conversation__in=members(pk))


def public_in(pk: int) -> QuerySet[Message]:
    """The same without notes."""
    return said_in(pk).exclude(direction=Message.Direction.NOTE)


def words_in(pk: int) -> QuerySet[Message]:
    """What somebody said to somebody in it: without notes, without what machines wrote by themselves and fixed words of the house."""
    return public_in(pk).filter(is_automatic=False).exclude(author=Message.Author.SYSTEM)


def received_in(pk: int) -> QuerySet[Message]:
    """What the customer wrote in it. What a machine of his wrote (an away note, a list) is no word of his: it overtakes no answer."""
    return said_in(pk).filter(direction=Message.Direction.IN, is_automatic=False)


def home_of(conversation: Conversation) -> int:
    """The id of the conversation whose thread shows it."""
    return conversation.merged_into_id or conversation.pk


def target_of(conversation: Conversation) -> Conversation | None:
    """The conversation that it was merged into, if the reader may see that one."""
    if conversation.merged_into_id is None:
        return None
    return Conversation.objects.filter(pk=conversation.merged_into_id).first()


def held(pks: Iterable[int]) -> dict[int, Conversation]:
    """These conversations, locked until the transaction ends; always in the order of their ids, so that no two wait for each other."""
    rows = Conversation.objects.select_for_update(of=("self",)).select_related("inbox").filter(pk__in=list(pks))
    return {one.pk: one for one in rows.order_by("pk")}


def survivor_of(customer: Customer) -> Customer:
    """The row under which the person is known now: the one it was merged into, if the reader may see that one, else itself."""
    if customer.merged_into_id is None:
        return customer
    return Customer.objects.filter(pk=customer.merged_into_id).first() or customer


def rows_of(customer: Customer) -> list[Customer]:
    """Every row of the same person that the reader may see, the surviving one first."""
    root = customer.merged_into_id or customer.pk
    found = Customer.objects.filter(Q(pk=root) | Q(merged_into=root)).order_by("pk")
    return sorted(found, key=lambda one: one.pk != root)


def is_same_person(one: Customer, other: Customer) -> bool:
    """Whether the two are one row, or were merged."""
    return (one.merged_into_id or one.pk) == (other.merged_into_id or other.pk)


def person_ids(customer: Customer) -> QuerySet[Customer, int]:
    """The ids of the person's rows, as a sub-query."""
    root = customer.merged_into_id or customer.pk
    person = Customer.objects.annotate(person=Coalesce("merged_into", "pk"))
    return person.filter(person=root).values_list("pk", flat=True)
