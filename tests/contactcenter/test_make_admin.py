"""The first admin of an empty installation, and the way back in for one who has lost it."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from tests.cast import person
from tests.house.world import owner_sql

PASSWORD = "a long and quiet morning"


def make_admin(monkeypatch: pytest.MonkeyPatch, email: str, password: str = PASSWORD) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    out = io.StringIO()
    call_command("make_admin", email, stdout=out)
    return out.getvalue()


def test_the_first_admin_signs_in(db, client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "grace.hill@company.example is an admin" in make_admin(monkeypatch, "Grace.Hill@company.example")
    user = User.objects.using("owner").get()
    assert (user.role, user.name, user.is_active) == ("admin", "Grace Hill", True)
    form = {"login": "grace.hill@company.example", "password": PASSWORD}
    assert client.post("/accounts/login/", form).status_code == 302
    assert owner_sql("SELECT event, subject_id, actor_name FROM core_auditevent WHERE actor_name <> 'door'")[0] == (
        "user.added",
        user.pk,
        "make_admin",
    )


def test_an_account_that_is_there_becomes_one_and_its_old_rights_end(db, monkeypatch: pytest.MonkeyPatch) -> None:
    ben = person("Ben", "agent", is_active=False)
    make_admin(monkeypatch, "ben@cast.example")
    now = User.objects.using("owner").get()
    assert (now.pk, now.role, now.is_active, now.name) == (ben.pk, "admin", True, "Ben Cast")
    assert now.check_password(PASSWORD) and now.epoch > ben.epoch
    assert owner_sql("SELECT event FROM core_auditevent") == [("role.granted",)]


@pytest.mark.parametrize(("email", "password"), [("grace", PASSWORD), ("grace@company.example", "short"), ("g@c.example", "")])
def test_what_nobody_may_have_is_refused_and_changes_nothing(db, monkeypatch, email: str, password: str) -> None:
    with pytest.raises(CommandError):
        make_admin(monkeypatch, email, password)
    assert not User.objects.using("owner").exists() and not owner_sql("SELECT 1 FROM core_auditevent")
