"""POST and GET /api/v1/messages, as another system meets them."""

import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations.models import Conversation, Customer, Message
from core.models import Job
from intake import links
from intake.api_body import MAX_BODY
from intake.models import Receipt
from tests.build import arrives, run_jobs
from tests.cast import Cast, conversation, inbound
from tests.house.world import owner_sql
from tests.intake.program import Program, rows

HELLO = {"inbox": "web", "customer": {"email": "Cara@customer.example", "name": "Somebody"}, "text": "Where is my tent?"}


@pytest.fixture
def program(cast: Cast) -> Program:
    return Program(cast.ana)


def owned(model, **of):
    return model.objects.using("owner").get(**of)


def test_a_message_is_stored_with_its_receipt_and_the_job_that_answers_it(program: Program, cast: Cast) -> None:
    raw = json.dumps(HELLO | {"subject": "My\ntent"}).encode()
    answer = program.post("/messages", raw, key="one")
    assert (answer.status_code, answer["Content-Type"]) == (202, "application/json; charset=utf-8")
    found = answer.json()
    message, matter = owned(Message), owned(Conversation)
    assert found == {"conversation": matter.pk, "message": message.pk, "customer_url": found["customer_url"]}
    assert (message.text, message.direction, message.author, message.inbox_id) == (
        "Where is my tent?", "in", "customer", cast.orders.pk,
    )  # fmt: skip
    assert (matter.subject, matter.channel, matter.customer_id) == ("My tent", "web", cast.cara.pk)
    receipt = owned(Receipt)
    assert bytes(receipt.payload) == raw and receipt.message_id == message.pk
    assert [(job.kind, job.ref) for job in Job.objects.using("owner").all()] == [("approvals.drafting.draft_reply", message.pk)]
    assert owned(Customer, pk=cast.cara.pk).name == "Cara Cast", "a claimed name changes nobody"


def test_the_customers_own_page_is_named(program: Program) -> None:
    found = program.post("/messages", HELLO).json()
    address = urlsplit(found["customer_url"])
    assert address.path.startswith("/c/") and links.read(address.path.split("/")[2])[0] == found["conversation"]


def test_the_message_is_answered_like_any_other(program: Program) -> None:
    found = program.post("/messages", HELLO).json()
    assert run_jobs() > 0
    shown = program.get(f"/conversations/{found['conversation']}").json()
    assert [one["in_reply_to"] for one in shown["drafts"]] == [found["message"]]


def test_the_same_key_again_gives_the_same_answer_and_stores_nothing(program: Program) -> None:
    first = program.post("/messages", HELLO, key="abc")
    before = rows()
    second = program.post("/messages", HELLO, key="abc")
    assert (second.status_code, second.content) == (202, first.content)
    assert rows() == before


def test_the_same_key_gives_the_same_answer_after_all_is_done(program: Program) -> None:
    first = program.post("/messages", HELLO, key="abc")
    owner_sql("UPDATE conversations_inbox SET auto_send = false")
    run_jobs()
    program.post("/messages", HELLO | {"conversation": first.json()["conversation"], "text": "Hello?"})
    assert program.post("/messages", HELLO, key="abc").content == first.content


def test_the_same_key_with_another_body_is_refused(program: Program) -> None:
    program.post("/messages", HELLO, key="abc")
    before = rows()
    answer = program.post("/messages", HELLO | {"text": "Something else"}, key="abc")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "key_reused")
    assert rows() == before


def test_a_key_stands_for_one_body_in_every_inbox(cast: Cast) -> None:
    owner_sql("INSERT INTO conversations_inboxteam (inbox_id, team_id) VALUES (%s, %s)", cast.app.pk, cast.orders_team.pk)
    program = Program(cast.fresh(cast.ana))
    program.post("/messages", HELLO, key="abc")
    before = rows()
    answer = program.post("/messages", HELLO | {"inbox": "app"}, key="abc")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "key_reused")
    assert rows() == before


