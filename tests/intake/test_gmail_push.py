"""/hooks/gmail/<inbox>/: only Google is heard, and all that it can bring about is one more reading."""

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from core.models import Job
from intake.models import Receipt
from tests.house.world import owner_sql
from tests.intake.gmail_inbox import ADDRESS, SECRETS, gmail_inbox
from tests.peers.gmail import gmail

TOKEN = "push-token-of-the-inbox"
AUDIENCE, ACCOUNT = "https://desk.example/hooks/gmail/support/", "push@project.iam.gserviceaccount.com"
KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


@pytest.fixture
def peer(settings):
    with gmail() as found:
        settings.GMAIL_BASE_URL = found.url
        published = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        found.keys = [published | {"kid": "key-1", "alg": "RS256", "use": "sig"}]
        yield found


def told(address=ADDRESS, history=1234):
    data = base64.b64encode(json.dumps({"emailAddress": address, "historyId": history}).encode()).decode()
    return {"message": {"data": data, "messageId": "1"}, "subscription": "projects/p/subscriptions/s"}


def signed(key=KEY, kid="key-1", **changed):
    now = int(time.time())
    claims = {"iss": "https://accounts.google.com", "aud": AUDIENCE, "email": ACCOUNT, "email_verified": True, "iat": now}
    return jwt.encode(claims | {"exp": now + 600} | changed, key, algorithm="RS256", headers={"kid": kid})


def post(body=None, *, token="", bearer="", slug="support"):
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    raw = body if isinstance(body, bytes) else json.dumps(told() if body is None else body).encode()
    query = f"?token={token}" if token else ""
    return Client().post(f"/hooks/gmail/{slug}/{query}", raw, content_type="application/json", headers=headers).status_code


def asked_for():
    return Job.objects.using("owner").count()


def by_token(cast):
    return gmail_inbox(cast, secrets=SECRETS | {"push_token": TOKEN})


def by_signature(cast, **more):
    return gmail_inbox(cast, push_audience=AUDIENCE, push_account=ACCOUNT, **more)


def test_a_push_has_the_inbox_read_and_a_replay_changes_nothing(cast, peer):
    inbox = by_token(cast)
    assert [post(token=TOKEN) for _ in range(10)] == [204] * 10
    assert list(Job.objects.using("owner").values_list("kind", "ref")) == [("intake.gmail.sync.sync", inbox.pk)]
    assert Receipt.objects.using("owner").count() == 0


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "%00"])
def test_who_does_not_know_the_token_is_refused(cast, peer, token):
    by_token(cast)
    assert post(token=token) == 403 and asked_for() == 0


def test_an_inbox_that_was_not_set_up_for_it_hears_nobody(cast, peer):
    gmail_inbox(cast)
    assert post() == post(token="anything") == post(bearer=signed()) == 403 and asked_for() == 0


@pytest.mark.parametrize("slug", ["web", "nothing-of-ours"])
def test_other_inboxes_have_no_such_hook(cast, peer, slug):
    by_token(cast)
    assert post(token=TOKEN, slug=slug) == 403 and asked_for() == 0


def test_what_google_signed_for_us_is_heard(cast, peer):
    by_signature(cast)
    assert post(bearer=signed()) == post(bearer=signed()) == 204 and asked_for() == 1 and peer.count("certs") == 1


FORGED = {
    "by somebody else": lambda: signed(OTHER_KEY),
    "by a key of its own": lambda: signed(OTHER_KEY, kid="key-2"),
    "for somebody else": lambda: signed(aud="https://other.example/"),
    "of another service": lambda: signed(iss="https://evil.example"),
    "of another account": lambda: signed(email="other@project.iam.gserviceaccount.com"),
    "of an account that nobody checked": lambda: signed(email_verified=False),
    "long ago": lambda: signed(exp=int(time.time()) - 3600),
    "without an end": lambda: jwt.encode(
        {"iss": "https://accounts.google.com", "aud": AUDIENCE, "iat": 1}, KEY, algorithm="RS256", headers={"kid": "key-1"}
    ),
    "with no signature": lambda: jwt.encode(jwt.decode(signed(), options={"verify_signature": False}), "", algorithm="none"),
    "with a secret that is public": lambda: jwt.encode(
        {"aud": AUDIENCE}, "x" * 32, algorithm="HS256", headers={"kid": "key-1"}
    ),
    "nothing": lambda: "",
    "no token at all": lambda: "a.b.c",
    "far too long": lambda: "a" * 9000,
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_what_is_signed_otherwise_is_refused(cast, peer, forge):
    by_signature(cast)
    assert post(bearer=forge()) == 403 and asked_for() == 0


def test_an_audience_alone_proves_nothing_because_anybody_s_account_can_sign_for_it(cast, peer):
    gmail_inbox(cast, push_audience=AUDIENCE)
    assert post(bearer=signed()) == 403


def test_where_both_are_set_up_both_are_asked_for(cast, peer):
    by_signature(cast, secrets=SECRETS | {"push_token": TOKEN})
    assert post(bearer=signed()) == post(token=TOKEN) == 403 and asked_for() == 0
    assert post(bearer=signed(), token=TOKEN) == 204 and asked_for() == 1


def test_who_names_keys_that_nobody_has_does_not_make_us_look_each_time(cast, peer):
    by_signature(cast)
    for number in range(20):
        assert post(bearer=signed(OTHER_KEY, kid=f"key-{number + 5}")) == 403
    assert peer.count("certs") == 1


def test_while_google_s_keys_cannot_be_had_it_is_asked_to_come_again(cast, peer):
    by_signature(cast)
    peer.script["certs"] = ["503"]
    assert post(bearer=signed()) == 503 and asked_for() == 0


JUNK = {
    "no json": b"{",
    "a list": b"[]",
    "no message": b"{}",
    "no data": b'{"message": {}}',
    "no base64": b'{"message": {"data": "%%%"}}',
    "no address": json.dumps({"message": {"data": base64.b64encode(b'{"historyId": 1}').decode()}}).encode(),
    "no place": json.dumps({"message": {"data": base64.b64encode(b'{"emailAddress": "a@b.example"}').decode()}}).encode(),
    "no text": b"\xff\xfe\x00",
    "deep": b"[" * 60_000,
}


@pytest.mark.parametrize("body", JUNK.values(), ids=JUNK.keys())
def test_junk_is_refused_and_asks_for_nothing(cast, peer, body):
    by_token(cast)
    assert post(body, token=TOKEN) == 400 and asked_for() == 0


@pytest.mark.parametrize("size", [65_537, 4_000_000])
def test_what_is_too_long_is_refused(cast, peer, size):
    by_token(cast)
    assert post(b" " * size, token=TOKEN) == 413 and asked_for() == 0


def test_what_is_about_another_mailbox_of_the_topic_is_heard_and_means_nothing(cast, peer):
    by_token(cast)
    owner_sql('UPDATE conversations_account SET settings = \'{"email": "support@shop.example"}\'')
    assert post(told("other@shop.example"), token=TOKEN) == 204 and asked_for() == 0
    assert post(told("Support@Shop.example"), token=TOKEN) == 204 and asked_for() == 1


def test_only_a_post_is_heard(cast, peer):
    by_token(cast)
    assert Client().get(f"/hooks/gmail/support/?token={TOKEN}").status_code == 405
