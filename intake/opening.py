"""When people of an inbox answer, as its customers are told."""

import logging
from datetime import datetime

from conversations.business_hours import Hours
from conversations.hours_in_words import Said, said
from conversations.models import Inbox

logger = logging.getLogger(__name__)


def opening(inbox: Inbox, at: datetime) -> Said | None:
    """What is said about hours; None where the inbox has none, and where they were kept in a way that nobody can read."""
    kept = inbox.business_hours
    if kept is None:
        return None
    try:
        return said(Hours.of(kept), at)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        logger.warning("business hours unreadable", extra={"facts": {"hours": kept.pk, "error": type(error).__name__}})
        return None
