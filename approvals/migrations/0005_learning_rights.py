"""Who may see what is learned from decisions, and who may decide about it.

Labels, calibrators and readings are written by the system alone. Supervisors close a topic or change how far a base may go; an
audit is answered by whoever may see its inbox.
"""

from django.db import migrations

from core.rls import RowSecurity

MINE = "inbox_id = ANY ({scope})"
READ = {"select": "{valid}"}
WRITE = {"select": "{valid}", "insert": "{valid}", "update": "{valid}"}
SYSTEM = {**WRITE, "delete": "{valid}"}
ANSWER = {"select": MINE, "update": (MINE, ["state", "is_right", "comment", "by_id", "done_at"])}
TOPICS = {"select": "{valid}", "update": ("{valid}", ["state", "changed_by_id", "changed_at"])}
REACH = {
    "select": "{valid}",
    "insert": "changed_by_id = {me}",
    "update": ("{valid}", ["state", "before", "reason", "changed_by_id", "changed_at"]),
}
CHOOSE = {"select": "{valid}", "update": ("{valid}", ["state", "activated_by_id", "activated_at"])}


class Migration(migrations.Migration):
    dependencies = [("approvals", "0004_learning"), ("knowledge", "0005_article_rights")]
    operations = [
        RowSecurity("approvals_label", {"supervisor": {"select": MINE}, "system": SYSTEM}),
        RowSecurity("approvals_calibration", {"supervisor": CHOOSE, "admin": READ, "system": SYSTEM}),
        RowSecurity("approvals_topicstanding", {"supervisor": TOPICS, "admin": READ, "system": SYSTEM}),
        RowSecurity("approvals_automation", {"agent": READ, "supervisor": REACH, "admin": REACH, "system": SYSTEM}),
        RowSecurity("approvals_audit", {"agent": ANSWER, "supervisor": ANSWER, "system": SYSTEM}),
        RowSecurity("approvals_driftreading", {"supervisor": READ, "admin": READ, "system": SYSTEM}),
    ]
