"""The templates that WhatsApp has approved for an inbox: fetched daily and on demand, and told of by webhooks in between."""

import logging
from typing import Any

from celery import shared_task
from django.db.models.functions import Now

from conversations.connections import connection_of
from conversations.models import Account, Event, Inbox, Template, Transport
from core import audit
from core.context import acting_as
from core.jobs import enqueue, job, settle
from gateways.whatsapp.client import carrier
from gateways.whatsapp.contents import part, parts, words
from gateways.whatsapp.elements import TemplateJudged
from intake.models import DOORMAN

logger = logging.getLogger(__name__)

STATUSES = {
    "APPROVED": Template.Status.APPROVED,
    "REINSTATED": Template.Status.APPROVED,
    "PENDING": Template.Status.PENDING,
    "IN_APPEAL": Template.Status.PENDING,
    "REJECTED": Template.Status.REJECTED,
    "PAUSED": Template.Status.PAUSED,
    "FLAGGED": Template.Status.APPROVED,
    "LIMIT_EXCEEDED": Template.Status.REJECTED,
    "DISABLED": Template.Status.PAUSED,
    "DELETED": Template.Status.GONE,
    "PENDING_DELETION": Template.Status.GONE,
}


@shared_task(name="intake.whatsapp.templates.sync_all", ignore_result=True)
def sync_all() -> None:
    """Ask for the templates of every inbox that is connected."""
    with acting_as(DOORMAN):
        for account in Account.objects.filter(transport=Transport.CLOUD).select_related("inbox"):
            ask(account.inbox)


def ask(inbox: Inbox) -> None:
    """Have the templates of one inbox fetched. Runs in the caller's transaction."""
    enqueue(sync, ref=inbox.pk, scope=inbox.pk)


@job(lane="bulk")
def sync(inbox_id: int) -> None:
    """Make our list of templates the one that WhatsApp has; what is not there any more can be sent no more."""
    with acting_as(DOORMAN):
        inbox = Inbox.objects.get(pk=inbox_id)
        connection = connection_of(inbox)
    found = list(carrier(connection).templates())
    with acting_as(DOORMAN):
        kept = {_keep(inbox, one) for one in found if words(one.get("name")) and words(one.get("language"))}
        stale = Template.objects.filter(inbox=inbox).exclude(pk__in=kept).exclude(status=Template.Status.GONE)
        gone = stale.update(status=Template.Status.GONE, synced_at=Now())
        audit.record(Event.TEMPLATES_SYNCED, inbox, scope=inbox.pk, count=len(kept), gone=gone)
        settle()
    logger.info("templates synced", extra={"facts": {"inbox": inbox_id, "count": len(kept), "gone": gone}})


def judged(inbox: Inbox, news: TemplateJudged) -> None:
    """WhatsApp decided about a template, or its words are others now; what we do not know yet is fetched."""
    status = STATUSES.get(news.verdict)
    rows = Template.objects.filter(inbox=inbox, name=news.name[:512], language=news.language[:12])
    is_known = status is not None and rows.update(status=status, synced_at=Now())
    if not is_known and status != Template.Status.GONE:
        ask(inbox)


def _keep(inbox: Inbox, told: dict[str, Any]) -> int:
    blocks = {words(one.get("type")).upper(): one for one in parts(told, "components")}
    facts = {
        "category": words(told.get("category"))[:20],
        "status": STATUSES.get(words(told.get("status")).upper(), Template.Status.PENDING),
        "header": words(part(blocks, "HEADER").get("text"))[:200],
        "body": words(part(blocks, "BODY").get("text")),
        "footer": words(part(blocks, "FOOTER").get("text"))[:200],
        "components": parts(told, "components"),
        "synced_at": Now(),
    }
    name, language = words(told.get("name"))[:512], words(told.get("language"))[:12]
    made, _ = Template.objects.update_or_create(inbox=inbox, name=name, language=language, defaults=facts)
    return int(made.pk)
