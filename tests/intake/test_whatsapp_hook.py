"""WhatsApp's door: who may speak there, what is kept, and how fast it says so. Security rows 8 and 9, behaviour 14."""

import gzip
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client

from conversations.models import Account
from core.context import acting_as
from core.models import Job
from gateways.whatsapp.signature import HEADER, sign
from intake.models import Receipt
from intake.whatsapp.taking_in import take_batch, take_element
from tests.cast import SYSTEM
from tests.intake.whatsapp import TOKEN_WORD, connect, messages, outcomes, post, receive, take_in
from tests.peers.whatsapp import SECRET, about, change, message_call, said

CALL = message_call(said("wamid.1"))
RAW = json.dumps(CALL).encode()


@pytest.fixture
def inbox(cast):
    return connect(cast)


def kept(inbox) -> int:
    with acting_as(SYSTEM):
        return Receipt.objects.filter(inbox=inbox).count() + Job.objects.count()


def test_the_handshake_gives_the_challenge_back_to_who_knows_the_word(inbox):
    asked = {"hub.mode": "subscribe", "hub.verify_token": TOKEN_WORD, "hub.challenge": "1158201444"}
    found = Client().get("/hooks/whatsapp/wa/", asked)
    assert found.status_code == 200 and found.content == b"1158201444" and found["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    "asked",
    [
        {}, {"hub.mode": "subscribe", "hub.challenge": "1"}, {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"},
        {"hub.mode": "subscribe", "hub.verify_token": "verify-2", "hub.challenge": "1"},
        {"hub.mode": "unsubscribe", "hub.verify_token": TOKEN_WORD, "hub.challenge": "1"},
        {"hub.mode": "subscribe", "hub.verify_token": "vérify-1\ufffd", "hub.challenge": "1"},
    ],
)  # fmt: skip
def test_nobody_else_gets_it(inbox, asked):
    found = Client().get("/hooks/whatsapp/wa/", asked)
    assert found.status_code == 403 and found.content != b"1"


def test_guessing_the_word_ends_after_a_few_tries(inbox):
    client, asked = Client(), {"hub.mode": "subscribe", "hub.challenge": "1"}
    for number in range(20):
        assert client.get("/hooks/whatsapp/wa/", asked | {"hub.verify_token": str(number)}).status_code == 403
    assert client.get("/hooks/whatsapp/wa/", asked | {"hub.verify_token": TOKEN_WORD}).status_code == 403


def test_the_challenge_is_plain_text_whatever_is_in_it(inbox):
    asked = {"hub.mode": "subscribe", "hub.verify_token": TOKEN_WORD, "hub.challenge": "<script>alert(1)</script>" * 100}
    found = Client().get("/hooks/whatsapp/wa/", asked)
    assert found["Content-Type"].startswith("text/plain") and found["X-Content-Type-Options"] == "nosniff"
    assert len(found.content) <= 500


GOOD = sign(RAW, SECRET)


@pytest.mark.parametrize(
    ("raw", "headers"),
    [
        (RAW, {}),
        (RAW, {HEADER: sign(RAW, "an-older-secret")}),
        (RAW, {HEADER: sign(RAW + b" ", SECRET)}),
        (RAW, {HEADER: GOOD[:-1]}),
        (RAW, {HEADER: GOOD + "0"}),
        (RAW, {HEADER: GOOD.upper()}),
        (RAW, {HEADER: ""}),
        (RAW, {HEADER: "sha256="}),
        (RAW, {HEADER: "sha256=é"}),
        (RAW, {HEADER: GOOD.removeprefix("sha256=")}),
        (RAW, {"X-Hub-Signature": "sha1=" + GOOD[7:47]}),
        (RAW, {"X-Hub-Signature": GOOD}),
        (RAW[:200], {HEADER: GOOD}),
        (json.dumps(CALL, indent=1).encode(), {HEADER: GOOD}),
        (gzip.compress(RAW), {HEADER: GOOD, "Content-Encoding": "gzip"}),
        (b"", {HEADER: GOOD}),
    ],
)
def test_security_row_8_what_is_not_signed_over_these_very_bytes_leaves_nothing(inbox, raw, headers):
    before = kept(inbox)
    assert post(raw, headers=headers) == 401
    assert kept(inbox) == before and not messages(inbox)


def test_an_inbox_without_a_secret_believes_nobody(cast, inbox):
    inbox.secrets.using("owner").filter(name="app_secret").delete()
    assert post(CALL) == 401 and post(CALL, secret="") == 401
    assert post(CALL, slug="web") == 404 and post(CALL, slug="nowhere") == 404
    assert kept(inbox) == 0


def test_a_name_that_comes_twice_is_taken_for_neither(inbox):
    twice = RAW.replace(b'"type": "text"', b'"type": "text", "type": "image"')
    assert twice != RAW and post(twice) == 400
    assert kept(inbox) == 0 and not messages(inbox)


@pytest.mark.parametrize(
    "raw", [b"", b"{", RAW[:300], b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}', b"{'a': 1}", gzip.compress(RAW)]
)
def test_signed_bytes_that_are_no_whole_json_are_refused_so_that_they_come_again(inbox, raw):
    assert post(raw) == 400 and kept(inbox) == 0


@pytest.mark.parametrize(
    "body",
    [
        {}, [], 0, None, "x", {"entry": {}}, {"entry": [1, None, {"changes": "x"}]}, {"entry": [{"changes": [{"value": 5}]}]},
        {"entry": [{"changes": [{"value": {"messages": [{}, {"id": 1}, [], {"id": "w", "type": "text", "from": {}}]}}]}]},
        {"entry": [{"changes": [{"field": ["x"], "value": {"statuses": [{"id": "w", "status": "sent", "errors": 5}]}}]}]},
        change(about() | {"messages": [{"id": "w", "type": {"a": 1}, "from": "447700910000", "timestamp": 1e99}]}),
        change(about() | {"messages": [{"id": "w", "type": "image", "from": "447700910000", "image": "x", "context": []}]}),
        change(about() | {"messages": [{"id": "w", "type": "text", "from": "447700910000", "text": {"body": "a\u0000b\ud800"}}]}),
    ],
)  # fmt: skip
def test_whatever_else_is_signed_does_no_harm(inbox, body):
    assert post(body) == 200
    take_in()
    with acting_as(SYSTEM):
        assert not Receipt.objects.filter(inbox=inbox, state="accepted").exists()


def test_another_numbers_messages_are_counted_and_left(inbox):
    receive(message_call(said("wamid.1"), number="666"), change({"event": "ACCOUNT_DELETED"}, "account_update", "another"))
    with acting_as(SYSTEM):
        batches = list(Receipt.objects.filter(inbox=inbox).order_by("pk"))
    assert [one.outcome for one in batches] == ["ignored", "ignored"] and not messages(inbox)
    assert [one.facts["elsewhere"] for one in batches] == [1, 1]
    assert "another phone number" in Account.objects.using("owner").get().poll_error


def test_behaviour_14_it_is_kept_before_it_is_answered_and_read_by_a_job(inbox):
    assert post(RAW) == 200
    assert not messages(inbox)
    with acting_as(SYSTEM):
        assert bytes(Receipt.objects.get(inbox=inbox).payload) == RAW
        (waiting,) = Job.objects.all()
    assert (waiting.kind, waiting.lane, waiting.state) == ("intake.whatsapp.taking_in.take_batch", "ingest", "ready")
    take_in()
    assert [one.text for one in messages(inbox)] == ["Where is my order?"]


def test_security_row_9_oversize_is_refused_before_it_is_read(inbox):
    big = b" " * (3 * 1024 * 1024 + 1)
    assert post(big) == 413 and kept(inbox) == 0
    fits = RAW + b" " * (3 * 1024 * 1024 - len(RAW))
    assert post(fits) == 200
    take_in()
    assert len(messages(inbox)) == 1


def test_security_row_9_the_same_call_ten_times_at_once_is_one(inbox):
    with ThreadPoolExecutor(10) as many:
        assert set(many.map(lambda _: _posted(RAW), range(10))) == {200}
    take_in()
    assert len(messages(inbox)) == 1 and outcomes(inbox) == {"stored": 1}


def test_security_row_9_a_call_that_is_seven_days_old_is_taken_once(inbox):
    old = message_call(said("wamid.old", at=int(time.time()) - 7 * 86_400))
    receive(old, old, old)
    assert len(messages(inbox)) == 1


def test_security_row_9_a_thousand_messages_in_one_call_are_a_thousand(inbox):
    people = [{"profile": {"name": f"P{n}"}, "wa_id": f"4477009{n:05}"} for n in range(50)]
    sent = [said(f"wamid.{n}", f"Text {n}", phone=f"4477009{n % 50:05}") for n in range(1000)]
    assert post(change(about() | {"contacts": people, "messages": sent})) == 200
    with acting_as(SYSTEM):
        batch = Receipt.objects.get(inbox=inbox).pk
    take_batch(batch)
    with acting_as(SYSTEM):
        pieces = dict(Receipt.objects.filter(inbox=inbox, kind="message").values_list("pk", "provider_id"))
        asked = set(Job.objects.filter(kind="intake.whatsapp.taking_in.take_element").values_list("ref", flat=True))
    assert set(pieces.values()) == {one["id"] for one in sent} and asked == set(pieces)
    some = sorted(pieces)[::10]
    began = time.monotonic()
    for pk in some:
        take_element(pk)
    print(f"{len(some)} messages taken in within {time.monotonic() - began:.1f} s")
    assert {one.provider_id for one in messages(inbox)} == {pieces[pk] for pk in some}


def test_security_row_9_two_hundred_at_once_are_answered_quickly(inbox):
    calls = [json.dumps(message_call(said(f"wamid.{n // 2}"))).encode() for n in range(200)]
    taken: list[float] = []
    lock = threading.Lock()

    def timed(raw: bytes) -> int:
        began = time.monotonic()
        status = _posted(raw)
        with lock:
            taken.append(time.monotonic() - began)
        return status

    with ThreadPoolExecutor(4) as many:
        assert set(many.map(timed, calls)) == {200}
    p95 = sorted(taken)[189]
    print(f"p95 of 200 calls, 4 at a time: {p95 * 1000:.0f} ms")
    # Two busy cores stand for all the others here; the promise of 300 ms is kept by the bench.
    assert p95 < 1.0
    with acting_as(SYSTEM):
        assert Receipt.objects.filter(inbox=inbox).count() == 100


def _posted(raw: bytes) -> int:
    try:
        return post(raw)
    finally:
        connections.close_all()


def test_while_the_database_is_away_whatsapp_is_asked_to_come_again(inbox):
    line = connections["default"]
    before = dict(line.settings_dict)
    line.close()
    line.settings_dict["NAME"] = "no_such_database"
    line.settings_dict["OPTIONS"] = before["OPTIONS"] | {"pool": False}
    try:
        found = Client().post("/hooks/whatsapp/wa/", RAW, content_type="application/json", headers={HEADER: sign(RAW, SECRET)})
    finally:
        line.close()
        line.settings_dict.update(before)
    assert found.status_code == 503 and found["Retry-After"]
