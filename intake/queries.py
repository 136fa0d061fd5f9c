"""What a customer's page reads. Row security answers as for the customer; only people's first names are the doorman's to look up."""

from dataclasses import dataclass

from django.db.models import Q

from accounts.models import User
from conversations import typing
from conversations.models import Channel, Conversation, Delivery, Inbox, Message, Rating, Split
from core.context import acting_as
from intake.models import DOORMAN

LONGEST_LOG = 300
ON_ITS_WAY = (Delivery.State.PENDING, Delivery.State.SENDING, Delivery.State.UNKNOWN)


@dataclass(frozen=True)
class Matter:
    """A conversation as its customer may know it."""

    conversation: Conversation
    messages: list[Message]
    names: dict[int, str]
    person_is_answering: bool
    rating: Rating | None = None
    # Conversations that parts of this one were moved to: whoever could read them here finds them there.
    moved_to: tuple[int, ...] = ()
    # The first name of whoever is writing a reply at this moment.
    writer: str = ""


def web_inbox(slug: str) -> Inbox | None:
    """The web inbox of that name, the first one for "", or None."""
    if "\0" in slug:
        return None
    with acting_as(DOORMAN):
        inboxes = Inbox.objects.filter(channel=Channel.WEB).select_related("business_hours").order_by("pk")
        return (inboxes.filter(slug=slug) if slug else inboxes).first()


def door_of(conversation_id: int) -> tuple[int, list[str]] | None:
    """Whose conversation it is, so that it can be read as that customer, and which sites may show it; None when it is not there."""
    with acting_as(DOORMAN):
        found = Conversation.objects.filter(pk=conversation_id)
        return found.values_list("customer", "inbox__allowed_origins").first()


def matter(conversation_id: int) -> Matter | None:
    """The conversation with what was published in it, in the order in which it could first be seen. Runs as the customer."""
    found = Conversation.objects.select_related("inbox__business_hours", "rating").filter(pk=conversation_id).first()
    if found is None:
        return None
    # Row security gives published messages only; said here too, because nothing else may ever be printed for a customer.
    public = Message.objects.filter(conversation=found, published_at__isnull=False).exclude(direction=Message.Direction.NOTE)
    # What went out in fixed words, by mail, repeats what stands here.
    public = public.exclude(author=Message.Author.SYSTEM)
    newest = list(public.prefetch_related("attachments").order_by("-published_at", "-pk")[:LONGEST_LOG])
    people = {pk for one in newest for pk in (one.sender_id, one.reviewed_by_id) if pk} | {found.assignee_id or 0}
    with acting_as(DOORMAN):
        names = dict(User.objects.filter(pk__in=people).values_list("pk", "name"))
        is_answering, writer = _person_is_answering(found), typing.writer(found)
        moved_to = tuple(Split.objects.filter(source=found, undone_at=None).order_by("pk").values_list("target", flat=True))
    rating = getattr(found, "rating", None)
    return Matter(
        found, newest[::-1], {pk: _first(name) for pk, name in names.items()}, is_answering, rating, moved_to,
        _first(writer.user.name) if writer else "",
    )  # fmt: skip


def _person_is_answering(conversation: Conversation) -> bool:
    """Whether a person's own words wait out their undo window or are being carried."""
    waiting = Q(author=Message.Author.AGENT, direction=Message.Direction.OUT, delivery__state__in=ON_ITS_WAY)
    return Message.objects.filter(waiting, conversation=conversation, published_at__isnull=True).exists()


def _first(name: str) -> str:
    """The name that customers may know a person by."""
    return name.split(maxsplit=1)[0] if name.strip() else "A colleague"
