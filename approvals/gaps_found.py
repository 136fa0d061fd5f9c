"""A question that nothing answers is told to the knowledge room, without its writer.

Asked for where it shows (a draft that found nothing, a reviewer who misses a fact) as a job, because a reviewer may not write gaps
and embedding belongs in no request.
"""

import re

from approvals.anonymity import impersonal, names_in
from approvals.models import Draft
from conversations.models import Message
from core.context import Actor, acting_as
from core.jobs import enqueue, job, settle
from knowledge import gaps
from replies.types import Reply

GATHERER = Actor.system("gaps")
FEWEST_WORDS = 3
NEXT_TO_NOTHING = 0.10
ASKS_NOTHING = ("no_question", "automatic", "empty", "unreadable")

_GREETING = re.compile(r"(?i)^\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day))\b[^,.!?\n]{0,40}[,.!\n]\s*")
_WORD = re.compile(r"[^\W\d_]{2,}")


def note_gap(draft: Draft, reply: Reply) -> None:
    """In the transaction that writes a draft's outcome: gather its question when nothing in the knowledge base answers it.

    A provider that always says something says it with a confidence of next to nothing then.
    """
    codes = {rule.code for rule in reply.rules}
    found_nothing = "no_answer" in codes and not codes.intersection(ASKS_NOTHING)
    is_unsure = reply.confidence is not None and reply.confidence < NEXT_TO_NOTHING
    if (found_nothing or is_unsure) and not (reply.attack or reply.escalates):
        note_missing(draft)


def note_missing(draft: Draft) -> None:
    """A reviewer says that the fact is in no article: gather the question. The same draft counts once, whoever says it."""
    enqueue(gather_question, ref=draft.pk, scope=draft.inbox_id, key=f"gap:{draft.pk}")


@job(lane="bulk")
def gather_question(draft_id: int) -> None:
    """Put one draft's question, without personal data, to the gap it belongs to."""
    with acting_as(GATHERER):
        draft = Draft.objects.select_related("in_reply_to", "inbox").filter(pk=draft_id).first()
        text = question_of(draft.in_reply_to) if draft else ""
    if draft is not None and len(_WORD.findall(text)) >= FEWEST_WORDS:
        gaps.note(draft.inbox.knowledge_base_id, text, f"draft:{draft.pk}", draft.inbox_id, draft.in_reply_to.customer_id)
    with acting_as(GATHERER):
        settle()


def question_of(message: Message) -> str:
    """What a customer asked, without greeting and without who asked it."""
    return _GREETING.sub("", impersonal(message.text, names_in(message))).strip()
