"""A customer sees the files of what he may read."""

from django.db import migrations

from core.rls import RowSecurity

MINE = "inbox_id = ANY ({scope})"
BY_ME = f"by_id = {{me}} AND {MINE}"
STAFF = {
    "select": f"{MINE} AND (message_id IS NOT NULL OR by_id = {{me}})",
    "insert": f"{BY_ME} AND message_id IS NULL",
    "update": (BY_ME, ["message_id", "mode"]),
    "delete": f"{BY_ME} AND message_id IS NULL",
}
OF_WHAT_I_READ = (
    "EXISTS (SELECT 1 FROM conversations_message m WHERE m.id = message_id AND m.customer_id = {me}"
    " AND m.direction <> 'note' AND m.published_at IS NOT NULL)"
)
SYSTEM = {"select": "{valid}", "insert": "{valid}", "update": "{valid}", "delete": "{valid}"}


class Migration(migrations.Migration):
    dependencies = [("conversations", "0010_customers_found_by_name")]
    operations = [
        RowSecurity(
            "conversations_attachment",
            {"customer": {"select": OF_WHAT_I_READ}, "agent": STAFF, "supervisor": STAFF, "system": SYSTEM},
        ),
    ]
