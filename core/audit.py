"""What happened, by whom, in the transaction in which it happened."""

import json
from typing import Any

from django.db import connection, models

from core.context import current_actor
from core.telemetry import request_id

# Written without reading it back: whoever does something leaves a record, also where he may not see the record himself.
APPEND = """
INSERT INTO core_auditevent (event, subject, subject_id, scope_id, actor_kind, actor_id, actor_name, request_id, facts)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def record(event: str, subject: models.Model, *, scope: int | None = None, **facts: Any) -> None:
    """Append one audit row about `subject`. `facts` are ids and numbers, never a message's words.

    `scope` is the inbox it belongs to; without it the subject's own `inbox_id` is taken when it has one.
    """
    actor = current_actor()
    scope = scope if scope is not None else getattr(subject, "inbox_id", None)
    about = (event, subject._meta.label_lower, subject.pk, scope)
    by = (actor.kind, actor.id, actor.name, request_id())
    with connection.cursor() as cursor:
        cursor.execute(APPEND, [*about, *by, json.dumps(facts)])
