"""Rows for the matrix: in every table something of one's own and something of somebody else's."""

import json
from datetime import timedelta
from typing import Any

from django.db import connections
from django.utils import timezone

from tests.cast import Cast, conversation

SOON = timezone.now() + timedelta(days=1)


def owner_sql(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall()) if cursor.description else []


def fill(cast: Cast) -> None:
    """Two of everything: one in Ana's orders inbox about Cara, one in Ben's app inbox about Dan."""
    for inbox, customer, agent in ((cast.orders, cast.cara, cast.ana), (cast.app, cast.dan, cast.ben)):
        matter, message = conversation(inbox, customer)
        _conversation_rows(inbox.pk, matter.pk, customer.pk, message.pk, agent.pk)
        _core_rows(inbox.pk, agent.pk)
        _account_rows(agent.pk)
    for user in (cast.sam, cast.ada):
        _account_rows(user.pk)
    _supervisors_rows(cast.orders.pk, cast.sam.pk)
    _console_world(cast)
    _audit("customer", cast.cara.pk, None)
    _audit("door", 0, None)
    _audit("system", 0, None)
    _audit("admin", cast.ada.pk, None)
    _audit("supervisor", cast.sam.pk, cast.orders.pk)
    owner_sql("INSERT INTO core_job (kind, ref, lane, rank, state) VALUES ('some.job', 1, 'bulk', 9, 'ready')")
    _knowledge_rows(cast.base.pk)
    _curated_rows(cast.base.pk, {cast.ana.pk: cast.orders.pk, cast.ben.pk: cast.app.pk, cast.sam.pk: cast.orders.pk})
    _learned_rows(cast.base.pk, (cast.sam.pk, cast.ada.pk, cast.ana.pk))


def _console_world(cast: Cast) -> None:
    [(tag,)] = owner_sql("INSERT INTO conversations_tag (name, hue) VALUES ('refund', 1) RETURNING id")
    owner_sql("INSERT INTO conversations_businesshours (name, zone, week, holidays) VALUES ('h', 'UTC', '{}', '[]')")
    owner_sql(
        "INSERT INTO conversations_attributetype (of, key, label, kind, choices, position)"
        " VALUES ('customer', 'plan', 'Plan', 'text', '[]', 0)"
    )
    for inbox, agent in ((cast.orders, cast.ana), (cast.app, cast.ben), (cast.orders, cast.sam)):
        _console_rows(inbox.pk, agent.pk)
    for inbox, agent in ((cast.orders, cast.ana), (cast.app, cast.ben)):
        _matter_rows(inbox.pk, agent.pk, tag)
    others = [
        pk
        for (pk,) in owner_sql(
            "INSERT INTO conversations_customer (name, language, place) VALUES ('x', '', ''), ('y', '', ''), ('z', '', '') RETURNING id"
        )
    ]
    for (inbox, person), other in zip(
        ((cast.orders, cast.ana), (cast.app, cast.ben), (cast.orders, cast.sam)), others, strict=True
    ):
        _different_people(inbox.pk, person.pk, other)
    teams = dict(owner_sql("SELECT user_id, min(team_id) FROM accounts_membership GROUP BY user_id"))
    for person in (cast.ana, cast.ben, cast.sam):
        _shared_rows(person.pk, teams.get(person.pk))


