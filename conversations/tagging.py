"""Filing conversations under tags. People use what there is; supervisors may make new ones."""

from django.db.models import QuerySet

from accounts.models import User
from conversations import live
from conversations.models import Conversation, ConversationTag, Event, Tag
from core import audit

LONGEST = Tag._meta.get_field("name").max_length
HUES = 12


class MayNotMake(PermissionError):
    """There is no such tag, and this person may not make one."""


def named(name: str) -> Tag | None:
    return Tag.objects.filter(name__iexact=tidy(name)).first()


def tidy(name: str) -> str:
    return " ".join(name.replace("\0", "").split())[:LONGEST]


def named_or_made(name: str, *, by: User) -> Tag:
    """The tag of that name, made when a supervisor asks for a new one. Raises MayNotMake."""
    found = named(name)
    if found is not None:
        return found
    if by.role != User.Role.SUPERVISOR or not tidy(name):
        raise MayNotMake(name)
    made = Tag(name=tidy(name), hue=sum(tidy(name).encode()) % HUES)
    Tag.objects.bulk_create([made], ignore_conflicts=True)
    return Tag.objects.get(name__iexact=made.name)


def add(conversation: Conversation, tag: Tag, *, by: User) -> bool:
    """False when it has the tag already."""
    if ConversationTag.objects.filter(conversation=conversation, tag=tag).exists():
        return False
    row = ConversationTag(conversation=conversation, inbox_id=conversation.inbox_id, tag=tag)
    ConversationTag.objects.bulk_create([row], ignore_conflicts=True)
    audit.record(Event.CONVERSATION_TAGGED, conversation, tag=tag.pk)
    live.conversation_changed(conversation)
    return True


def remove(conversation: Conversation, tag: Tag, *, by: User) -> bool:
    """False when it has not got the tag."""
    deleted, _ = ConversationTag.objects.filter(conversation=conversation, tag=tag).delete()
    if deleted:
        audit.record(Event.CONVERSATION_UNTAGGED, conversation, tag=tag.pk)
        live.conversation_changed(conversation)
    return bool(deleted)


def tags_of(conversation: Conversation) -> QuerySet[Tag]:
    return Tag.objects.filter(tagged__conversation=conversation).order_by("name")
