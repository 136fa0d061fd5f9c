"""What happened, by whom, in the transaction in which it happened."""

from typing import Any

from django.db import models

from core.context import current_actor
from core.models import AuditEvent
from core.telemetry import request_id


def record(event: str, subject: models.Model, *, scope: int | None = None, **facts: Any) -> None:
    """Append one audit row about `subject`. `facts` are ids and numbers, never a message's words.

    `scope` is the inbox it belongs to; without it the subject's own `inbox_id` is taken when it has one.
    """
    actor = current_actor()
    AuditEvent.objects.bulk_create(
        [
            AuditEvent(
                event=event,
                subject=subject._meta.label_lower,
                subject_id=subject.pk,
                scope_id=scope if scope is not None else getattr(subject, "inbox_id", None),
                actor_kind=actor.kind,
                actor_id=actor.id,
                actor_name=actor.name,
                request_id=request_id(),
                facts=facts,
            )
        ]
    )
