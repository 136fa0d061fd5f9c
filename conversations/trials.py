"""Trying a connection out, for the admin who has just set it up: sign in, receive, send, call our own hook.

Each is a job, because each speaks to somebody outside; what came of it stands on the account, in words.
"""

from typing import Any

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from conversations.connections import account_of, connection_of
from conversations.models import Account, Event, Inbox
from core import audit
from core.context import Actor, acting_as
from core.jobs import enqueue, job, settle
from core.sealing import NO_KEY, CannotOpen
from gateways.errors import GatewayError
from gateways.own_hooks import called
from gateways.probes import Probe, probe_of
from gateways.types import Connection

TESTER = Actor.system("trials")
SIGN_IN, RECEIVE, SEND, HOOK = "sign_in", "receive", "send", "hook"
RUNNING, WELL, FAILED = "running", "well", "failed"


def begin(inbox: Inbox, which: str, *, by: User, to: str = "") -> None:
    """Have one test run; `to` is the address that a test message goes to. Raises KeyError for a test that does not exist."""
    account = kept(inbox)
    trials = account.trials | {which: {"state": RUNNING, "words": "", "at": timezone.now().isoformat(), "to": to}}
    Account.objects.filter(pk=account.pk).update(trials=trials)
    enqueue(JOBS[which], ref=account.pk, scope=None)
    audit.record(Event.ACCOUNT_TESTED, inbox, scope=inbox.pk, which=which)


def kept(inbox: Inbox) -> Account:
    """The inbox's account as a row, made when there is none yet."""
    account = account_of(inbox)
    if account.pk is None:
        account.save()
    return account


def resume(account: Account, *, by: User) -> bool:
    """Let an account that was paused send again; False when it was not paused."""
    resumed = Account.objects.filter(pk=account.pk, paused_at__isnull=False).update(paused_at=None, paused_reason="")
    if resumed:
        audit.record(Event.ACCOUNT_RESUMED, account, scope=account.inbox_id)
    return bool(resumed)


@job(lane="bulk", max_attempts=1)
def try_sign_in(account_id: int) -> None:
    """Whether the provider knows us. One that does again may be sent through again."""
    _try(account_id, SIGN_IN, lambda probe, connection, trial: probe.sign_in(connection))


@job(lane="bulk", max_attempts=1)
def try_receive(account_id: int) -> None:
    """Whether we could read what has come; nothing is taken in by it."""
    _try(account_id, RECEIVE, lambda probe, connection, trial: probe.receive(connection))


@job(lane="bulk", max_attempts=1)
def try_send(account_id: int) -> None:
    """One message of fixed words to the address that the admin named."""
    _try(account_id, SEND, lambda probe, connection, trial: probe.send(connection, trial.get("to", "")))


@job(lane="bulk", max_attempts=1)
def try_hook(account_id: int) -> None:
    """Our own hook, called over the network as the provider calls it: who knows the secret is let in, nobody else."""
    _try(account_id, HOOK, lambda probe, connection, trial: called(connection, settings.PUBLIC_URL))


JOBS = {SIGN_IN: try_sign_in, RECEIVE: try_receive, SEND: try_send, HOOK: try_hook}


def _try(account_id: int, which: str, ask: Any) -> None:
    with acting_as(TESTER):
        account = Account.objects.select_related("inbox").get(pk=account_id)
        try:
            connection: Connection | None = connection_of(account.inbox)
        except CannotOpen:
            connection = None
    state, words = _asked(connection, ask, account.trials.get(which, {}))
    with acting_as(TESTER):
        account = Account.objects.select_for_update().get(pk=account_id)
        account.trials[which] = account.trials.get(which, {}) | {
            "state": state, "words": words[:400], "at": timezone.now().isoformat(),
        }  # fmt: skip
        account.save(update_fields=["trials"])
        if which == SIGN_IN and state == WELL and account.paused_at is not None:
            Account.objects.filter(pk=account_id).update(paused_at=None, paused_reason="", polled_at=Now())
            audit.record(Event.ACCOUNT_RESUMED, account, scope=account.inbox_id)
        settle()


def _asked(connection: Connection | None, ask: Any, trial: dict[str, Any]) -> tuple[str, str]:
    if connection is None:
        return FAILED, NO_KEY
    probe: Probe = probe_of(connection)
    try:
        return WELL, ask(probe, connection, trial)
    except GatewayError as error:
        return FAILED, str(error)
