"""Who may do what to which rows, in Python, written from the table of rights in docs/architecture.md and not from the policies.

A rule is a function (row, who) -> bool over the row as a dict; a table, kind or verb that is not listed may do nothing.
For updates the columns stand beside the rule; "*" means all of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Who:
    """A principal: `kind` is empty when the identity is not good, whatever role it claims."""

    name: str
    kind: str
    id: int = 0
    inboxes: frozenset[int] = field(default_factory=frozenset)
    # customers with a conversation in one of the inboxes
    customers: frozenset[int] = field(default_factory=frozenset)
    teams: frozenset[int] = field(default_factory=frozenset)
    # messages that a customer may read
    messages: frozenset[int] = field(default_factory=frozenset)


Rule = Callable[[Row, Who], bool]


def anything(row: Row, who: Who) -> bool:
    return True


def in_scope(row: Row, who: Who) -> bool:
    return row.get("inbox_id", row.get("scope_id")) in who.inboxes


def of_me(column: str) -> Rule:
    return lambda row, who: row[column] == who.id


def both(*rules: Rule) -> Rule:
    return lambda row, who: all(rule(row, who) for rule in rules)


def where(column: str, *values: Any) -> Rule:
    return lambda row, who: row[column] in values


def one_of_mine(row: Row, who: Who) -> bool:
    return row["id"] in who.inboxes


def customer_of_mine(column: str) -> Rule:
    return lambda row, who: row[column] in who.customers


def new_job(row: Row, who: Who) -> bool:
    return in_scope(row, who) and row["state"] == "ready" and row["attempts"] == 0


def new_bulk_job(row: Row, who: Who) -> bool:
    return row["scope_id"] is None and row["lane"] == "bulk" and row["state"] == "ready" and row["attempts"] == 0


def either(*rules: Rule) -> Rule:
    return lambda row, who: any(rule(row, who) for rule in rules)


def audited_as(*kinds: str) -> Rule:
    return lambda row, who: row["actor_kind"] in kinds and (who.kind == "system" or row["actor_id"] == who.id)


def written_by_me(row: Row, who: Who) -> bool:
    mine = row["author"] == "agent" and row["sender_id"] == who.id and row["reviewed_by_id"] is None
    signed = row["author"] == "assistant" and row["direction"] == "out" and row["reviewed_by_id"] == who.id
    return in_scope(row, who) and row["published_at"] is None and not row["from_outside"] and (mine or signed)


def of_the_machine(row: Row, who: Who) -> bool:
    elsewhere = row["author"] == "agent" and row["direction"] == "out" and row["from_outside"]
    return (row["author"] in ("customer", "assistant", "system") or elsewhere) and row["reviewed_by_id"] is None


def shown_to_customer(row: Row, who: Who) -> bool:
    return row["customer_id"] == who.id and row["direction"] != "note" and row["published_at"] is not None


READ = {"select": anything}
ALL = {"select": anything, "insert": anything, "update": (anything, "*"), "delete": anything}
WRITE = {"select": anything, "insert": anything, "update": (anything, "*")}
SEEN = {"select": in_scope}
JOBS = {"select": in_scope, "insert": new_job}
OWN_SETTINGS = {"theme", "letter_keys", "timezone", "language", "availability"}
SETTINGS = {"select": anything, "update": (of_me("id"), OWN_SETTINGS)}
TOKENS = {"select": of_me("user_id"), "insert": of_me("user_id"), "update": (of_me("user_id"), {"revoked_at"})}
CONVERSATION = {
    "state", "version", "changed_at", "assignee_id", "assistant_paused", "needs_person", "priority", "due_at", "subject",
    "preview", "last_message_at", "draft_state", "draft_percent", "draft_label",
    "team_id", "ownership", "attributes", "snoozed_until", "snooze_reason", "resolved_at", "merged_into_id",
}  # fmt: skip
CONVERSATIONS = {"select": in_scope, "update": (in_scope, CONVERSATION)}
MESSAGES = {"select": in_scope, "insert": written_by_me}
WORDS_OF_CUSTOMERS = {
    "published_at", "provider_id", "language", "conversation_id", "mail_id", "mail_chain", "text", "edited_at",
    "withdrawn_at", "marks", "level", "in_reply_to_id",
}  # fmt: skip
REACTIONS = {
    "select": in_scope,
    "insert": both(in_scope, of_me("by_id")),
    "update": (both(in_scope, of_me("by_id")), {"sign", "at"}),
    "delete": both(in_scope, of_me("by_id")),
}
DELIVERIES = {
    "select": in_scope,
    "insert": both(in_scope, where("state", "pending"), where("via_id", None)),
    "update": (in_scope, {"state", "version", "changed_at", "reason", "not_before", "is_scheduled"}),
}
OWN_TEXT = both(in_scope, of_me("user_id"))
COMPOSER = {
    "select": OWN_TEXT,
    "insert": OWN_TEXT,
    "update": (OWN_TEXT, {"text", "caret", "recipients", "changed_at"}),
    "delete": OWN_TEXT,
}
CLAIM = {"state", "version", "changed_at", "message_id", "claimed_by_id", "claimed_until"}
REVIEWS = {"select": in_scope, "update": (in_scope, CLAIM)}
DECISIONS = {"select": in_scope, "insert": both(in_scope, of_me("by_id"))}
CUSTOMERS = {
    "select": customer_of_mine("id"),
    "update": (customer_of_mine("id"), {"name", "language", "place", "attributes", "merged_into_id"}),
}
INBOX = {
    "auto_send", "threshold", "undo_seconds", "first_reply_minutes", "review_minutes", "reopen_days", "distribution",
}  # fmt: skip
NOTES = {"select": customer_of_mine("customer_id"), "insert": both(customer_of_mine("customer_id"), of_me("by_id"))}
RATINGS = {
    "select": of_me("customer_id"),
    "insert": of_me("customer_id"),
    "update": (of_me("customer_id"), {"score", "comment", "changed_at"}),
}
MY_OWN_THERE = both(in_scope, of_me("by_id"))
UNSENT = both(MY_OWN_THERE, where("message_id", None))
FILES = {
    "select": both(in_scope, lambda row, who: row["message_id"] is not None or row["by_id"] == who.id),
    "insert": UNSENT,
    "update": (MY_OWN_THERE, {"message_id", "mode"}),
    "delete": UNSENT,
}
MENTIONS = {"select": in_scope, "insert": MY_OWN_THERE, "update": (OWN_TEXT, {"seen_at"})}
FOLLOWERS = {"select": in_scope, "insert": in_scope, "delete": OWN_TEXT}
PRESENCES = {"select": in_scope, "insert": OWN_TEXT, "update": (OWN_TEXT, {"doing", "seen_at"}), "delete": OWN_TEXT}
TAGGED = {"select": in_scope, "insert": in_scope, "delete": in_scope}
RUNS = {
    "select": of_me("by_id"),
    "insert": of_me("by_id"),
    "update": (of_me("by_id"), {"state", "total", "done", "skipped", "failed", "finished_at"}),
}
RUN_ITEMS = {"select": MY_OWN_THERE, "insert": MY_OWN_THERE, "update": (MY_OWN_THERE, {"state", "before", "reason"})}


def shared(columns: set[str]) -> dict[str, Any]:
    """Views and canned replies: personal, of a team, of everybody."""

    def seen(row: Row, who: Who) -> bool:
        return row["scope"] == "global" or row["owner_id"] == who.id or row["team_id"] in who.teams

    mine = both(where("scope", "personal"), of_me("owner_id"))
    common = where("scope", "team", "global")
    return {
        "agent": {"select": seen, "insert": mine, "update": (mine, columns), "delete": mine},
        "supervisor": {"select": seen, "insert": seen, "update": (seen, columns), "delete": seen},
        "admin": {"select": common, "insert": common, "update": (common, columns), "delete": common},
        "system": ALL,
    }


IDENTITIES = {"select": customer_of_mine("customer_id")}
PUBLISHED = where("state", "published")
PUBLIC = where("audience", "public")
INDEX = {"customer": {"select": PUBLIC}, "agent": READ, "supervisor": READ, "admin": READ, "system": ALL}

EDITORS = {"supervisor": ALL, "admin": ALL, "system": ALL}
ANSWERED = {"state", "is_right", "comment", "by_id", "done_at"}
AUDITS = {"select": in_scope, "update": (in_scope, ANSWERED)}
REACH = {
    "select": anything,
    "insert": of_me("changed_by_id"),
    "update": (anything, {"state", "before", "reason", "changed_by_id", "changed_at"}),
}

ORACLE: dict[str, dict[str, dict[str, Any]]] = {
    "core_job": {
        "agent": JOBS,
        "supervisor": {"select": in_scope, "insert": either(new_job, new_bulk_job)},
        "admin": {"select": anything, "insert": new_bulk_job},
        "system": {**WRITE, "delete": where("state", "done")},
    },
    "core_deadletter": {
        "agent": SEEN,
        "supervisor": SEEN,
        "admin": READ,
        "system": {"select": anything, "insert": anything, "update": (anything, {"state", "reason", "resolved_at"})},
    },
    "core_auditevent": {
        "customer": {"insert": audited_as("customer")},
        "agent": {
            "select": either(audited_as("agent"), both(where("subject", "conversations.conversation"), in_scope)),
            "insert": audited_as("agent"),
        },
        "supervisor": {"select": in_scope, "insert": audited_as("supervisor")},
        "admin": {"select": anything, "insert": audited_as("admin")},
        "door": {"insert": audited_as("door")},
        "system": {"select": anything, "insert": audited_as("system", "assistant")},
    },
    "core_stateevent": {"agent": SEEN, "supervisor": SEEN, "admin": READ, "system": READ},
    "core_legalstep": {"system": READ},
    "core_liveevent": {
        "agent": {"insert": anything},
        "supervisor": {"insert": anything},
        "admin": {"insert": anything},
        "system": {"select": anything, "insert": anything, "delete": anything},
    },
    "accounts_user": {
        "agent": SETTINGS,
        "supervisor": SETTINGS,
        "admin": {
            "select": anything,
            "insert": anything,
            "update": (anything, {"email", "name", "role", "is_active", "password", "capacity"} | OWN_SETTINGS),
        },
        "door": {"select": anything, "update": (anything, {"last_login", "password"})},
        "system": READ,
    },
    "accounts_team": {"agent": READ, "supervisor": READ, "admin": ALL, "system": READ},
    "accounts_membership": {"agent": READ, "supervisor": READ, "admin": ALL, "system": READ},
    "accounts_apitoken": {
        "agent": TOKENS,
        "supervisor": TOKENS,
        "admin": {"select": anything, "insert": anything, "update": (anything, {"revoked_at", "name", "scopes"})},
        "door": READ,
    },
    "accounts_session": {"door": ALL},
    "account_emailaddress": {"door": ALL},
    "account_emailconfirmation": {"door": ALL},
    "mfa_authenticator": {"door": ALL},
    "usersessions_usersession": {"door": ALL},
    "django_admin_log": {"admin": {"select": anything, "insert": of_me("user_id")}},
    "django_content_type": {"admin": READ, "system": READ, "door": READ},
    "auth_permission": {"admin": READ},
    "django_migrations": {"system": READ},
    "conversations_inbox": {
        "customer": {"select": one_of_mine},
        "agent": {"select": one_of_mine},
        "supervisor": {
            "select": one_of_mine,
            "update": (one_of_mine, INBOX),
        },
        "admin": ALL,
        "system": READ,
    },
    "conversations_inboxteam": {"agent": SEEN, "supervisor": SEEN, "admin": ALL, "system": READ},
    "conversations_inboxsecret": {"admin": ALL, "system": READ},
    "conversations_customer": {
        "customer": {"select": of_me("id")},
        "agent": CUSTOMERS,
        "supervisor": CUSTOMERS,
        "system": ALL,
    },
    "conversations_identity": {
        "customer": {"select": of_me("customer_id")},
        "agent": IDENTITIES,
        "supervisor": IDENTITIES,
        "system": ALL,
    },
    "conversations_conversation": {
        "customer": {"select": of_me("customer_id")},
        "agent": CONVERSATIONS,
        "supervisor": CONVERSATIONS,
        "system": WRITE,
    },
    "conversations_message": {
        "customer": {"select": shown_to_customer},
        "agent": MESSAGES,
        "supervisor": MESSAGES,
        "system": {
            "select": anything,
            "insert": of_the_machine,
            "update": (anything, WORDS_OF_CUSTOMERS),
        },
    },
    "conversations_delivery": {"agent": DELIVERIES, "supervisor": DELIVERIES, "system": WRITE},
    "conversations_deliveryattempt": {"agent": SEEN, "supervisor": SEEN, "system": WRITE},
    "conversations_composertext": {
        "agent": COMPOSER,
        "supervisor": COMPOSER,
        "system": {"select": anything, "delete": anything},
    },
    "conversations_customernote": {"agent": NOTES, "supervisor": NOTES, "system": ALL},
    "conversations_notthesame": {"agent": NOTES, "supervisor": NOTES, "system": ALL},
    "conversations_split": {"agent": SEEN, "supervisor": SEEN, "system": ALL},
    "conversations_rating": {"customer": RATINGS, "agent": SEEN, "supervisor": SEEN, "system": ALL},
    "conversations_attachment": {
        "customer": {"select": lambda row, who: row["message_id"] in who.messages},
        "agent": FILES,
        "supervisor": FILES,
        "system": ALL,
    },
    "conversations_mention": {"agent": MENTIONS, "supervisor": MENTIONS, "system": ALL},
    "conversations_follower": {"agent": FOLLOWERS, "supervisor": FOLLOWERS, "system": ALL},
    "conversations_presence": {"agent": PRESENCES, "supervisor": PRESENCES, "system": ALL},
    "conversations_tag": {"agent": READ, "supervisor": ALL, "admin": ALL, "system": READ},
    "conversations_conversationtag": {"agent": TAGGED, "supervisor": TAGGED, "system": ALL},
    "conversations_attributetype": {"agent": READ, "supervisor": READ, "admin": ALL, "system": READ},
    "conversations_savedview": shared({"name", "query", "position", "changed_at"}),
    "conversations_cannedreply": shared({"name", "shortcut", "texts", "actions", "changed_at"}),
    "conversations_turn": {"system": WRITE},
    "conversations_bulkrun": {"agent": RUNS, "supervisor": RUNS, "system": ALL},
    "conversations_bulkitem": {"agent": RUN_ITEMS, "supervisor": RUN_ITEMS, "system": ALL},
    "approvals_draft": {"agent": REVIEWS, "supervisor": REVIEWS, "system": WRITE},
    "approvals_decision": {"agent": DECISIONS, "supervisor": DECISIONS, "system": READ},
    "approvals_draftsource": {"agent": SEEN, "supervisor": SEEN, "system": ALL},
    "approvals_label": {"supervisor": SEEN, "system": ALL},
    "approvals_calibration": {
        "supervisor": {"select": anything, "update": (anything, {"state", "activated_by_id", "activated_at"})},
        "admin": READ,
        "system": ALL,
    },
    "approvals_topicstanding": {
        "supervisor": {"select": anything, "update": (anything, {"state", "changed_by_id", "changed_at"})},
        "admin": READ,
        "system": ALL,
    },
    "approvals_automation": {"agent": READ, "supervisor": REACH, "admin": REACH, "system": ALL},
    "approvals_audit": {"agent": AUDITS, "supervisor": AUDITS, "system": ALL},
    "approvals_driftreading": {"supervisor": READ, "admin": READ, "system": ALL},
    "intake_receipt": {
        "agent": SEEN,
        "supervisor": SEEN,
        "system": {
            "select": anything,
            "insert": anything,
            "update": (anything, {"state", "outcome", "facts", "error", "message_id", "parent_id", "fingerprint"}),
        },
    },
    "intake_parked": {"system": ALL},
    "intake_onetimecode": {"system": ALL},
    "conversations_account": {"agent": SEEN, "supervisor": SEEN, "admin": ALL, "system": ALL},
    "conversations_template": {"agent": SEEN, "supervisor": SEEN, "admin": READ, "system": ALL},
    "conversations_businesshours": {"customer": READ, "agent": READ, "supervisor": READ, "admin": ALL, "system": READ},
    "conversations_reaction": {"agent": REACTIONS, "supervisor": REACTIONS, "system": ALL},
    "knowledge_knowledgebase": {"customer": READ, "agent": READ, "supervisor": WRITE, "admin": WRITE, "system": WRITE},
    "knowledge_article": {
        "customer": {"select": both(PUBLISHED, PUBLIC)},
        "agent": {"select": PUBLISHED},
        "supervisor": WRITE,
        "admin": WRITE,
        "system": WRITE,
    },
    "knowledge_articleversion": {"supervisor": READ, "admin": READ, "system": READ},
    "knowledge_webpage": EDITORS,
    "knowledge_gap": EDITORS,
    "knowledge_contradiction": EDITORS,
    "knowledge_question": {"supervisor": SEEN, "system": ALL},
    "knowledge_proposal": {
        **EDITORS,
        "agent": {
            "select": of_me("by_id"),
            "insert": both(in_scope, of_me("by_id"), where("state", "waiting"), where("decided_by_id", None)),
        },
    },
    "knowledge_chunk": INDEX,
    "knowledge_posting": INDEX,
    "knowledge_embedding": INDEX,
    "knowledge_embeddingmodel": {"customer": READ, "agent": READ, "supervisor": READ, "admin": WRITE, "system": ALL},
    "knowledge_reviewmemory": {"customer": READ, "system": ALL},
}
# Tables whose rows are all one's own or all somebody else's by nature: nothing foreign to hide in them.
UNIFORM = {
    "core_legalstep", "core_liveevent", "django_content_type", "auth_permission", "django_migrations",
    "knowledge_knowledgebase", "knowledge_embeddingmodel", "knowledge_articleversion", "knowledge_webpage", "knowledge_gap",
    "knowledge_contradiction", "conversations_tag", "conversations_businesshours", "conversations_attributetype", "approvals_calibration", "approvals_topicstanding", "approvals_driftreading",
}  # fmt: skip
