"""Who may see and change people, teams, tokens and sessions; and rights that end at the very next statement."""

from django.db import migrations

from core.rls import RowSecurity

EPOCH = r"""
CREATE OR REPLACE FUNCTION sec.alive(kind text, id bigint, epoch bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT CASE WHEN kind IN ('system', 'assistant', 'customer', 'door') THEN true
         ELSE EXISTS (SELECT 1 FROM public.accounts_user u
                       WHERE u.id = alive.id AND u.role = alive.kind AND u.epoch = alive.epoch AND u.is_active) END
$$;

-- A change of role, activity or password voids every identity signed before it, in every process, at once.
CREATE FUNCTION sec.user_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF (NEW.role, NEW.is_active, NEW.password) IS DISTINCT FROM (OLD.role, OLD.is_active, OLD.password) THEN
    NEW.epoch := OLD.epoch + 1;
  END IF;
  IF NEW.epoch IS DISTINCT FROM OLD.epoch THEN PERFORM pg_notify('auth', NEW.id::text); END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER user_changed BEFORE UPDATE ON accounts_user FOR EACH ROW EXECUTE FUNCTION sec.user_changed();

CREATE FUNCTION sec.membership_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN UPDATE public.accounts_user SET epoch = epoch + 1 WHERE id = OLD.user_id; END IF;
  IF TG_OP <> 'DELETE' THEN UPDATE public.accounts_user SET epoch = epoch + 1 WHERE id = NEW.user_id; END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER membership_changed AFTER INSERT OR UPDATE OR DELETE ON accounts_membership
  FOR EACH ROW EXECUTE FUNCTION sec.membership_changed();
REVOKE ALL ON FUNCTION sec.user_changed(), sec.membership_changed() FROM PUBLIC;
"""

EVERY_VERB = {"select": "{valid}", "insert": "{valid}", "update": "{valid}", "delete": "{valid}"}
READ = {"select": "{valid}"}
OWN_TOKENS = {"select": "user_id = {me}", "insert": "user_id = {me}", "update": ("user_id = {me}", ["revoked_at"])}
OWN_SETTINGS = {"select": "{valid}", "update": ("id = {me}", ["theme", "letter_keys", "timezone"])}


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("core", "0002_row_security"),
        ("account", "__latest__"),
        ("mfa", "__latest__"),
        ("usersessions", "__latest__"),
        ("admin", "__latest__"),
        ("auth", "__latest__"),
        ("contenttypes", "__latest__"),
    ]
    operations = [
        migrations.RunSQL(EPOCH, migrations.RunSQL.noop),
        RowSecurity(
            "accounts_user",
            {
                "agent": OWN_SETTINGS,
                "supervisor": OWN_SETTINGS,
                "admin": {
                    "select": "{valid}",
                    "insert": "{valid}",
                    "update": (
                        "{valid}",
                        ["email", "name", "role", "is_active", "password", "theme", "letter_keys", "timezone"],
                    ),
                },
                "door": {"select": "{valid}", "update": ("{valid}", ["last_login", "password"])},
                "system": READ,
            },
        ),
        RowSecurity("accounts_team", {"agent": READ, "supervisor": READ, "admin": EVERY_VERB, "system": READ}),
        RowSecurity("accounts_membership", {"agent": READ, "supervisor": READ, "admin": EVERY_VERB, "system": READ}),
        RowSecurity(
            "accounts_apitoken",
            {
                "agent": OWN_TOKENS,
                "supervisor": OWN_TOKENS,
                "admin": {"select": "{valid}", "insert": "{valid}", "update": ("{valid}", ["revoked_at", "name", "scopes"])},
                "door": READ,
            },
        ),
        RowSecurity("accounts_session", {"door": EVERY_VERB}),
        RowSecurity("account_emailaddress", {"door": EVERY_VERB}),
        RowSecurity("account_emailconfirmation", {"door": EVERY_VERB}),
        RowSecurity("mfa_authenticator", {"door": EVERY_VERB}),
        RowSecurity("usersessions_usersession", {"door": EVERY_VERB}),
        RowSecurity("django_admin_log", {"admin": {"select": "{valid}", "insert": "user_id = {me}"}}),
        RowSecurity("django_content_type", {"admin": READ, "system": READ, "door": READ}),
        RowSecurity("auth_permission", {"admin": READ}),
        RowSecurity("auth_group", {}),
        RowSecurity("auth_group_permissions", {}),
    ]
