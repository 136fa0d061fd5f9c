"""The same mail by two ways is one: what it is known by stands on its receipt, and the second receipt is a piece of the first."""

from django.db import migrations, models

from core.rls import RowSecurity

MINE = "inbox_id = ANY ({scope})"


class Migration(migrations.Migration):
    dependencies = [("intake", "0004_channel_rights")]
    operations = [
        migrations.AddField(
            model_name="receipt",
            name="fingerprint",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.UniqueConstraint(
                condition=models.Q(("fingerprint", ""), _negated=True), fields=("inbox", "fingerprint"), name="stored_once"
            ),
        ),
        RowSecurity(
            "intake_receipt",
            {
                "agent": {"select": MINE},
                "supervisor": {"select": MINE},
                "system": {
                    "select": "{valid}",
                    "insert": "{valid}",
                    "update": ("{valid}", ["state", "outcome", "facts", "error", "message_id", "parent_id", "fingerprint"]),
                },
            },
        ),
    ]
