"""What was decided today is found without reading every decision."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # Built beside the traffic: an index in a transaction would hold up every write to the table.

    dependencies = [("approvals", "0002_row_security")]

    operations = [
        AddIndexConcurrently(
            model_name="decision",
            index=models.Index(fields=["inbox", "created_at"], name="decision_inbox_day"),
        ),
    ]
