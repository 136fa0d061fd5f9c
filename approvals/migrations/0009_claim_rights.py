"""Reviewers may claim a draft for a while; a draft follows its message when that is split off into another conversation."""

from django.db import migrations

from core.rls import RowSecurity

KEYS = r"""
ALTER TABLE approvals_draft ADD CONSTRAINT draft_of_message FOREIGN KEY (in_reply_to_id, conversation_id)
  REFERENCES conversations_message (id, conversation_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE approvals_draft ADD CONSTRAINT draft_conversation_key UNIQUE (id, conversation_id);
ALTER TABLE approvals_decision ADD CONSTRAINT decision_of_draft FOREIGN KEY (draft_id, conversation_id)
  REFERENCES approvals_draft (id, conversation_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;
"""

MINE = "inbox_id = ANY ({scope})"
REVIEW = {
    "select": MINE,
    "update": (MINE, ["state", "version", "changed_at", "message_id", "claimed_by_id", "claimed_until"]),
}


class Migration(migrations.Migration):
    dependencies = [("approvals", "0008_claims"), ("conversations", "0005_console_rights")]
    operations = [
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        RowSecurity(
            "approvals_draft",
            {
                "agent": REVIEW,
                "supervisor": REVIEW,
                "system": {"select": "{valid}", "insert": "{valid}", "update": "{valid}"},
            },
        ),
    ]
