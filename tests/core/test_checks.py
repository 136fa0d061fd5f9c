"""What `manage.py check` notices: settings that contradict each other, and a database that no longer keeps its promises."""

import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.core.management import CommandError, call_command

from core import checks
from core.checks import database_keeps_its_promises, settings_fit_together
from tests.house.world import owner_sql

ROOT = Path(__file__).resolve().parents[2]
SOUND = {
    "ALLOWED_HOSTS": ["help.example.com"],
    "PUBLIC_URL": "https://help.example.com",
    "HTTPS": True,
    "DEVELOPMENT": False,
    "CHAOS": False,
    "TRUSTED_PROXIES": 1,
}


def ids(found: list[CheckMessage]) -> list[str]:
    return [str(one.id) for one in found]


def with_settings(settings: Any, **changes: Any) -> list[CheckMessage]:
    for name, value in (SOUND | changes).items():
        setattr(settings, name, value)
    return settings_fit_together()


def test_settings_that_fit_together_pass(settings) -> None:
    assert with_settings(settings) == []


def test_the_settings_of_a_first_start_pass(settings) -> None:
    local = {"ALLOWED_HOSTS": ["127.0.0.1", "localhost", "[::1]"], "HTTPS": False, "DEVELOPMENT": True, "TRUSTED_PROXIES": 0}
    for url in ("http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"):
        assert with_settings(settings, **local, PUBLIC_URL=url) == []


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"ALLOWED_HOSTS": ["*"]}, "core.E001"),
        ({"PUBLIC_URL": "http://help.example.com"}, "core.E002"),
        ({"PUBLIC_URL": "https://other.example.com"}, "core.E003"),
        ({"DEVELOPMENT": True}, "core.E004"),
        ({"CHAOS": True}, "core.E005"),
        ({"PUBLIC_URL": "http://localhost:8000", "ALLOWED_HOSTS": ["help.example.com", "localhost"]}, "core.W007"),
        ({"TRUSTED_PROXIES": 0}, "core.W008"),
        ({"OPENAI_BASE_URL": "https://models.example.com/v1"}, "core.W009"),
        ({"ANTHROPIC_BASE_URL": "https://models.example.com"}, "core.W010"),
    ],
)
def test_a_contradiction_is_named_by_its_setting_with_the_page_to_read(
    settings, changes: dict[str, Any], complaint: str
) -> None:
    [found] = with_settings(settings, **changes)
    assert found.id == complaint
    assert found.msg.split(":")[0] in {"ALLOWED_HOSTS", "PUBLIC_URL", "DEBUG", "CHAOS", "TRUSTED_PROXIES"} | {
        "OPENAI_BASE_URL",
        "ANTHROPIC_BASE_URL",
    }
    assert found.hint and "docs/operations.md" in found.hint


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_the_owner_s_login_in_the_application_is_noticed(settings) -> None:
    settings.DATABASES = settings.DATABASES | {"default": settings.DATABASES["owner"]}
    assert "core.E006" in ids(with_settings(settings))


def test_the_command_looks_at_the_settings_without_a_database(settings) -> None:
    settings.CHAOS, settings.DEVELOPMENT = True, False
    assert "core.E005" in ids(run_checks(include_deployment_checks=True))
    with pytest.raises(CommandError, match=r"core\.E005"):
        call_command("check", stderr=StringIO())


# --- The database ----------------------------------------------------------------------------------------------------------------


def asked() -> list[CheckMessage]:
    return database_keeps_its_promises(databases=["default"])


def test_a_sound_database_passes(db: None) -> None:
    assert asked() == []
    assert [one for one in run_checks(databases=["default"]) if str(one.id).startswith("core.E1")] == []


def test_the_owner_s_connection_is_left_to_mend(db: None) -> None:
    assert database_keeps_its_promises(databases=["owner"]) == []
    assert database_keeps_its_promises(databases=None) == []


