"""Who may see what: the signed identity, the log of steps, and the policies of this room's tables.

`sec.subject(kind)` is the heart: it gives the id of the actor when the transaction carries a token of that kind whose
mac is right, which has not expired and whose rights are still the current ones; else NULL, and every policy is false.
"""

from django.db import migrations

from core.rls import RowSecurity

IDENTITY = r"""
CREATE SCHEMA IF NOT EXISTS sec;
CREATE TABLE sec.key (id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1), secret bytea NOT NULL);

CREATE FUNCTION sec.mac(m text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT encode(sha256(secret || sha256(secret || convert_to(m, 'UTF8'))), 'hex') FROM sec.key
$$;

-- Whether a kind's rights are still those of the token's epoch. The room that keeps people replaces this one.
CREATE FUNCTION sec.alive(kind text, id bigint, epoch bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT kind IN ('system', 'assistant', 'customer', 'door')
$$;

CREATE FUNCTION sec.actor() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
DECLARE part text[] := string_to_array(nullif(current_setting('app.token', true), ''), '.');
BEGIN
  IF part IS NULL OR array_length(part, 1) IS DISTINCT FROM 5 THEN RETURN NULL; END IF;
  IF sec.mac(array_to_string(part[1:4], '.')) IS DISTINCT FROM part[5] THEN RETURN NULL; END IF;
  IF part[4]::bigint < extract(epoch FROM clock_timestamp()) THEN RETURN NULL; END IF;
  IF NOT coalesce(sec.alive(part[1], part[2]::bigint, part[3]::bigint), false) THEN RETURN NULL; END IF;
  RETURN part[1] || ':' || part[2];
END $$;

CREATE FUNCTION sec.subject(wanted text) RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
DECLARE found text := sec.actor(); kind text := split_part(found, ':', 1);
BEGIN
  IF kind = wanted OR (wanted = 'system' AND kind = 'assistant') THEN RETURN split_part(found, ':', 2)::bigint; END IF;
  RETURN NULL;
END $$;

-- The scope ids (inboxes) that the actor may see. The room that keeps inboxes replaces this one.
CREATE FUNCTION sec.scope(wanted text) RETURNS bigint[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT '{}'::bigint[]
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA sec FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA sec FROM PUBLIC;
GRANT USAGE ON SCHEMA sec TO cc_customer, cc_agent, cc_supervisor, cc_admin, cc_door, cc_system;
GRANT EXECUTE ON FUNCTION sec.subject(text), sec.scope(text)
  TO cc_customer, cc_agent, cc_supervisor, cc_admin, cc_door, cc_system;
"""

STEPS = r"""
-- Every change of a state is checked against core_legalstep and written down by the database, whoever makes it.
CREATE FUNCTION sec.log_step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE came text := ''; label text := TG_ARGV[0];
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.state IS NOT DISTINCT FROM OLD.state THEN RETURN NULL; END IF;
    came := OLD.state;
    IF NEW.version <> OLD.version + 1 THEN
      RAISE EXCEPTION 'step of % % without its version', label, NEW.id USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM public.core_legalstep s
                  WHERE s.subject = label AND s.from_state = came AND s.to_state = NEW.state) THEN
    RAISE EXCEPTION 'illegal step of % %: "%" to "%"', label, NEW.id, came, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  INSERT INTO public.core_stateevent (subject, subject_id, scope_id, from_state, to_state, version, actor, at)
  VALUES (label, NEW.id, NEW.inbox_id, came, NEW.state, NEW.version, coalesce(sec.actor(), 'owner'), now());
  RETURN NULL;
END $$;

CREATE FUNCTION sec.append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$;
REVOKE ALL ON FUNCTION sec.log_step(), sec.append_only() FROM PUBLIC;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON core_auditevent FOR EACH ROW EXECUTE FUNCTION sec.append_only();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON core_auditevent FOR EACH STATEMENT EXECUTE FUNCTION sec.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON core_stateevent FOR EACH ROW EXECUTE FUNCTION sec.append_only();
CREATE TRIGGER append_only_all BEFORE TRUNCATE ON core_stateevent FOR EACH STATEMENT EXECUTE FUNCTION sec.append_only();
"""

STAFF_READ = {"select": "scope_id = ANY ({scope})"}


def own_audit(kind: str) -> str:
    return f"actor_kind = '{kind}' AND actor_id = {{me}}"


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [
        migrations.RunSQL(IDENTITY, "DROP SCHEMA sec CASCADE"),
        migrations.RunSQL(STEPS, migrations.RunSQL.noop),
        RowSecurity("django_migrations", {"system": {"select": "{valid}"}}),
        RowSecurity(
            "core_job",
            {
                "agent": STAFF_READ | {"insert": "scope_id = ANY ({scope}) AND state = 'ready' AND attempts = 0"},
                "supervisor": STAFF_READ | {"insert": "scope_id = ANY ({scope}) AND state = 'ready' AND attempts = 0"},
                "admin": {"select": "{valid}"},
                "system": {
                    "select": "{valid}",
                    "insert": "{valid}",
                    "update": "{valid}",
                    "delete": "{valid} AND state = 'done'",
                },
            },
        ),
        RowSecurity(
            "core_deadletter",
            {
                "agent": STAFF_READ,
                "supervisor": STAFF_READ,
                "admin": {"select": "{valid}"},
                "system": {
                    "select": "{valid}",
                    "insert": "{valid}",
                    "update": ("{valid}", ["state", "reason", "resolved_at"]),
                },
            },
        ),
        RowSecurity(
            "core_auditevent",
            {
                "customer": {"insert": own_audit("customer")},
                "agent": {"insert": own_audit("agent"), "select": own_audit("agent")},
                "supervisor": {"insert": own_audit("supervisor"), "select": "scope_id = ANY ({scope})"},
                "admin": {"insert": own_audit("admin"), "select": "{valid}"},
                "door": {"insert": own_audit("door")},
                "system": {"insert": "{valid} AND actor_kind IN ('system', 'assistant')", "select": "{valid}"},
            },
        ),
        RowSecurity(
            "core_stateevent",
            {"agent": STAFF_READ, "supervisor": STAFF_READ, "admin": {"select": "{valid}"}, "system": {"select": "{valid}"}},
        ),
        RowSecurity("core_legalstep", {"system": {"select": "{valid}"}}),
        RowSecurity(
            "core_liveevent",
            {
                "agent": {"insert": "{valid}"},
                "supervisor": {"insert": "{valid}"},
                "admin": {"insert": "{valid}"},
                "system": {"insert": "{valid}", "select": "{valid}", "delete": "{valid}"},
            },
        ),
    ]
