"""Which articles each draft rests on, written by the system, seen with the draft."""

import django.db.models.deletion
from django.db import migrations, models

from core.rls import RowSecurity

SEEN = {"select": "inbox_id = ANY ({scope})"}


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0005_learning_rights"),
        ("conversations", "0003_message_answered"),
        ("knowledge", "0005_article_rights"),
    ]

    operations = [
        migrations.CreateModel(
            name="DraftSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                (
                    "article",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="knowledge.article"),
                ),
                (
                    "draft",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sources", to="approvals.draft"
                    ),
                ),
                (
                    "inbox",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="conversations.inbox"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("draft", "article"), name="draft_source_once")],
            },
        ),
        RowSecurity(
            "approvals_draftsource",
            {"agent": SEEN, "supervisor": SEEN, "system": dict.fromkeys(("select", "insert", "update", "delete"), "{valid}")},
        ),
    ]
