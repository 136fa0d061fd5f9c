"""The public form, as a customer's browser meets it, with and without good will."""

import json
import re
import uuid
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.core.cache import caches
from django.core.signing import TimestampSigner
from django.test import Client

from conversations.models import Conversation, Customer, Identity, Inbox, Message
from core import limits
from core.context import Actor, acting_as
from core.models import Job
from intake import nonces
from intake.links import conversation_token
from intake.models import Receipt
from tests.cast import Cast
from tests.house.world import owner_sql
from tests.intake.harmless import assert_harmless, hostile

WORDS = "Where is my parcel? It should have been here on Monday."
GOOD = {"name": "Cara Cast", "email": "cara@customer.example", "message": WORDS}


@pytest.fixture(autouse=True)
def _nobody_has_written_yet(cast: Cast) -> None:
    limits.forget()
    caches["redis"].clear()
    caches["process"].clear()


def stored() -> tuple[int, ...]:
    """How many rows there are of everything that a sending makes."""
    rows = (Receipt, Message, Conversation, Job, Customer, Identity)
    return tuple(model.objects.using("owner").count() for model in rows)


def nonce_of(client: Client, address: str = "/contact/") -> str:
    page = client.get(address).content.decode()
    return re.search(r'name="nonce" value="([^"]+)"', page)[1]


def send(client: Client, address: str = "/contact/", **fields: str):
    return client.post(address, GOOD | {"nonce": nonce_of(client, address)} | fields)


@pytest.fixture
def cara(cast: Cast) -> Client:
    return Client()


def test_what_is_sent_becomes_a_message_with_its_receipt_and_its_job(cara: Client, cast: Cast) -> None:
    answer = send(cara, topic="Something broke")
    message = Message.objects.using("owner").select_related("conversation", "customer").get()
    assert (answer.status_code, answer["Location"]) == (303, f"/c/{conversation_token(message.conversation_id)}/")
    assert (message.text, message.direction, message.customer_id) == (WORDS, "in", cast.cara.pk)
    assert (message.conversation.inbox_id, message.conversation.subject) == (cast.orders.pk, "Something broke")
    receipt = Receipt.objects.using("owner").get()
    assert receipt.message_id == message.pk and json.loads(bytes(receipt.payload))["message"] == WORDS
    assert [(job.kind, job.ref) for job in Job.objects.using("owner").all()] == [("approvals.drafting.draft_reply", message.pk)]


def test_the_subject_is_the_beginning_of_the_message_when_no_topic_was_chosen(cara: Client) -> None:
    send(cara)
    assert Conversation.objects.using("owner").get().subject == WORDS


def test_a_new_address_is_a_new_customer_and_a_claimed_name_changes_no_known_one(cara: Client, cast: Cast) -> None:
    send(cara, email="New@Customer.example", name="Nora  New\nComer")
    send(cara, email="CARA@customer.example", name="Somebody Else")
    assert Identity.objects.using("owner").get(address="new@customer.example").customer.name == "Nora New Comer"
    assert Customer.objects.using("owner").get(pk=cast.cara.pk).name == "Cara Cast"


def test_the_inbox_is_the_one_named_or_the_first_of_the_web(cara: Client, cast: Cast) -> None:
    Inbox.objects.using("owner").create(name="A mail", slug="mail", channel="email", knowledge_base=cast.base)
    send(cara, "/contact/?inbox=app")
    send(cara, "/contact/")
    assert [m.inbox_id for m in Message.objects.using("owner").order_by("pk")] == [cast.app.pk, cast.orders.pk]


@pytest.mark.parametrize("name", ["nowhere", "mail", "%00", "' OR 1=1", "%ff", "x" * 5000])
def test_there_is_no_form_for_what_is_no_web_inbox(cara: Client, cast: Cast, name: str) -> None:
    Inbox.objects.using("owner").create(name="A mail", slug="mail", channel="email", knowledge_base=cast.base)
    before = stored()
    assert cara.get(f"/contact/?inbox={name}").status_code == 404
    assert cara.post(f"/contact/?inbox={name}", GOOD).status_code == 404
    assert stored() == before


