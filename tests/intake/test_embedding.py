"""The form and the chat in a frame of a site: which sites may, how a sending is proven there, and that nothing else changes."""

from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client

from conversations.models import Conversation, Message
from core import limits
from intake import framing, nonces
from intake.links import conversation_token
from tests.cast import Cast, conversation
from tests.house.world import owner_sql

SHOP = "https://shop.example"
OURS = {"HTTP_ORIGIN": "http://testserver"}


@pytest.fixture
def visitor(cast: Cast) -> Client:
    limits.forget()
    caches["redis"].clear()
    caches["process"].clear()
    owner_sql(
        f"""UPDATE conversations_inbox SET allowed_origins = '["{SHOP}", "http://127.0.0.1:9000"]' WHERE id = {cast.orders.pk}"""
    )
    return Client(enforce_csrf_checks=True)


def send(client: Client, cast: Cast, address: str = "/contact/?inbox=web&embed=1", **more: Any) -> Any:
    headers = more.pop("headers", OURS)
    fields = {
        "message": "Where is my parcel?",
        "email": "eve@customer.example",
        "nonce": nonces.issue(f"inbox {cast.orders.pk}"),
    }
    return client.post(address, fields | more, **headers)


def policy(answer: Any) -> str:
    return next(part.strip() for part in answer["Content-Security-Policy"].split(";") if "frame-ancestors" in part)


def test_only_the_inboxs_own_sites_may_show_it_and_only_in_its_layout_for_frames(visitor: Client, cast: Cast) -> None:
    framed = visitor.get("/contact/?inbox=web&embed=1")
    assert policy(framed) == f"frame-ancestors {SHOP} http://127.0.0.1:9000" and "X-Frame-Options" not in framed
    assert (
        "default-src 'none'" in framed["Content-Security-Policy"] and "script-src 'self'" in framed["Content-Security-Policy"]
    )
    for address in (
        "/contact/?inbox=web",
        "/contact/?inbox=app&embed=1",
        "/contact/?inbox=nowhere&embed=1",
        "/accounts/login/?embed=1",
    ):
        other = visitor.get(address)
        assert policy(other) == "frame-ancestors 'none'" and other["X-Frame-Options"] == "DENY"


