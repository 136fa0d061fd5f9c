"""Drafts whose writer never came back go to a person."""

from celery import shared_task
from django.utils import timezone

from approvals.drafting import ASSISTANT, hold_late
from approvals.models import Draft
from core.context import acting_as


@shared_task(name="approvals.expiry.expire_drafts", ignore_result=True)
def expire_drafts() -> None:
    """Hold every draft still composing after its deadline. Runs every few seconds by the timetable."""
    with acting_as(ASSISTANT):
        late = Draft.objects.select_related("conversation").filter(state=Draft.State.COMPOSING, deadline__lt=timezone.now())
        for draft in late[:100]:
            hold_late(draft)
