"""What must always hold, as SQL: every query gives the rows that break it, so a healthy house gives none.

Numbers follow docs/operations.md. Run after the queues are empty for the ones that speak of work still to do.
"""

from dataclasses import dataclass

from django.db import connection

from core.context import Actor, acting_as

CHECKER = Actor.system("invariants")


@dataclass(frozen=True)
class Invariant:
    code: str
    promise: str
    sql: str


INVARIANTS = (
    Invariant(
        "INV-02",
        "every accepted receipt has exactly one customer message",
        """SELECT r.id FROM intake_receipt r LEFT JOIN conversations_message m ON m.id = r.message_id AND m.direction = 'in'
            WHERE r.state = 'accepted' AND m.id IS NULL""",
    ),
    Invariant(
        "INV-03",
        "every customer message that came through a door has its draft, or a job or a dead letter for one, or only said thanks",
        """SELECT m.id FROM conversations_message m JOIN intake_receipt r ON r.message_id = m.id
            WHERE NOT EXISTS (SELECT 1 FROM approvals_draft d WHERE d.in_reply_to_id = m.id)
              AND NOT EXISTS (SELECT 1 FROM core_job j WHERE j.kind = 'approvals.drafting.draft_reply' AND j.ref = m.id
                               AND j.state IN ('ready', 'leased', 'dead'))
              AND NOT EXISTS (SELECT 1 FROM core_auditevent a WHERE a.event = 'conversation.left_closed'
                               AND a.subject = 'conversations.conversation' AND a.subject_id = m.conversation_id
                               AND (a.facts ->> 'message')::bigint = m.id)""",
    ),
    Invariant(
        "INV-04",
        "no message was accepted twice by its channel",
        """SELECT delivery_id FROM conversations_deliveryattempt WHERE state = 'accepted' GROUP BY 1 HAVING count(*) > 1""",
    ),
    Invariant(
        "INV-05",
        "sent means an accepted attempt with a provider id and the same words",
        """SELECT d.id FROM conversations_delivery d
             LEFT JOIN conversations_deliveryattempt a ON a.delivery_id = d.id AND a.state = 'accepted'
             JOIN conversations_message m ON m.id = d.message_id
            WHERE (d.state IN ('sent', 'delivered', 'read') AND a.id IS NULL)
               OR (d.state IN ('pending', 'sending', 'recalled', 'unknown', 'held', 'failed') AND a.id IS NOT NULL)
               OR (a.id IS NOT NULL AND (a.body_sha256 <> d.body_sha256
                   OR d.body_sha256 <> encode(sha256(convert_to(m.text, 'UTF8')), 'hex')))""",
    ),
    Invariant(
        "INV-06",
        "no reply of the assistant without its licence",
        """SELECT m.id FROM conversations_message m LEFT JOIN approvals_draft d ON d.message_id = m.id
            WHERE m.author = 'assistant' AND m.reviewed_by_id IS NULL
              AND NOT (m.confidence IS NOT NULL AND m.confidence > 0.80 AND m.confidence <= 1
                       AND coalesce(m.confidence > d.threshold, true))""",
    ),
    Invariant(
        "INV-07a",
        "a state is the last step written down, and its version is theirs",
        """SELECT x.subject, x.id FROM (
              SELECT 'approvals.draft' AS subject, id, state, version FROM approvals_draft
              UNION ALL SELECT 'conversations.delivery', id, state, version FROM conversations_delivery
              UNION ALL SELECT 'conversations.conversation', id, state, version FROM conversations_conversation) x
            WHERE (SELECT (e.to_state, e.version) FROM core_stateevent e WHERE e.subject = x.subject AND e.subject_id = x.id
                    ORDER BY e.version DESC LIMIT 1) IS DISTINCT FROM (x.state, x.version)""",
    ),
    Invariant(
        "INV-07b",
        "every step written down is a legal one",
        """SELECT e.id FROM core_stateevent e LEFT JOIN core_legalstep s
               ON (s.subject, s.from_state, s.to_state) = (e.subject, e.from_state, e.to_state) WHERE s.id IS NULL""",
    ),
    Invariant(
        "INV-07c",
        "no step is missing from the record",
        "SELECT subject, subject_id FROM core_stateevent GROUP BY 1, 2 HAVING count(*) <> max(version)",
    ),
    Invariant(
        "INV-09",
        "no lease is older than twice its length",
        "SELECT id FROM core_job WHERE state = 'leased' AND lease_until < now() - interval '60 seconds'",
    ),
    Invariant(
        "INV-10",
        "whatever waits to be sent has a job that will send it",
        """SELECT d.id FROM conversations_delivery d WHERE d.state IN ('pending', 'sending', 'unknown')
              AND NOT EXISTS (SELECT 1 FROM core_job j WHERE j.ref = d.id AND j.state IN ('ready', 'leased', 'dead')
                               AND j.kind IN ('conversations.carriage.deliver', 'conversations.carriage.reconcile'))""",
    ),
    Invariant(
        "INV-11",
        "a conversation has at most one draft waiting to be decided",
        """SELECT conversation_id FROM approvals_draft WHERE state IN ('composing', 'in_review') GROUP BY 1 HAVING count(*) > 1""",
    ),
    Invariant(
        "INV-12",
        "no reply of the assistant went out after a newer message that it did not see",
        """SELECT d.id FROM conversations_delivery d JOIN conversations_message m ON m.id = d.message_id
            WHERE m.author = 'assistant' AND m.reviewed_by_id IS NULL AND d.based_on_id IS NOT NULL
              AND EXISTS (SELECT 1 FROM conversations_deliveryattempt a JOIN conversations_message n
                             ON n.conversation_id = m.conversation_id AND n.direction = 'in' AND n.id > d.based_on_id
                           WHERE a.delivery_id = d.id AND a.state = 'accepted' AND n.created_at < a.started_at)""",
    ),
    Invariant(
        "INV-13",
        "every decision is audited under the name of the person who made it",
        """SELECT x.id FROM approvals_decision x WHERE NOT EXISTS (
              SELECT 1 FROM core_auditevent e WHERE e.subject = 'approvals.draft' AND e.subject_id = x.draft_id
                 AND e.actor_id = x.by_id AND e.actor_kind IN ('agent', 'supervisor'))""",
    ),
    Invariant(
        "INV-15",
        "every dead letter keeps the job that it speaks of",
        "SELECT d.id FROM core_deadletter d LEFT JOIN core_job j ON j.id = d.job_id WHERE j.id IS NULL",
    ),
    Invariant(
        "INV-18",
        "no reply that went out by itself rests on an article that customers may not read",
        """SELECT d.id FROM approvals_draft d JOIN conversations_message m ON m.id = d.message_id
             JOIN approvals_draftsource s ON s.draft_id = d.id
             JOIN knowledge_articleversion v ON v.article_id = s.article_id AND v.version = s.version
            WHERE m.reviewed_by_id IS NULL AND (v.audience <> 'public' OR v.state <> 'published')""",
    ),
    Invariant(
        "INV-19",
        "every article's newest version is kept as it is",
        """SELECT a.id FROM knowledge_article a LEFT JOIN knowledge_articleversion v ON v.article_id = a.id AND v.version = a.version
            WHERE (v.title, v.body, v.audience, v.state) IS DISTINCT FROM (a.title, a.body, a.audience, a.state)""",
    ),
    Invariant(
        "INV-21",
        "what a channel reported never moves backwards, and what came back goes out only when a person sends it again",
        """SELECT e.id FROM core_stateevent e WHERE e.subject = 'conversations.delivery'
              AND ((e.from_state = 'read') OR (e.from_state = 'delivered' AND e.to_state NOT IN ('read', 'failed'))
                   OR (e.from_state = 'sent' AND e.to_state NOT IN ('delivered', 'read', 'failed'))
                   OR (e.from_state = 'failed' AND e.to_state <> 'pending'))""",
    ),
    Invariant(
        "INV-20",
        "every table that anybody may touch is under forced row security",
        """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
              AND EXISTS (SELECT 1 FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner)""",
    ),
)


def broken() -> dict[str, list[list[object]]]:
    """The rows that break each invariant, at most 20 each, by code; empty lists when all is well."""
    with acting_as(CHECKER, read_only=True), connection.cursor() as cursor:
        found = {}
        for invariant in INVARIANTS:
            cursor.execute(f"SELECT * FROM ({invariant.sql}) AS rows_that_break_it LIMIT 20")  # noqa: S608  our own text, above
            found[invariant.code] = [list(row) for row in cursor.fetchall()]
        return found
