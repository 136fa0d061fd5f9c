"""What a conversation's page reads; listing.py reads the list. Row security decides which rows there are."""

from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Left

from accounts.models import User
from conversations import families
from conversations.models import Attachment, Conversation, Mention, Message, Reaction
from conversations.row_facts import with_facts
from core.models import AuditEvent

# So much of a mail's markup is searched for pictures; nearly all of them stand there.
LOOKED_AT = 50_000
# Drafts that wait for a person, as `Conversation.draft_state` names them.
WAITING_DRAFT = ("review", "held")


def conversation(pk: int) -> Conversation | None:
    """The conversation with its people, or None when there is none or the reader may not see it."""
    rows = Conversation.objects.select_related("customer", "assignee", "inbox").filter(pk=pk)
    return with_facts(rows).first()


def messages(found: Conversation) -> list[Message]:
    """Everything said, oldest first, notes among it; also in the conversations that were merged into it."""
    return list(_with_people(families.said_in(found.pk)).select_related("conversation").order_by("pk"))


def message(pk: int) -> Message | None:
    return _with_people(Message.objects.filter(pk=pk)).select_related("conversation").first()


def newest_public(found: Conversation) -> int:
    """The id of the last message the customer wrote or can see; 0 before the first."""
    return families.public_in(found.pk).order_by("-pk").values_list("pk", flat=True).first() or 0


def steps(found: Conversation) -> list[AuditEvent]:
    """What happened to the conversation itself, oldest first."""
    return list(AuditEvent.objects.filter(subject="conversations.conversation", subject_id=found.pk).order_by("pk"))


def names(user_ids: set[int]) -> dict[int, str]:
    return dict(User.objects.filter(pk__in=user_ids).values_list("pk", "name"))


def colleagues(found: Conversation) -> list[User]:
    """The active people of the teams that serve the conversation's inbox."""
    served = User.objects.filter(is_active=True, teams__inboxes=found.inbox_id).exclude(role=User.Role.ADMIN)
    return list(served.distinct().order_by("name"))


def _with_people(rows: QuerySet[Message]) -> QuerySet[Message]:
    """With all that a card prints; of a mail's markup only whether there is any, because it is long."""
    people = rows.select_related("customer", "sender", "reviewed_by", "delivery", "in_reply_to")
    beside = people.prefetch_related(
        Prefetch("attachments", Attachment.objects.order_by("pk")),
        Prefetch("reactions", Reaction.objects.order_by("at")),
        Prefetch("mentions", Mention.objects.select_related("user", "team")),
    )
    begun = beside.alias(begun=Left("html", LOOKED_AT))
    remote = Q(begun__icontains="<img") & Q(begun__contains="//")
    return begun.annotate(has_original=~Q(html=""), has_remote_images=remote).defer("html")


def number(text: str | None) -> int | None:
    """The number that a part of an address gives, or None: PostgreSQL's own limit keeps a longer number from becoming an error."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    return int(text)
