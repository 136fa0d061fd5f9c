"""What happens by the clock. Each of these may run twice or be skipped once without harm."""

import logging
from datetime import timedelta

from celery import shared_task

from accounts.sessions import SessionStore
from conversations import keeping, presence
from core import jobs, live
from intake.chat import continuing
from intake.gmail import clock as gmail
from intake.mailbox import polling
from knowledge import contradictions, webpages

logger = logging.getLogger(__name__)

LIVE_EVENTS_KEPT = timedelta(days=1)


@shared_task(name="contactcenter.timetable.purge_live_events", ignore_result=True)
def purge_live_events() -> None:
    gone = live.purge(LIVE_EVENTS_KEPT)
    logger.info("live events purged", extra={"facts": {"count": gone}})


@shared_task(name="contactcenter.timetable.continue_by_mail", ignore_result=True)
def continue_by_mail() -> None:
    asked = continuing.ask_for_due()
    if asked:
        logger.info("customers who have left", extra={"facts": {"count": asked}})


@shared_task(name="contactcenter.timetable.clear_sessions", ignore_result=True)
def clear_sessions() -> None:
    SessionStore.clear_expired()


@shared_task(name="contactcenter.timetable.purge_jobs", ignore_result=True)
def purge_jobs() -> None:
    gone = jobs.purge()
    logger.info("finished jobs purged", extra={"facts": {"count": gone}})


@shared_task(name="contactcenter.timetable.forget_idle_texts", ignore_result=True)
def forget_idle_texts() -> None:
    gone = keeping.tidy()
    logger.info("idle texts and files forgotten", extra={"facts": {"count": gone}})


@shared_task(name="contactcenter.timetable.forget_absent", ignore_result=True)
def forget_absent() -> None:
    presence.purge()


@shared_task(name="contactcenter.timetable.read_web_pages", ignore_result=True)
def read_web_pages() -> None:
    asked = webpages.ask_for_due()
    if asked:
        logger.info("web pages to read", extra={"facts": {"count": asked}})


@shared_task(name="contactcenter.timetable.compare_changed_articles", ignore_result=True)
def compare_changed_articles() -> None:
    contradictions.ask_for_changed()


@shared_task(name="contactcenter.timetable.compare_all_articles", ignore_result=True)
def compare_all_articles() -> None:
    asked = contradictions.ask_for_all()
    logger.info("articles to compare", extra={"facts": {"count": asked}})


@shared_task(name="contactcenter.timetable.read_mailboxes", ignore_result=True)
def read_mailboxes() -> None:
    polling.read_all()


@shared_task(name="contactcenter.timetable.read_gmail", ignore_result=True)
def read_gmail() -> None:
    gmail.read_all()


@shared_task(name="contactcenter.timetable.renew_gmail_watches", ignore_result=True)
def renew_gmail_watches() -> None:
    gmail.renew_all()


@shared_task(name="contactcenter.timetable.count_gmail_through", ignore_result=True)
def count_gmail_through() -> None:
    gmail.count_all()
