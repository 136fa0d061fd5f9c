"""What shows afterwards that an automatic reply was wrong: the customer comes back on the same topic, complains, or rates it badly."""

from datetime import timedelta

from django.db.models import QuerySet

from approvals import learning, topics
from approvals.labels import Worth
from approvals.models import Audit, Draft, Label
from core.context import acting_as
from core.jobs import enqueue, job, settle

WITHIN = timedelta(hours=72)
# The code of the rule that hears a complaint (replies.matters).
COMPLAINT = "complaint"


def label_outcome(draft: Draft, source: Label.Source) -> Label | None:
    """An automatic reply turned out to be wrong. None when a person had approved it: then that judgement stands. Runs as the system."""
    if draft.verdict != "send" or draft.state != Draft.State.SENT:
        return None
    return learning.keep(draft, source, *_counted(draft))


def note_follow_up(draft: Draft) -> None:
    """In the transaction that writes a draft's outcome: have the automatic replies before it looked at, if there are any."""
    if _automatic_before(draft).exists():
        enqueue(look_back, ref=draft.pk, scope=draft.inbox_id, key=f"look-back:{draft.pk}")


@job(lane="bulk")
def look_back(draft_id: int) -> None:
    """The customer wrote again: an automatic reply of the last 72 hours about the same topic, or complained of, was none."""
    with acting_as(learning.LEARNER):
        draft = Draft.objects.select_related("in_reply_to").get(pk=draft_id)
        complains = any(rule.get("code") == COMPLAINT for rule in draft.rules)
        topic = topics.of_draft(draft)
        for before in _automatic_before(draft):
            if complains or (topic and topic == topics.of_draft(before)):
                label_outcome(before, Label.Source.REOPEN)
        settle()


def _counted(draft: Draft) -> tuple[Worth, bool]:
    """Only bad outcomes are ever heard of. So one counts as a claim only if the reply was drawn for an audit, whatever became of it:
    then it stands for as many as the audit does, and the good ones beside it are counted too.
    """
    chance = Audit.objects.filter(draft=draft).values_list("chance", flat=True).first()
    return Worth(0.0, 1.0 / (chance or 1.0)), chance is not None


def _automatic_before(draft: Draft) -> QuerySet[Draft]:
    since = draft.in_reply_to.created_at - WITHIN
    rows = Draft.objects.filter(conversation=draft.conversation_id, pk__lt=draft.pk, verdict="send", state=Draft.State.SENT)
    return rows.filter(message__published_at__gte=since, message__reviewed_by=None).select_related("inbox")
