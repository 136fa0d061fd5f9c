"""Who may look after knowledge: versions write themselves, editors decide, nobody else sees what is not published.

The agents' articles stay the published ones. What waits for a decision (pages, proposals, gaps, contradictions) is the editors';
a question in a customer's words is seen by those who may see its inbox. Agents may propose.
"""

from django.db import migrations

from core.rls import RowSecurity, Rules

VERSIONS = """
CREATE FUNCTION sec.keep_version() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.version < OLD.version THEN
    RAISE EXCEPTION 'version % of article % is behind %', NEW.version, NEW.id, OLD.version USING ERRCODE = 'check_violation';
  END IF;
  INSERT INTO public.knowledge_articleversion
    (article_id, base_id, version, title, body, category, url, language, audience, state, by_id, note, created_at)
  VALUES (NEW.id, NEW.base_id, NEW.version, NEW.title, NEW.body, NEW.category, NEW.url, NEW.language, NEW.audience, NEW.state,
          NEW.changed_by_id, NEW.change_note, now())
  ON CONFLICT (article_id, version) DO NOTHING;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION sec.keep_version() FROM PUBLIC;
INSERT INTO knowledge_articleversion (article_id, base_id, version, title, body, category, url, language, audience, state, note, created_at)
SELECT id, base_id, version, title, body, category, url, language, audience, state, '', updated_at FROM knowledge_article;
CREATE TRIGGER keep_version AFTER INSERT OR UPDATE OF version ON knowledge_article
  FOR EACH ROW EXECUTE FUNCTION sec.keep_version();
CREATE TRIGGER append_only BEFORE UPDATE OF article_id, version, title, body, category, url, language, audience, state, note, created_at
  ON knowledge_articleversion FOR EACH ROW EXECUTE FUNCTION sec.append_only();
"""

READ = {"select": "{valid}"}
WRITE = {"select": "{valid}", "insert": "{valid}", "update": "{valid}"}
REBUILD = {**WRITE, "delete": "{valid}"}
EDITORS: Rules = {"supervisor": REBUILD, "admin": REBUILD, "system": REBUILD}
SEEN = {"select": "scope_id = ANY ({scope})"}
PROPOSE = {
    "select": "by_id = {me}",
    "insert": "by_id = {me} AND state = 'waiting' AND decided_by_id IS NULL AND scope_id = ANY ({scope})",
}


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0004_article_life"), ("core", "0003_jobs_of_editors")]

    operations = [
        migrations.RunSQL(VERSIONS, migrations.RunSQL.noop),
        RowSecurity("knowledge_articleversion", {"supervisor": READ, "admin": READ, "system": READ}),
        RowSecurity("knowledge_webpage", EDITORS),
        RowSecurity("knowledge_gap", EDITORS),
        RowSecurity("knowledge_contradiction", EDITORS),
        RowSecurity("knowledge_question", {"supervisor": SEEN, "system": REBUILD}),
        RowSecurity("knowledge_proposal", {**EDITORS, "agent": PROPOSE}),
    ]
