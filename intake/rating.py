"""How content the customer was: one question when the matter is closed, one answer per conversation, changeable for a week."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.models import Conversation, Event, Message, Rating
from core import audit
from intake.queries import Matter

CHANGEABLE_FOR = timedelta(days=7)
LONGEST_COMMENT = 1000


class NotAsked(ValueError):
    """The conversation is not one that is rated now; the text says why."""


@dataclass(frozen=True)
class Choice:
    score: int
    icon: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Rate:
    """The question as the page prints it. Without `choices` nothing is asked; `given` says that there is an answer already."""

    choices: list[Choice] = field(default_factory=list)
    comment: str = ""
    given: bool = False


def rate(matter: Matter, now: datetime) -> Rate:
    """What to ask the customer of this conversation now."""
    given = matter.rating
    if _why_not(matter.conversation, matter.messages, given, now):
        return Rate(given=given is not None)
    faces = [
        (1, "face-bad", _("Very poor")), (2, "face-low", _("Poor")), (3, "face-mid", _("Okay")), (4, "face-ok", _("Good")),
        (5, "face-good", _("Very good")),
    ]  # fmt: skip
    choices = [Choice(score, icon, label, given is not None and given.score == score) for score, icon, label in faces]
    return Rate(choices, given.comment if given else "", given is not None)


def give(matter: Matter, score: int, comment: str) -> Rating:
    """Keep the customer's answer, or what he changed it to. Runs as the customer. Raises NotAsked."""
    conversation, now = matter.conversation, timezone.now()
    why = _why_not(conversation, matter.messages, matter.rating, now)
    if why:
        raise NotAsked(why)
    changes = {"score": score, "comment": comment, "changed_at": now}
    if not Rating.objects.filter(conversation=conversation).update(**changes):
        whose = {"inbox_id": conversation.inbox_id, "customer_id": conversation.customer_id, "of": answered_by(matter.messages)}
        # Two clicks at one moment are one answer.
        Rating.objects.bulk_create([Rating(conversation=conversation, **whose, **changes)], ignore_conflicts=True)
    made = Rating.objects.get(conversation=conversation)
    audit.record(Event.CONVERSATION_RATED, conversation, score=score, of=made.of)
    return made


def answered_by(messages: list[Message]) -> str:
    """Whose the last public answer was; "" when there was none."""
    answers = (
        one for one in reversed(messages) if one.direction == Message.Direction.OUT and one.author != Message.Author.SYSTEM
    )
    last = next(answers, None)
    if last is None:
        return ""
    return Rating.Of.ASSISTANT if last.is_from_assistant else Rating.Of.PERSON


def _why_not(conversation: Conversation, messages: list[Message], given: Rating | None, now: datetime) -> str:
    if conversation.merged_into_id is not None:
        return _("This conversation goes on in another one.")
    if conversation.state != Conversation.State.RESOLVED or not answered_by(messages):
        return _("You can rate the conversation once it is closed.")
    was_closed_since = (
        given is not None and conversation.resolved_at is not None and conversation.resolved_at > given.changed_at
    )
    if given is not None and not was_closed_since and now - given.created_at > CHANGEABLE_FOR:
        return _("A rating can be changed for seven days.")
    return ""
