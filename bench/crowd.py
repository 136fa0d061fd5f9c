"""Many conversations at once, for bench/queue_page.py: written in bulk, past triggers and checks, as a restore would."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connections

AGENT = "agent0@bench.example"
FREQUENT, RARE = "refund", "zq{}vk"
INBOXES, TEAMS, AGENTS = 8, 4, 40

PEOPLE = """
INSERT INTO accounts_user (password, email, name, role, is_active, epoch, theme, letter_keys, timezone)
  SELECT '!', 'agent' || n || '@bench.example', 'Agent ' || n, 'agent', true, 1, '', true, 'UTC' FROM generate_series(0, %(agents)s - 1) n;
INSERT INTO accounts_team (name, icon) SELECT 'Team ' || n, 'users' FROM generate_series(1, %(teams)s) n;
INSERT INTO accounts_membership (user_id, team_id, created_at)
  SELECT u.id, 1 + substring(u.email, '[0-9]+')::int %% %(teams)s, now() FROM accounts_user u;
INSERT INTO knowledge_knowledgebase (name, slug, language, created_at) SELECT 'Help', 'bench', 'en', now() WHERE NOT EXISTS (SELECT 1 FROM knowledge_knowledgebase);
INSERT INTO conversations_inbox (name, slug, channel, address, auto_send, threshold, undo_seconds, first_reply_minutes, knowledge_base_id)
  SELECT 'Inbox ' || n, 'bench-' || n, (ARRAY['email','whatsapp','web'])[1 + n %% 3], '', true, 0.8, 5, 60,
         (SELECT min(id) FROM knowledge_knowledgebase) FROM generate_series(1, %(inboxes)s) n;
INSERT INTO conversations_inboxteam (inbox_id, team_id) SELECT n, 1 + (n - 1) %% %(teams)s FROM generate_series(1, %(inboxes)s) n;
INSERT INTO conversations_tag (name, hue) SELECT 'tag ' || n, n %% 12 FROM generate_series(0, 19) n;
"""

# Word n of 20,000 is met about 1/n as often as the first; a text has 12 to 36 of them.
TEXTS = """
CREATE TEMP TABLE words AS SELECT n, CASE WHEN n %% 97 = 3 THEN %(frequent)s || n ELSE
  (ARRAY['ka','ro','mi','ten','sol','vor','eli','dun','pra','ship','ost','bel'])[1 + n %% 12]
  || (ARRAY['ta','ren','lo','gar','ni','bus','er','an','ock','ing'])[1 + n / 12 %% 10] || CASE WHEN n > 120 THEN to_hex(n) ELSE '' END END AS w
  FROM generate_series(0, 19999) n;
UPDATE words SET w = %(frequent)s WHERE n = 7;
CREATE INDEX ON words (n); ANALYZE words;
CREATE TEMP TABLE texts AS
  SELECT t AS n, string_agg(w, ' ') AS said FROM generate_series(0, 7999) t
    CROSS JOIN LATERAL (SELECT floor(exp(random() * ln(20000)))::int - 1 + 0 * t AS n FROM generate_series(1, 12 + t %% 24)) pick
    JOIN words USING (n) GROUP BY t;
CREATE INDEX ON texts (n); ANALYZE texts;
"""

CONVERSATIONS = """
INSERT INTO conversations_customer (id, name, language, place, created_at)
  SELECT n, (ARRAY['Ana','Émile','Zofia','Mikael','Thảo','Дмитро','Léa','Joaquín'])[1 + n %% 8] || ' Person' || n, '', '', now()
    FROM generate_series(1, %(size)s * 7 / 10) n;
INSERT INTO conversations_identity (customer_id, kind, address, display, level)
  SELECT n, CASE WHEN n %% 4 = 0 THEN 'phone' ELSE 'email' END,
         CASE WHEN n %% 4 = 0 AND n %% 8 <> 0 THEN '+4670' || lpad(n::text, 8, '0') ELSE 'person' || n || '@customer.example' END, '', 0
    FROM generate_series(1, %(size)s * 7 / 10) n;
