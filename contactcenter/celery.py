"""The Celery app: makes jobs fast, remembers nothing. What there is to do stands in PostgreSQL (core/jobs.py)."""

import os

from celery import Celery
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "contactcenter.settings")

# Every piece of background work, by the process that it belongs to.
MODULES = [
    "approvals.drafting",
    "approvals.audits",
    "approvals.bulk_work",
    "approvals.changed_question",
    "approvals.drift",
    "approvals.expiry",
    "approvals.gap_answers",
    "approvals.gaps_found",
    "approvals.learning",
    "approvals.mining",
    "approvals.outcomes",
    "approvals.recheck",
    "approvals.refitting",
    "conversations.carriage",
    "conversations.scanning",
    "conversations.distribution",
    "conversations.snoozing",
    "conversations.trials",
    "intake.gmail.clock",
    "intake.gmail.sync",
    "intake.mail.taking_in",
    "intake.mailbox.polling",
    "intake.whatsapp.media",
    "intake.whatsapp.taking_in",
    "intake.whatsapp.templates",
    "intake.chat.continuing",
    "intake.codes",
    "knowledge.contradictions",
    "knowledge.indexing",
    "knowledge.webpages",
    "contactcenter.timetable",
]

app = Celery("contactcenter")
app.config_from_object("contactcenter.celeryconfig")
app.conf.task_queues = [Queue(lane) for lane in ("ingest", "send", "draft", "bulk")]
app.conf.imports = MODULES
# By name: only a worker needs it.
app.steps["worker"].add("contactcenter.hearing:Hearing")