def _conversation_rows(inbox: int, matter: int, customer: int, message: int, agent: int) -> None:
    for direction, confidence, reviewer, author in (("out", 0.9, None, "assistant"), ("note", None, None, "agent")):
        owner_sql(
            """INSERT INTO conversations_message (conversation_id, inbox_id, customer_id, direction, author, sender_id, text,
                 language, confidence, reviewed_by_id, citations, provider_id, client_key, created_at)
               VALUES (%s, %s, %s, %s, %s, %s, 'words', '', %s, %s, '[]', '', gen_random_uuid(), now())""",
            matter, inbox, customer, direction, author, agent if author == "agent" else None, confidence, reviewer,
        )  # fmt: skip
    [(reply,)] = owner_sql("SELECT id FROM conversations_message WHERE conversation_id = %s AND direction = 'out'", matter)
    owner_sql(
        "INSERT INTO conversations_delivery (message_id, inbox_id, body_sha256, provider_id, reason, send_key)"
        " VALUES (%s, %s, repeat('a', 64), '', '', gen_random_uuid())", reply, inbox,
    )  # fmt: skip
    [(delivery,)] = owner_sql("SELECT id FROM conversations_delivery WHERE message_id = %s", reply)
    owner_sql(
        "INSERT INTO conversations_deliveryattempt (delivery_id, inbox_id, worker_key, body_sha256, deadline, provider_id, error)"
        " VALUES (%s, %s, 1, '', now(), '', '')", delivery, inbox,
    )  # fmt: skip
    owner_sql(
        "INSERT INTO conversations_composertext (user_id, conversation_id, inbox_id, mode, text, changed_at)"
        " VALUES (%s, %s, %s, 'note', 'half a thought', now())", agent, matter, inbox,
    )  # fmt: skip
    _channel_rows(inbox, matter, customer, message, agent)
    owner_sql("INSERT INTO conversations_inboxsecret (inbox_id, name, value) VALUES (%s, 'app_secret', 'x')", inbox)
    owner_sql(
        """INSERT INTO approvals_draft (conversation_id, inbox_id, in_reply_to_id, sentences, threshold, reasons, rules, checks,
             evidence, articles, language, sentiment, answer_model, calibration, prompt, policy, deadline)
           VALUES (%s, %s, %s, '[]', 0.8, '[]', '[]', '[]', '[]', '[]', '', '', '', '', '', '', now())""",
        matter, inbox, message,
    )  # fmt: skip
    [(draft,)] = owner_sql("SELECT id FROM approvals_draft WHERE conversation_id = %s", matter)
    owner_sql(
        "INSERT INTO approvals_decision (draft_id, conversation_id, inbox_id, action, by_id, reason, comment, edit_distance,"
        " draft_version, request_key) VALUES (%s, %s, %s, 'reject', %s, 'tone', '', 0, 1, gen_random_uuid())",
        draft, matter, inbox, agent,
    )  # fmt: skip
    [(receipt,)] = owner_sql(
        "INSERT INTO intake_receipt (inbox_id, provider_id, payload, sha256, error, message_id)"
        " VALUES (%s, %s, '', '', '', %s) RETURNING id", inbox, f"receipt-{message}", message,
    )  # fmt: skip
    owner_sql("INSERT INTO intake_parked (inbox_id, receipt_id, about) VALUES (%s, %s, 'x')", inbox, receipt)


def _channel_rows(inbox: int, matter: int, customer: int, message: int, agent: int) -> None:
    owner_sql("INSERT INTO conversations_account (inbox_id, transport) VALUES (%s, 'sandbox')", inbox)
    owner_sql(
        "INSERT INTO conversations_template (inbox_id, name, language, category, status, header, body, footer, components)"
        " VALUES (%s, 't', 'en', '', 'approved', '', 'Hello', '', '[]')", inbox,
    )  # fmt: skip
    for by in (agent, None):
        owner_sql(
            "INSERT INTO conversations_reaction (message_id, conversation_id, inbox_id, by_id, sign) VALUES (%s, %s, %s, %s, '+')",
            message, matter, inbox, by,
        )  # fmt: skip
    [(identity,)] = owner_sql(
        "INSERT INTO conversations_identity (customer_id, kind, address, display) VALUES (%s, 'account', %s, '') RETURNING id",
        customer, f"account-{inbox}",
    )  # fmt: skip
    owner_sql(
        "INSERT INTO intake_onetimecode (identity_id, conversation_id, inbox_id, digest, expires_at) VALUES (%s, %s, %s, '', now())",
        identity, matter, inbox,
    )  # fmt: skip


def _console_rows(inbox: int, agent: int) -> None:
    """What the console keeps about one conversation; needs its other rows."""
    [(matter, customer)] = owner_sql("SELECT id, customer_id FROM conversations_conversation WHERE inbox_id = %s", inbox)
    [(note,)] = owner_sql("SELECT min(id) FROM conversations_message WHERE conversation_id = %s AND direction = 'note'", matter)
    [(said,)] = owner_sql("SELECT min(id) FROM conversations_message WHERE conversation_id = %s AND direction = 'in'", matter)
    for place, message in (("read", said), ("noted", note), ("unsent", None)):
        owner_sql(
            """INSERT INTO conversations_attachment (conversation_id, inbox_id, message_id, by_id, name, content_type, size, sha256, key)
               VALUES (%s, %s, %s, %s, 'a.png', 'image/png', 1, '', %s)""",
            matter, inbox, message, agent, f"{place}-{inbox}-{agent}",
        )  # fmt: skip
    owner_sql(
        "INSERT INTO conversations_mention (message_id, conversation_id, inbox_id, user_id, by_id) VALUES (%s, %s, %s, %s, %s)",
        note, matter, inbox, agent, agent,
    )  # fmt: skip
    owner_sql(
        "INSERT INTO conversations_follower (conversation_id, inbox_id, user_id) VALUES (%s, %s, %s)", matter, inbox, agent
    )
    owner_sql(
        "INSERT INTO conversations_presence (conversation_id, inbox_id, user_id, doing) VALUES (%s, %s, %s, 'viewing')",
        matter, inbox, agent,
    )  # fmt: skip
    owner_sql("INSERT INTO conversations_customernote (customer_id, by_id, text) VALUES (%s, %s, 'likes tea')", customer, agent)
    _bulk_rows(inbox, matter, agent)


