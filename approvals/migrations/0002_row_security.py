"""Who may see drafts and decide about them; which steps a draft may take."""

from django.db import migrations

from core.rls import RowSecurity

STEPS = r"""
INSERT INTO core_legalstep (subject, from_state, to_state) VALUES
  ('approvals.draft', '', 'composing'),
  ('approvals.draft', 'composing', 'sent'), ('approvals.draft', 'composing', 'in_review'),
  ('approvals.draft', 'composing', 'superseded'), ('approvals.draft', 'composing', 'failed'),
  ('approvals.draft', 'in_review', 'sent'), ('approvals.draft', 'in_review', 'rejected'),
  ('approvals.draft', 'in_review', 'superseded'),
  ('approvals.draft', 'sent', 'in_review'), ('approvals.draft', 'sent', 'superseded');
CREATE TRIGGER log_step AFTER INSERT OR UPDATE OF state ON approvals_draft
  FOR EACH ROW EXECUTE FUNCTION sec.log_step('approvals.draft');
ALTER TABLE approvals_draft ADD CONSTRAINT draft_scope FOREIGN KEY (conversation_id, inbox_id)
  REFERENCES conversations_conversation (id, inbox_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE approvals_draft ADD CONSTRAINT draft_inbox_key UNIQUE (id, inbox_id);
ALTER TABLE approvals_decision ADD CONSTRAINT decision_scope FOREIGN KEY (draft_id, inbox_id)
  REFERENCES approvals_draft (id, inbox_id) DEFERRABLE INITIALLY DEFERRED;
"""

MINE = "inbox_id = ANY ({scope})"
REVIEW = {"select": MINE, "update": (MINE, ["state", "version", "changed_at", "message_id"])}
DECIDE = {"select": MINE, "insert": f"{MINE} AND by_id = {{me}}"}


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial"), ("conversations", "0002_row_security")]
    operations = [
        migrations.RunSQL(STEPS, migrations.RunSQL.noop),
        RowSecurity(
            "approvals_draft",
            {
                "agent": REVIEW,
                "supervisor": REVIEW,
                "system": {"select": "{valid}", "insert": "{valid}", "update": "{valid}"},
            },
        ),
        RowSecurity("approvals_decision", {"agent": DECIDE, "supervisor": DECIDE, "system": {"select": "{valid}"}}),
    ]
