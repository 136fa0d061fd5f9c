"""An article changed: every draft that waits and rests on it is written anew. It stays with its reviewer, whatever comes out.

Knowledge knows nothing of drafts, so the look goes from here: the timetable asks every few seconds which articles changed lately
and which waiting drafts read an older version. Where no article changed that costs one index look.
"""

import logging
from datetime import timedelta

from celery import shared_task
from django.db.models import F, Q
from django.utils import timezone

from approvals import standing
from approvals.drafting import ASSISTANT, DRAFT_SECONDS, Opened, facts_of, judged, think
from approvals.models import Draft, DraftSource, Event
from approvals.snapshots import snapshot
from approvals.sources import changed_sources, keep_sources
from conversations.models import Conversation
from core import audit
from core.context import acting_as
from core.jobs import enqueue, job, settle
from core.words import gettext_noop
from knowledge.models import Article
from replies.types import Reply

logger = logging.getLogger(__name__)

LATELY = timedelta(hours=1)
AT_ONCE = 200
CHANGED = {"code": "article_changed", "label": gettext_noop("An article changed, so this was written anew")}
UNWRITTEN = {"code": "article_changed", "label": gettext_noop("An article it rests on changed since")}


@shared_task(name="approvals.recheck.recheck_drafts", ignore_result=True)
def recheck_drafts() -> None:
    """Ask for a new look at waiting drafts whose articles changed within the last hour."""
    ask_again(timezone.now() - LATELY)


@shared_task(name="approvals.recheck.recheck_all_drafts", ignore_result=True)
def recheck_all_drafts() -> None:
    """The same whenever the article changed: what an outage let pass."""
    ask_again(None)


def ask_again(since: object) -> int:
    """Enqueue a job for each waiting draft with an older article under it; returns how many were found."""
    with acting_as(ASSISTANT):
        rows = DraftSource.objects.filter(draft__state=Draft.State.IN_REVIEW)
        if since is not None:
            lately = Article.objects.filter(updated_at__gte=since).values("pk")
            rows = rows.filter(article__in=lately)
        gone = ~Q(article__state=Article.State.PUBLISHED) | ~Q(article__audience="public")
        rows = rows.filter(Q(article__version__gt=F("version")) | gone)
        found = list(rows.values_list("draft_id", "inbox_id", "article__version")[:AT_ONCE])
        for draft, inbox, version in found:
            enqueue(recheck_draft, ref=draft, scope=inbox, key=f"recheck:{draft}:{version}")
    return len({draft for draft, _, _ in found})


@job(lane="draft")
def recheck_draft(draft_id: int) -> None:
    """Think again about one waiting draft. While that lasts nobody can decide it; what was decided before stands."""
    with acting_as(ASSISTANT):
        draft = _begin(draft_id)
        if draft is None:
            settle()
            return
        opened = Opened(
            draft.pk, draft.conversation.customer_id, draft.inbox.knowledge_base_id,
            snapshot(draft.conversation, draft.in_reply_to),
        )  # fmt: skip
    try:
        reply = think(opened)
    except Exception:  # Whatever goes wrong in thinking, the old words stay, marked.
        logger.exception("rechecking failed", extra={"facts": {"draft": draft_id}})
        reply = None
    with acting_as(ASSISTANT):
        Conversation.objects.select_for_update().get(pk=draft.conversation_id)
        _finish(draft, reply)
        settle()


def _begin(draft_id: int) -> Draft | None:
    """The draft, taken from the reviewers' stack. None when it was decided, or nothing under it changed.

    One that is found composing was taken before by a worker that died.
    """
    rows = Draft.objects.select_related("conversation__inbox", "inbox", "in_reply_to").filter(pk=draft_id)
    draft = rows.filter(state__in=(Draft.State.IN_REVIEW, Draft.State.COMPOSING)).first()
    changed = changed_sources(draft) if draft else []
    if draft is None or not changed:
        return None
    again = {"outdated": changed, "deadline": timezone.now() + timedelta(seconds=DRAFT_SECONDS)}
    Draft.objects.claim(draft.pk, from_state=Draft.State.IN_REVIEW, to_state=Draft.State.COMPOSING, **again)
    draft.refresh_from_db()
    if draft.state != Draft.State.COMPOSING:
        return None
    standing.show(draft, standing.COMPOSING)
    return draft


def _finish(draft: Draft, reply: Reply | None) -> None:
    changed = list(draft.outdated)
    facts = _anew(draft, reply) if reply else {"rules": [UNWRITTEN, *draft.rules]}
    if not Draft.objects.claim(draft.pk, from_state=Draft.State.COMPOSING, to_state=Draft.State.IN_REVIEW, **facts):
        return  # A newer message or a person's answer overtook it.
    draft.refresh_from_db()
    if reply:
        keep_sources(draft)
    audit.record(Event.DRAFT_RECHECKED, draft, articles=changed)
    standing.show(draft, *standing.of_review(draft))


def _anew(draft: Draft, reply: Reply) -> dict[str, object]:
    inbox = draft.conversation.inbox
    facts = facts_of(reply, judged(reply, inbox, inbox.knowledge_base_id))
    return facts | {"rules": [CHANGED, *facts["rules"]], "outdated": []}
