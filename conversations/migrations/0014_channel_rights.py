"""Who may see and change what the channels add: connections, templates, business hours, reactions; secrets are sealed."""

from django.db import migrations

from core.rls import RowSecurity

HONEST_KEYS = r"""
ALTER TABLE conversations_reaction ADD CONSTRAINT reaction_scope FOREIGN KEY (conversation_id, inbox_id)
  REFERENCES conversations_conversation (id, inbox_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE conversations_reaction ADD CONSTRAINT reaction_of_message FOREIGN KEY (message_id, conversation_id)
  REFERENCES conversations_message (id, conversation_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""
UNDO_HONEST_KEYS = r"""
ALTER TABLE conversations_reaction DROP CONSTRAINT reaction_scope;
ALTER TABLE conversations_reaction DROP CONSTRAINT reaction_of_message;
"""

# A customer may edit what he wrote, where his channel lets him. What we said is never said differently afterwards.
WORDS_STAY = r"""
CREATE FUNCTION sec.words_stay() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
  IF NEW.text IS DISTINCT FROM OLD.text AND OLD.direction <> 'in' THEN
    RAISE EXCEPTION 'what was said stays as it was said' USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION sec.words_stay() FROM PUBLIC;
CREATE TRIGGER words_stay BEFORE UPDATE OF text ON conversations_message FOR EACH ROW EXECUTE FUNCTION sec.words_stay();
"""
UNDO_WORDS_STAY = "DROP TRIGGER words_stay ON conversations_message; DROP FUNCTION sec.words_stay()"

LEGAL_STEPS = "INSERT INTO core_legalstep (subject, from_state, to_state) VALUES ('conversations.delivery', 'held', 'failed')"
UNDO_LEGAL_STEPS = (
    "DELETE FROM core_legalstep WHERE subject = 'conversations.delivery' AND from_state = 'held' AND to_state = 'failed'"
)

MINE = "inbox_id = ANY ({scope})"
READ = {"select": "{valid}"}
EVERY_VERB = {"select": "{valid}", "insert": "{valid}", "update": "{valid}", "delete": "{valid}"}
SYSTEM = {"select": "{valid}", "insert": "{valid}", "update": "{valid}"}
# A person writes as himself, or signs what the assistant wrote; what came from outside only the doors may say.
WRITTEN_BY_ME = (
    f"{MINE} AND published_at IS NULL AND NOT from_outside AND ((author = 'agent' AND sender_id = {{me}}"
    " AND reviewed_by_id IS NULL) OR (author = 'assistant' AND direction = 'out' AND reviewed_by_id = {me}))"
)
STAFF_MESSAGES = {"select": MINE, "insert": WRITTEN_BY_ME}
# The machine speaks for the customer, for the assistant and in fixed words; for a colleague only what he wrote elsewhere.
WRITTEN_BY_THE_MACHINE = (
    "{valid} AND reviewed_by_id IS NULL"
    " AND (author IN ('customer', 'assistant', 'system') OR (author = 'agent' AND direction = 'out' AND from_outside))"
)
MESSAGE_COLUMNS = [
    "published_at", "provider_id", "language", "conversation_id", "mail_id", "mail_chain", "text", "edited_at",
    "withdrawn_at", "marks", "level",
]  # fmt: skip
# Only the house itself sends by another inbox than the conversation's.
OWN_WAY = f"{MINE} AND state = 'pending' AND via_id IS NULL"
RECALL_COLUMNS = ["state", "version", "changed_at", "reason", "not_before", "is_scheduled"]
DELIVERIES = {"select": MINE, "insert": OWN_WAY, "update": (MINE, RECALL_COLUMNS)}
MY_OWN = f"{MINE} AND by_id = {{me}}"
REACTIONS = {"select": MINE, "insert": MY_OWN, "update": (MY_OWN, ["sign", "at"]), "delete": MY_OWN}


def seal(apps, schema_editor):
    """What was kept in plain words until now; the field seals whatever it writes."""
    secrets = apps.get_model("conversations", "InboxSecret").objects.using(schema_editor.connection.alias)
    for secret in secrets.all():
        secret.save(update_fields=["value"])


def staff(rules, **others):
    return {"agent": rules, "supervisor": rules, **others}


class Migration(migrations.Migration):
    dependencies = [("conversations", "0013_channels")]
    operations = [
        migrations.RunSQL(HONEST_KEYS, UNDO_HONEST_KEYS),
        migrations.RunSQL(WORDS_STAY, UNDO_WORDS_STAY),
        migrations.RunSQL(LEGAL_STEPS, UNDO_LEGAL_STEPS),
        migrations.RunPython(seal, migrations.RunPython.noop),
        RowSecurity(
            "conversations_message",
            staff(
                STAFF_MESSAGES,
                customer={"select": "customer_id = {me} AND direction <> 'note' AND published_at IS NOT NULL"},
                system={
                    "select": "{valid}",
                    "insert": WRITTEN_BY_THE_MACHINE,
                    "update": ("{valid}", MESSAGE_COLUMNS),
                },
            ),
        ),
        RowSecurity("conversations_delivery", staff(DELIVERIES, system=SYSTEM)),
        RowSecurity("conversations_account", staff({"select": MINE}, admin=EVERY_VERB, system=EVERY_VERB)),
        RowSecurity("conversations_template", staff({"select": MINE}, admin=READ, system=EVERY_VERB)),
        RowSecurity(
            "conversations_businesshours",
            staff(READ, customer=READ, admin=EVERY_VERB, system=READ),
        ),
        RowSecurity("conversations_reaction", staff(REACTIONS, system=EVERY_VERB)),
    ]
