"""Raw receipts are the machine's, and for reading also of those who may see their inbox; codes and what waits are the machine's alone."""

from django.db import migrations

from core.rls import RowSecurity

HONEST_KEYS = r"""
ALTER TABLE intake_onetimecode ADD CONSTRAINT code_scope FOREIGN KEY (conversation_id, inbox_id)
  REFERENCES conversations_conversation (id, inbox_id) DEFERRABLE INITIALLY DEFERRED;
"""
UNDO_HONEST_KEYS = "ALTER TABLE intake_onetimecode DROP CONSTRAINT code_scope"
MINE = "inbox_id = ANY ({scope})"
EVERY_VERB = {"select": "{valid}", "insert": "{valid}", "update": "{valid}", "delete": "{valid}"}


class Migration(migrations.Migration):
    dependencies = [("intake", "0003_channels"), ("conversations", "0014_channel_rights")]
    operations = [
        migrations.RunSQL(HONEST_KEYS, UNDO_HONEST_KEYS),
        RowSecurity(
            "intake_receipt",
            {
                "agent": {"select": MINE},
                "supervisor": {"select": MINE},
                "system": {
                    "select": "{valid}",
                    "insert": "{valid}",
                    "update": ("{valid}", ["state", "outcome", "facts", "error", "message_id"]),
                },
            },
        ),
        RowSecurity("intake_parked", {"system": EVERY_VERB}),
        RowSecurity("intake_onetimecode", {"system": EVERY_VERB}),
    ]