def _shared_rows(person: int, team: int | None) -> None:
    """A view and a canned reply of one person, and of his team."""
    for scope, owner, of_team in (("personal", person, None), *([("team", None, team)] if team else [])):
        owner_sql(
            "INSERT INTO conversations_savedview (name, query, scope, owner_id, team_id, position, changed_at)"
            " VALUES ('v', 'view=open', %s, %s, %s, 0, now())", scope, owner, of_team,
        )  # fmt: skip
        owner_sql(
            "INSERT INTO conversations_cannedreply (name, shortcut, texts, actions, scope, owner_id, team_id, changed_at)"
            " VALUES ('c', 'c', '{}', '[]', %s, %s, %s, now())", scope, owner, of_team,
        )  # fmt: skip


def _bulk_rows(inbox: int, matter: int, agent: int) -> None:
    owner_sql("INSERT INTO conversations_turn (user_id) VALUES (%s)", agent)
    [(run,)] = owner_sql(
        "INSERT INTO conversations_bulkrun (by_id, action, params, query, total, done, skipped, failed)"
        " VALUES (%s, 'resolve', '{}', '', 1, 0, 0, 0) RETURNING id", agent,
    )  # fmt: skip
    owner_sql(
        "INSERT INTO conversations_bulkitem (run_id, conversation_id, inbox_id, by_id, before, reason) VALUES (%s, %s, %s, %s, '{}', '')",
        run, matter, inbox, agent,
    )  # fmt: skip


def _matter_rows(inbox: int, agent: int, tag: int) -> None:
    """What there is once for a conversation: a tag, a rating, a split."""
    [(matter, customer)] = owner_sql("SELECT id, customer_id FROM conversations_conversation WHERE inbox_id = %s", inbox)
    owner_sql(
        "INSERT INTO conversations_conversationtag (conversation_id, inbox_id, tag_id) VALUES (%s, %s, %s)", matter, inbox, tag
    )
    owner_sql(
        "INSERT INTO conversations_rating (conversation_id, inbox_id, customer_id, score, comment, of) VALUES (%s, %s, %s, 5, '', 'person')",
        matter, inbox, customer,
    )  # fmt: skip
    owner_sql(
        "INSERT INTO conversations_split (source_id, target_id, inbox_id, moved, by_id) VALUES (%s, %s, %s, '[]', %s)",
        matter, matter, inbox, agent,
    )  # fmt: skip


def _different_people(inbox: int, by: int, other: int) -> None:
    [(customer,)] = owner_sql("SELECT customer_id FROM conversations_conversation WHERE inbox_id = %s", inbox)
    owner_sql("INSERT INTO conversations_notthesame (customer_id, other_id, by_id) VALUES (%s, %s, %s)", customer, other, by)


def _supervisors_rows(inbox: int, sam: int) -> None:
    [(matter, draft)] = owner_sql("SELECT conversation_id, id FROM approvals_draft WHERE inbox_id = %s", inbox)
    owner_sql(
        "INSERT INTO conversations_reaction (message_id, conversation_id, inbox_id, by_id, sign)"
        " SELECT min(id), conversation_id, inbox_id, %s, '+' FROM conversations_message WHERE conversation_id = %s GROUP BY 2, 3",
        sam, matter,
    )  # fmt: skip
    owner_sql(
        """INSERT INTO conversations_message (conversation_id, inbox_id, customer_id, direction, author, sender_id, text, language,
             citations, provider_id, client_key, created_at)
           SELECT id, inbox_id, customer_id, 'note', 'agent', %s, 'words', '', '[]', '', gen_random_uuid(), now()
             FROM conversations_conversation WHERE id = %s""", sam, matter,
    )  # fmt: skip
    owner_sql(
        "INSERT INTO conversations_composertext (user_id, conversation_id, inbox_id, mode, text, changed_at)"
        " VALUES (%s, %s, %s, 'reply', 'half a thought', now())", sam, matter, inbox,
    )  # fmt: skip
    owner_sql(
        "INSERT INTO approvals_decision (draft_id, conversation_id, inbox_id, action, by_id, reason, comment, edit_distance,"
        " draft_version, request_key) VALUES (%s, %s, %s, 'approve', %s, '', '', 0, 1, gen_random_uuid())",
        draft, matter, inbox, sam,
    )  # fmt: skip


