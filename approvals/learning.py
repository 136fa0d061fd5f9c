"""Every decision teaches: a label for the calibrator, a tally for the topic, a memory for the search, a gap for the editors.

What is learned of a draft follows from the last decision about it, whichever job looks first and however often: taken back means
forgotten, decided anew means learned anew.
"""

from datetime import timedelta

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from approvals import calibration, labels, topics
from approvals.citations import cited_numbers
from approvals.gaps_found import note_missing
from approvals.labels import Worth
from approvals.models import Decision, Draft, Label
from approvals.refitting import refit
from conversations.models import Message
from core.context import Actor, acting_as
from core.jobs import enqueue, job, settle
from knowledge import memory
from knowledge.indexing import active_model
from knowledge.memory import Reviewed
from knowledge.models import Article, ReviewMemory
from replies.skills import retrieve
from replies.types import Thread, Turn

LEARNER = Actor.system("learning")
# A new fit is asked for after so many labels; besides, the timetable asks.
FIT_EVERY = 200
# An edit that leaves less than half of the words no longer says that the article answers the question.
OWN_WORDS = 0.5
TURNS = 20
AT_ONCE = 50
LATELY = timedelta(minutes=10)
_BY_DECISION = (Label.Source.APPROVE, Label.Source.EDIT, Label.Source.REJECT, Label.Source.TAKE_OVER)


@job(lane="bulk")
def learn(decision_id: int) -> None:
    """Learn from one decision about a draft, and unlearn what was learned from the one before it."""
    with acting_as(LEARNER):
        decided = Decision.objects.filter(pk=decision_id).values_list("draft_id", flat=True).first()
        if decided is not None:
            take_in(decided)
        settle()


def take_in(draft_id: int) -> None:
    """Bring label, topic and memory of a draft in line with the last decision about it. Runs as the system."""
    rows = Draft.objects.select_for_update(of=("self",)).select_related(
        "conversation__customer", "in_reply_to", "message", "inbox"
    )
    draft = rows.get(pk=draft_id)
    decision = Decision.objects.filter(draft=draft).select_related("by").order_by("-pk").first()
    worth = _worth(draft, decision)
    for label in Label.objects.filter(draft=draft, source__in=_BY_DECISION):
        if worth is None or decision is None or label.source != decision.action:
            _drop(label)
    if worth is not None and decision is not None:
        keep(draft, Label.Source(decision.action), worth)
    _remember(draft, _lesson(draft, decision))
    if decision is not None and decision.reason == Decision.Reason.MISSING_FACT:
        note_missing(draft)


def keep(draft: Draft, source: Label.Source, worth: Worth, is_claim: bool = True) -> Label:
    """Write down what a draft turned out to be worth, once for each source; its topic is counted with it. Runs as the system.

    Not `is_claim`: it says something of this draft and nothing of how good such claims are, so it is kept without one.
    """
    found = Label.objects.filter(draft=draft, source=source).first()
    if found is not None and (found.value, found.weight) == (worth.value, worth.weight):
        return found
    if found is not None:
        _drop(found)
    base = base_of(draft)
    label = Label.objects.create(
        draft=draft, inbox_id=draft.inbox_id, base_id=base, topic=topics.of_draft(draft),
        answer_model=draft.answer_model, source=source, value=worth.value, weight=worth.weight,
        probability=draft.confidence if is_claim else None, features=draft.features if is_claim else {},
        is_warm=calibration.is_warm(draft.calibration, base),
    )  # fmt: skip
    topics.recount(base)
    bundles = Label.objects.filter(base=base).count() // FIT_EVERY
    if bundles:
        enqueue(refit, ref=base, scope=None, key=f"refit:{base}:{bundles}")
    return label


def base_of(draft: Draft) -> int:
    """The knowledge base that the draft was written from."""
    return draft.base_id or draft.inbox.knowledge_base_id


