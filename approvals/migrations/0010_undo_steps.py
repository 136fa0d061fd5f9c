"""A rejection and a take-over can be undone: the draft waits again, or is written after all."""

from django.db import migrations

STEPS = r"""
INSERT INTO core_legalstep (subject, from_state, to_state) VALUES
  ('approvals.draft', 'rejected', 'in_review'), ('approvals.draft', 'superseded', 'in_review'),
  ('approvals.draft', 'superseded', 'composing');
"""
UNDO_STEPS = r"""
DELETE FROM core_legalstep WHERE subject = 'approvals.draft'
  AND (from_state = 'rejected' OR (from_state = 'superseded' AND to_state IN ('in_review', 'composing')));
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0009_claim_rights")]
    operations = [migrations.RunSQL(STEPS, UNDO_STEPS)]
