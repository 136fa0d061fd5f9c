"""A site vouches for its signed-in customer: what a token must be, and what a bad one may not do."""

import base64
import hmac
import json
import time
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.models import Conversation, Customer, Identity, InboxSecret, Message
from core import limits
from intake import nonces
from intake.identity import NotGood, SignedIn, verified
from intake.links import read
from tests.cast import Cast
from tests.house.world import owner_sql

SECRET = "a secret that the shop and its inbox share"
NOW = 1_800_000_000


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(
    claims: dict[str, Any] | None = None, *, header: Any = None, secret: str = SECRET, now: float = NOW, digest: str = "sha256"
) -> str:
    head = {"alg": "HS256", "typ": "JWT"} if header is None else header
    body = {"sub": "42", "email": "Cara@Customer.example", "name": "Cara", "iat": now, "exp": now + 300} | (claims or {})
    signed = f"{b64(json.dumps(head).encode())}.{b64(json.dumps({k: v for k, v in body.items() if v is not None}).encode())}"
    return f"{signed}.{b64(hmac.digest(secret.encode(), signed.encode(), digest))}"


def test_a_good_token_names_the_customer() -> None:
    found = verified(token({"phone": "+49 30 123"}), SECRET, now=NOW)
    assert found == SignedIn("42", "Cara@Customer.example", "Cara", "+49 30 123")
    assert verified(token({"sub": 42}), SECRET, now=NOW).subject == "42"
    assert verified(token({"exp": NOW - 29, "iat": NOW - 300}), SECRET, now=NOW) and verified(
        token(now=NOW + 29), SECRET, now=NOW
    )


def test_an_address_that_the_site_has_not_verified_proves_nothing() -> None:
    for said in (False, "false", 0, "no", []):
        assert verified(token({"email_verified": said}), SECRET, now=NOW).email == ""
    for said in (True, "true"):
        assert verified(token({"email_verified": said}), SECRET, now=NOW).email == "Cara@Customer.example"
    assert verified(token({"email": "no address\n"}), SECRET, now=NOW).email == ""


def altered() -> str:
    head, _, signature = token().split(".")
    claims = b64(json.dumps({"sub": "1", "iat": NOW, "exp": NOW + 300}).encode())
    return f"{head}.{claims}.{signature}"


