"""What the queue is found by: indexes over what is open, and a search that row security does not slow down.

Operators that look into a text are not leakproof, so under row security PostgreSQL would look at every row before it looked at
their indexes. `sec.search` stands behind the policies and keeps their rule itself: it reads the inboxes of the signed identity and
of nothing else, and gives ids away, never a text. What it finds is then read under row security like everything else.
"""

from django.db import migrations

QUEUE = r"""
CREATE INDEX conv_open_due ON conversations_conversation
  (inbox_id, (coalesce(due_at, '9999-01-01 00:00:00+00'::timestamptz)), id) WHERE state = 'open' AND merged_into_id IS NULL;
CREATE INDEX conv_counted ON conversations_conversation (inbox_id, state, team_id, assignee_id, draft_state)
  WHERE state IN ('open', 'waiting', 'snoozed') AND merged_into_id IS NULL;
CREATE INDEX message_provider_id ON conversations_message (provider_id) WHERE provider_id <> '';
CREATE INDEX delivery_provider_id ON conversations_delivery (provider_id) WHERE provider_id <> '';
"""
UNDO_QUEUE = "DROP INDEX conv_open_due, conv_counted, message_provider_id, delivery_provider_id"

# "Straße" and "STRASSE", "é" and "e" are one. Its body is parsed here and now: no search path of a caller changes what it means.
FOLDED = r"""
CREATE FUNCTION sec.folded(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 30
RETURN CASE WHEN octet_length(said) = char_length(said) THEN lower(said)
  ELSE translate(replace(lower(regexp_replace(normalize(said, NFKD), '[\u0300-\u036f]', '', 'g')), 'ß', 'ss'), 'łøđı', 'lodi') END;
REVOKE ALL ON FUNCTION sec.folded(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.folded(text) TO cc_customer, cc_agent, cc_supervisor, cc_admin, cc_door, cc_system;
"""

TRIGRAMS = r"""
DO $$
DECLARE place text;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
    RAISE WARNING 'pg_trgm is not available on this server: the search works, and reads every text it looks into';
    RETURN;
  END IF;
  BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
  EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'DATABASE_URL: its user may not create the extension pg_trgm, which the search needs; let an administrator run CREATE EXTENSION pg_trgm in this database, then start again'
      USING ERRCODE = 'insufficient_privilege';
  END;
  SELECT n.nspname INTO place FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm';
  EXECUTE format('CREATE INDEX message_text_parts ON conversations_message USING gin (sec.folded(text) %I.gin_trgm_ops)', place);
  EXECUTE format('CREATE INDEX conv_subject_parts ON conversations_conversation USING gin (sec.folded(subject) %I.gin_trgm_ops)', place);
  EXECUTE format('CREATE INDEX customer_name_parts ON conversations_customer USING gin (sec.folded(name) %I.gin_trgm_ops)', place);
  EXECUTE format('CREATE INDEX identity_address_parts ON conversations_identity USING gin (sec.folded(address) %I.gin_trgm_ops)', place);
END $$;
"""
UNDO_TRIGRAMS = "DROP INDEX IF EXISTS message_text_parts, conv_subject_parts, customer_name_parts, identity_address_parts"

