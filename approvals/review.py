"""What people decide about drafts. Each decision is claimed: of two at the same moment one wins, the other learns of it."""

import difflib
import uuid

from django.utils import timezone

from accounts.models import User
from approvals import claiming, learning, mining, standing, taking_over
from approvals.citations import public_citations
from approvals.deciding import move, write_down
from approvals.holders import holder_of
from approvals.models import Decision, Draft, Event
from conversations import delivery
from conversations.families import received_in
from conversations.models import Conversation, Message
from conversations.on_whatsapp import is_closed
from core import audit
from core.claims import LostClaim
from knowledge.models import Article


class NothingToSend(ValueError):
    """The reply that was approved has no words."""


class WindowClosed(ValueError):
    """The channel takes no free words from us any more: the customer wrote too long ago."""


class UnknownArticle(ValueError):
    """The article that would have answered is none of the draft's knowledge base."""


def approve(draft: Draft, *, by: User, version: int, request_key: uuid.UUID, text: str | None = None) -> Decision:
    """Send the draft, or `text` in its place, under the name of the reviewer. Raises LostClaim, NothingToSend for an empty one, and
    WindowClosed where the channel would refuse it.
    """
    made = _already(by, request_key)
    if made is not None:
        return made
    draft = _mine_to_decide(draft, version, by)
    words = draft.text if text is None else text
    if not words.strip():
        raise NothingToSend
    if is_closed(draft.conversation):
        raise WindowClosed
    edited = text is not None and text.strip() != draft.text.strip()
    message = delivery.send_for_assistant(
        draft.conversation,
        words,
        licence=delivery.Licence(confidence=None if edited else draft.confidence, reviewed_by=by),
        in_reply_to=draft.in_reply_to,
        language=draft.language,
        citations=[] if edited else public_citations(draft.evidence, draft.sentences),
    )
    move(draft, Draft.State.SENT, message=message)
    audit.record(Event.DRAFT_EDITED if edited else Event.DRAFT_APPROVED, draft, message=message.pk)
    standing.show(draft, standing.APPROVED)
    _answered(draft)
    if edited:
        mining.propose_from(message.pk)
    action = Decision.Action.EDIT if edited else Decision.Action.APPROVE
    return write_down(draft, by, action, request_key, version, edit_distance=distance(draft.text, words) if edited else 0.0)


def reject(
    draft: Draft, *, by: User, version: int, request_key: uuid.UUID, reason: str, comment: str = "", article: str = ""
) -> Decision:
    """The draft is not sent; a person will answer. `article` names the one that would have. Raises LostClaim, UnknownArticle."""
    made = _already(by, request_key)
    if made is not None:
        return made
    draft = _mine_to_decide(draft, version, by)
    if article and not _is_known(article, draft):
        raise UnknownArticle(article)
    move(draft, Draft.State.REJECTED)
    audit.record(Event.DRAFT_REJECTED, draft, reason=reason)
    standing.show(draft, standing.REJECTED)
    facts = {"reason": reason, "comment": comment[:500], "article": article}
    return write_down(draft, by, Decision.Action.REJECT, request_key, version, **facts)


def take_over(draft: Draft, *, by: User, version: int, request_key: uuid.UUID) -> Decision:
    """The reviewer answers in person; the assistant is silent here until handed back. Raises LostClaim."""
    made = _already(by, request_key)
    if made is not None:
        return made
    draft = _mine_to_decide(draft, version, by)
    taking_over.take(draft.conversation, by=by, request_key=request_key)
    made = _already(by, request_key)
    if made is not None:
        return made
    audit.record(Event.DRAFT_TAKEN_OVER, draft)
    return write_down(draft, by, Decision.Action.TAKE_OVER, request_key, version)


def undo(draft: Draft, *, by: User) -> bool:
    """Take a decision back: a sent draft while its message waits, a rejection within the minute. False when it is too late."""
    Conversation.objects.select_for_update().filter(pk=draft.conversation_id).first()
    draft = Draft.objects.select_for_update(of=("self",)).select_related("conversation", "message").get(pk=draft.pk)
    version, was = draft.version, draft.state
    if was == Draft.State.SENT:
        is_back = draft.message is not None and delivery.recall(draft.message)
    else:
        is_back = was == Draft.State.REJECTED and may_undo_rejection(draft, by)
    if not is_back:
        return False
    # Where somebody has answered meanwhile, nothing is left to decide: it would be a second answer.
    is_answered = _is_answered(draft)
    move(draft, Draft.State.SUPERSEDED if is_answered else Draft.State.IN_REVIEW, from_state=was, message=None)
    audit.record(Event.DRAFT_TAKEN_BACK, draft)
    standing.show(draft, *((standing.NONE,) if is_answered else standing.of_review(draft)))
    write_down(draft, by, Decision.Action.UNDO, uuid.uuid4(), version)
    return True


def may_undo_rejection(draft: Draft, by: User) -> bool:
    """Whether `by` rejected it less than a minute ago and nothing happened since: nobody wrote, nobody took the conversation."""
    last = Decision.objects.filter(draft=draft).order_by("-pk").first()
    if last is None or last.by_id != by.pk or last.created_at < timezone.now() - taking_over.UNDO_FOR:
        return False
    with_other = draft.conversation.assistant_paused and draft.conversation.assignee_id not in (None, by.pk)
    later = Message.objects.filter(conversation=draft.conversation_id, pk__gt=draft.in_reply_to_id)
    wrote = later.filter(direction=Message.Direction.IN).exists()
    return not with_other and not wrote and not _is_answered(draft)


def distance(before: str, after: str) -> float:
    """Share of words changed, 0 (none) to 1: one minus the ratio of difflib's matching blocks over the words."""
    return 1.0 - difflib.SequenceMatcher(a=before.split(), b=after.split(), autojunk=False).ratio()


def _already(by: User, request_key: uuid.UUID) -> Decision | None:
    """The decision that this same click has made before: a double click gets the same answer."""
    return Decision.objects.filter(by=by, request_key=request_key).select_related("draft").first()


def _mine_to_decide(draft: Draft, version: int, by: User) -> Draft:
    """The draft, locked, as the reviewer saw it. Raises LostClaim when it is not any more."""
    Conversation.objects.select_for_update().filter(pk=draft.conversation_id).first()
    rows = Draft.objects.select_for_update(of=("self",)).select_related("conversation__inbox", "inbox", "in_reply_to")
    found = rows.filter(pk=draft.pk, state=Draft.State.IN_REVIEW, version=version).first()
    if found is None:
        raise LostClaim("decided or changed meanwhile")
    if received_in(found.conversation_id).filter(pk__gt=found.in_reply_to_id).exists():
        raise LostClaim("the customer wrote again")
    if _is_answered(found):
        raise LostClaim("somebody answered meanwhile")
    other = holder_of(found, but=by)
    if other is not None:
        raise claiming.HeldByOther(other)
    return found


def _is_answered(draft: Draft) -> bool:
    """Whether something went to the customer, or is about to, after what the draft replies to."""
    later = Message.objects.filter(conversation=draft.conversation_id, direction=Message.Direction.OUT)
    later = later.exclude(author=Message.Author.SYSTEM)
    return later.filter(pk__gt=draft.in_reply_to_id).exclude(delivery__state="recalled").exists()


def _answered(draft: Draft) -> None:
    Conversation.objects.filter(pk=draft.conversation_id).update(needs_person="")


def _is_known(article: str, draft: Draft) -> bool:
    return Article.objects.filter(base=learning.base_of(draft), external_id=article, state=Article.State.PUBLISHED).exists()
