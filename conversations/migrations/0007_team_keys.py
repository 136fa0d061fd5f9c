"""Removing a team lets go of what names it, in the database: who removes teams sees no conversation."""

import django.db.models.deletion
from django.db import migrations, models

LET_GO = r"""
DO $$
DECLARE found record;
BEGIN
  FOR found IN SELECT c.conname AS name, c.conrelid::regclass AS place FROM pg_constraint c
                WHERE c.contype = 'f' AND c.confrelid = 'accounts_team'::regclass
                  AND c.conrelid IN ('conversations_conversation'::regclass, 'conversations_mention'::regclass) LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.place, found.name);
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I FOREIGN KEY (team_id) REFERENCES accounts_team (id)'
                   ' ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED', found.place, found.name);
  END LOOP;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0006_sending_times")]
    operations = [
        migrations.RunSQL(LET_GO, migrations.RunSQL.noop),
        migrations.AlterField(
            "conversation",
            "team",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="conversations",
                to="accounts.team",
            ),
        ),
        migrations.AlterField(
            "mention",
            "team",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="accounts.team"),
        ),
    ]