@pytest.fixture
def mended(db: None) -> Iterator[list[str]]:
    """Statements to be run at the end, in order."""
    statements: list[str] = []
    yield statements
    for statement in statements:
        owner_sql(statement)


@pytest.mark.parametrize(
    ("breaking", "mending"),
    [
        ("ALTER TABLE core_job NO FORCE ROW LEVEL SECURITY", "ALTER TABLE core_job FORCE ROW LEVEL SECURITY"),
        ("ALTER TABLE accounts_user DISABLE ROW LEVEL SECURITY", "ALTER TABLE accounts_user ENABLE ROW LEVEL SECURITY"),
        ("ALTER TABLE auth_group DISABLE ROW LEVEL SECURITY", "ALTER TABLE auth_group ENABLE ROW LEVEL SECURITY"),
        ("CREATE TABLE forgotten (id int); GRANT SELECT ON forgotten TO cc_agent", "DROP TABLE forgotten"),
    ],
)
def test_a_table_without_row_security_is_named(mended: list[str], breaking: str, mending: str) -> None:
    owner_sql(breaking)
    mended.append(mending)
    table = breaking.split()[2]
    [found] = asked()
    assert (found.id, found.msg) == ("core.E103", f"{table}: row security is not enabled and forced")


RULES = {
    "missing": None,
    "null passes": "author <> 'assistant' OR confidence > 0.80 OR reviewed_by_id IS NOT NULL",
    "lower floor": "author <> 'assistant' OR reviewed_by_id IS NOT NULL"
    " OR (confidence IS NOT NULL AND confidence > 0.79 AND confidence <= 1)",
    "at the floor": "author <> 'assistant' OR reviewed_by_id IS NOT NULL"
    " OR (confidence IS NOT NULL AND confidence >= 0.80 AND confidence <= 1)",
    "no ceiling": "author <> 'assistant' OR reviewed_by_id IS NOT NULL OR (confidence IS NOT NULL AND confidence > 0.80)",
    "nobody may": "author <> 'assistant'",
    "anybody may": "true",
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_licence_that_does_not_hold_is_noticed(mended: list[str], rule: str | None) -> None:
    [(right,)] = owner_sql("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'assistant_licence'")
    owner_sql("ALTER TABLE conversations_message DROP CONSTRAINT assistant_licence")
    if rule:
        owner_sql(f"ALTER TABLE conversations_message ADD CONSTRAINT assistant_licence CHECK ({rule})")
        mended.append("ALTER TABLE conversations_message DROP CONSTRAINT assistant_licence")
    mended.append(f"ALTER TABLE conversations_message ADD CONSTRAINT assistant_licence {right}")
    assert ids(asked()) == ["core.E104"]


def test_a_licence_that_old_rows_may_break_is_noticed(mended: list[str]) -> None:
    [(right,)] = owner_sql("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'assistant_licence'")
    owner_sql("ALTER TABLE conversations_message DROP CONSTRAINT assistant_licence")
    owner_sql(f"ALTER TABLE conversations_message ADD CONSTRAINT assistant_licence {right} NOT VALID")
    mended.append("ALTER TABLE conversations_message VALIDATE CONSTRAINT assistant_licence")
    assert ids(asked()) == ["core.E104"]


def test_another_secret_key_than_the_database_s_is_noticed(db: None, settings) -> None:
    settings.SECRET_KEY = "another key of more than thirty-two characters"
    [found] = asked()
    assert found.id == "core.E105" and found.msg.startswith("SECRET_KEY")


def test_a_login_with_rights_of_its_own_is_noticed(db: None) -> None:
    assert ids(checks._login_is_plain("owner")) == ["core.E102"]
    assert checks._login_is_plain("default") == []


def test_a_database_that_is_away_is_a_complaint_and_no_traceback() -> None:
    away = {"APP_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing", "DATABASE_URL": ""}
    command = [sys.executable, "manage.py", "check", "--database", "default"]
    done = subprocess.run(command, env=os.environ | away, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 1
    assert "core.E101" in done.stderr and "Traceback" not in done.stderr
