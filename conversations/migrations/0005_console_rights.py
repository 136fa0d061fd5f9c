"""Who may see and change what the console adds: views, notes, files, mentions, presence, bulk actions, ratings, splits."""

from django.db import migrations

from core.rls import RowSecurity

HONEST_KEYS = r"""
ALTER TABLE conversations_message ADD CONSTRAINT message_conversation_key UNIQUE (id, conversation_id);
ALTER TABLE conversations_attachment ADD CONSTRAINT attachment_scope FOREIGN KEY (conversation_id, inbox_id)
  REFERENCES conversations_conversation (id, inbox_id) DEFERRABLE INITIALLY DEFERRED;
-- What hangs on a message follows it when it is split off into another conversation.
ALTER TABLE conversations_attachment ADD CONSTRAINT attachment_of_message FOREIGN KEY (message_id, conversation_id)
  REFERENCES conversations_message (id, conversation_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE conversations_mention ADD CONSTRAINT mention_scope FOREIGN KEY (conversation_id, inbox_id)
  REFERENCES conversations_conversation (id, inbox_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE conversations_mention ADD CONSTRAINT mention_of_message FOREIGN KEY (message_id, conversation_id)
  REFERENCES conversations_message (id, conversation_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE conversations_conversationtag ADD CONSTRAINT tagged_scope FOREIGN KEY (conversation_id, inbox_id)
  REFERENCES conversations_conversation (id, inbox_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE conversations_follower ADD CONSTRAINT follower_scope FOREIGN KEY (conversation_id, inbox_id)
  REFERENCES conversations_conversation (id, inbox_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE conversations_presence ADD CONSTRAINT presence_scope FOREIGN KEY (conversation_id, inbox_id)
  REFERENCES conversations_conversation (id, inbox_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE conversations_bulkitem ADD CONSTRAINT bulk_item_scope FOREIGN KEY (conversation_id, inbox_id)
  REFERENCES conversations_conversation (id, inbox_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE conversations_split ADD CONSTRAINT split_scope FOREIGN KEY (source_id, inbox_id)
  REFERENCES conversations_conversation (id, inbox_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE conversations_split ADD CONSTRAINT split_target_scope FOREIGN KEY (target_id, inbox_id)
  REFERENCES conversations_conversation (id, inbox_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE conversations_rating ADD CONSTRAINT rating_scope FOREIGN KEY (conversation_id, inbox_id, customer_id)
  REFERENCES conversations_conversation (id, inbox_id, customer_id) DEFERRABLE INITIALLY DEFERRED;
"""

LEGAL_STEPS = r"""
INSERT INTO core_legalstep (subject, from_state, to_state) VALUES
  ('conversations.conversation', 'open', 'snoozed'), ('conversations.conversation', 'waiting', 'snoozed'),
  ('conversations.conversation', 'snoozed', 'open'), ('conversations.conversation', 'snoozed', 'resolved'),
  ('conversations.delivery', 'failed', 'pending');
"""
UNDO_LEGAL_STEPS = r"""
DELETE FROM core_legalstep WHERE 'snoozed' IN (from_state, to_state);
DELETE FROM core_legalstep WHERE subject = 'conversations.delivery' AND from_state = 'failed' AND to_state = 'pending';
"""

MINE = "inbox_id = ANY ({scope})"
CUSTOMER_MINE = (
    "EXISTS (SELECT 1 FROM conversations_conversation c WHERE c.customer_id = {column} AND c.inbox_id = ANY ({scope}))"
)
CUSTOMER_SEEN = CUSTOMER_MINE.replace("{column}", "conversations_customer.id")
NOTE_SEEN = CUSTOMER_MINE.replace("{column}", "conversations_customernote.customer_id")
DIFFERENT_SEEN = CUSTOMER_MINE.replace("{column}", "conversations_notthesame.customer_id")
EVERY_VERB = {"select": "{valid}", "insert": "{valid}", "update": "{valid}", "delete": "{valid}"}
SYSTEM = {"select": "{valid}", "insert": "{valid}", "update": "{valid}"}
READ = {"select": "{valid}"}
BY_ME = f"by_id = {{me}} AND {MINE}"
OWN = f"user_id = {{me}} AND {MINE}"

