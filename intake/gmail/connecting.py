"""Connecting an inbox to a Gmail account, by an admin whom Google asks for leave.

What the browser carries to Google and back is signed, belongs to one inbox and one session, and lasts ten minutes. Another session's
code is of no use here, and ours is of none elsewhere: the verifier (PKCE) follows from the state and our key, and never leaves the house.
"""

import base64
import hashlib
import secrets
from dataclasses import replace
from typing import Any

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User
from conversations import inboxes, trials
from conversations.connections import connection_of
from conversations.models import Account, Inbox, InboxSecret, Transport
from core.context import acting_as
from core.jobs import enqueue
from core.words import gettext_noop
from gateways.errors import GatewayError
from gateways.mail.gmail_consent import consent_url, refresh_token
from gateways.mail.gmail_reading import Mailbox, Profile
from gateways.types import Connection
from intake.gmail.clock import renew
from intake.gmail.connected import HISTORY
from intake.gmail.sync import ask
from intake.models import DOORMAN

SALT, SECONDS = "intake.gmail.connecting", 600
NO_CLIENT = gettext_noop("Store the client ID and the client secret first")


def begin(inbox: Inbox, session: str, redirect_uri: str) -> str:
    """Where Google asks. Raises GatewayError when we could not say who asks, core.sealing.CannotOpen."""
    connection = _connection(inbox)
    if not connection.secrets.get("client_id") or not connection.secrets.get("client_secret"):
        raise GatewayError(NO_CLIENT, permanent=True)
    about = {"inbox": inbox.pk, "session": _of(session), "once": secrets.token_urlsafe(12)}
    state = signing.dumps(about, salt=SALT, compress=True)
    challenge = _base64(hashlib.sha256(_verifier(state).encode()).digest())
    return consent_url(connection.secrets["client_id"], redirect_uri, state, challenge, hint=inbox.address)


def inbox_in(state: str, session: str) -> int:
    """Which inbox this session asked for. Raises signing.BadSignature for what it did not, or too long ago."""
    about = signing.loads(state, salt=SALT, max_age=SECONDS)
    if not constant_time_compare(str(about["session"]), _of(session)):
        raise signing.BadSignature("another session's")
    return int(about["inbox"])


def finish(inbox: Inbox, code: str, state: str, redirect_uri: str, *, by: User) -> str:
    """Take the code to Google and keep what it gives; the address of the mailbox. Raises GatewayError, having kept nothing."""
    connection = _connection(inbox)
    token = refresh_token(connection.secrets, code, _verifier(state), redirect_uri)
    with Mailbox(replace(connection, secrets={**connection.secrets, "refresh_token": token})) as mailbox:
        profile = mailbox.profile()
    _keep(inbox, token, profile, by)
    with acting_as(DOORMAN):
        ask(inbox.pk)
        enqueue(renew, ref=inbox.pk, scope=inbox.pk)
    return profile.email


def _keep(inbox: Inbox, token: str, profile: Profile, by: User) -> None:
    secret = InboxSecret.objects.filter(inbox=inbox, name="refresh_token").first()
    secret = secret or InboxSecret(inbox=inbox, name="refresh_token")
    secret.value = token
    inboxes.keep_secret(secret, by=by)
    before = Account.objects.filter(inbox=inbox).first() or Account(inbox=inbox)
    inboxes.connect(inbox, Transport.GMAIL, {**before.settings, "email": profile.email}, by=by)
    account = Account.objects.get(inbox=inbox)
    changes: dict[str, Any] = {"poll_error": "", "watch_until": None}
    # The same mailbox is read on from where it was left, so that nothing is missed that came while it was disconnected.
    if before.settings.get("email") != profile.email or not before.cursor:
        changes |= {"polled_at": None, "cursor": {} if before.settings.get("backfill_days") else {HISTORY: profile.history_id}}
    Account.objects.filter(pk=account.pk).update(**changes)
    trials.resume(account, by=by)


def _connection(inbox: Inbox) -> Connection:
    """Secrets are the machine's to read, whoever asks for this."""
    with acting_as(DOORMAN):
        return replace(connection_of(inbox), transport=Transport.GMAIL)


def _verifier(state: str) -> str:
    return _base64(salted_hmac("intake.gmail.verifier", state, algorithm="sha256").digest())


def _of(session: str) -> str:
    return hashlib.sha256(f"{SALT}\0{session}".encode()).hexdigest()[:32]


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")
