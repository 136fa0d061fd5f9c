"""Who may see and change customers and conversations; which steps a state may take; keys that keep the inbox honest."""

from django.db import migrations

from core.rls import RowSecurity

SCOPE = r"""
CREATE OR REPLACE FUNCTION sec.scope(wanted text) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
DECLARE me bigint := sec.subject(wanted);
BEGIN
  IF me IS NULL THEN RETURN '{}'::bigint[]; END IF;
  IF wanted IN ('agent', 'supervisor') THEN
    RETURN ARRAY(SELECT DISTINCT s.inbox_id FROM public.conversations_inboxteam s
                   JOIN public.accounts_membership m ON m.team_id = s.team_id WHERE m.user_id = me);
  END IF;
  RETURN '{}'::bigint[];
END $$;

-- Serving another inbox, or one less, changes the rights of everybody in the team.
CREATE FUNCTION sec.service_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  UPDATE public.accounts_user u SET epoch = epoch + 1
    FROM public.accounts_membership m
   WHERE m.user_id = u.id
     AND m.team_id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.team_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.team_id END);
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION sec.service_changed() FROM PUBLIC;
CREATE TRIGGER service_changed AFTER INSERT OR UPDATE OR DELETE ON conversations_inboxteam
  FOR EACH ROW EXECUTE FUNCTION sec.service_changed();
"""

# The inbox of a child is the inbox of its parent, by key and not by good will: policies read it without a join.
HONEST_KEYS = r"""
ALTER TABLE conversations_conversation ADD CONSTRAINT conversation_scope UNIQUE (id, inbox_id, customer_id);
ALTER TABLE conversations_conversation ADD CONSTRAINT conversation_inbox UNIQUE (id, inbox_id);
ALTER TABLE conversations_message ADD CONSTRAINT message_scope FOREIGN KEY (conversation_id, inbox_id, customer_id)
  REFERENCES conversations_conversation (id, inbox_id, customer_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE conversations_message ADD CONSTRAINT message_inbox_key UNIQUE (id, inbox_id);
ALTER TABLE conversations_delivery ADD CONSTRAINT delivery_scope FOREIGN KEY (message_id, inbox_id)
  REFERENCES conversations_message (id, inbox_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE conversations_delivery ADD CONSTRAINT delivery_inbox_key UNIQUE (id, inbox_id);
ALTER TABLE conversations_deliveryattempt ADD CONSTRAINT attempt_scope FOREIGN KEY (delivery_id, inbox_id)
  REFERENCES conversations_delivery (id, inbox_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE conversations_composertext ADD CONSTRAINT composer_scope FOREIGN KEY (conversation_id, inbox_id)
  REFERENCES conversations_conversation (id, inbox_id) DEFERRABLE INITIALLY DEFERRED;
"""

LEGAL_STEPS = r"""
INSERT INTO core_legalstep (subject, from_state, to_state) VALUES
  ('conversations.conversation', '', 'open'),
  ('conversations.conversation', 'open', 'waiting'), ('conversations.conversation', 'waiting', 'open'),
  ('conversations.conversation', 'open', 'resolved'), ('conversations.conversation', 'waiting', 'resolved'),
  ('conversations.conversation', 'resolved', 'open'),
  ('conversations.delivery', '', 'pending'),
  ('conversations.delivery', 'pending', 'sending'), ('conversations.delivery', 'pending', 'recalled'),
  ('conversations.delivery', 'pending', 'failed'),
  ('conversations.delivery', 'sending', 'sent'), ('conversations.delivery', 'sending', 'pending'),
  ('conversations.delivery', 'sending', 'failed'), ('conversations.delivery', 'sending', 'unknown'),
  ('conversations.delivery', 'unknown', 'sent'), ('conversations.delivery', 'unknown', 'pending'),
  ('conversations.delivery', 'unknown', 'held'), ('conversations.delivery', 'unknown', 'failed'),
  ('conversations.delivery', 'held', 'sent'), ('conversations.delivery', 'held', 'pending'),
  ('conversations.delivery', 'sent', 'delivered'), ('conversations.delivery', 'sent', 'read'),
  ('conversations.delivery', 'delivered', 'read'), ('conversations.delivery', 'sent', 'failed'),
  ('conversations.delivery', 'delivered', 'failed');
CREATE TRIGGER log_step AFTER INSERT OR UPDATE OF state ON conversations_conversation
  FOR EACH ROW EXECUTE FUNCTION sec.log_step('conversations.conversation');
CREATE TRIGGER log_step AFTER INSERT OR UPDATE OF state ON conversations_delivery
  FOR EACH ROW EXECUTE FUNCTION sec.log_step('conversations.delivery');
"""

