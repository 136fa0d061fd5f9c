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
CREATE FUNCTION sec.folded(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
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

# How often a word is met decides how it is found, and under row security PostgreSQL may not look that up for itself: hence the
# samples of what is newest. A rare word is looked up in the index of its trigrams. One that is in every hundredth text (or too short
# for a trigram) is met soon enough on the way back through time, and that way has an end. What is not resolved is little: a frequent
# word is looked for in all of it. Patterns are constants to each plan (force_custom_plan), `parts` the longest first.
FIND = r"""
CREATE FUNCTION sec.found(scope bigint[], parts text[], digits text, ids text[], number bigint, states text[], owner bigint, most integer)
RETURNS TABLE (conversation bigint, message bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path = '' SET plan_cache_mode = 'force_custom_plan' SET enable_seqscan = off AS $$
DECLARE
  p1 text := parts[1]; p2 text := coalesce(parts[2], parts[1]);
  is_short boolean := length(parts[1]) < 5;
  is_little boolean := NOT 'resolved' = ANY (states);
  few integer := 800 / array_length(scope, 1) + 1;
  depth integer := 20000 / array_length(scope, 1) + 200;
  is_often boolean;
BEGIN
  is_often := is_short OR 8 <= (SELECT count(*) FROM unnest(scope) i CROSS JOIN LATERAL (
    SELECT m.text FROM public.conversations_message m WHERE m.inbox_id = i ORDER BY m.id DESC LIMIT few) s
    WHERE sec.folded(s.text) LIKE ALL (parts));
  IF is_little AND (is_often OR owner > 0) THEN
    RETURN QUERY SELECT c.id, s.id
      FROM (SELECT o.id FROM public.conversations_conversation o
             WHERE o.inbox_id = ANY (scope) AND o.state = ANY (states) AND o.state IN ('open', 'waiting', 'snoozed') AND o.merged_into_id IS NULL
               AND (owner IS NULL OR (owner = 0 AND o.assignee_id IS NULL) OR o.assignee_id = owner) ORDER BY o.last_message_at DESC) c
      CROSS JOIN LATERAL (SELECT m.id FROM public.conversations_message m
        WHERE m.conversation_id = c.id AND sec.folded(m.text) LIKE ALL (parts) ORDER BY m.id DESC LIMIT 1) s LIMIT most;
  ELSIF is_often THEN
    RETURN QUERY SELECT s.conversation_id, s.id FROM unnest(scope) i CROSS JOIN LATERAL (
      SELECT m.conversation_id, m.id
        FROM (SELECT n.id, n.conversation_id, n.text FROM public.conversations_message n WHERE n.inbox_id = i ORDER BY n.id DESC LIMIT depth) m
        JOIN public.conversations_conversation c ON c.id = m.conversation_id
       WHERE sec.folded(m.text) LIKE ALL (parts) AND c.state = ANY (states)
         AND (owner IS NULL OR (owner = 0 AND c.assignee_id IS NULL) OR c.assignee_id = owner)
       ORDER BY m.id DESC LIMIT most) s ORDER BY s.id DESC LIMIT most;
  ELSE
    RETURN QUERY SELECT m.conversation_id, m.id FROM public.conversations_message m
        JOIN public.conversations_conversation c ON c.id = m.conversation_id
     WHERE m.inbox_id = ANY (scope) AND sec.folded(m.text) LIKE p1 AND sec.folded(m.text) LIKE p2 AND sec.folded(m.text) LIKE ALL (parts)
       AND (c.merged_into_id IS NOT NULL OR c.state = ANY (states))
       AND (owner IS NULL OR (owner = 0 AND c.assignee_id IS NULL) OR c.assignee_id = owner)
     ORDER BY m.id DESC LIMIT most;
  END IF;

  is_often := is_short OR 8 <= (SELECT count(*) FROM unnest(scope) i CROSS JOIN unnest(states) k CROSS JOIN LATERAL (
      SELECT c.subject, c.customer_id FROM public.conversations_conversation c WHERE c.inbox_id = i AND c.state = k
       ORDER BY c.last_message_at DESC LIMIT few / array_length(states, 1)) s JOIN public.conversations_customer p ON p.id = s.customer_id
     WHERE sec.folded(s.subject) LIKE ALL (parts) OR sec.folded(p.name) LIKE ALL (parts)
        OR (SELECT bool_or(sec.folded(a.address) LIKE ALL (parts)) FROM public.conversations_identity a WHERE a.customer_id = p.id));
  IF is_often THEN
    RETURN QUERY SELECT s.id, NULL::bigint FROM unnest(scope) i CROSS JOIN unnest(states) k CROSS JOIN LATERAL (
      SELECT c.id, c.last_message_at
        FROM (SELECT n.id, n.last_message_at, n.subject, n.customer_id FROM public.conversations_conversation n
               WHERE n.inbox_id = i AND n.state = k AND (owner IS NULL OR (owner = 0 AND n.assignee_id IS NULL) OR n.assignee_id = owner)
               ORDER BY n.last_message_at DESC LIMIT depth / 5) c
        JOIN public.conversations_customer p ON p.id = c.customer_id
       WHERE sec.folded(c.subject) LIKE ALL (parts) OR sec.folded(p.name) LIKE ALL (parts)
          OR (SELECT bool_or(sec.folded(a.address) LIKE ALL (parts)) FROM public.conversations_identity a WHERE a.customer_id = p.id)
       ORDER BY c.last_message_at DESC LIMIT most) s ORDER BY s.last_message_at DESC LIMIT most;
  ELSE
    RETURN QUERY SELECT c.id, NULL::bigint FROM public.conversations_conversation c
     WHERE c.inbox_id = ANY (scope) AND c.state = ANY (states) AND sec.folded(c.subject) LIKE p1 AND sec.folded(c.subject) LIKE p2
       AND sec.folded(c.subject) LIKE ALL (parts) AND (owner IS NULL OR (owner = 0 AND c.assignee_id IS NULL) OR c.assignee_id = owner)
     ORDER BY c.id DESC LIMIT most;
    RETURN QUERY SELECT c.id, NULL::bigint FROM public.conversations_conversation c
     WHERE c.inbox_id = ANY (scope) AND c.state = ANY (states) AND c.customer_id IN (
       SELECT p.id FROM public.conversations_customer p
        WHERE sec.folded(p.name) LIKE p1 AND sec.folded(p.name) LIKE p2 AND sec.folded(p.name) LIKE ALL (parts)
       UNION SELECT a.customer_id FROM public.conversations_identity a
        WHERE sec.folded(a.address) LIKE p1 AND sec.folded(a.address) LIKE p2 AND sec.folded(a.address) LIKE ALL (parts))
       AND (owner IS NULL OR (owner = 0 AND c.assignee_id IS NULL) OR c.assignee_id = owner)
     ORDER BY c.id DESC LIMIT most;
  END IF;

  IF digits <> '' THEN
    RETURN QUERY SELECT c.id, NULL::bigint FROM public.conversations_conversation c
     WHERE c.inbox_id = ANY (scope) AND c.customer_id IN (
       SELECT a.customer_id FROM public.conversations_identity a WHERE sec.folded(a.address) LIKE '%' || digits || '%' LIMIT 2000)
     ORDER BY c.id DESC LIMIT most;
  END IF;
  IF number IS NOT NULL THEN
    RETURN QUERY SELECT c.id, NULL::bigint FROM public.conversations_conversation c WHERE c.id = number AND c.inbox_id = ANY (scope);
  END IF;
  IF ids <> '{}' THEN
    RETURN QUERY SELECT m.conversation_id, m.id FROM public.conversations_message m
     WHERE m.provider_id <> '' AND m.provider_id = ANY (ids) AND m.inbox_id = ANY (scope);
    RETURN QUERY SELECT m.conversation_id, m.id FROM public.conversations_delivery d
        JOIN public.conversations_message m ON m.id = d.message_id
     WHERE d.provider_id <> '' AND d.provider_id = ANY (ids) AND m.inbox_id = ANY (scope);
  END IF;
END $$;

-- `ids` and `digits`: empty leaves them out. `owner`: NULL is anybody, 0 nobody. A merged conversation is found as the one it is in.
CREATE FUNCTION sec.search(words text[], digits text, ids text[], number bigint, states text[], owner bigint, inbox bigint, most integer)
RETURNS TABLE (conversation_id bigint, message_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path = '' SET enable_seqscan = off AS $$
DECLARE
  scope bigint[] := sec.scope('agent') || sec.scope('supervisor');
  parts text[];
BEGIN
  IF inbox IS NOT NULL THEN scope := ARRAY(SELECT i FROM unnest(scope) i WHERE i = inbox); END IF;
  parts := ARRAY(SELECT '%' || regexp_replace(f, '([\\%_])', '\\\1', 'g') || '%'
                   FROM (SELECT DISTINCT sec.folded(w) AS f FROM unnest(words) w) s WHERE f <> '' ORDER BY length(f) DESC LIMIT 8);
  IF scope = '{}' OR parts = '{}' THEN RETURN; END IF;
  RETURN QUERY SELECT t.id, max(f.message) FROM sec.found(scope, parts, digits, ids, number, states, owner, most) f
      JOIN public.conversations_conversation c ON c.id = f.conversation
      JOIN public.conversations_conversation t ON t.id = coalesce(c.merged_into_id, c.id)
     WHERE t.inbox_id = ANY (scope) GROUP BY t.id;
END $$;
REVOKE ALL ON FUNCTION sec.search(text[], text, text[], bigint, text[], bigint, bigint, integer),
  sec.found(bigint[], text[], text, text[], bigint, text[], bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sec.search(text[], text, text[], bigint, text[], bigint, bigint, integer) TO cc_agent, cc_supervisor;
"""
UNDO_FIND = """
DROP FUNCTION sec.search(text[], text, text[], bigint, text[], bigint, bigint, integer);
DROP FUNCTION sec.found(bigint[], text[], text, text[], bigint, text[], bigint, integer);
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0007_team_keys")]
    operations = [
        migrations.RunSQL(QUEUE, UNDO_QUEUE),
        migrations.RunSQL(FOLDED, "DROP FUNCTION sec.folded(text)"),
        migrations.RunSQL(TRIGRAMS, UNDO_TRIGRAMS),
        migrations.RunSQL(FIND, UNDO_FIND),
    ]
