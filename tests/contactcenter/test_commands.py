"""status, quiesce and dead_letters: the operator's eyes and hands."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from core.context import Actor, acting_as
from core.models import DeadLetter, Job
from gateways import breaker
from gateways.errors import Misconfigured


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def dead(db) -> DeadLetter:
    job = Job.objects.using("owner").create(kind="some.job", ref=7, lane="draft", state="dead", attempts=5)
    facts = {"kind": job.kind, "ref": 7, "error_class": "ValueError", "error": "ValueError at draft:1", "attempts": 5}
    return DeadLetter.objects.using("owner").create(job=job, **facts)


def test_status_counts_what_waits(db) -> None:
    Job.objects.using("owner").create(kind="some.job", ref=1, lane="send")
    found = json.loads(run("status", "--json"))
    assert found["lanes"]["send"]["ready"] == 1 and found["lanes"]["send"]["oldest_seconds"] >= 0
    assert found["lanes"]["draft"] == {"ready": 0, "leased": 0, "oldest_seconds": None}
    assert found["dead_letters"] == 0 and found["components"] == {} and "." in found["schema"]


def test_status_says_which_model_is_misconfigured(db, settings) -> None:
    settings.OPENAI_API_KEY, settings.OPENAI_MODEL = "a key", "status-model"

    def refused() -> None:
        raise Misconfigured("openai answered 401")

    with pytest.raises(Misconfigured):
        breaker.guarded("openai:status-model", refused)
    breaker.reset()  # As in another process, which has asked no model.
    assert json.loads(run("status", "--json"))["breakers"] == {"openai:status-model": "misconfigured"}
    assert "model openai:status-model  misconfigured" in run("status")
    breaker.breaker("openai:status-model").close()
    breaker.reset()


def test_quiesce_waits_for_work_and_says_when_it_cannot(db) -> None:
    assert run("quiesce", "--timeout", "0").strip() == "quiet"
    Job.objects.using("owner").create(kind="some.job", ref=1, lane="send")
    with pytest.raises(CommandError, match="1 jobs are still"):
        run("quiesce", "--timeout", "0.3")


def test_a_dead_letter_is_listed_shown_and_redriven(dead: DeadLetter) -> None:
    assert json.loads(run("dead_letters", "list"))["ref"] == 7
    assert json.loads(run("dead_letters", "show", str(dead.pk)))["error_class"] == "ValueError"
    assert run("dead_letters", "redrive", str(dead.pk)).strip() == "redriven 1"
    with acting_as(Actor.system("test")):
        job = Job.objects.get()
        assert (job.state, job.attempts) == ("ready", 0)
    assert run("dead_letters", "list") == ""
    with pytest.raises(CommandError, match="not open"):
        run("dead_letters", "redrive", str(dead.pk))


def test_a_dead_letter_is_discarded_with_a_reason(dead: DeadLetter) -> None:
    with pytest.raises(CommandError):
        run("dead_letters", "discard", str(dead.pk))
    run("dead_letters", "discard", str(dead.pk), "--reason", "customer called")
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT state, reason FROM core_deadletter")
        assert cursor.fetchall() == [("discarded", "customer called")]


def test_an_unknown_dead_letter_is_an_error(db) -> None:
    with pytest.raises(CommandError, match="no dead letter 99"):
        run("dead_letters", "show", "99")
