"""Connecting an inbox to Gmail: an admin goes to Google and comes back, and nobody else's way leads anywhere."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from conversations.models import InboxSecret
from core.models import AuditEvent, Job
from gateways.mail.gmail_consent import SCOPE
from tests.intake.gmail_inbox import account, gmail_inbox
from tests.peers.gmail import gmail
from tests.sockets import signed_in

CLIENT = {"client_id": "client-1", "client_secret": "secret-1"}
START, BACK = "/connect/gmail/support/", "/connect/gmail/"


@pytest.fixture
def peer(settings):
    with gmail() as found:
        settings.GMAIL_BASE_URL = found.url
        found.codes["code-1"] = {"refresh_token": "refresh-2", "scope": f"openid {SCOPE}"}
        found.refresh_tokens.add("refresh-2")
        yield found


@pytest.fixture
def inbox(cast, peer):
    return gmail_inbox(cast, secrets=CLIENT)


@pytest.fixture
def ada(cast):
    return signed_in(cast.ada)


def went(browser: Client) -> dict[str, str]:
    answer = browser.get(START)
    assert answer.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def said(answer) -> str:
    return " ".join(str(one) for one in get_messages(answer.wsgi_request))


def kept(inbox) -> dict[str, str]:
    return dict(InboxSecret.objects.using("owner").filter(inbox=inbox).values_list("name", "value"))


def test_an_admin_connects_an_inbox(ada, inbox, peer):
    asked = went(ada)
    assert asked["client_id"] == "client-1" and asked["scope"] == SCOPE and asked["access_type"] == "offline"
    assert (
        asked["redirect_uri"].endswith(BACK) and asked["login_hint"] == "support@shop.example" and "secret-1" not in str(asked)
    )
    shown = ada.get(BACK, {"state": asked["state"], "code": "code-1"})
    assert shown.status_code == 200 and "refresh_token" not in kept(inbox) and peer.forms == []
    assert "no-store" in shown["Cache-Control"]
    done = ada.post(BACK, {"state": asked["state"], "code": "code-1"})
    assert done.status_code == 302 and done["Location"] == f"/admin/conversations/inbox/{inbox.pk}/connection/"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(peer.forms[0]["code_verifier"].encode()).digest()).decode().rstrip("=")
    assert challenge == asked["code_challenge"] and peer.forms[0]["redirect_uri"] == asked["redirect_uri"]
    assert kept(inbox)["refresh_token"] == "refresh-2"
    now = account(inbox)
    assert now.transport == "gmail" and now.settings["email"] == "support@shop.example"
    assert now.cursor == {"history_id": str(peer.mailbox.number)}
    events = set(AuditEvent.objects.using("owner").values_list("event", flat=True))
    assert {"account.set", "inbox.secret_set"} <= events
    assert set(Job.objects.using("owner").values_list("kind", flat=True)) == {
        "intake.gmail.sync.sync",
        "intake.gmail.clock.renew",
    }


def test_the_same_mailbox_is_read_on_from_where_it_was_left(ada, cast, peer):
    inbox = gmail_inbox(cast, secrets=CLIENT, cursor={"history_id": "42"}, email="support@shop.example")
    ada.post(BACK, {"state": went(ada)["state"], "code": "code-1"})
    assert account(inbox).cursor == {"history_id": "42"}


def test_another_mailbox_begins_where_it_stands(ada, cast, peer):
    inbox = gmail_inbox(cast, secrets=CLIENT, cursor={"history_id": "42"}, email="old@shop.example")
    ada.post(BACK, {"state": went(ada)["state"], "code": "code-1"})
    assert account(inbox).cursor == {"history_id": str(peer.mailbox.number)}


@pytest.mark.parametrize("name", ["ana", "sam"])
def test_nobody_but_an_admin_goes_or_comes_back(cast, ada, inbox, peer, name):
    state, browser = went(ada)["state"], signed_in(getattr(cast, name))
    assert browser.get(START).status_code == 403
    for answer in (
        browser.get(BACK, {"state": state, "code": "code-1"}),
        browser.post(BACK, {"state": state, "code": "code-1"}),
    ):
        assert answer.status_code == 403
    nothing_changed(inbox, peer)


def test_a_stranger_is_sent_to_sign_in(ada, inbox, peer):
    state = went(ada)["state"]
    for answer in (Client().get(START), Client().post(BACK, {"state": state, "code": "code-1"})):
        assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
    nothing_changed(inbox, peer)


def test_a_code_that_another_session_asked_for_is_of_no_use(cast, ada, inbox, peer):
    """Whoever sends an admin's browser here with a code of his own would have the inbox read his mailbox."""
    theirs = went(signed_in(cast.ada))["state"]
    for state in (theirs, "", "forged", theirs[:-2]):
        assert ada.post(BACK, {"state": state, "code": "code-1"})["Location"] == "/admin/conversations/inbox/"
    nothing_changed(inbox, peer)


def test_without_our_own_button_nothing_is_connected(ada, cast, inbox, peer):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = ada.cookies
    assert strict.post(BACK, {"state": went(ada)["state"], "code": "code-1"}).status_code == 403
    nothing_changed(inbox, peer)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"code-1": {"refresh_token": "refresh-2", "scope": "openid"}}, "tick everything"),
        ({"code-1": {"scope": SCOPE}}, "no lasting token"),
        ({}, "connect the account again"),
    ],
)
def test_what_google_does_not_give_is_said_and_changes_nothing(ada, inbox, peer, given, why):
    peer.codes.clear()
    peer.codes.update(given)
    answer = ada.post(BACK, {"state": went(ada)["state"], "code": "code-1"})
    assert answer.status_code == 302 and why in said(answer)
    nothing_changed(inbox, peer, asked=True)


def test_who_says_no_at_google_changes_nothing(ada, inbox, peer):
    answer = ada.get(BACK, {"state": went(ada)["state"], "error": "access_denied"})
    assert answer.status_code == 302 and "Nothing was changed" in said(answer)
    nothing_changed(inbox, peer)


def test_without_a_client_nobody_is_sent_to_google(ada, cast, peer):
    gmail_inbox(cast, secrets={})
    answer = ada.get(START)
    assert answer["Location"].startswith("/admin/") and "client ID" in said(answer)


def test_only_an_inbox_of_mail_can_be_connected(ada, inbox):
    assert ada.get("/connect/gmail/web/").status_code == 404


def nothing_changed(inbox, peer, *, asked=False):
    assert "refresh_token" not in kept(inbox) and account(inbox).cursor == {} and account(inbox).settings == {}
    assert Job.objects.using("owner").count() == 0 and (asked or peer.forms == [])
    assert not AuditEvent.objects.using("owner").filter(event="account.set").exists()