def test_two_programs_and_a_form_may_use_the_same_key(cast: Cast) -> None:
    answers = [Program(user).post("/messages", HELLO, key="abc") for user in (cast.ana, cast.ana, cast.sam)]
    arrives(cast.orders, "By the form", key="abc")
    arrives(cast.orders, "By the form", key="form:abc")
    assert [one.status_code for one in answers] == [202, 202, 202]
    assert Message.objects.using("owner").count() == 5


def test_a_known_conversation_is_continued_and_its_customer_need_not_be_named(program: Program, cast: Cast) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    answer = program.post("/messages", {"inbox": "web", "conversation": mine.pk, "text": "And the pegs?"})
    assert (answer.status_code, answer.json()["conversation"]) == (202, mine.pk)
    assert Conversation.objects.using("owner").count() == 1
    assert owned(Message, pk=answer.json()["message"]).customer_id == cast.cara.pk


def test_a_customer_is_known_by_phone_and_may_be_nobody(program: Program) -> None:
    for customer in ({"phone": "+49 (30) 12-34"}, {"phone": "+49301234"}, {}, {"email": None, "name": ""}, {"email": " "}):
        assert program.post("/messages", HELLO | {"customer": customer}).status_code == 202
    people = Conversation.objects.using("owner").order_by("pk").values_list("customer", flat=True)
    assert people[0] == people[1] and len(set(people)) == 4


def test_what_is_not_asked_for_is_ignored(program: Program) -> None:
    more = {"direction": "out", "author": "agent", "state": "sent", "inbox_id": 99, "published_at": None, "confidence": 1}
    assert program.post("/messages", HELLO | more | {"customer": HELLO["customer"] | {"id": 1}}).status_code == 202
    assert (owned(Message).direction, owned(Message).author) == ("in", "customer")


@pytest.mark.parametrize("inbox", ["nowhere", "app", "", "web ", "../web"])
def test_an_inbox_that_is_not_there_or_not_theirs_is_not_found(program: Program, inbox: str) -> None:
    before = rows()
    answer = program.post("/messages", HELLO | {"inbox": inbox})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert rows() == before


def test_a_conversation_elsewhere_is_not_found(program: Program, cast: Cast) -> None:
    theirs, _ = conversation(cast.app, cast.dan)
    before = rows()
    answers = [program.post("/messages", HELLO | {"conversation": pk}) for pk in (theirs.pk, 999_999, 2**63 - 1)]
    assert {one.status_code for one in answers} == {404}
    assert len({one.content for one in answers}) == 1, "nobody learns which ones exist"
    assert rows() == before


def test_a_conversation_of_ones_own_in_another_inbox_is_not_found(cast: Cast) -> None:
    owner_sql("INSERT INTO conversations_inboxteam (inbox_id, team_id) VALUES (%s, %s)", cast.app.pk, cast.orders_team.pk)
    other, _ = conversation(cast.app, cast.dan)
    before = rows()
    assert Program(cast.fresh(cast.ana)).post("/messages", HELLO | {"conversation": other.pk}).status_code == 404
    assert rows() == before | {"core_auditevent": before["core_auditevent"] + 1}, "the token itself"


