"""How much the assistant may spend, and how often it may speak by itself. Counted from rows: nothing is kept beside them.

Two kinds of limits. Money and tokens, per conversation and per day of UTC, are looked at before a model is asked: beyond them the
offline provider drafts, for review. Automatic replies, in a row and per customer and hour, are looked at under the conversation's lock
before one is sent: two machines that answer each other come to an end, and nobody is flooded.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.utils import timezone

from approvals import topics
from approvals.models import Draft
from approvals.snapshots import began_at
from conversations import fixed_words
from conversations.marks import DOUBTFUL
from conversations.models import Channel, Conversation, Delivery, Event, Message
from core.words import gettext_noop
from gateways.choose import configured
from replies.types import Reply, Rule

# So many automatic replies in a row, without a person's word between them or another topic, look like a machine at the other end.
IN_A_ROW = 3
HOUR = timedelta(hours=1)

DAY_SPENT = Rule("budget", gettext_noop("Today’s AI budget is used up"), "none")
CONVERSATION_SPENT = Rule("budget", gettext_noop("The AI budget of this conversation is used up"), "none")
LOOPING = Rule("in_a_row", gettext_noop("Three automatic replies in a row on this already"), "none")
MAILED_ENOUGH = Rule("mailed_enough", gettext_noop("This address got automatic mails already within the hour"), "none")
UNSURE_WHO = Rule("unsure_who", gettext_noop("It is not sure who wrote this mail"), "none")
TOO_OFTEN = Rule("too_often", gettext_noop("This customer got many automatic replies within the hour"), "none")


def exhausted(conversation_id: int) -> Rule | None:
    """Why no model may be asked for money now; None when one may, or none is configured. Runs as the assistant."""
    if not configured():
        return None
    tokens, micros = _spent(Draft.objects.filter(created_at__gte=_today()))
    if tokens >= settings.AI_TOKENS_PER_DAY or micros >= settings.AI_MICRODOLLARS_PER_DAY:
        return DAY_SPENT
    tokens, _ = _spent(Draft.objects.filter(conversation=conversation_id))
    return CONVERSATION_SPENT if tokens >= settings.AI_TOKENS_PER_CONVERSATION else None


def too_many(conversation: Conversation, reply: Reply) -> tuple[Rule, ...]:
    """What forbids one more automatic reply. Runs as the assistant, under the conversation's lock."""
    found = []
    if _is_looping(conversation, reply):
        found.append(LOOPING)
    lately = _automatic().filter(customer=conversation.customer_id, created_at__gte=timezone.now() - HOUR)
    if lately.count() >= settings.AI_REPLIES_PER_CUSTOMER_HOUR:
        found.append(TOO_OFTEN)
    if conversation.channel == Channel.EMAIL and fixed_words.has_enough(conversation.customer_id):
        found.append(MAILED_ENOUGH)
    return tuple(found)


def doubts(message: Message) -> tuple[Rule, ...]:
    """What forbids to answer a mail by itself whose writer may be another than it says."""
    return (UNSURE_WHO,) if DOUBTFUL & message.marks.keys() else ()


def _is_looping(conversation: Conversation, reply: Reply) -> bool:
    """Three or more since the last word of a person, and nothing new in what would be said now."""
    said = _automatic().filter(conversation=conversation, pk__gt=_last_word_of_a_person(conversation))
    began = began_at(conversation, closers=(Event.CONVERSATION_RESOLVED, Event.CONVERSATION_HANDED_BACK))
    if began is not None:
        said = said.filter(created_at__gt=began)
    if said.count() < IN_A_ROW:
        return False
    about = set(Draft.objects.filter(message__in=said).values_list("topic", flat=True))
    now = topics.of_reply(reply)
    return not now or now in about


def _last_word_of_a_person(conversation: Conversation) -> int:
    """The id of the last reply that a person wrote or checked; 0 when there is none."""
    replies = Message.objects.filter(conversation=conversation, direction=Message.Direction.OUT)
    by_people = replies.exclude(author=Message.Author.SYSTEM).exclude(author=Message.Author.ASSISTANT, reviewed_by=None)
    return by_people.order_by("-pk").values_list("pk", flat=True).first() or 0


def _automatic() -> QuerySet[Message]:
    """What the assistant said by itself and was not taken back."""
    replies = Message.objects.filter(direction=Message.Direction.OUT, author=Message.Author.ASSISTANT, reviewed_by=None)
    return replies.exclude(delivery__state=Delivery.State.RECALLED)


def _spent(drafts: QuerySet[Draft]) -> tuple[int, int]:
    sums = drafts.aggregate(asked=Sum("tokens_in"), answered=Sum("tokens_out"), micros=Sum("cost_micros"))
    return (sums["asked"] or 0) + (sums["answered"] or 0), sums["micros"] or 0


def _today() -> datetime:
    return timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
