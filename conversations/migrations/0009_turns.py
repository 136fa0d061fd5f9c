"""Whose turn it is, and the record of a conversation for everybody who may see the conversation."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from core.rls import RowSecurity


def own_audit(kind: str) -> str:
    return f"actor_kind = '{kind}' AND actor_id = {{me}}"


# Whoever sees a conversation sees what happened to it, whoever did it: why it is with whom it is, when it comes back.
OF_A_CONVERSATION = "(subject = 'conversations.conversation' AND scope_id = ANY ({scope}))"


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0008_queue_found_faster"),
        ("core", "0003_jobs_of_editors"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Turn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("given_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="turn", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        RowSecurity("conversations_turn", {"system": {"select": "{valid}", "insert": "{valid}", "update": "{valid}"}}),
        RowSecurity(
            "core_auditevent",
            {
                "customer": {"insert": own_audit("customer")},
                "agent": {"insert": own_audit("agent"), "select": f"({own_audit('agent')}) OR {OF_A_CONVERSATION}"},
                "supervisor": {"insert": own_audit("supervisor"), "select": "scope_id = ANY ({scope})"},
                "admin": {"insert": own_audit("admin"), "select": "{valid}"},
                "door": {"insert": own_audit("door")},
                "system": {"insert": "{valid} AND actor_kind IN ('system', 'assistant')", "select": "{valid}"},
            },
        ),
    ]
