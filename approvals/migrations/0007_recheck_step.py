"""A draft that waits goes back to composing when an article under it changed."""

from django.db import migrations

STEP = "INSERT INTO core_legalstep (subject, from_state, to_state) VALUES ('approvals.draft', 'in_review', 'composing')"


class Migration(migrations.Migration):
    dependencies = [("approvals", "0006_draft_sources")]
    operations = [migrations.RunSQL(STEP, migrations.RunSQL.noop)]
