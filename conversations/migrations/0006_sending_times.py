"""A reply can be scheduled, sent earlier than that, and given back with the caret where it stood."""

from django.db import migrations, models

from core.rls import RowSecurity

MINE = "inbox_id = ANY ({scope})"
RECALL_COLUMNS = ["state", "version", "changed_at", "reason", "not_before", "is_scheduled"]
STAFF = {"select": MINE, "insert": f"{MINE} AND state = 'pending'", "update": (MINE, RECALL_COLUMNS)}
SYSTEM = {"select": "{valid}", "insert": "{valid}", "update": "{valid}"}


class Migration(migrations.Migration):
    dependencies = [("conversations", "0005_console_rights")]
    operations = [
        migrations.AddField("delivery", "caret", models.PositiveIntegerField(default=0, db_default=0)),
        RowSecurity("conversations_delivery", {"agent": STAFF, "supervisor": STAFF, "system": SYSTEM}),
    ]
