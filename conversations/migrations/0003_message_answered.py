"""What was answered today is found without reading every message."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    atomic = False  # Built beside the traffic: an index in a transaction would hold up every write to the table.

    dependencies = [("conversations", "0002_row_security")]

    operations = [
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(fields=["inbox", "published_at"], name="message_answered", condition=Q(direction="out")),
        ),
    ]
