"""A second matter gets a conversation of its own: messages move there, with their files, mentions and drafts.

Only the system may change where a message lies, after the person's right to the conversation was looked at. What moved is kept, so
that it can be put back until the customer writes in the new conversation.
"""

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from conversations import families, live
from conversations.freshness import freshen, is_unanswered
from conversations.models import Conversation, Event, Message, Split
from conversations.previews import first_words
from core import audit
from core.claims import LostClaim
from core.context import Actor, acting_as

MOVER = Actor.system("splitting")


class CannotSplit(ValueError):
    """Why these messages stay where they are, in words for the person who asked."""


def split(source: Conversation, first: int, *, by: User) -> Split:
    """Move message `first` of `source`, and all that came after it, to a conversation of their own. Raises CannotSplit, LostClaim."""
    source = _held(source.pk)
    if source.merged_into_id:
        raise CannotSplit(_("This conversation is part of another one. Take that back first."))
    with acting_as(MOVER):
        moved = list(Message.objects.filter(conversation=source, pk__gte=first).order_by("pk"))
        if not moved or moved[0].pk != first:
            raise CannotSplit(
                _("This message came from a conversation that was merged into this one. Take the merge back first.")
            )
        if not Message.objects.filter(conversation=source, pk__lt=first).exists():
            raise CannotSplit(_("This is the first message. Choose a later one, so that something stays here."))
        target = _beside(source, moved)
        Message.objects.filter(pk__in=[one.pk for one in moved]).update(conversation=target)
        made = Split.objects.create(
            source=source, target=target, inbox_id=source.inbox_id, moved=[one.pk for one in moved], by=by
        )
        _settle(source, target)
    audit.record(Event.CONVERSATION_SPLIT, source, target=target.pk, messages=len(moved))
    audit.record(Event.CONVERSATION_SPLIT, target, source=source.pk, messages=len(moved))
    _tell(source, target)
    return made


def rejoin(made: Split, *, by: User) -> Conversation:
    """Put what was moved back, with what was written beside it since; returns where it went. Raises CannotSplit, LostClaim."""
    rows = families.held([made.source_id, made.target_id])
    source, target = rows.get(made.source_id), rows.get(made.target_id)
    if source is None or target is None:
        raise LostClaim("one of them is not there any more")
    with acting_as(MOVER):
        made = Split.objects.get(pk=made.pk)
        why = _why_not_rejoin(made, source, target)
        if why:
            raise CannotSplit(why)
        due = _earlier_due(source, target)
        Message.objects.filter(conversation=target).update(conversation=source)
        Split.objects.filter(pk=made.pk).update(undone_at=Now())
        # Its number keeps working: it leads to where the messages are.
        Conversation.objects.filter(pk=target.pk).update(merged_into=source.pk)
        Conversation.objects.claim(target.pk, from_state=Conversation.UNRESOLVED, to_state=Conversation.State.RESOLVED)
        Conversation.objects.filter(pk=source.pk).update(due_at=due)
        freshen(source.pk)
        _open_if_asked(source, target)
    audit.record(Event.CONVERSATION_REJOINED, source, target=target.pk)
    audit.record(Event.CONVERSATION_REJOINED, target, source=source.pk)
    _tell(source, target)
    return source


def why_not_rejoin(made: Split) -> str:
    """Why it cannot be put back, as a sentence; empty when it can."""
    with acting_as(MOVER):
        found = Split.objects.select_related("source", "target").get(pk=made.pk)
        return _why_not_rejoin(found, found.source, found.target)


def _why_not_rejoin(made: Split, source: Conversation, target: Conversation) -> str:
    if made.undone_at is not None:
        return _("This was put back already.")
    if source.merged_into_id or target.merged_into_id or Conversation.objects.filter(merged_into=target.pk).exists():
        return _("One of the two was merged since. Take that back first.")
    if Split.objects.filter(source=target.pk, undone_at=None).exists():
        return _("The new conversation was split again since. Put that back first.")
    newest = max(made.moved, default=0)
    later = Message.objects.filter(conversation=target, direction=Message.Direction.IN, pk__gt=newest)
    return _("The customer has written in the new conversation since. Both stay as they are.") if later.exists() else ""


def _held(pk: int) -> Conversation:
    found = families.held([pk]).get(pk)
    if found is None:
        raise LostClaim("it is not there any more")
    return found


def _beside(source: Conversation, moved: list[Message]) -> Conversation:
    """A conversation as the source stands: whoever has the one has the other, and what was begun under its number still counts."""
    said = next((one.text for one in moved if one.direction != Message.Direction.NOTE), moved[0].text)
    return Conversation.objects.create(
        inbox_id=source.inbox_id, customer_id=source.customer_id, channel=source.channel, subject=first_words(said, 80),
        language=source.language, assignee_id=source.assignee_id, team_id=source.team_id, ownership=source.ownership,
        assistant_paused=source.assistant_paused, priority=source.priority, due_at=source.due_at,
    )  # fmt: skip


def _settle(source: Conversation, target: Conversation) -> None:
    """Each side's newest words, and whether it still owes an answer."""
    for one in (source, target):
        freshen(one.pk)
        if is_unanswered(one.pk):
            continue
        Conversation.objects.filter(pk=one.pk).update(due_at=None)
        Conversation.objects.claim(one.pk, from_state=Conversation.State.OPEN, to_state=Conversation.State.WAITING)


def _open_if_asked(source: Conversation, target: Conversation) -> None:
    if target.state == Conversation.State.OPEN and is_unanswered(source.pk):
        Conversation.objects.claim(source.pk, from_state=Conversation.NOT_OPEN, to_state=Conversation.State.OPEN)


def _earlier_due(source: Conversation, target: Conversation) -> object:
    return min((one.due_at for one in (source, target) if one.due_at is not None), default=None)


def _tell(source: Conversation, target: Conversation) -> None:
    for one in (source, target):
        one.refresh_from_db()
        live.conversation_changed(one)
