"""Rows with known moments, for figures that can be reckoned by hand."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from conversations.models import Conversation, Inbox, Message
from tests.cast import Cast, conversation
from tests.house.world import owner_sql


def ago(**span: float) -> datetime:
    return timezone.now() - timedelta(**span)


def matter(cast: Cast, inbox: Inbox, *, began: datetime, due: datetime | None = None, state: str = "open") -> Conversation:
    """A conversation that began then with one message of its customer; with `due` the customer still waits."""
    customer = cast.cara if inbox.pk == cast.orders.pk else cast.dan
    made, message = conversation(inbox, customer)
    owner_sql(
        "UPDATE conversations_conversation SET created_at = %s, due_at = %s, state = %s, version = version + 1 WHERE id = %s",
        began, due, state, made.pk,
    )  # fmt: skip
    owner_sql("UPDATE conversations_message SET created_at = %s, published_at = %s WHERE id = %s", began, began, message.pk)
    return made


def inbound(made: Conversation, *, at: datetime) -> int:
    return _message(made, "in", "customer", at, published=at)


def answered(made: Conversation, *, at: datetime | None, by: User | None = None, reviewed_by: User | None = None) -> int:
    """An answer published at `at`, or not yet with None: of a person, of the AI under a reviewer, or of the AI itself."""
    author = "agent" if by else "assistant"
    more = {"sender_id": by.pk if by else None, "reviewed_by_id": reviewed_by.pk if reviewed_by else None}
    return _message(made, "out", author, at or timezone.now(), published=at, confidence=None if by else 0.93, **more)


def _message(made: Conversation, direction: str, author: str, at: datetime, *, published: datetime | None, **more: Any) -> int:
    row = Message(
        conversation_id=made.pk, inbox_id=made.inbox_id, customer_id=made.customer_id, direction=direction, author=author,
        text="words", published_at=published, **more,
    )  # fmt: skip
    row.save(using="owner")
    owner_sql("UPDATE conversations_message SET created_at = %s WHERE id = %s", at, row.pk)
    return int(row.pk)


def delivery(message: int, inbox: Inbox, state: str, *, changed: datetime) -> None:
    """A delivery that has got as far as `state`; the steps between are the database's own and are left out here."""
    owner_sql(
        "INSERT INTO conversations_delivery (message_id, inbox_id, body_sha256, provider_id, reason, send_key)"
        " VALUES (%s, %s, repeat('a', 64), '', '', gen_random_uuid())", message, inbox.pk,
    )  # fmt: skip
    for step in {"failed": ["failed"], "held": ["sending", "unknown", "held"]}[state]:
        owner_sql(
            "UPDATE conversations_delivery SET state = %s, version = version + 1, changed_at = %s WHERE message_id = %s",
            step, changed, message,
        )  # fmt: skip


def draft(made: Conversation, *, waiting_since: datetime | None) -> int:
    """A draft for the newest message of its customer; in review since then, or decided with None."""
    [(message,)] = owner_sql(
        "SELECT max(id) FROM conversations_message WHERE conversation_id = %s AND direction = 'in'", made.pk
    )
    [(pk,)] = owner_sql(
        """INSERT INTO approvals_draft (conversation_id, inbox_id, in_reply_to_id, sentences, threshold, reasons, rules, checks,
             evidence, articles, language, sentiment, answer_model, calibration, prompt, policy, deadline)
           VALUES (%s, %s, %s, '[]', 0.8, '[]', '[]', '[]', '[]', '[]', '', '', '', '', '', '', now()) RETURNING id""",
        made.pk, made.inbox_id, message,
    )  # fmt: skip
    for state in ["in_review"] if waiting_since else ["in_review", "rejected"]:
        owner_sql(
            "UPDATE approvals_draft SET state = %s, version = version + 1, changed_at = %s WHERE id = %s",
            state, waiting_since or timezone.now(), pk,
        )  # fmt: skip
    return int(pk)


def decided(made: Conversation, pk: int, action: str, by: User, *, at: datetime | None = None) -> None:
    owner_sql(
        "INSERT INTO approvals_decision (draft_id, conversation_id, inbox_id, action, by_id, reason, comment, edit_distance,"
        " draft_version, request_key, created_at) VALUES (%s, %s, %s, %s, %s, '', '', 0, 1, gen_random_uuid(), %s)",
        pk, made.pk, made.inbox_id, action, by.pk, at or timezone.now(),
    )  # fmt: skip


def job(inbox: Inbox | None, lane: str, *, due: datetime, state: str = "ready", attempts: int = 0) -> int:
    [(pk,)] = owner_sql(
        "INSERT INTO core_job (kind, ref, lane, rank, scope_id, state, run_at, attempts)"
        " VALUES ('some.job', 1, %s, 3, %s, %s, %s, %s) RETURNING id",
        lane, inbox.pk if inbox else None, state, due, attempts,
    )  # fmt: skip
    return int(pk)


def dead_letter(inbox: Inbox, *, at: datetime, state: str = "open") -> None:
    pk = job(inbox, "draft", due=at, state="dead", attempts=5)
    owner_sql(
        "INSERT INTO core_deadletter (job_id, scope_id, kind, ref, error_class, error, attempts, state, created_at)"
        " VALUES (%s, %s, 'some.job', 1, 'Error', '', 5, %s, %s)", pk, inbox.pk, state, at,
    )  # fmt: skip
