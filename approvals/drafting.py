"""From a customer's message to a judged draft: open, compose, settle. Thinking happens outside of every transaction."""

import logging
import math
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from approvals import audits, budget, calibration, closing, outcomes, standing, topics
from approvals.citations import public_citations
from approvals.gaps_found import note_gap
from approvals.models import Draft, Event
from approvals.policy import Verdict, judge
from approvals.snapshots import asks_something, snapshot
from approvals.sources import keep_sources
from approvals.withdrawal import withdraw_older
from conversations import delivery
from conversations.asks import ASKED
from conversations.assignment import hand_over
from conversations.families import target_of, words_in
from conversations.live import conversation_changed
from conversations.models import Conversation, Inbox, Message
from core import audit
from core.context import Actor, acting_as
from core.failpoints import failpoint
from core.jobs import enqueue, job, settle
from core.words import gettext_noop
from gateways.choose import llm
from knowledge.search import search
from replies.compose import compose
from replies.types import Reply, Rule, Thread

logger = logging.getLogger(__name__)

ASSISTANT = Actor.assistant()
DRAFT_SECONDS = 30
COMPOSE_SECONDS = 15.0
PASSED_ON = Rule("passed_on", gettext_noop("Somebody else took the conversation meanwhile"))


@dataclass(frozen=True)
class Opened:
    """What composing needs, read in one transaction: the draft's id and a snapshot of the conversation.

    `version` is the draft's: under another one what was read is not what the conversation says any more.
    """

    draft_id: int
    customer_id: int
    base_id: int
    thread: Thread
    version: int | None = None


def ask_for_draft(message: Message) -> None:
    """Have a reply drafted. At once; but when the customer writes one message after the other, after a short quiet time.

    Each newer message supersedes the draft before it, so the last one's draft has read them all. Runs in the caller's transaction.
    """
    quiet = timedelta(seconds=settings.BURST_SECONDS)
    now = timezone.now()
    before = Message.objects.filter(conversation=message.conversation_id, direction=Message.Direction.IN, pk__lt=message.pk)
    is_burst = before.filter(published_at__gt=now - quiet).exists()
    key = f"draft:{message.pk}"
    enqueue(draft_reply, ref=message.pk, scope=message.inbox_id, run_at=now + quiet if is_burst else None, key=key)


@job(lane="draft")
def draft_reply(message_id: int) -> None:
    """Draft, judge and send or hold a reply to one message of a customer."""
    opened = open_draft(message_id)
    if opened is None:
        return
    began = time.monotonic()
    try:
        reply = think(opened)
    except Exception as error:  # The other broad except: whatever goes wrong in thinking, a person takes over.
        logger.exception("composing failed", extra={"facts": {"draft": opened.draft_id, "error": type(error).__name__}})
        reply = Reply(rules=(Rule("failed", gettext_noop("The assistant could not answer")),))
    failpoint("gate.after")
    settle_draft(opened, reply, latency_ms=(time.monotonic() - began) * 1000)


def open_draft(message_id: int) -> Opened | None:
    """One draft per message, in state composing. None when this message needs none, or it is no longer ours to write."""
    with acting_as(ASSISTANT):
        message = Message.objects.select_related("conversation__inbox").get(pk=message_id)
        conversation = Conversation.objects.select_for_update().get(pk=message.conversation_id)
        draft, is_new = Draft.objects.get_or_create(in_reply_to=message, defaults=_blank(message, conversation))
        if draft.state != Draft.State.COMPOSING:
            settle()
            return None
        if is_new:
            audit.record(Event.DRAFT_OPENED, draft, message=message.pk)
            withdraw_older(_shown_in(conversation), than=draft)
        if is_overtaken(draft):
            supersede(draft)
            _call_for_person(_shown_in(conversation))
            settle()
            return None
        if timezone.now() > draft.deadline:
            hold_late(draft)
            settle()
            return None
        standing.show(draft, standing.COMPOSING)
        inbox = message.conversation.inbox
        return Opened(
            draft.pk, message.customer_id, inbox.knowledge_base_id, snapshot(conversation, message), version=draft.version
        )  # fmt: skip


def _shown_in(conversation: Conversation) -> Conversation:
    """The conversation whose thread shows it: what waits there has not read this message either."""
    return target_of(conversation) or conversation


