"""The demo: a whole day in every state, true to the last row, and only where it may be."""

import io
import json
import os
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from contactcenter.demo import ground, library, people, story
from contactcenter.demo.ground import Ground
from contactcenter.invariants import broken
from conversations.models import Conversation
from core.context import acting_as
from knowledge.indexing import default_base
from tests.cast import SYSTEM, person
from tests.house.world import owner_sql


@pytest.fixture
def instance(db: None, settings, tmp_path: Path) -> Path:
    """An instance's folder of its own, whose secrets are those of the servers that the tests run on."""
    passwords = {"owner": urlsplit(settings.OWNER_URL).password, "redis": urlsplit(settings.REDIS_URL).password}
    (tmp_path / "secrets.json").write_text(json.dumps(passwords))
    settings.DATA_DIR = tmp_path
    return tmp_path


def seed() -> str:
    out = io.StringIO()
    call_command("seed", stdout=out)
    return out.getvalue().strip()


def everything() -> dict[str, str]:
    """A fingerprint of every table."""
    tables = [name for (name,) in owner_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    return {name: owner_sql(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t")[0][0] for name in tables}


def states(table: str, column: str = "state") -> set[str]:
    return {value for (value,) in owner_sql(f"SELECT DISTINCT {column} FROM {table}")}


def test_a_first_start_finds_a_company_and_its_day(instance: Path) -> None:
    with acting_as(SYSTEM):
        base = default_base()
    people.hire(base)
    assert ground.look() is Ground.CUT_SHORT, "what is left of a run that was killed"

    assert (
        seed() == f"Demo: {len(library.articles())} articles, {len({step.matter.key for step in story.steps()})} conversations."
    )

    every_state_is_there()
    nothing_but_the_truth(instance)
    it_looks_like_a_day()
    staff_knowledge_stays_with_staff()
    somebody_looks_after_the_articles()
    a_script_finds_all_it_needs(instance)

    before, facts = everything(), (instance / "demo-facts.json").read_bytes()
    assert seed() == "There is a demo already; nothing was changed."
    assert everything() == before and (instance / "demo-facts.json").read_bytes() == facts


def every_state_is_there() -> None:
    assert states("conversations_conversation") == {"open", "waiting", "snoozed", "resolved"}
    drafts = dict(owner_sql("SELECT state || ' ' || verdict, count(*) FROM approvals_draft GROUP BY 1"))
    assert {"in_review hold", "sent send", "sent hold", "rejected hold", "superseded hold"} <= set(drafts)
    assert drafts["sent send"] >= 8 and drafts["in_review hold"] >= 10
    assert states("conversations_delivery") >= {"sent", "delivered", "read", "failed", "held"}
    assert states("approvals_decision", "action") >= {"approve", "edit", "reject", "take_over"}
    reasons = {"wrong_article", "missing_fact", "tone", "policy", "other"}
    assert states("approvals_decision", "reason") - {""} == reasons
    assert states("conversations_message", "direction") == {"in", "out", "note"}
    assert len(states("conversations_conversation", "language") & {"en", "de", "fr", "es", "it", "ar", "ja"}) >= 6
    assert states("conversations_conversation", "channel") == {"web", "email", "whatsapp"}
    assert 40 <= Conversation.objects.using("owner").count() <= 70
    assert owner_sql("SELECT count(DISTINCT tag_id) FROM conversations_conversationtag")[0][0] >= 5
    assert owner_sql("SELECT count(*) FROM conversations_mention")[0][0] >= 3
    assert states("conversations_cannedreply", "scope") == states("conversations_savedview", "scope") == {"global"}
    events = states("core_auditevent", "event")
    assert {"conversation.reopened", "conversation.handed_back", "draft.superseded", "delivery.failed"} <= events
    held = Counter(rule["code"] for (rules,) in owner_sql("SELECT rules FROM approvals_draft") for rule in json.loads(rules))
    assert {"below_line", "review_only", "attack", "legal", "safety", "wants_person", "language"} <= set(held)


def nothing_but_the_truth(instance: Path) -> None:
    assert not any(broken().values())
    call_command("quiesce", "--timeout", "0", stdout=io.StringIO())
    assert owner_sql("SELECT count(*) FROM core_deadletter") == [(0,)]
    assert owner_sql("SELECT DISTINCT undo_seconds FROM conversations_inbox") == [(5,)]
    assert owner_sql("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'append_only%%' AND tgenabled = 'D'") == [(0,)]


def it_looks_like_a_day() -> None:
    ahead = "SELECT count(*) FROM conversations_message WHERE created_at > now() - interval '3 minutes'"
    assert owner_sql(ahead) == [(0,)]
    [(today, older)] = owner_sql(
        "SELECT count(*) FILTER (WHERE age < interval '27 hours'), count(*) FILTER (WHERE age > interval '5 days')"
        " FROM (SELECT now() - created_at AS age FROM conversations_conversation) AS ages"
    )
    assert today >= 40 and older >= 3
    out_of_order = """SELECT count(*) FROM conversations_message a JOIN conversations_message b
                        ON b.conversation_id = a.conversation_id AND b.id > a.id AND b.created_at <= a.created_at"""
    assert owner_sql(out_of_order) == [(0,)]
    [(over, soon)] = owner_sql(
        "SELECT count(*) FILTER (WHERE due_at < now()), count(*) FILTER (WHERE due_at BETWEEN now() AND now() + interval '15 min')"
        " FROM conversations_conversation WHERE state = 'open'"
    )
    assert over >= 2 and soon >= 2
    # What the logs say happened in a conversation lies within its life.
    strays = """SELECT count(*) FROM core_stateevent e JOIN conversations_conversation c ON c.id = e.subject_id
                 WHERE e.subject = 'conversations.conversation'
                   AND e.at NOT BETWEEN c.created_at - interval '1 second' AND c.changed_at + interval '1 second'"""
    assert owner_sql(strays) == [(0,)]


def staff_knowledge_stays_with_staff() -> None:
    internal = {
        (key, title) for key, title in owner_sql("SELECT external_id, title FROM knowledge_article WHERE audience = 'internal'")
    }
    assert len(internal) == 5
    keys, titles = {key for key, _ in internal}, {title for _, title in internal}
    cited = [json.loads(row) for (row,) in owner_sql("SELECT citations FROM conversations_message")]
    assert sum(map(len, cited)) > 20 and not titles & {one["title"] for row in cited for one in row}
    found = {key for (row,) in owner_sql("SELECT articles FROM approvals_draft") for key in json.loads(row)}
    assert len(found) > 20 and not keys & found


def somebody_looks_after_the_articles() -> None:
    [(owned, due, dated)] = owner_sql(
        "SELECT count(owner_id), count(*) FILTER (WHERE review_by <= current_date), count(review_by) FROM knowledge_article"
    )
    assert owned > 40 and due == 1 and dated > 40
    assert owner_sql("SELECT count(*) FROM knowledge_article WHERE state = 'draft'") == [(1,)]
    kept = owner_sql("SELECT v.version, v.note FROM knowledge_articleversion v WHERE article_id IN"
                     " (SELECT id FROM knowledge_article WHERE version > 1) ORDER BY v.created_at")  # fmt: skip
    assert kept == [(1, "Imported"), (2, "As agreed in the team")]
    astray = """SELECT count(*) FROM knowledge_article a JOIN knowledge_articleversion v ON v.article_id = a.id
                 AND v.version = a.version AND v.created_at <> a.updated_at"""
    assert owner_sql(astray) == [(0,)]
    unindexed = "SELECT count(*) FROM knowledge_article WHERE indexed_hash <> content_hash"
    assert owner_sql(unindexed) == [(0,)]


def a_script_finds_all_it_needs(instance: Path) -> None:
    file = instance / "demo-facts.json"
    assert file.stat().st_mode & 0o777 == 0o600
    facts = json.loads(file.read_text())
    assert set(facts) == {"users", "api_token", "inboxes"}
    assert [(one["email"], one["role"]) for one in facts["users"]] == [
        ("ana@demo.example", "agent"), ("ben@demo.example", "agent"),
        ("sam@demo.example", "supervisor"), ("ada@demo.example", "admin"),
    ]  # fmt: skip
    assert {one["password"] for one in facts["users"]} == {"demo"}
    assert {name: set(inbox) for name, inbox in facts["inboxes"].items()} == {
        "web": {"slug"},
        "email": {"slug", "address", "secret"},
        "whatsapp": {"slug", "phone_number_id", "app_secret", "verify_token"},
    }
    assert all(value for inbox in facts["inboxes"].values() for value in inbox.values())
    assert User.objects.using("owner").get(email="ana@demo.example").check_password("demo")
    served = "SELECT t.name FROM accounts_team t JOIN accounts_membership m ON m.team_id = t.id JOIN accounts_user u ON u.id = m.user_id WHERE u.email = %s"
    ana, ben = ({name for (name,) in owner_sql(served, f"{one}@demo.example")} for one in ("ana", "ben"))
    assert ana and ben and not ana & ben


def test_the_demo_is_refused_when_debug_is_off(instance: Path, settings) -> None:
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError, match="refused when DEBUG is off"):
        seed()
    assert not User.objects.using("owner").exists()


def test_the_demo_is_refused_on_somebody_else_s_servers(instance: Path, settings) -> None:
    for name, url in (("OWNER_URL", "postgresql://me:mine@db.example/shop"), ("REDIS_URL", "redis://:mine@cache.example/0")):
        ours = getattr(settings, name)
        setattr(settings, name, url)
        with pytest.raises(CommandError, match="only for the embedded"):
            seed()
        setattr(settings, name, ours)
    (instance / "secrets.json").unlink()
    with pytest.raises(CommandError, match="only for the embedded"):
        seed()
    assert not User.objects.using("owner").exists()


def test_the_demo_is_refused_while_the_instance_runs(instance: Path) -> None:
    pids = {"postgres": os.getpid(), "redis": os.getpid(), "pump": os.getpid(), "web": 2**22 + 1, "beat": 0}
    (instance / "state.json").write_text(json.dumps({"components": {name: {"pid": pid} for name, pid in pids.items()}}))
    with pytest.raises(CommandError, match=r"an instance is running here \(pump\)"):
        seed()
    assert not User.objects.using("owner").exists()


def test_the_demo_stays_out_of_a_database_in_which_somebody_works(instance: Path) -> None:
    person("Ada", "admin")
    before = everything()
    assert seed().startswith("Somebody works here already")
    assert everything() == before and not (instance / "demo-facts.json").exists()


def test_the_story_is_read_strictly() -> None:
    assert story.span("1d 2h 3m 4s").total_seconds() == 93_784
    with pytest.raises(ValueError, match="not a length of time"):
        story.span("soon")
    steps = story.steps()
    assert [step.ago for step in steps] == sorted((step.ago for step in steps), reverse=True)
    assert sum(step.is_hurried for step in steps) == 1