@shared_task(name="approvals.learning.forget_changed", ignore_result=True)
def forget_changed() -> None:
    """Articles changed lately: what was learned of their topics counts less. Runs every minute by the timetable."""
    with acting_as(LEARNER):
        lately = Article.objects.filter(updated_at__gte=timezone.now() - LATELY)
        for base in set(lately.values_list("base_id", flat=True)):
            topics.recount(base)


def relearn(base_id: int) -> int:
    """Learn everything about a base anew from its decisions, draft by draft; returns how many drafts that was.

    What people said afterwards (audits, ratings, reopenings) is kept.
    """
    with acting_as(LEARNER):
        decided = Decision.objects.filter(Q(draft__base=base_id) | Q(draft__base=None, inbox__knowledge_base=base_id))
        drafts = list(decided.order_by("draft_id").values_list("draft_id", flat=True).distinct())
    for start in range(0, len(drafts), AT_ONCE):
        with acting_as(LEARNER):  # Again for each part: a signed identity ends after some minutes.
            for draft in drafts[start : start + AT_ONCE]:
                take_in(draft)
    with acting_as(LEARNER):
        topics.recount(base_id)
    return len(drafts)


def _worth(draft: Draft, decision: Decision | None) -> Worth | None:
    if decision is None or not labels.claims(draft.text, [rule.get("code", "") for rule in draft.rules]):
        return None
    sent = draft.message.text if draft.message is not None else draft.text
    names = (draft.conversation.customer.name, decision.by.name, draft.inbox.name)
    return labels.worth(decision.action, draft.text, sent, names)


def _drop(label: Label) -> None:
    label.delete()
    topics.recount(label.base_id)


def _lesson(draft: Draft, decision: Decision | None) -> Reviewed | None:
    """What the search may remember: the article that answers the question, or that none does. None: nothing about articles."""
    cited = _cited(draft)
    taught = _taught(decision, cited) if decision is not None else None
    if decision is None or taught is None:
        return None
    outcome, final = taught
    asked = question(draft)
    return Reviewed(asked, outcome, cited, final, source=_source(draft), customer_ref=draft.conversation.customer_id)


def _taught(decision: Decision, cited: str | None) -> tuple[str, str | None] | None:
    action, outcomes = Decision.Action, ReviewMemory.Outcome
    if decision.action == action.APPROVE and cited:
        return outcomes.APPROVED, cited
    if decision.action == action.EDIT and cited and decision.edit_distance <= OWN_WORDS:
        return outcomes.EDITED, cited
    if decision.action == action.REJECT and decision.article:
        return outcomes.REJECTED, decision.article
    if decision.action == action.REJECT and decision.reason == Decision.Reason.MISSING_FACT:
        return outcomes.REJECTED, None
    return None


def _remember(draft: Draft, lesson: Reviewed | None) -> None:
    base, model = base_of(draft), active_model()
    known = ReviewMemory.objects.filter(base=base, source=_source(draft))
    before = [
        (one.model_id, one.outcome, one.article.external_id if one.article else None) for one in known.select_related("article")
    ]
    if lesson is not None and before == [(model.pk, lesson.outcome, lesson.final)]:
        return
    known.delete()
    if lesson is not None:
        memory.remember(base, [lesson])


def _source(draft: Draft) -> str:
    return f"draft:{draft.pk}"


def _cited(draft: Draft) -> str | None:
    """External id of the first article that the draft cites."""
    pieces = {piece["number"]: piece for piece in draft.evidence}
    return next((pieces[number]["article"] for number in cited_numbers(draft.sentences) if number in pieces), None)


def question(draft: Draft) -> str:
    """What was looked up for this draft, as the search was asked it."""
    said = Message.objects.filter(
        conversation=draft.conversation_id, direction=Message.Direction.IN, pk__lte=draft.in_reply_to_id
    )
    turns = [Turn("customer", text) for text in reversed(said.order_by("-pk").values_list("text", flat=True)[:TURNS])]
    return retrieve.query(Thread(tuple(turns), subject=draft.conversation.subject))