def _call_for_person(conversation: Conversation) -> None:
    """While the assistant is silent and nobody has the conversation, a new message must not lie there unseen."""
    if conversation.assistant_paused and conversation.assignee_id is None and not conversation.needs_person:
        Conversation.objects.filter(pk=conversation.pk).update(needs_person=ASKED, priority=max(conversation.priority, 1))
        conversation_changed(conversation)


def _blank(message: Message, conversation: Conversation) -> dict[str, Any]:
    return {
        "ownership": conversation.ownership,
        "conversation_id": message.conversation_id,
        "inbox_id": message.inbox_id,
        "base_id": message.conversation.inbox.knowledge_base_id,
        "threshold": message.conversation.inbox.threshold,
        "deadline": timezone.now() + timedelta(seconds=DRAFT_SECONDS),
    }


def think(opened: Opened) -> Reply:
    """Compose as the customer would be allowed to read: only published, public articles can be found.

    Beyond the budget no model is asked that costs anything; what the offline one drafts is for review.
    """
    with acting_as(ASSISTANT, read_only=True):
        calibrator = calibration.for_base(opened.base_id, opened.customer_id)
        spent = budget.exhausted(_conversation_of(opened))
    reply = compose(
        opened.thread,
        search=partial(_search_as_customer, opened),
        llm=llm("offline") if spent else llm(),
        calibrator=calibrator,
        deadline=time.monotonic() + COMPOSE_SECONDS,
    )
    return replace(reply, rules=(*reply.rules, spent)) if spent else reply


def _search_as_customer(opened: Opened, question: str, limit: int = 5) -> Any:
    with acting_as(Actor.customer(opened.customer_id), read_only=True):
        return search(question, opened.base_id, limit=limit)


def settle_draft(opened: Opened, reply: Reply, *, latency_ms: float) -> None:
    """Judge the reply and write the outcome, unless the world has moved on meanwhile."""
    with acting_as(ASSISTANT):
        conversation = (
            Conversation.objects.select_for_update(of=("self",)).select_related("inbox").get(pk=_conversation_of(opened))
        )
        draft = (
            Draft.objects.select_for_update(of=("self",)).select_related("conversation", "in_reply_to").get(pk=opened.draft_id)
        )
        if draft.state == Draft.State.COMPOSING and opened.version in (None, draft.version):
            if is_overtaken(draft):
                supersede(draft, reply)
            else:
                inbox = conversation.inbox
                more = (
                    *budget.too_many(conversation, reply),
                    *budget.doubts(draft.in_reply_to),
                    *_passed_on(draft, conversation),
                    *closing.too_late(conversation),
                )
                reply = replace(reply, rules=(*reply.rules, *more))
                verdict = judged(reply, inbox, opened.base_id)
                write_outcome(draft, conversation, reply, verdict, latency_ms)
                outcomes.note_follow_up(draft)
        settle()


def _passed_on(draft: Draft, conversation: Conversation) -> tuple[Rule, ...]:
    """What was begun while somebody else was to answer does not go out by itself: it waits for whoever answers now."""
    return () if draft.ownership in (None, conversation.ownership) else (PASSED_ON,)


def judged(reply: Reply, inbox: Inbox, base_id: int) -> Verdict:
    """What the policy says of a reply through this inbox from this base: its line, its switch, and how far the base may go."""
    reach = topics.reach_of(base_id, reply)
    return judge(reply, inbox.threshold, reach, auto_send=inbox.auto_send)


def _conversation_of(opened: Opened) -> int:
    return Draft.objects.values_list("conversation_id", flat=True).get(pk=opened.draft_id)


def is_overtaken(draft: Draft) -> bool:
    """Whether the customer wrote again or took back what he asked, a person answered or has the conversation, or it is part of another.

    What is written to a conversation that was merged is answered from there, by a person: the assistant has read this one only.
    """
    closed = Q(assistant_paused=True) | Q(merged_into__isnull=False)
    if Conversation.objects.filter(closed, pk=draft.conversation_id).exists():
        return True
    if draft.in_reply_to.withdrawn_at is not None and not asks_something(draft.conversation):
        return True
    later = words_in(draft.conversation_id).filter(pk__gt=draft.in_reply_to_id)
    return later.exclude(delivery__state="recalled").exists()


