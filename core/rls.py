"""Row security as one migration operation: per table, per kind of actor, per verb, one policy and one grant.

    RowSecurity("conversations_message", {
        "agent": {"select": "inbox_id = ANY ({scope})", "insert": "inbox_id = ANY ({scope}) AND sender_id = {me}"},
        "system": {"select": "{valid}", "update": ("{valid}", ["published_at"])},
    })

What is not written is not granted. In an expression
    {me}     is the id of the actor, NULL when the identity is missing, forged, expired or revoked
    {valid}  says that the identity is good
    {scope}  is the array of scope ids (inboxes) the actor may see; empty when the identity is not good
Each is a sub-select without arguments of the row, so PostgreSQL computes it once per statement and indexes stay usable.
An update names its columns: (expression, [columns]); a third member, if given, is the check on the new row.
"""

from typing import Any

from django.db import connections
from django.db.migrations.operations.base import Operation

KINDS = ("customer", "agent", "supervisor", "admin", "door", "system")
VERBS = ("select", "insert", "update", "delete")

Rule = str | tuple[str, list[str]] | tuple[str, list[str], str]
Rules = dict[str, dict[str, Rule]]


class RowSecurity(Operation):
    """Enable and force row security on `table`, and grant exactly what `rules` says: {kind: {verb: expression}}."""

    reversible = True

    def __init__(self, table: str, rules: Rules) -> None:
        self.table = table
        self.rules = rules
        for kind, verbs in rules.items():
            if kind not in KINDS or not set(verbs) <= set(VERBS):
                raise ValueError(f"row security of {table}: unknown kind or verb in {kind}: {sorted(verbs)}")

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Row security is no part of Django's model state."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for statement in self.statements():
            schema_editor.execute(statement)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for kind, verbs in self.rules.items():
            for verb in verbs:
                schema_editor.execute(f'DROP POLICY IF EXISTS {kind}_{verb} ON "{self.table}"')
            schema_editor.execute(f'REVOKE ALL ON "{self.table}" FROM cc_{kind}')
        schema_editor.execute(f'ALTER TABLE "{self.table}" NO FORCE ROW LEVEL SECURITY')
        schema_editor.execute(f'ALTER TABLE "{self.table}" DISABLE ROW LEVEL SECURITY')

    def describe(self) -> str:
        return f"Row security on {self.table}"

    def statements(self) -> list[str]:
        """Everything to run, in order. Written so that a second run replaces the first."""
        table = f'"{self.table}"'
        found = [f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY", f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"]
        # The owner is also under FORCE: without this policy a data migration by an owner who is no superuser sees nothing.
        found.append(f"DROP POLICY IF EXISTS owner_all ON {table}")
        found.append(f"CREATE POLICY owner_all ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)")
        for kind in KINDS:
            found.append(f"REVOKE ALL ON {table} FROM cc_{kind}")
            for verb in VERBS:
                found.append(f"DROP POLICY IF EXISTS {kind}_{verb} ON {table}")
                if verb in self.rules.get(kind, {}):
                    found.extend(_policy(table, kind, verb, self.rules[kind][verb]))
        return found


def _policy(table: str, kind: str, verb: str, rule: Rule) -> list[str]:
    columns: list[str] = []
    if isinstance(rule, str):
        using = check = rule
    else:
        using, columns = rule[0], rule[1]
        check = rule[2] if len(rule) == 3 else using
    using, check = _filled(using, kind), _filled(check, kind)
    clause = {
        "select": f"USING ({using})",
        "insert": f"WITH CHECK ({check})",
        "update": f"USING ({using}) WITH CHECK ({check})",
        "delete": f"USING ({using})",
    }[verb]
    listed = f" ({', '.join(columns)})" if columns else ""
    return [
        f"CREATE POLICY {kind}_{verb} ON {table} FOR {verb.upper()} TO cc_{kind} {clause}",
        f"GRANT {verb.upper()}{listed} ON {table} TO cc_{kind}",
    ]


def _filled(expression: str, kind: str) -> str:
    return (
        expression.replace("{me}", f"(SELECT sec.subject('{kind}'))")
        .replace("{valid}", f"(SELECT sec.subject('{kind}')) IS NOT NULL")
        .replace("{scope}", f"(SELECT sec.scope('{kind}'))::bigint[]")
    )


UNPROTECTED = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
   AND EXISTS (SELECT 1 FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner)
 ORDER BY 1
"""


def unprotected_tables(using: str = "default") -> list[str]:
    """Tables that somebody besides the owner may touch although row security is not both enabled and forced."""
    with connections[using].cursor() as cursor:
        cursor.execute(UNPROTECTED)
        return [name for (name,) in cursor.fetchall()]