def _core_rows(inbox: int, agent: int) -> None:
    for state in ("ready", "done"):
        owner_sql(
            "INSERT INTO core_job (kind, ref, lane, rank, scope_id, state) VALUES ('some.job', 1, 'bulk', 9, %s, %s)",
            inbox,
            state,
        )
    [(job,)] = owner_sql("SELECT min(id) FROM core_job WHERE scope_id = %s", inbox)
    owner_sql(
        "INSERT INTO core_deadletter (job_id, scope_id, kind, ref, error_class, error, attempts)"
        " VALUES (%s, %s, 'some.job', 1, 'E', '', 5)", job, inbox,
    )  # fmt: skip
    _audit("agent", agent, inbox)
    _audit("system", 0, inbox, subject="conversations.conversation")
    owner_sql("INSERT INTO core_liveevent (xid, groups, topic, ref) VALUES (1, %s, 't', 1)", [f"inbox.{inbox}"])


def _audit(kind: str, actor: int, scope: int | None, subject: str = "c.d") -> None:
    owner_sql(
        "INSERT INTO core_auditevent (event, subject, subject_id, scope_id, actor_kind, actor_id, actor_name, request_id, facts)"
        " VALUES ('a.b', %s, 1, %s, %s, %s, '', '', '{}')", subject, scope, kind, actor,
    )  # fmt: skip


def _account_rows(user: int) -> None:
    owner_sql(
        "INSERT INTO accounts_apitoken (user_id, name, digest, scopes) VALUES (%s, 't', %s, '[]')", user, f"digest-{user}"
    )
    owner_sql("INSERT INTO accounts_session VALUES (%s, 'data', %s, %s)", f"session{user}", SOON, user)
    owner_sql(
        'INSERT INTO account_emailaddress (user_id, email, verified, "primary") VALUES (%s, %s, true, true)',
        user, f"{user}@mail.example",
    )  # fmt: skip
    [(address,)] = owner_sql("SELECT id FROM account_emailaddress WHERE user_id = %s", user)
    owner_sql(
        "INSERT INTO account_emailconfirmation (created, key, email_address_id) VALUES (now(), %s, %s)", f"key{user}", address
    )
    owner_sql(
        "INSERT INTO mfa_authenticator (type, data, user_id, created_at) VALUES ('totp', %s, %s, now())", json.dumps({}), user
    )
    owner_sql(
        "INSERT INTO usersessions_usersession (user_id, created_at, ip, last_seen_at, session_key, user_agent, data)"
        " VALUES (%s, now(), '127.0.0.1', now(), %s, '', '{}')", user, f"session{user}",
    )  # fmt: skip
    owner_sql(
        "INSERT INTO django_admin_log (action_time, object_repr, action_flag, change_message, user_id)"
        " VALUES (now(), 'x', 1, '', %s)", user,
    )  # fmt: skip


def _knowledge_rows(base: int) -> None:
    owner_sql(
        "INSERT INTO knowledge_embeddingmodel (name, version, dimensions, state, created_at) VALUES ('m', 'v-test', 384, 'retired', now())"
    )
    [(model,)] = owner_sql("SELECT id FROM knowledge_embeddingmodel WHERE version = 'v-test'")
    vector = "[" + ",".join(["0.1"] * 384) + "]"
    for name, audience, state in (("a", "public", "published"), ("b", "internal", "published"), ("c", "public", "archived")):
        owner_sql(
            """INSERT INTO knowledge_article (base_id, external_id, title, category, body, url, language, audience, state, version,
                 content_hash, indexed_hash, lexeme_count, updated_at)
               VALUES (%s, %s, 't', '', 'b', '', 'en', %s, %s, 1, '', '', 0, now())""", base, name, audience, state,
        )  # fmt: skip
        [(article,)] = owner_sql("SELECT id FROM knowledge_article WHERE external_id = %s AND base_id = %s", name, base)
        owner_sql(
            "INSERT INTO knowledge_chunk (article_id, base_id, kind, position, text, content_hash, audience)"
            " VALUES (%s, %s, 'passage', 0, 't', '', %s)", article, base, audience,
        )  # fmt: skip
        [(chunk,)] = owner_sql("SELECT id FROM knowledge_chunk WHERE article_id = %s", article)
        owner_sql(
            "INSERT INTO knowledge_posting (article_id, base_id, lexeme, count, audience) VALUES (%s, %s, 'w', 1, %s)",
            article, base, audience,
        )  # fmt: skip
        owner_sql(
            "INSERT INTO knowledge_embedding (chunk_id, model_id, base_id, vector, audience) VALUES (%s, %s, %s, %s, %s)",
            chunk, model, base, vector, audience,
        )  # fmt: skip
        owner_sql(
            "INSERT INTO knowledge_reviewmemory (base_id, model_id, vector, proposed_id, article_id, outcome, source, created_at)"
            " VALUES (%s, %s, %s, %s, %s, 'approved', %s, now())", base, model, vector, article, article, name,
        )  # fmt: skip


