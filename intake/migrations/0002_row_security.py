"""Raw receipts are for the machine alone."""

from django.db import migrations

from core.rls import RowSecurity


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_initial"), ("conversations", "0002_row_security")]
    operations = [
        RowSecurity(
            "intake_receipt",
            {
                "system": {
                    "select": "{valid}",
                    "insert": "{valid}",
                    "update": ("{valid}", ["state", "error", "message_id"]),
                }
            },
        ),
    ]
