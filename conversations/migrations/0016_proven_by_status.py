"""A channel that reports a message has it, whatever we believed: what waits to be sent again is sent."""

from django.db import migrations

STEP = "INSERT INTO core_legalstep (subject, from_state, to_state) VALUES ('conversations.delivery', 'pending', 'sent')"
UNDO_STEP = (
    "DELETE FROM core_legalstep WHERE subject = 'conversations.delivery' AND from_state = 'pending' AND to_state = 'sent'"
)


class Migration(migrations.Migration):
    dependencies = [("conversations", "0015_trials")]
    operations = [migrations.RunSQL(STEP, UNDO_STEP)]