# `mine` and `ids`: "" and NULL leave out. `owner`: NULL is anybody, 0 nobody. The newest `most` of each kind, newest first.
# The plan depends on the words (a rare one is looked up, a frequent one is met soon enough on the way back through time):
# hence a plan of its own for every call.
SEARCH = r"""
CREATE FUNCTION sec.search(words text[], digits text, ids text[], number bigint, states text[], owner bigint, inbox bigint, most integer)
RETURNS TABLE (conversation_id bigint, message_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' SET plan_cache_mode = 'force_custom_plan' AS $$
DECLARE
  scope bigint[] := sec.scope('agent') || sec.scope('supervisor');
  parts text[] := ARRAY(SELECT '%' || regexp_replace(sec.folded(w), '([\\%_])', '\\\1', 'g') || '%' FROM unnest(words) w WHERE w <> '');
  p1 text := parts[1]; p2 text := parts[2]; p3 text := parts[3]; p4 text := parts[4];
BEGIN
  IF inbox IS NOT NULL THEN scope := ARRAY(SELECT i FROM unnest(scope) i WHERE i = inbox); END IF;
  IF scope = '{}' OR p1 IS NULL THEN RETURN; END IF;
  RETURN QUERY
  WITH said AS (
    SELECT c.id AS conversation, m.id AS message
      FROM public.conversations_message m JOIN public.conversations_conversation c ON c.id = m.conversation_id
     WHERE m.inbox_id = ANY (scope) AND sec.folded(m.text) LIKE p1 AND (p2 IS NULL OR sec.folded(m.text) LIKE p2)
       AND (p3 IS NULL OR sec.folded(m.text) LIKE p3) AND (p4 IS NULL OR sec.folded(m.text) LIKE p4)
       AND c.merged_into_id IS NULL AND c.state = ANY (states)
       AND (owner IS NULL OR (owner = 0 AND c.assignee_id IS NULL) OR c.assignee_id = owner)
     ORDER BY m.id DESC LIMIT most
  ), merged AS (
    SELECT c.id AS conversation, m.id AS message
      FROM public.conversations_conversation c JOIN public.conversations_message m ON m.conversation_id = c.id
     WHERE c.merged_into_id IS NOT NULL AND c.inbox_id = ANY (scope) AND sec.folded(m.text) LIKE p1
       AND (p2 IS NULL OR sec.folded(m.text) LIKE p2) AND (p3 IS NULL OR sec.folded(m.text) LIKE p3)
       AND (p4 IS NULL OR sec.folded(m.text) LIKE p4)
     ORDER BY m.id DESC LIMIT most
  ), about AS (
    SELECT c.id AS conversation, NULL::bigint AS message FROM public.conversations_conversation c
     WHERE c.inbox_id = ANY (scope) AND c.state = ANY (states) AND sec.folded(c.subject) LIKE p1
       AND (p2 IS NULL OR sec.folded(c.subject) LIKE p2) AND (p3 IS NULL OR sec.folded(c.subject) LIKE p3)
       AND (p4 IS NULL OR sec.folded(c.subject) LIKE p4)
     ORDER BY c.id DESC LIMIT most
  ), people AS (
    SELECT p.id FROM public.conversations_customer p
     WHERE sec.folded(p.name) LIKE p1 AND (p2 IS NULL OR sec.folded(p.name) LIKE p2) AND (p3 IS NULL OR sec.folded(p.name) LIKE p3)
       AND (p4 IS NULL OR sec.folded(p.name) LIKE p4)
    UNION
    SELECT i.customer_id FROM public.conversations_identity i
     WHERE sec.folded(i.address) LIKE p1 AND (p2 IS NULL OR sec.folded(i.address) LIKE p2)
       AND (p3 IS NULL OR sec.folded(i.address) LIKE p3) AND (p4 IS NULL OR sec.folded(i.address) LIKE p4)
    UNION
    SELECT i.customer_id FROM public.conversations_identity i WHERE digits <> '' AND sec.folded(i.address) LIKE '%' || digits || '%'
  ), theirs AS (
    SELECT c.id AS conversation, NULL::bigint AS message FROM public.conversations_conversation c JOIN people ON people.id = c.customer_id
     WHERE c.inbox_id = ANY (scope) AND c.state = ANY (states) ORDER BY c.id DESC LIMIT most
  ), numbered AS (
    SELECT c.id AS conversation, NULL::bigint AS message FROM public.conversations_conversation c
     WHERE c.id = number AND c.inbox_id = ANY (scope)
  ), carried AS (
    SELECT m.conversation_id AS conversation, m.id AS message FROM public.conversations_message m
     WHERE m.provider_id <> '' AND m.provider_id = ANY (ids) AND m.inbox_id = ANY (scope)
    UNION
    SELECT m.conversation_id, m.id FROM public.conversations_delivery d JOIN public.conversations_message m ON m.id = d.message_id
     WHERE d.provider_id <> '' AND d.provider_id = ANY (ids) AND m.inbox_id = ANY (scope)
  )
  SELECT t.id, max(f.message) FROM (
    SELECT * FROM said UNION ALL SELECT * FROM merged UNION ALL SELECT * FROM about UNION ALL SELECT * FROM theirs
    UNION ALL SELECT * FROM numbered UNION ALL SELECT * FROM carried) f
    JOIN public.conversations_conversation c ON c.id = f.conversation
    JOIN public.conversations_conversation t ON t.id = coalesce(c.merged_into_id, c.id)
   WHERE t.inbox_id = ANY (scope) GROUP BY t.id;
END $$;
REVOKE ALL ON FUNCTION sec.search(text[], text, text[], bigint, text[], bigint, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.search(text[], text, text[], bigint, text[], bigint, bigint, integer) TO cc_agent, cc_supervisor;
"""
UNDO_SEARCH = "DROP FUNCTION sec.search(text[], text, text[], bigint, text[], bigint, bigint, integer)"


class Migration(migrations.Migration):
    dependencies = [("conversations", "0007_team_keys")]
    operations = [
        migrations.RunSQL(QUEUE, UNDO_QUEUE),
        migrations.RunSQL(FOLDED, "DROP FUNCTION sec.folded(text)"),
        migrations.RunSQL(TRIGRAMS, UNDO_TRIGRAMS),
        migrations.RunSQL(SEARCH, UNDO_SEARCH),
    ]