MINE = "inbox_id = ANY ({scope})"
OF_MY_CONVERSATIONS = (
    "EXISTS (SELECT 1 FROM conversations_conversation c WHERE c.customer_id = {column} AND c.inbox_id = ANY ({scope}))"
)
CUSTOMER_SEEN = OF_MY_CONVERSATIONS.replace("{column}", "conversations_customer.id")
IDENTITY_SEEN = OF_MY_CONVERSATIONS.replace("{column}", "conversations_identity.customer_id")
EVERY_VERB = {"select": "{valid}", "insert": "{valid}", "update": "{valid}", "delete": "{valid}"}
SYSTEM = {"select": "{valid}", "insert": "{valid}", "update": "{valid}"}

CONVERSATION_COLUMNS = [
    "state", "version", "changed_at", "assignee_id", "assistant_paused", "needs_person", "priority", "due_at", "subject",
    "preview", "last_message_at", "draft_state", "draft_percent", "draft_label",
]  # fmt: skip
# A person writes as himself, or signs what the assistant wrote; nobody writes for the customer or publishes by hand.
WRITTEN_BY_ME = (
    f"{MINE} AND published_at IS NULL AND ((author = 'agent' AND sender_id = {{me}} AND reviewed_by_id IS NULL)"
    " OR (author = 'assistant' AND direction = 'out' AND reviewed_by_id = {me}))"
)
RECALL_COLUMNS = ["state", "version", "changed_at", "reason"]
OWN_TEXT = f"user_id = {{me}} AND {MINE}"
COMPOSER = {"select": OWN_TEXT, "insert": OWN_TEXT, "update": (OWN_TEXT, ["text", "changed_at"]), "delete": OWN_TEXT}


def staff(**extra):
    return {"select": MINE} | extra


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0001_initial"),
        ("accounts", "0002_row_security"),
        ("knowledge", "0001_initial"),
    ]
    operations = [
        migrations.RunSQL(SCOPE, migrations.RunSQL.noop),
        migrations.RunSQL(HONEST_KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(LEGAL_STEPS, migrations.RunSQL.noop),
        RowSecurity(
            "conversations_inbox",
            {
                "customer": {
                    "select": "id IN (SELECT c.inbox_id FROM conversations_conversation c WHERE c.customer_id = {me})"
                },
                "agent": {"select": "id = ANY ({scope})"},
                "supervisor": {
                    "select": "id = ANY ({scope})",
                    "update": ("id = ANY ({scope})", ["auto_send", "threshold", "undo_seconds", "first_reply_minutes"]),
                },
                "admin": EVERY_VERB,
                "system": {"select": "{valid}"},
            },
        ),
        RowSecurity(
            "conversations_inboxteam",
            {
                "agent": {"select": MINE},
                "supervisor": {"select": MINE},
                "admin": EVERY_VERB,
                "system": {"select": "{valid}"},
            },
        ),
        RowSecurity("conversations_inboxsecret", {"admin": EVERY_VERB, "system": {"select": "{valid}"}}),
        RowSecurity(
            "conversations_customer",
            {
                "customer": {"select": "id = {me}"},
                "agent": {"select": CUSTOMER_SEEN, "update": (CUSTOMER_SEEN, ["name", "language", "place"])},
                "supervisor": {"select": CUSTOMER_SEEN, "update": (CUSTOMER_SEEN, ["name", "language", "place"])},
                "system": SYSTEM | {"delete": "{valid}"},
            },
        ),
        RowSecurity(
            "conversations_identity",
            {
                "customer": {"select": "customer_id = {me}"},
                "agent": {"select": IDENTITY_SEEN},
                "supervisor": {"select": IDENTITY_SEEN},
                "system": SYSTEM | {"delete": "{valid}"},
            },
        ),
        RowSecurity(
            "conversations_conversation",
            {
                "customer": {"select": "customer_id = {me}"},
                "agent": staff(update=(MINE, CONVERSATION_COLUMNS)),
                "supervisor": staff(update=(MINE, CONVERSATION_COLUMNS)),
                "system": SYSTEM,
            },
        ),
        RowSecurity(
            "conversations_message",
            {
                "customer": {"select": "customer_id = {me} AND direction <> 'note' AND published_at IS NOT NULL"},
                "agent": staff(insert=WRITTEN_BY_ME),
                "supervisor": staff(insert=WRITTEN_BY_ME),
                "system": {
                    "select": "{valid}",
                    "insert": "{valid} AND author IN ('customer', 'assistant') AND reviewed_by_id IS NULL",
                    "update": ("{valid}", ["published_at", "provider_id", "language"]),
                },
            },
        ),
        RowSecurity(
            "conversations_delivery",
            {
                "agent": staff(insert=f"{MINE} AND state = 'pending'", update=(MINE, RECALL_COLUMNS)),
                "supervisor": staff(insert=f"{MINE} AND state = 'pending'", update=(MINE, RECALL_COLUMNS)),
                "system": SYSTEM,
            },
        ),
        RowSecurity(
            "conversations_deliveryattempt",
            {"agent": staff(), "supervisor": staff(), "system": SYSTEM},
        ),
        RowSecurity("conversations_composertext", {"agent": COMPOSER, "supervisor": COMPOSER}),
    ]
