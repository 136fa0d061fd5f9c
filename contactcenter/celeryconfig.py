"""How Celery runs: acknowledges early and keeps no results, because PostgreSQL issues lost work again."""

from celery.schedules import crontab
from django.conf import settings

broker_url = (
    settings.REDIS_URL
    if not settings.REDIS_URL.startswith("unix:")
    else settings.REDIS_URL.replace("unix:", "redis+socket:", 1)
)
broker_connection_retry_on_startup = True
# A hung Redis must let go within seconds; the sweep of unacknowledged messages is idle work for us.
broker_transport_options = {
    "visibility_timeout": 600,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,
}
task_acks_late = False
task_ignore_result = True
task_serializer = "json"
accept_content = ["json"]
task_default_queue = "bulk"
task_publish_retry = False
worker_prefetch_multiplier = 1
worker_hijack_root_logger = False
worker_redirect_stdouts = False
worker_soft_shutdown_timeout = 20
worker_send_task_events = False
worker_enable_remote_control = False
enable_utc = True
timezone = "UTC"

# Each entry asks for one job; the pump does the sweeping, so nothing here is needed for a message to be answered.
beat_schedule = {
    "hold late drafts": {"task": "approvals.expiry.expire_drafts", "schedule": 5.0},
    "look at drafts whose articles changed": {"task": "approvals.recheck.recheck_drafts", "schedule": 10.0},
    "look at all waiting drafts": {"task": "approvals.recheck.recheck_all_drafts", "schedule": 3600.0},
    "count what changed articles still prove": {"task": "approvals.learning.forget_changed", "schedule": 60.0},
    "fit calibrators to new decisions": {"task": "approvals.refitting.refit_all", "schedule": 21_600.0},
    "watch what is claimed": {"task": "approvals.drift.watch_all", "schedule": 21_600.0},
    "read web pages again": {"task": "contactcenter.timetable.read_web_pages", "schedule": 60.0},
    "compare articles that changed": {"task": "contactcenter.timetable.compare_changed_articles", "schedule": 60.0},
    "compare all articles": {
        "task": "contactcenter.timetable.compare_all_articles",
        "schedule": crontab(hour="2", minute="17"),
    },
    "fetch WhatsApp templates": {"task": "intake.whatsapp.templates.sync_all", "schedule": crontab(hour="3", minute="41")},
    # A push tells at once; this is what counts when none comes.
    "read mailboxes": {"task": "contactcenter.timetable.read_mailboxes", "schedule": 30.0},
    "read Gmail": {"task": "contactcenter.timetable.read_gmail", "schedule": 60.0},
    "have Gmail tell of changes": {"task": "contactcenter.timetable.renew_gmail_watches", "schedule": 3600.0},
    "count Gmail through": {"task": "contactcenter.timetable.count_gmail_through", "schedule": crontab(minute="23")},
    "mail what was not read on the web": {"task": "contactcenter.timetable.continue_by_mail", "schedule": 30.0},
    "ask gaps again": {"task": "approvals.gap_answers.ask_gaps_again", "schedule": 900.0},
    "purge finished jobs": {"task": "contactcenter.timetable.purge_jobs", "schedule": 600.0},
    "purge live events": {"task": "contactcenter.timetable.purge_live_events", "schedule": 600.0},
    "forget idle texts": {"task": "contactcenter.timetable.forget_idle_texts", "schedule": 3600.0},
    "forget who is no longer there": {"task": "contactcenter.timetable.forget_absent", "schedule": 20.0},
    "clear old sessions": {"task": "contactcenter.timetable.clear_sessions", "schedule": 3600.0},
}