CONVERSATION_COLUMNS = [
    "state", "version", "changed_at", "assignee_id", "assistant_paused", "needs_person", "priority", "due_at", "subject",
    "preview", "last_message_at", "draft_state", "draft_percent", "draft_label",
    "team_id", "ownership", "attributes", "snoozed_until", "snooze_reason", "resolved_at", "merged_into_id",
]  # fmt: skip
CUSTOMER_COLUMNS = ["name", "language", "place", "attributes", "merged_into_id"]
INBOX_COLUMNS = [
    "auto_send", "threshold", "undo_seconds", "first_reply_minutes", "review_minutes", "reopen_days", "distribution",
]  # fmt: skip
WRITTEN_BY_ME = (
    f"{MINE} AND published_at IS NULL AND ((author = 'agent' AND sender_id = {{me}} AND reviewed_by_id IS NULL)"
    " OR (author = 'assistant' AND direction = 'out' AND reviewed_by_id = {me}))"
)
COMPOSER = {
    "select": OWN, "insert": OWN, "update": (OWN, ["text", "caret", "recipients", "changed_at"]), "delete": OWN,
}  # fmt: skip
# A file not yet sent is its writer's own.
FILES = {
    "select": f"{MINE} AND (message_id IS NOT NULL OR by_id = {{me}})",
    "insert": f"{BY_ME} AND message_id IS NULL",
    "update": (BY_ME, ["message_id", "mode"]),
    "delete": f"{BY_ME} AND message_id IS NULL",
}
MENTIONS = {"select": MINE, "insert": BY_ME, "update": (OWN, ["seen_at"])}
FOLLOWERS = {"select": MINE, "insert": MINE, "delete": OWN}
PRESENCES = {"select": MINE, "insert": OWN, "update": (OWN, ["doing", "seen_at"]), "delete": OWN}
TAGGED = {"select": MINE, "insert": MINE, "delete": MINE}
MY_TEAMS = "team_id IN (SELECT m.team_id FROM accounts_membership m WHERE m.user_id = {me})"
MY_OWN = "scope = 'personal' AND owner_id = {me}"
SHARED_SEEN = f"{{valid}} AND (scope = 'global' OR owner_id = {{me}} OR {MY_TEAMS})"


def shared(columns: list[str]) -> dict[str, dict[str, object]]:
    """Agents keep their own, supervisors also their teams' and everybody's, admins all but what is somebody's own."""
    admin = "scope <> 'personal' AND {valid}"
    return {
        "agent": {"select": SHARED_SEEN, "insert": MY_OWN, "update": (MY_OWN, columns), "delete": MY_OWN},
        "supervisor": {"select": SHARED_SEEN, "insert": SHARED_SEEN, "update": (SHARED_SEEN, columns), "delete": SHARED_SEEN},
        "admin": {"select": admin, "insert": admin, "update": (admin, columns), "delete": admin},
        "system": EVERY_VERB,
    }


def staff(rules: dict[str, object], **others: dict[str, object]) -> dict[str, dict[str, object]]:
    return {"agent": rules, "supervisor": rules, **others}


