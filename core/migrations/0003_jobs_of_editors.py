"""Supervisors and admins may ask for bulk work that belongs to no inbox: what they change for everybody is worked on behind them."""

from django.db import migrations

from core.rls import RowSecurity

STAFF_READ = {"select": "scope_id = ANY ({scope})"}
NEW = "state = 'ready' AND attempts = 0"
OWN = f"scope_id = ANY ({{scope}}) AND {NEW}"
FOR_ALL = f"scope_id IS NULL AND lane = 'bulk' AND {NEW} AND {{valid}}"


class Migration(migrations.Migration):
    dependencies = [("core", "0002_row_security")]
    operations = [
        RowSecurity(
            "core_job",
            {
                "agent": STAFF_READ | {"insert": OWN},
                "supervisor": STAFF_READ | {"insert": f"({OWN}) OR ({FOR_ALL})"},
                "admin": {"select": "{valid}", "insert": FOR_ALL},
                "system": {
                    "select": "{valid}",
                    "insert": "{valid}",
                    "update": "{valid}",
                    "delete": "{valid} AND state = 'done'",
                },
            },
        ),
    ]