def test_the_customers_page_follows_its_inbox(visitor: Client, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    other, _ = conversation(cast.app, cast.dan)
    page = f"/c/{conversation_token(mine.pk)}/"
    assert SHOP in policy(visitor.get(f"{page}?embed=1")) and "'none'" in policy(visitor.get(page))
    assert "'none'" in policy(visitor.get(f"/c/{conversation_token(other.pk)}/?embed=1"))
    assert "'none'" in policy(visitor.get("/c/forged/?embed=1"))


@pytest.mark.parametrize(
    "bad",
    ["*", "https://*", "https://shop.example; script-src *", "https://shop.example/path", "'self'", "data:", "", "https://a b",
     "https://shop.example\n", "HTTPS://SHOP", 7, None, ["https://a"]],
)  # fmt: skip
def test_nothing_but_an_origin_gets_into_the_policy(bad: object) -> None:
    assert framing.origins([bad, SHOP]) == (SHOP,)


def test_a_sending_in_a_frame_needs_no_cookie_and_goes_on_in_the_frame(visitor: Client, cast: Cast) -> None:
    answer = send(visitor, cast)
    matter = Conversation.objects.using("owner").get()
    assert answer.status_code == 303 and answer["Location"] == f"/c/{conversation_token(matter.pk)}/?embed=1"
    page = visitor.get(answer["Location"]).content.decode()
    assert (
        'class="cust is-framed"' in page
        and 'messages/?embed=1"' in page
        and f"/ws/c/{conversation_token(matter.pk)}/?embed=1" in page
    )
    visitor.cookies.clear()
    url = answer["Location"].partition("?")[0]
    again = visitor.post(
        f"{url}messages/?embed=1", {"text": "One more", "nonce": nonces.issue(f"conversation {matter.pk}")}, **OURS
    )
    assert again.status_code == 303 and again["Location"].startswith(f"{url}?embed=1")
    asked = visitor.post(f"{url}person/?embed=1", {}, **OURS)
    assert asked.status_code == 303
    assert Conversation.objects.using("owner").get().assistant_paused
    # Whatever is drawn anew stays in its layout, or the next sending would be asked for a cookie.
    drawn = visitor.get(f"{url}sync/?embed=1").content.decode()
    assert f"{url}sync/?embed=1" in drawn or f"{url}person/?embed=1" in drawn or "A person has been asked" in drawn
    assert Message.objects.using("owner").count() == 2


@pytest.mark.parametrize(
    "origin", ["", "null", "https://evil.example", SHOP, "http://testserver.evil.example", "http://testserver:81"]
)
def test_a_sending_from_any_other_page_is_refused_and_its_words_kept(visitor: Client, cast: Cast, origin: str) -> None:
    headers = {"HTTP_ORIGIN": origin} if origin else {}
    answer = send(visitor, cast, headers=headers)
    assert answer.status_code == 403 and "Where is my parcel?</textarea>" in answer.content.decode()
    matter, _ = conversation(cast.orders, cast.cara)
    url = f"/c/{conversation_token(matter.pk)}/"
    nonce = nonces.issue(f"conversation {matter.pk}")
    assert visitor.post(f"{url}messages/?embed=1", {"text": "x", "nonce": nonce}, **headers).status_code == 403
    assert visitor.post(f"{url}person/?embed=1", {}, **headers).status_code == 403
    assert Message.objects.using("owner").count() == 1 and not Conversation.objects.using("owner").get().assistant_paused


def test_outside_of_a_frame_the_cookie_is_needed_as_ever_and_the_number_everywhere(visitor: Client, cast: Cast) -> None:
    assert send(visitor, cast, "/contact/?inbox=web").status_code == 403
    assert send(visitor, cast, nonce="forged").status_code == 422
    assert send(visitor, cast, nonce=nonces.issue("inbox 99")).status_code == 422
    assert Message.objects.using("owner").count() == 0


def test_an_address_may_send_thirty_forms_in_frames(visitor: Client, cast: Cast) -> None:
    codes = [send(visitor, cast, message=f"Number {n}").status_code for n in range(31)]
    assert codes == [303] * 30 + [429]


def test_a_chat_begins_with_a_message_alone(visitor: Client, cast: Cast) -> None:
    page = visitor.get("/contact/?inbox=web&embed=1&chat=1").content.decode()
    assert "Chat with" in page and "You’re chatting with an AI." in page and 'name="topic"' not in page
    answer = send(visitor, cast, "/contact/?inbox=web&embed=1&chat=1", email="")
    message = Message.objects.using("owner").select_related("customer").get()
    assert answer.status_code == 303 and message.customer.identities.using("owner").count() == 0
    assert send(visitor, cast, "/contact/?inbox=web&embed=1", email="").status_code == 422
    assert send(visitor, cast, "/contact/?inbox=web&embed=1&chat=1", email="nonsense").status_code == 422
    assert send(visitor, cast, "/contact/?inbox=web&embed=1&chat=1", message=" ").status_code == 422


def test_numbers_in_addresses_open_nothing(visitor: Client, cast: Cast) -> None:
    """Nobody comes to another conversation by counting, not with a token of his own either."""
    mine, _ = conversation(cast.orders, cast.cara)
    other, first = conversation(cast.orders, cast.dan, "Somebody else's secret")
    number, _, mac = conversation_token(mine.pk).partition("~")
    proven = conversation_token(mine.pk, 2)
    forged = [
        f"{other.pk}~{mac}",
        proven.replace(f"{number}.p", f"{other.pk}.p"),
        f"{other.pk}",
        f"{number}.p~{mac}",
        f"{other.pk}.p~{mac}",
    ]
    for token in forged:
        for tail in ("", "sync/", f"files/{first.pk}/"):
            answer = visitor.get(f"/c/{token}/{tail}")
            assert answer.status_code == 404 and "secret" not in answer.content.decode()
        assert visitor.post(f"/c/{token}/messages/?embed=1", {"text": "x"}, **OURS).status_code == 404


def test_the_script_for_sites_is_small_and_asks_for_nothing(cast: Cast) -> None:
    from pathlib import Path

    script = (Path(__file__).parents[2] / "static/js/widget.js").read_text()
    assert len(script.encode()) < 4096
    assert "import " not in script and "eval" not in script and "innerHTML" not in script and "'*'" not in script