class Migration(migrations.Migration):
    dependencies = [("conversations", "0004_console"), ("accounts", "0004_availability")]
    operations = [
        migrations.RunSQL(HONEST_KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(LEGAL_STEPS, UNDO_LEGAL_STEPS),
        RowSecurity(
            "conversations_inbox",
            {
                "customer": {
                    "select": "id IN (SELECT c.inbox_id FROM conversations_conversation c WHERE c.customer_id = {me})"
                },
                "agent": {"select": "id = ANY ({scope})"},
                "supervisor": {"select": "id = ANY ({scope})", "update": ("id = ANY ({scope})", INBOX_COLUMNS)},
                "admin": EVERY_VERB,
                "system": READ,
            },
        ),
        RowSecurity(
            "conversations_customer",
            staff(
                {"select": CUSTOMER_SEEN, "update": (CUSTOMER_SEEN, CUSTOMER_COLUMNS)},
                customer={"select": "id = {me}"},
                system=EVERY_VERB,
            ),
        ),
        RowSecurity(
            "conversations_conversation",
            staff(
                {"select": MINE, "update": (MINE, CONVERSATION_COLUMNS)},
                customer={"select": "customer_id = {me}"},
                system=SYSTEM,
            ),
        ),
        RowSecurity(
            "conversations_message",
            staff(
                {"select": MINE, "insert": WRITTEN_BY_ME},
                customer={"select": "customer_id = {me} AND direction <> 'note' AND published_at IS NOT NULL"},
                system={
                    "select": "{valid}",
                    "insert": "{valid} AND author IN ('customer', 'assistant') AND reviewed_by_id IS NULL",
                    "update": ("{valid}", ["published_at", "provider_id", "language", "conversation_id"]),
                },
            ),
        ),
        RowSecurity("conversations_composertext", staff(COMPOSER, system={"select": "{valid}", "delete": "{valid}"})),
        RowSecurity(
            "conversations_customernote",
            staff({"select": NOTE_SEEN, "insert": f"{NOTE_SEEN} AND by_id = {{me}}"}, system=EVERY_VERB),
        ),
        RowSecurity(
            "conversations_notthesame",
            staff({"select": DIFFERENT_SEEN, "insert": f"{DIFFERENT_SEEN} AND by_id = {{me}}"}, system=EVERY_VERB),
        ),
        RowSecurity("conversations_split", staff({"select": MINE}, system=EVERY_VERB)),
        RowSecurity(
            "conversations_rating",
            staff(
                {"select": MINE},
                customer={
                    "select": "customer_id = {me}",
                    "insert": "customer_id = {me}",
                    "update": ("customer_id = {me}", ["score", "comment", "changed_at"]),
                },
                system=EVERY_VERB,
            ),
        ),
        RowSecurity("conversations_attachment", staff(FILES, system=EVERY_VERB)),
        RowSecurity("conversations_mention", staff(MENTIONS, system=EVERY_VERB)),
        RowSecurity("conversations_follower", staff(FOLLOWERS, system=EVERY_VERB)),
        RowSecurity("conversations_presence", staff(PRESENCES, system=EVERY_VERB)),
        RowSecurity(
            "conversations_tag",
            {"agent": READ, "supervisor": EVERY_VERB, "admin": EVERY_VERB, "system": READ},
        ),
        RowSecurity("conversations_conversationtag", staff(TAGGED, system=EVERY_VERB)),
        RowSecurity("conversations_attributetype", {"agent": READ, "supervisor": READ, "admin": EVERY_VERB, "system": READ}),
        RowSecurity("conversations_savedview", shared(["name", "query", "position", "changed_at"])),
        RowSecurity(
            "conversations_cannedreply",
            shared(["name", "shortcut", "texts", "actions", "changed_at"]),
        ),
        RowSecurity(
            "conversations_bulkrun",
            staff(
                {
                    "select": "by_id = {me}",
                    "insert": "by_id = {me}",
                    "update": ("by_id = {me}", ["state", "total", "done", "skipped", "failed", "finished_at"]),
                },
                system=EVERY_VERB,
            ),
        ),
        RowSecurity(
            "conversations_bulkitem",
            staff(
                {"select": BY_ME, "insert": BY_ME, "update": (BY_ME, ["state", "before", "reason"])},
                system=EVERY_VERB,
            ),
        ),
    ]