def supersede(draft: Draft, reply: Reply | None = None) -> None:
    """Its words are of no use any more; what they cost was spent all the same."""
    cost = spent_on(reply) if reply else {}
    if Draft.objects.claim(draft.pk, from_state=Draft.State.COMPOSING, to_state=Draft.State.SUPERSEDED, **cost):
        audit.record(Event.DRAFT_SUPERSEDED, draft)
        standing.show(draft, standing.NONE)


def hold_late(draft: Draft) -> None:
    """A draft that was not finished in time goes to a person, not back to the model."""
    late = [{"code": "late", "label": gettext_noop("The assistant took too long")}]
    if Draft.objects.claim(
        draft.pk, from_state=Draft.State.COMPOSING, to_state=Draft.State.IN_REVIEW, verdict="hold", rules=late
    ):
        draft.refresh_from_db()
        audit.record(Event.DRAFT_HELD, draft)
        standing.show(draft, *standing.of_review(draft))


def write_outcome(draft: Draft, conversation: Conversation, reply: Reply, verdict: Verdict, latency_ms: float) -> None:
    """Store the reply with its reasons, and send it under its own licence or hold it for a person."""
    facts = facts_of(reply, verdict) | {"latency_ms": latency_ms}
    Conversation.objects.filter(pk=conversation.pk).update(language=reply.language, sentiment=reply.sentiment)
    if not verdict.sends:
        Draft.objects.claim(draft.pk, from_state=Draft.State.COMPOSING, to_state=Draft.State.IN_REVIEW, verdict="hold", **facts)
        draft.refresh_from_db()
        keep_sources(draft)
        note_gap(draft, reply)
        if reply.wants_person:
            # As by the button: the assistant falls silent, and what else it was about to say is taken back. This draft stays for
            # whoever answers.
            withdraw_older(conversation, than=draft, reviewed_too=True)
            hand_over(conversation, reason=ASKED)
        audit.record(Event.DRAFT_HELD, draft, holds=[hold["code"] for hold in verdict.holds])
        standing.show(draft, *standing.of_review(draft))
        return
    message = delivery.send_for_assistant(
        conversation,
        reply.text,
        licence=delivery.Licence(confidence=reply.confidence),
        in_reply_to=draft.in_reply_to,
        language=reply.language,
        citations=public_citations(facts["evidence"], facts["sentences"]),
    )
    Draft.objects.claim(
        draft.pk, from_state=Draft.State.COMPOSING, to_state=Draft.State.SENT, verdict="send", message=message, **facts
    )
    draft.refresh_from_db()
    keep_sources(draft)
    audits.choose(draft, conversation.inbox.knowledge_base_id)
    audit.record(Event.DRAFT_SENT, draft, message=message.pk)
    standing.show(draft, standing.AUTO_SENT)


def facts_of(reply: Reply, verdict: Verdict) -> dict[str, Any]:
    """What is kept of a reply, in the draft's own fields."""
    sentences, evidence = [one.as_dict() for one in reply.sentences], [one.as_dict() for one in reply.evidence]
    return {
        "text": reply.text,
        "sentences": sentences,
        "confidence": reply.confidence,
        "threshold": verdict.threshold,
        "reasons": [reason.as_dict() for reason in reply.reasons],
        "rules": list(verdict.holds),
        "checks": [check.as_dict() for check in reply.checks],
        "evidence": evidence,
        "articles": list(reply.articles),
        "language": reply.language,
        "sentiment": reply.sentiment,
        "answer_model": reply.answer_model,
        "calibration": reply.calibration,
        "prompt": reply.prompt,
        "policy": verdict.policy,
        "topic": topics.of(evidence, sentences),
        "features": {name: value for name, value in reply.features.items() if math.isfinite(value)},
        "raw_score": reply.raw_score,
        "stand_in": reply.stand_in,
    } | spent_on(reply)


def spent_on(reply: Reply) -> dict[str, Any]:
    """What asking cost, on top of what the draft had cost before."""
    return {name: F(name) + getattr(reply, name) for name in ("tokens_in", "tokens_out", "cost_micros")}