WRONG = {
    "empty text": HELLO | {"text": ""},
    "blank text": HELLO | {"text": " \n\t\u00a0 "},
    "invisible text": HELLO | {"text": "\u200b\u2060"},
    "NUL in the text": HELLO | {"text": "a\0b"},
    "a lone surrogate": HELLO | {"text": "a\ud800b"},
    "a text too long": HELLO | {"text": "x" * 20_001},
    "no text": {"inbox": "web", "customer": {}},
    "text null": HELLO | {"text": None},
    "text a number": HELLO | {"text": 7},
    "text a list": HELLO | {"text": ["Hello"]},
    "text an object": HELLO | {"text": {"text": "Hello"}},
    "no inbox": {"customer": {}, "text": "Hello"},
    "inbox a number": HELLO | {"inbox": 1},
    "NUL in the inbox": HELLO | {"inbox": "web\0"},
    "no customer": {"inbox": "web", "text": "Hello"},
    "customer a text": HELLO | {"customer": "Cara"},
    "customer a list": HELLO | {"customer": []},
    "no address": HELLO | {"customer": {"email": "nobody"}},
    "an address in lines": HELLO | {"customer": {"email": "cara@customer.example\nBcc: x@y.example"}},
    "an address too long": HELLO | {"customer": {"email": "c" * 250 + "@customer.example"}},
    "NUL in the address": HELLO | {"customer": {"email": "ca\0ra@customer.example"}},
    "no phone": HELLO | {"customer": {"phone": "call me"}},
    "a phone too long": HELLO | {"customer": {"phone": "1" * 21}},
    "a name too long": HELLO | {"customer": {"name": "x" * 161}},
    "a surrogate in the name": HELLO | {"customer": {"name": "\udfff"}},
    "a subject too long": HELLO | {"subject": "x" * 201},
    "subject a number": HELLO | {"subject": 1.5},
    "conversation a text": HELLO | {"conversation": "1"},
    "conversation true": HELLO | {"conversation": True},
    "conversation a fraction": HELLO | {"conversation": 1.5},
    "conversation nought": HELLO | {"conversation": 0},
    "conversation negative": HELLO | {"conversation": -1},
    "conversation beyond every id": HELLO | {"conversation": 2**63},
    "a list": [HELLO],
    "a text": "Hello",
    "null": None,
    "nothing": b"",
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_what_makes_no_sense_is_refused_by_field_and_leaves_nothing(program: Program, body: object) -> None:
    before = rows()
    answer = program.post("/messages", body)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "invalid" and error["message"] and error["fields"]
    assert rows() == before


def test_a_field_is_named_by_its_path(program: Program) -> None:
    error = program.post("/messages", HELLO | {"customer": {"email": "x"}, "text": " "}).json()["error"]
    assert error["fields"] == {"customer.email": "Is no e-mail address.", "text": "Is empty."}
    assert program.post("/messages", "x").json()["error"]["fields"].keys() == {"body"}


@pytest.mark.parametrize(
    "raw",
    [
        b"{", b"hello", b'{"inbox": "web",}', b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"text": NaN}', b'{"text": -Infinity}',
        b'{"conversation": Infinity}', b"[" * 100_000, b'{"a":' * 50_000, b'{"text": "\xed\xa0\x80"}',
        b"1" * 5000, '{"inbox": "web"}'.encode("utf-16"),
    ],
    ids=lambda raw: repr(raw[:20]),
)  # fmt: skip
def test_what_is_no_json_is_refused_and_leaves_nothing(program: Program, raw: bytes) -> None:
    before = rows()
    answer = program.post("/messages", raw)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed")
    assert rows() == before


@pytest.mark.parametrize("size", [MAX_BODY + 1, 5 * 1024 * 1024])
def test_a_huge_body_is_refused_unread(program: Program, size: int) -> None:
    before = rows()
    answer = program.post("/messages", b'{"text":"' + b"x" * size)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
    assert rows() == before


def test_the_protocol_of_the_server_makes_no_difference(program: Program) -> None:
    """Daphne speaks ASGI, where a body without an announced length can be endless."""
    headers = {"Authorization": f"Bearer {program.token}", "Idempotency-Key": "one"}
    for body, status in ((json.dumps(HELLO).encode(), 202), (b"x" * (MAX_BODY + 1), 413), (b"", 422)):
        answer = async_to_sync(AsyncClient().post)("/api/v1/messages", body, content_type="application/json", headers=headers)
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/json; charset=utf-8")


def test_the_longest_text_is_kept_whole(program: Program) -> None:
    text = "\U0001f3d5" * 19_999 + "\n"
    assert program.post("/messages", HELLO | {"text": text}).status_code == 202
    assert owned(Message).text == text


