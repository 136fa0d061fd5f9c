"""What people decide about drafts. Each decision is claimed: of two at the same moment one wins, the other learns of it."""

import difflib
import uuid
from typing import Any

from accounts.models import User
from approvals import learning, mining, standing
from approvals.citations import public_citations
from approvals.models import Decision, Draft, Event
from conversations import delivery
from conversations.assignment import hand_over
from conversations.models import Conversation, Message
from core import audit
from core.claims import LostClaim
from core.jobs import enqueue
from knowledge.models import Article


class NothingToSend(ValueError):
    """The reply that was approved has no words."""


class UnknownArticle(ValueError):
    """The article that would have answered is none of the draft's knowledge base."""


def approve(draft: Draft, *, by: User, version: int, request_key: uuid.UUID, text: str | None = None) -> Decision:
    """Send the draft, or `text` in its place, under the name of the reviewer. Raises LostClaim, and NothingToSend for an empty one."""
    made = _already(by, request_key)
    if made is not None:
        return made
    draft = _mine_to_decide(draft, version)
    words = draft.text if text is None else text
    if not words.strip():
        raise NothingToSend
    edited = text is not None and text.strip() != draft.text.strip()
    message = delivery.send_for_assistant(
        draft.conversation,
        words,
        licence=delivery.Licence(confidence=None if edited else draft.confidence, reviewed_by=by),
        in_reply_to=draft.in_reply_to,
        language=draft.language,
        citations=[] if edited else public_citations(draft.evidence, draft.sentences),
    )
    _move(draft, Draft.State.SENT, message=message)
    audit.record(Event.DRAFT_EDITED if edited else Event.DRAFT_APPROVED, draft, message=message.pk)
    standing.show(draft, standing.APPROVED)
    _answered(draft)
    if edited:
        mining.propose_from(message.pk)
    action = Decision.Action.EDIT if edited else Decision.Action.APPROVE
    return _decide(draft, by, action, request_key, version, edit_distance=distance(draft.text, words) if edited else 0.0)


def reject(
    draft: Draft, *, by: User, version: int, request_key: uuid.UUID, reason: str, comment: str = "", article: str = ""
) -> Decision:
    """The draft is not sent; a person will answer. `article` names the one that would have. Raises LostClaim, UnknownArticle."""
    made = _already(by, request_key)
    if made is not None:
        return made
    draft = _mine_to_decide(draft, version)
    if article and not _is_known(article, draft):
        raise UnknownArticle(article)
    _move(draft, Draft.State.REJECTED)
    audit.record(Event.DRAFT_REJECTED, draft, reason=reason)
    standing.show(draft, standing.REJECTED)
    facts = {"reason": reason, "comment": comment[:500], "article": article}
    return _decide(draft, by, Decision.Action.REJECT, request_key, version, **facts)


def take_over(draft: Draft, *, by: User, version: int, request_key: uuid.UUID) -> Decision:
    """The reviewer answers in person; the assistant is silent here until handed back. Raises LostClaim."""
    made = _already(by, request_key)
    if made is not None:
        return made
    draft = _mine_to_decide(draft, version)
    _move(draft, Draft.State.SUPERSEDED)
    audit.record(Event.DRAFT_TAKEN_OVER, draft)
    hand_over(draft.conversation, reason="", by=by)
    standing.show(draft, standing.NONE)
    return _decide(draft, by, Decision.Action.TAKE_OVER, request_key, version)


def undo(draft: Draft, *, by: User) -> bool:
    """Take a sent draft back into review while its message waits; False when it is already on its way."""
    draft = Draft.objects.select_for_update(of=("self",)).select_related("conversation", "message").get(pk=draft.pk)
    if draft.state != Draft.State.SENT or draft.message is None or not delivery.recall(draft.message):
        return False
    version = draft.version
    _move(draft, Draft.State.IN_REVIEW, from_state=Draft.State.SENT, message=None)
    audit.record(Event.DRAFT_TAKEN_BACK, draft)
    standing.show(draft, *standing.of_review(draft))
    _decide(draft, by, Decision.Action.UNDO, uuid.uuid4(), version)
    return True


def distance(before: str, after: str) -> float:
    """Share of words changed, 0 (none) to 1: one minus the ratio of difflib's matching blocks over the words."""
    return 1.0 - difflib.SequenceMatcher(a=before.split(), b=after.split(), autojunk=False).ratio()


def _already(by: User, request_key: uuid.UUID) -> Decision | None:
    """The decision that this same click has made before: a double click gets the same answer."""
    return Decision.objects.filter(by=by, request_key=request_key).select_related("draft").first()


def _mine_to_decide(draft: Draft, version: int) -> Draft:
    """The draft, locked, as the reviewer saw it. Raises LostClaim when it is not any more."""
    Conversation.objects.select_for_update().filter(pk=draft.conversation_id).first()
    rows = Draft.objects.select_for_update(of=("self",)).select_related("conversation__inbox", "inbox", "in_reply_to")
    found = rows.filter(pk=draft.pk, state=Draft.State.IN_REVIEW, version=version).first()
    if found is None:
        raise LostClaim("decided or changed meanwhile")
    newer = Message.objects.filter(
        conversation=found.conversation_id, direction=Message.Direction.IN, pk__gt=found.in_reply_to_id
    )
    if newer.exists():
        raise LostClaim("the customer wrote again")
    return found


def _move(draft: Draft, to_state: str, *, from_state: str = Draft.State.IN_REVIEW, **changes: Any) -> None:
    if not Draft.objects.claim(draft.pk, from_state=from_state, to_state=to_state, **changes):
        raise LostClaim(f"no longer {from_state}")
    draft.refresh_from_db(fields=["state", "version", "message", "changed_at"])


def _answered(draft: Draft) -> None:
    Conversation.objects.filter(pk=draft.conversation_id).update(needs_person="")


def _is_known(article: str, draft: Draft) -> bool:
    return Article.objects.filter(base=learning.base_of(draft), external_id=article, state=Article.State.PUBLISHED).exists()


def _decide(draft: Draft, by: User, action: str, request_key: uuid.UUID, version: int, **facts: Any) -> Decision:
    """Write the decision down, and have it learned from."""
    made = Decision.objects.create(
        draft=draft,
        conversation_id=draft.conversation_id,
        inbox_id=draft.inbox_id,
        action=action,
        by=by,
        request_key=request_key,
        draft_version=version,
        **facts,
    )
    enqueue(learning.learn, ref=made.pk, scope=made.inbox_id, key=f"learn:{made.pk}")
    return made