INSERT INTO conversations_conversation (id, inbox_id, customer_id, channel, subject, preview, language, state, version, assignee_id, team_id,
    priority, draft_state, draft_percent, due_at, snoozed_until, last_inbound_at, last_message_at, changed_at, created_at)
  SELECT made.n, inbox, 1 + made.n %% (%(size)s * 7 / 10), (ARRAY['email','whatsapp','web'])[1 + inbox %% 3], left(said, 60), left(said, 120),
         (ARRAY['en','de','sv','ar'])[1 + made.n %% 4], state, 1, CASE WHEN made.n / 8 %% 5 < 3 THEN 1 + (inbox - 1) %% 4 + 4 * (made.n / 40 %% 10) END,
         1 + (inbox - 1) %% %(teams)s, CASE WHEN made.n %% 20 = 0 THEN 1 ELSE 0 END,
         CASE WHEN state = 'open' THEN (ARRAY['review','held','','composing','failed','auto_sent'])[1 + made.n %% 6] ELSE '' END, 64,
         CASE WHEN state = 'open' THEN at + interval '4 hours' END, CASE WHEN state = 'snoozed' THEN now() + made.n %% 90 * interval '1 hour' END,
         at, at, at, at
    FROM (SELECT n, 1 + n %% %(inboxes)s AS inbox, now() - (%(size)s - n) * (interval '600 days' / %(size)s) AS at,
                 CASE WHEN n > %(size)s * 0.5 AND n %% 25 = 3 OR n > %(size)s * 0.5 AND n %% 200 = 5 THEN 'waiting'
                      WHEN n %% 200 = 7 THEN 'snoozed' WHEN n > %(size)s * 0.9 AND n %% 10 IN (1, 6) THEN 'open' ELSE 'resolved' END AS state
            FROM generate_series(1, %(size)s) n) made JOIN texts ON texts.n = made.n * 31 %% 8000;
INSERT INTO conversations_message (id, conversation_id, inbox_id, customer_id, direction, author, sender_id, text, language, citations,
    provider_id, client_key, published_at, created_at)
  SELECT c.id * 2 - 1 + half, c.id, c.inbox_id, c.customer_id, CASE half WHEN 0 THEN 'in' ELSE 'out' END,
         CASE half WHEN 0 THEN 'customer' ELSE 'agent' END, CASE half WHEN 1 THEN 1 END, said || ' zq' || c.id * 2 + half || 'vk', '', '[]',
         CASE half WHEN 0 THEN '<in-' || c.id || '@mail.example>' ELSE '' END, gen_random_uuid(), c.created_at, c.created_at
    FROM conversations_conversation c CROSS JOIN generate_series(0, 1) half JOIN texts ON texts.n = (c.id * 17 + half * 4001) %% 8000;
INSERT INTO conversations_conversationtag (conversation_id, inbox_id, tag_id, created_at)
  SELECT c.id, c.inbox_id, t, now() FROM conversations_conversation c CROSS JOIN LATERAL generate_series(1, (c.id %% 4)::int) t WHERE c.state = 'open';
INSERT INTO conversations_mention (message_id, conversation_id, inbox_id, user_id, by_id, seen_at, created_at)
  SELECT id * 2, id, inbox_id, 1, 2, CASE WHEN id %% 3 = 0 THEN now() END, now()
    FROM conversations_conversation WHERE inbox_id IN (1, 5) ORDER BY id DESC LIMIT 40;
"""
FILLED = (
    "conversations_customer", "conversations_identity", "conversations_conversation", "conversations_message", "conversations_delivery",
    "conversations_conversationtag", "conversations_mention", "accounts_user", "accounts_team", "accounts_membership",
    "conversations_inbox", "conversations_inboxteam", "conversations_tag",
)  # fmt: skip


def fill(size: int, data: str) -> None:
    """Write `size` conversations, unless they are there."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM conversations_conversation WHERE id = %s", [size])
        if cursor.fetchone()[0]:
            return
    keys = json.loads((Path(data) / "secrets.json").read_text())
    place = urlsplit(settings.OWNER_URL)
    login = place._replace(netloc=f"postgres:{keys['superuser']}@{place.hostname}:{place.port}").geturl()
    with psycopg.connect(login, autocommit=True) as superuser:
        _write(superuser, size)


def _write(db: "psycopg.Connection[Any]", size: int) -> None:
    values = {"size": size, "inboxes": INBOXES, "teams": TEAMS, "agents": AGENTS, "frequent": FREQUENT}
    # No trigger and no check of a key: a million steps would be written down and eight million keys looked up.
    db.execute("SET session_replication_role = replica; SET maintenance_work_mem = '1GB'")
    indexes = db.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '%USING gin%' AND tablename LIKE 'conversations%'"
    ).fetchall()
    for name, _ in indexes:
        db.execute(f"DROP INDEX {name}")
    with db.cursor() as cursor:
        for script in (PEOPLE, TEXTS, CONVERSATIONS):
            for statement in script.split(";\n"):
                if statement.strip():
                    psycopg.ClientCursor(cursor.connection).execute(statement, values)
    for _, definition in indexes:
        db.execute(definition)
    for table in FILLED:
        db.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), coalesce(max(id), 1)) FROM {table}")
    db.execute("VACUUM (ANALYZE)")