@pytest.mark.parametrize("text", ["' OR 1=1 --", "<script>alert(1)</script>", "{{7*7}}", "ﷺ\u202e abc", "\x01\x1b[31m", "Z͑ͫ̓ͪ"])
def test_odd_words_are_kept_as_they_are(program: Program, text: str) -> None:
    assert program.post("/messages", HELLO | {"text": text}).status_code == 202
    assert owned(Message).text == text


@pytest.mark.parametrize("key", [None, "x" * 129, "a b", "ä", "\t"])
def test_a_message_needs_a_good_key(program: Program, key: str | None) -> None:
    before = rows()
    answer = program.post("/messages", HELLO, key=key)
    assert answer.status_code == 422 and list(answer.json()["error"]["fields"]) == ["Idempotency-Key"]
    assert rows() == before


def test_the_longest_key_fits(program: Program) -> None:
    answers = [program.post("/messages", HELLO, key="~" * 128) for _ in range(2)]
    assert answers[0].status_code == 202 and answers[0].content == answers[1].content
    assert owned(Message).provider_id.endswith("~" * 128)


def test_messages_are_listed_newest_first_page_by_page(program: Program, cast: Cast) -> None:
    mine, first = conversation(cast.orders, cast.cara)
    conversation(cast.app, cast.dan, "Not for Ana")
    expected = [first.pk, *[inbound(mine, f"No {number}").pk for number in range(6)]][::-1]
    seen, cursor = [], None
    for size in (3, 3, 1):
        page = program.get("/messages", {"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        assert len(page["messages"]) == size
        seen += [one["id"] for one in page["messages"]]
        cursor = page["next"]
    assert (seen, cursor) == (expected, None)


def test_a_listed_message_tells_what_it_is(program: Program, cast: Cast) -> None:
    found = program.post("/messages", HELLO, key="k-1").json()
    [shown] = program.get("/messages").json()["messages"]
    created = owned(Message).created_at
    assert abs(created - timezone.now()) < timedelta(minutes=1)
    assert shown.pop("created_at").startswith(created.isoformat()[:19])
    token = owner_sql("SELECT id FROM accounts_apitoken")[0][0]
    assert shown == {
        "id": found["message"], "conversation": found["conversation"], "direction": "in", "author": "customer",
        "channel": "web", "text": "Where is my tent?", "state": "received", "provider_id": f"api:{token}:k-1",
    }  # fmt: skip


def test_the_list_can_be_narrowed(program: Program, cast: Cast) -> None:
    conversation(cast.orders, cast.cara)
    assert len(program.get("/messages", {"channel": "web", "direction": "in"}).json()["messages"]) == 1
    assert program.get("/messages", {"channel": "email"}).json() == {"messages": [], "next": None}
    assert program.get("/messages", {"direction": "out"}).json()["messages"] == []


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0}, {"limit": 201}, {"limit": "x"}, {"limit": -1}, {"channel": "fax"}, {"direction": "IN"},
        {"cursor": "x"}, {"cursor": "💥"}, {"cursor": "AAAA"}, {"cursor": "x" * 41}, {"cursor": "LTE"}, {"cursor": "MA"},
        {"cursor": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"}, {"cursor": "4pGg"},
    ],
    ids=str,
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused(program: Program, params: dict) -> None:
    answer = program.get("/messages", params)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")


@pytest.mark.parametrize("number", [2, 150])
def test_listing_costs_the_same_however_many_there_are(program: Program, cast: Cast, number: int) -> None:
    mine, _ = conversation(cast.orders, cast.cara)
    for _ in range(number - 1):
        inbound(mine, "Hello")
    with CaptureQueriesContext(connection) as asked:
        assert len(program.get("/messages", {"limit": 200}).json()["messages"]) == number
    assert len([one for one in asked if "conversations_message" in one["sql"]]) == 1
    assert len([one for one in asked if one["sql"].startswith("SELECT") and "set_config" not in one["sql"]]) == 2


def test_storing_has_its_price_in_queries(program: Program, cast: Cast) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert program.post("/messages", HELLO).status_code == 202
    print(f"queries of a POST: {len(asked)}")
    assert len(asked) <= 30