def test_without_a_web_inbox_the_page_says_so(cara: Client) -> None:
    owner_sql("DELETE FROM conversations_inboxteam; DELETE FROM conversations_inbox")
    answer = cara.get("/contact/")
    assert answer.status_code == 404 and "There is no form at this address" in answer.content.decode()


@pytest.mark.parametrize(
    ("fields", "field", "mistake"),
    [
        ({"message": ""}, "message", "Tell us what happened"),
        ({"message": " \r\n\t\u3000 "}, "message", "Tell us what happened"),
        ({"message": "\u200b\u2060\ufeff"}, "message", "Tell us what happened"),
        ({"message": "a\0b"}, "message", "Remove the characters that can’t be shown"),
        ({"message": "\0"}, "message", "Remove the characters that can’t be shown"),
        ({"message": "x" * 20_001}, "message", "Shorten your message to 20,000 characters; it has 20001"),
        ({"email": ""}, "email", "Enter your email address"),
        ({"email": "cara.customer.example"}, "email", "Enter an email address with an @"),
        ({"email": "cara@customer.example\nBcc: everybody@example.com"}, "email", "Enter an email address with an @"),
        ({"email": "c\0ara@customer.example"}, "email", "Enter an email address with an @"),
        ({"email": "x" * 300 + "@customer.example"}, "email", "email address"),
        ({"name": "x" * 161}, "name", "Shorten the name to 160 characters"),
        ({"name": "Ca\0ra"}, "name", "Remove the characters that can’t be shown"),
        ({"topic": "Something of my own"}, "topic", "Choose one of these, or none"),
        ({"website": "https://example.com"}, "website", "Leave this empty"),
    ],
)
def test_a_mistake_is_named_at_its_field_and_stores_nothing(
    cara: Client, fields: dict[str, str], field: str, mistake: str
) -> None:
    before = stored()
    answer = send(cara, **fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'<a href="#{field}">' in page and page.count(mistake) >= 2
    assert f'id="{field}"' in page
    assert stored() == before


def test_every_mistake_is_listed_and_every_word_kept(cara: Client) -> None:
    answer = send(cara, name="Cara Cast", email="nonsense", message="", topic="Something broke")
    page = answer.content.decode()
    assert "Two things to put right" in page and 'value="nonsense"' in page and 'value="Cara Cast"' in page
    assert re.search(r'value="Something broke"[^>]*checked', page)
    kept = send(cara, email="", message="<b>Kept</b> & whole").content.decode()
    assert "&lt;b&gt;Kept&lt;/b&gt; &amp; whole</textarea>" in kept


def test_a_mistake_is_tied_to_its_field_for_the_ear(cara: Client) -> None:
    page = send(cara, email="nonsense").content.decode()
    field = re.search(r'<input type="email"[^>]*>', page)[0]
    assert 'aria-invalid="true"' in field and 'aria-describedby="email_helptext email_error"' in field
    assert 'id="email_error"' in page and 'role="alert"' in page


def test_the_longest_message_is_accepted_however_its_lines_are_ended(cara: Client) -> None:
    text = "\r\n".join(["x" * 99] * 200)  # 19,999 characters as a browser counts them
    assert send(cara, message=text).status_code == 303
    assert len(Message.objects.using("owner").get().text) == 19_999


def test_the_same_sending_twice_is_one_message(cara: Client) -> None:
    fields = GOOD | {"nonce": nonce_of(cara)}
    first, second = cara.post("/contact/", fields), cara.post("/contact/", fields)
    assert first.status_code == second.status_code == 303 and first["Location"] == second["Location"]
    assert stored()[:4] == (1, 1, 1, 1)


def test_other_words_under_the_same_number_are_neither_lost_nor_taken_for_the_first(cara: Client) -> None:
    fields = GOOD | {"nonce": nonce_of(cara)}
    cara.post("/contact/", fields)
    answer = cara.post("/contact/", fields | {"message": "And another thing"})
    page = answer.content.decode()
    assert answer.status_code == 409 and "And another thing</textarea>" in page
    assert stored()[:2] == (1, 1)
    fresh = re.search(r'name="nonce" value="([^"]+)"', page)[1]
    assert cara.post("/contact/", fields | {"message": "And another thing", "nonce": fresh}).status_code == 303
    assert stored()[:2] == (2, 2)


def old_nonce(place: str, age: timedelta) -> str:
    """A nonce as it was issued `age` ago."""

    class Then(TimestampSigner):
        def timestamp(self) -> str:
            from django.core.signing import b62_encode

            return b62_encode(b62_decode(super().timestamp()) - int(age.total_seconds()))

    from django.core.signing import b62_decode

    return Then(salt="form nonce", sep="~").sign(f"{uuid.uuid4().hex}.{place}")


@pytest.mark.parametrize("kind", ["missing", "forged", "altered", "old", "of another inbox", "of a conversation"])
def test_a_number_that_is_not_good_brings_the_form_again_with_the_words(cara: Client, cast: Cast, kind: str) -> None:
    place = f"inbox {cast.orders.pk}"
    nonce = {
        "missing": "",
        "forged": f"{uuid.uuid4().hex}.{place}~1u~AAAA",
        "altered": nonces.issue(place).replace("~", "0~", 1),
        "old": old_nonce(place, timedelta(hours=24, minutes=1)),
        "of another inbox": nonces.issue(f"inbox {cast.app.pk}"),
        "of a conversation": nonces.issue(f"conversation {cast.orders.pk}"),
    }[kind]
    before = stored()
    answer = cara.post("/contact/", GOOD | {"nonce": nonce})
    page = answer.content.decode()
    assert answer.status_code == 422 and f"{WORDS}</textarea>" in page and "This page was open for a long time" in page
    assert stored() == before
    fresh = re.search(r'name="nonce" value="([^"]+)"', page)[1]
    assert cara.post("/contact/", GOOD | {"nonce": fresh}).status_code == 303


def test_a_number_is_good_for_a_day(cara: Client, cast: Cast) -> None:
    nonce = old_nonce(f"inbox {cast.orders.pk}", timedelta(hours=23, minutes=59))
    assert cara.post("/contact/", GOOD | {"nonce": nonce}).status_code == 303


def browser(client: Client, number: int) -> Client:
    """Makes it another browser: one that has been given another cookie."""
    client.cookies["csrftoken"] = f"{number:032d}"
    return client


def test_a_browser_may_send_ten_forms_in_ten_minutes_and_keeps_its_words_at_the_eleventh(cara: Client) -> None:
    browser(cara, 1)
    assert [send(cara, message=f"Number {n}").status_code for n in range(10)] == [303] * 10
    before = stored()
    answer = send(cara, message="Number eleven")
    page = answer.content.decode()
    assert answer.status_code == 429 and 0 < int(answer["Retry-After"]) <= 600
    assert "Number eleven</textarea>" in page and "You have sent several messages" in page
    assert stored() == before
    assert send(browser(Client(), 2)).status_code == 303


def test_an_address_may_send_sixty_however_many_browsers_it_pretends_to_be(cara: Client) -> None:
    codes = [send(browser(Client(REMOTE_ADDR="203.0.113.7"), n), message=f"Number {n}").status_code for n in range(61)]
    assert codes == [303] * 60 + [429]
    assert send(browser(Client(REMOTE_ADDR="203.0.113.8"), 99)).status_code == 303


def test_a_cookie_is_needed_and_without_it_the_words_are_kept(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    before = stored()
    answer = client.post("/contact/?inbox=app", GOOD | {"nonce": nonces.issue(f"inbox {cast.app.pk}")})
    page = answer.content.decode()
    assert answer.status_code == 403 and f"{WORDS}</textarea>" in page and 'action="/contact/?inbox=app"' in page
    assert stored() == before
    token, nonce = (re.search(rf'name="{name}" value="([^"]+)"', page)[1] for name in ("csrfmiddlewaretoken", "nonce"))
    assert client.post("/contact/?inbox=app", GOOD | {"nonce": nonce, "csrfmiddlewaretoken": token}).status_code == 303


def test_a_body_beyond_the_limit_is_413_and_stores_nothing(cara: Client) -> None:
    before = stored()
    answer = send(cara, message="x" * (3 * 1024 * 1024 + 1))
    assert answer.status_code == 413 and "That was too much at once" in answer.content.decode()
    assert stored() == before


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"no multipart at all", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data; name=\"message\"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--\r\n",
         "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (b"--\r\n", "multipart/form-data; boundary=" + "x" * 300),
        (urlencode({f"f{n}": "x" for n in range(300)}).encode(), "application/x-www-form-urlencoded"),
        (b"message=%ff%fe&email=%00&nonce=%ed%a0%80", "application/x-www-form-urlencoded"),
        (b"\xff\xfe\x00" * 100, "application/x-www-form-urlencoded; charset=utf-16"),
        (b"message=x", "application/x-www-form-urlencoded; charset=nonsense"),
        (b'{"message": "x"}', "application/json"),
        (b"", ""),
        (b"\0" * 5000, "application/octet-stream"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("checked", [True, False])
def test_what_cannot_be_read_is_a_clear_refusal_and_stores_nothing(cast: Cast, body: bytes, kind: str, checked: bool) -> None:
    client = Client(enforce_csrf_checks=checked)
    before = stored()
    answer = client.generic("POST", "/contact/", body, content_type=kind)
    assert 400 <= answer.status_code < 500
    assert "cust__top" in answer.content.decode()
    assert stored() == before


def test_an_unreadable_request_elsewhere_is_no_customer_s_page(cast: Cast) -> None:
    answer = Client(enforce_csrf_checks=True).generic(
        "POST", "/preferences/", b"x", content_type="multipart/form-data; boundary=y"
    )
    assert answer.status_code in (400, 403) and "cust__top" not in answer.content.decode()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_refused(cara: Client, method: str) -> None:
    assert cara.generic(method, "/contact/").status_code == 405


def test_the_form_is_never_kept_by_a_cache_and_needs_no_script(cara: Client) -> None:
    answer = cara.get("/contact/")
    page = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert '<form class="cust__form" id="contact" method="post"' in page and "hx-" not in page


def test_somebody_signed_in_writes_as_a_customer_like_anybody(cast: Cast) -> None:
    client = Client()
    with acting_as(Actor.door(cast.ana.pk)):
        client.force_login(cast.ana)
    assert send(client).status_code == 303
    before = stored()
    assert send(client, message="").status_code == 422
    assert stored() == before


def test_hostile_strings_are_stored_as_they_are_or_refused(cast: Cast, shared_data: Path) -> None:
    """Each as message and as name; test_customer_page shows them."""
    place, client = f"inbox {cast.orders.pk}", Client()
    for number, text in enumerate(hostile(shared_data)):
        browser(client, number)
        fields = {"message": text, "name": text[:160], "email": f"n{number}@customer.example", "nonce": nonces.issue(place)}
        answer = client.post("/contact/", fields, REMOTE_ADDR=f"10.0.{number // 50}.1")
        if answer.status_code == 422:
            assert_harmless(answer.content.decode())
        else:
            assert answer.status_code == 303, text
    told = Message.objects.using("owner").values_list("text", flat=True)
    expected = {text.replace("\r\n", "\n").strip() for text in hostile(shared_data)}
    assert len(told) > 480 and set(told) <= expected
    assert len(expected - set(told)) < 10


def test_hostile_strings_are_no_addresses_numbers_or_topics(cast: Cast, shared_data: Path) -> None:
    before, client = stored(), Client()
    for text in hostile(shared_data):
        answer = client.post("/contact/", {"message": "x", "email": text, "nonce": text, "topic": text, "website": text})
        assert answer.status_code == 422, text
        assert_harmless(answer.content.decode())
    assert stored() == before