BAD = {
    "empty": "", "no token": "x", "two parts": "a.b", "four parts": token() + ".x", "altered": altered(),
    "another secret": token(secret="another secret, as long as the shop's own"), "no signature": token().rpartition(".")[0] + ".",
    "alg none": token(header={"alg": "none"}), "alg HS512": token(header={"alg": "HS512"}, digest="sha512"),
    "alg RS256": token(header={"alg": "RS256"}), "alg in small letters": token(header={"alg": "hs256"}),
    "critical extensions": token(header={"alg": "HS256", "crit": ["exp"]}), "header no object": token(header=["HS256"]),
    "expired": token({"exp": NOW - 31, "iat": NOW - 300}), "of tomorrow": token(now=NOW + 86400), "too long": token({"exp": NOW + 3601}),
    "no end": token({"exp": None}), "no beginning": token({"iat": None}), "end in words": token({"exp": "tomorrow"}),
    "unicode in the middle": f"{b64(b'{}')}.é.x", "unicode below a good head": f"{token().partition('.')[0]}.é.aaaa",
    "further than any clock": token({"exp": 10**400, "iat": 10**400}), "infinite": token({"exp": float("inf")}), "not a number": token({"exp": float("nan")}), "true": token({"exp": True}),
    "nobody": token({"sub": ""}), "no subject": token({"sub": None}), "a long subject": token({"sub": "x" * 151}),
    "a list": token({"sub": ["1"]}), "a control character": token({"sub": "4\n2"}), "padded": token() + "=",
    "huge": "a" * 5000, "unicode": "ä.ö.ü", "trailing bits": token()[:-1] + ("B" if token()[-1] == "A" else "A"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_no_other_token_is_good(kind: str) -> None:
    with pytest.raises(NotGood):
        verified(BAD[kind], SECRET, now=NOW)


def test_a_short_secret_vouches_for_nobody() -> None:
    with pytest.raises(NotGood):
        verified(token(secret="short"), "short", now=NOW)
    with pytest.raises(NotGood):
        verified(token(secret=""), "", now=NOW)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_nothing_that_is_brought_breaks_it(brought: str) -> None:
    for one in (brought, f"{brought}.{brought}.{brought}", f"{b64(brought.encode('utf-8', 'replace'))}.e30.e30"):
        with pytest.raises(NotGood):
            verified(one, SECRET, now=NOW)


# The form


@pytest.fixture
def shop(cast: Cast) -> Client:
    limits.forget()
    caches["redis"].clear()
    caches["process"].clear()
    InboxSecret.objects.using("owner").create(inbox=cast.orders, name="identity_secret", value=SECRET)
    return Client()


def send(client: Client, cast: Cast, identity: str, address: str = "/contact/?inbox=web", **more: str) -> Any:
    fields = {"message": "Where is my parcel?", "nonce": nonces.issue(f"inbox {cast.orders.pk}"), "identity": identity}
    return client.post(address, fields | more)


def fresh(claims: dict[str, Any] | None = None, **more: Any) -> str:
    return token(claims, now=int(time.time()), **more)


def last() -> Message:
    return Message.objects.using("owner").select_related("conversation", "customer").latest("pk")


def test_who_is_signed_in_needs_no_address_and_is_proven(shop: Client, cast: Cast) -> None:
    answer = send(shop, cast, fresh({"email": "new@customer.example", "name": "Nora"}))
    assert answer.status_code == 303
    message = last()
    assert (message.level, message.conversation.level, message.customer.name) == (2, 2, "Nora")
    kinds = {one.kind: (one.address, one.level) for one in message.customer.identities.using("owner").all()}
    assert kinds == {"account": ("web:42", 2), "email": ("new@customer.example", 2)}
    assert read(answer["Location"].split("/")[2]) == (message.conversation_id, 2)
    again = send(shop, cast, fresh({"email": "other@customer.example"}), message="And this?")
    assert again.status_code == 303 and last().customer_id == message.customer_id


def test_what_he_writes_on_his_page_is_proven_and_by_the_plain_link_it_is_not(shop: Client, cast: Cast) -> None:
    page = send(shop, cast, fresh())["Location"].split("#")[0]
    place = f"conversation {last().conversation_id}"
    assert shop.post(f"{page}messages/", {"text": "One more", "nonce": nonces.issue(place)}).status_code == 303
    assert last().level == 2
    from intake.links import conversation_token

    plain = f"/c/{conversation_token(last().conversation_id)}/"
    assert shop.post(f"{plain}messages/", {"text": "Who am I?", "nonce": nonces.issue(place)}).status_code == 303
    assert (last().level, last().conversation.level) == (0, 0)


def test_an_account_joins_the_customer_whose_mailbox_was_proven(shop: Client, cast: Cast) -> None:
    owner_sql(f"UPDATE conversations_identity SET level = 1 WHERE customer_id = {cast.cara.pk}")
    send(shop, cast, fresh())
    assert last().customer_id == cast.cara.pk


def test_an_account_joins_nobody_who_only_typed_that_address(shop: Client, cast: Cast) -> None:
    send(shop, cast, fresh())
    assert last().customer_id != cast.cara.pk
    claimed = Identity.objects.using("owner").get(kind="email", address="cara@customer.example")
    assert (claimed.customer_id, claimed.level) == (cast.cara.pk, 0)


def test_the_same_number_at_two_sites_is_two_customers(shop: Client, cast: Cast) -> None:
    InboxSecret.objects.using("owner").create(inbox=cast.app, name="identity_secret", value=SECRET + " two")
    send(shop, cast, fresh({"email": None}))
    first = last().customer_id
    send(
        shop, cast, fresh({"email": None}, secret=SECRET + " two"), "/contact/?inbox=app",
        nonce=nonces.issue(f"inbox {cast.app.pk}"),
    )  # fmt: skip
    assert last().customer_id != first


@pytest.mark.parametrize("kind", ["another secret", "expired", "alg none", "of another inbox", "replayed after its end"])
def test_a_bad_token_is_as_if_there_were_none(shop: Client, cast: Cast, kind: str) -> None:
    bad = {
        "another secret": fresh(secret="x" * 40), "expired": token(), "alg none": fresh(header={"alg": "none"}),
        "of another inbox": fresh(secret="the secret of another inbox, as long"),
        "replayed after its end": token(now=int(time.time()) - 3700),
    }[kind]  # fmt: skip
    customers = Customer.objects.using("owner").count()
    without, with_it = send(shop, cast, ""), send(shop, cast, bad)
    assert without.status_code == with_it.status_code == 422
    assert bad not in with_it.content.decode() and "Cara" not in with_it.content.decode()
    assert Message.objects.using("owner").count() == 0 and Customer.objects.using("owner").count() == customers
    assert send(shop, cast, bad, email="eve@customer.example", name="Eve").status_code == 303
    assert (last().level, last().customer.name) == (0, "Eve")


def test_a_token_in_the_address_works_without_a_script(shop: Client, cast: Cast) -> None:
    good = fresh()
    page = shop.get(f"/contact/?inbox=web&identity={good}").content.decode()
    assert f'name="identity" value="{good}"' in page and 'name="email"' not in page
    assert "You write as" in page and "Cara@Customer.example" in page
    assert f"identity={good}" not in page
    bad = shop.get("/contact/?inbox=web&identity=nonsense").content.decode()
    assert 'name="email"' in bad and "nonsense" not in bad


def test_a_typed_address_opens_nobody_elses_conversation(shop: Client, cast: Cast) -> None:
    send(shop, cast, "", email="cara@customer.example", message="My secret order")
    first = last().conversation_id
    answer = send(shop, cast, "", email="cara@customer.example", message="Show me everything")
    assert last().conversation_id != first
    page = shop.get(answer["Location"]).content.decode()
    assert "My secret order" not in page and "Cara Cast" not in page
    assert Conversation.objects.using("owner").count() == 2
