"""A customer said differently, or took back, what was being answered: what is written about it is written anew.

It stays with its reviewer, whatever comes out. What was already sent is no longer ours to change: then a person has to look.
"""

import logging
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from approvals import standing
from approvals.drafting import ASSISTANT, DRAFT_SECONDS, Opened, facts_of, is_overtaken, judged, supersede, think
from approvals.models import Draft, Event
from approvals.snapshots import snapshot
from approvals.sources import keep_sources
from conversations import delivery
from conversations.models import Conversation, Delivery, Message
from core import audit
from core.context import acting_as
from core.jobs import enqueue, job, settle
from core.words import gettext_noop
from replies.types import Reply

logger = logging.getLogger(__name__)

CHANGED = {
    "code": "question_changed",
    "label": gettext_noop("The customer changed what they had written, so this was written anew"),
}
UNWRITTEN = {"code": "question_changed", "label": gettext_noop("The customer changed what they had written since")}
TAKEN_BACK = gettext_noop("the customer changed what they had written")


def ask_again(message: Message) -> bool:
    """Have what answers `message` written anew; False when the answer is out. Runs as the system, where the conversation is locked.

    Nothing is to be done where nothing was written yet: whoever begins now reads the message as it stands.
    """
    drafts = Draft.objects.select_for_update(of=("self",)).select_related("message__delivery", "conversation")
    draft = (
        drafts.filter(conversation=message.conversation_id, in_reply_to_id__gte=message.pk).order_by("-in_reply_to_id").first()
    )
    if draft is not None and _take_back(draft):
        draft.refresh_from_db()
        standing.show(draft, standing.COMPOSING)
        enqueue(redraft, ref=draft.pk, scope=draft.inbox_id, key=f"redraft:{draft.pk}:{draft.version}")
        return True
    return not _is_answered(message)


def _take_back(draft: Draft) -> bool:
    """Whether it is ours again: being composed, with nobody able to send or approve what was written before."""
    if draft.state == Draft.State.SENT:
        if draft.message is None or not delivery.recall(draft.message, reason=TAKEN_BACK):
            return False
        Draft.objects.claim(draft.pk, from_state=Draft.State.SENT, to_state=Draft.State.IN_REVIEW, message=None)
    begun: dict[str, Any] = {"deadline": timezone.now() + timedelta(seconds=DRAFT_SECONDS)}
    if Draft.objects.claim(draft.pk, from_state=Draft.State.IN_REVIEW, to_state=Draft.State.COMPOSING, **begun):
        return True
    composing = Draft.objects.filter(pk=draft.pk, state=Draft.State.COMPOSING)
    return bool(composing.update(version=F("version") + 1, **begun))


def _is_answered(message: Message) -> bool:
    later = Message.objects.filter(conversation=message.conversation_id, direction=Message.Direction.OUT, pk__gt=message.pk)
    return later.exclude(author=Message.Author.SYSTEM).exclude(delivery__state=Delivery.State.RECALLED).exists()


@job(lane="draft")
def redraft(draft_id: int) -> None:
    """Think again about one draft whose question changed."""
    opened = _open(draft_id)
    if opened is None:
        return
    try:
        reply = think(opened)
    except Exception:  # Whatever goes wrong in thinking, a person has the draft, marked.
        logger.exception("writing anew failed", extra={"facts": {"draft": draft_id}})
        reply = None
    with acting_as(ASSISTANT):
        draft = _locked(draft_id)
        if draft.state == Draft.State.COMPOSING and draft.version == opened.version:
            _finish(draft, reply)
        settle()


def _open(draft_id: int) -> Opened | None:
    """What there is to think about; None when it was decided meanwhile, or nothing is asked any more."""
    with acting_as(ASSISTANT):
        draft = _locked(draft_id)
        if Draft.objects.claim(draft.pk, from_state=Draft.State.IN_REVIEW, to_state=Draft.State.COMPOSING):
            draft = _locked(draft_id)
        if draft.state != Draft.State.COMPOSING or is_overtaken(draft):
            supersede(draft)
            settle()
            return None
        thread = snapshot(draft.conversation, draft.in_reply_to)
        return Opened(draft.pk, draft.conversation.customer_id, draft.inbox.knowledge_base_id, thread, version=draft.version)


def _locked(draft_id: int) -> Draft:
    Conversation.objects.select_for_update(of=("self",)).get(drafts=draft_id)
    rows = Draft.objects.select_for_update(of=("self",)).select_related("conversation__inbox", "inbox", "in_reply_to")
    return rows.get(pk=draft_id)


def _finish(draft: Draft, reply: Reply | None) -> None:
    facts: dict[str, Any] = {"rules": [UNWRITTEN, *draft.rules]}
    if reply is not None:
        inbox = draft.conversation.inbox
        written = facts_of(reply, judged(reply, inbox, inbox.knowledge_base_id))
        facts = written | {"rules": [CHANGED, *written["rules"]]}
    Draft.objects.claim(draft.pk, from_state=Draft.State.COMPOSING, to_state=Draft.State.IN_REVIEW, verdict="hold", **facts)
    draft.refresh_from_db()
    if reply is not None:
        keep_sources(draft)
    audit.record(Event.DRAFT_RECHECKED, draft, question=draft.in_reply_to_id)
    standing.show(draft, *standing.of_review(draft))
