"""Namesakes, and the rows of one person, are found without reading every customer."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("conversations", "0009_turns")]
    operations = [
        migrations.AddIndex("customer", models.Index(fields=["name"], name="customer_name")),
        migrations.AddIndex(
            "customer",
            models.Index(fields=["merged_into"], name="customer_merged", condition=Q(merged_into__isnull=False)),
        ),
    ]