def _curated_rows(base: int, scopes: dict[int, int]) -> None:
    vector = "[" + ",".join(["0.1"] * 384) + "]"
    [(first,), (second,)] = owner_sql("SELECT id FROM knowledge_article WHERE base_id = %s ORDER BY id LIMIT 2", base)
    owner_sql(
        """INSERT INTO knowledge_webpage (base_id, url, audience, state, title, body, etag, last_modified, content_hash, problem)
           VALUES (%s, 'https://x.example', 'public', 'waiting', '', '', '', '', '', '')""", base,
    )  # fmt: skip
    owner_sql("INSERT INTO knowledge_gap (base_id, title, centre, count, state) VALUES (%s, 't', %s, 1, 'open')", base, vector)
    owner_sql(
        """INSERT INTO knowledge_contradiction (base_id, first_id, second_id, first_text, second_text, reason, digest, state)
           VALUES (%s, %s, %s, 'a', 'b', 'r', 'd', 'open')""", base, first, second,
    )  # fmt: skip
    for person, inbox in scopes.items():
        owner_sql(
            "INSERT INTO knowledge_question (base_id, text, vector, scope_id, source) VALUES (%s, 't', %s, %s, %s)",
            base, vector, inbox, f"draft:{person}",
        )  # fmt: skip
        for state in ("waiting", "declined"):
            owner_sql(
                """INSERT INTO knowledge_proposal (base_id, kind, title, body, language, question, state, scope_id, source, by_id, note)
                   VALUES (%s, 'answer', 't', 'b', 'en', '', %s, %s, %s, %s, '')""",
                base, state, inbox, f"{state}:{person}", person,
            )  # fmt: skip


def _learned_rows(base: int, people: tuple[int, ...]) -> None:
    for draft, inbox in owner_sql("SELECT id, inbox_id FROM approvals_draft ORDER BY id"):
        owner_sql(
            "INSERT INTO approvals_draftsource (draft_id, inbox_id, article_id, version)"
            " SELECT %s, %s, min(id), 1 FROM knowledge_article", draft, inbox,
        )  # fmt: skip
        owner_sql(
            """INSERT INTO approvals_label (draft_id, inbox_id, base_id, topic, answer_model, source, value, weight, is_warm, features)
               VALUES (%s, %s, %s, 't', 'm', 'approve', 1, 1, false, '{}')""", draft, inbox, base,
        )  # fmt: skip
        owner_sql(
            "INSERT INTO approvals_audit (draft_id, inbox_id, chance, state, comment) VALUES (%s, %s, 1, 'waiting', '')",
            draft, inbox,
        )  # fmt: skip
    owner_sql(
        """INSERT INTO approvals_calibration (base_id, answer_model, is_warm, version, document, digest, state, labels, figures)
           VALUES (%s, 'm', false, 1, '{}', '', 'active', 0, '{}')""", base,
    )  # fmt: skip
    owner_sql(
        "INSERT INTO approvals_topicstanding (base_id, topic, approved, failed, state) VALUES (%s, 't', 1, 0, 'earned')", base
    )
    owner_sql(
        "INSERT INTO approvals_driftreading (base_id, answer_model, labels, figures, alerts) VALUES (%s, '', 0, '{}', '[]')",
        base,
    )
    for person in people:
        [(other,)] = owner_sql(
            "INSERT INTO knowledge_knowledgebase (name, slug, language, created_at) VALUES ('b', %s, 'en', now()) RETURNING id",
            f"base-{person}",
        )
        owner_sql(
            "INSERT INTO approvals_automation (base_id, state, before, reason, changed_by_id) VALUES (%s, 'earning', 'earning', '', %s)",
            other, person,
        )  # fmt: skip
