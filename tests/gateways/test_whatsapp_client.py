"""The Cloud API's client against a peer that fails in every way that the real one does."""

from base64 import b64encode
from hashlib import sha256

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from gateways.errors import Busy, GatewayError, Misconfigured
from gateways.types import Connection, OutboundFile, OutboundMessage, Progress
from gateways.whatsapp import client, wire
from gateways.whatsapp.template_words import components, filled, variables_in
from tests.peers.whatsapp import ACCOUNT, NUMBER, TOKEN, Media, whatsapp

CONNECTION = Connection(
    "whatsapp", "cloud", "wa", settings={"phone_number_id": NUMBER, "business_account_id": ACCOUNT}, secrets={"access_token": TOKEN}
)  # fmt: skip
HELLO = OutboundMessage("whatsapp", "wa", "+447700910000", "Hello", context="wamid.before")


@pytest.fixture
def peer(settings, tmp_path):
    with whatsapp() as found:
        settings.WHATSAPP_BASE_URL = found.url
        settings.MEDIA_ROOT = str(tmp_path)
        found.statuses = ()
        yield found


def failure(message=HELLO, connection=CONNECTION, ref="") -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        client.carrier(connection).send(message, "key-1", Progress(ref))
    return caught.value


def file(name: str, content_type: str, content: bytes = b"bytes") -> OutboundFile:
    key = default_storage.save(f"{sha256(name.encode()).hexdigest()[:12]}", ContentFile(content))
    return OutboundFile(name, content_type, len(content), key)


def with_files(*files: OutboundFile, text: str = "Here") -> OutboundMessage:
    return OutboundMessage("whatsapp", "wa", "+447700910000", text, files=files)


def test_a_text_goes_out_once_with_our_key_and_what_it_answers(peer):
    wamid = client.carrier(CONNECTION).send(HELLO, "key-1", Progress())
    (taken,) = peer.ledger
    assert taken.wamid == wamid and taken.key == "key-1"
    assert taken.body == {
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+447700910000", "type": "text",
        "text": {"preview_url": False, "body": "Hello"}, "context": {"message_id": "wamid.before"}, "biz_opaque_callback_data": "key-1",
    }  # fmt: skip


def test_somebody_without_a_number_is_reached_by_whatsapps_own_id(peer):
    client.carrier(CONNECTION).send(OutboundMessage("whatsapp", "wa", "GB.1000000000000", "Hello"), "key-1", Progress())
    body = peer.ledger[0].body
    assert body["recipient"] == "GB.1000000000000" and "to" not in body


def test_nobody_is_written_to_at_an_address_that_is_none_of_whatsapps(peer):
    for recipient in ("", "cara@customer.example"):
        assert failure(OutboundMessage("whatsapp", "wa", recipient, "Hello")).permanent
    assert not peer.ledger


def test_a_template_goes_with_its_variables(peer):
    variables = {"1": "Ana", "order": "A\n 7", "header.1": "Saltbarrow", "button.0": "a7"}
    message = OutboundMessage(
        "whatsapp", "wa", "+447700910000", "Hi", context="wamid.x",
        template={"name": "order_ready", "language": "en_US", "variables": variables},
    )  # fmt: skip
    client.carrier(CONNECTION).send(message, "key-1", Progress())
    body = peer.ledger[0].body
    assert body["type"] == "template" and body["template"]["language"] == {"code": "en_US"} and "context" not in body
    assert body["template"]["components"] == [
        {"type": "header", "parameters": [{"type": "text", "text": "Saltbarrow"}]},
        {
            "type": "body",
            "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "A 7", "parameter_name": "order"}],
        },
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "a7"}]},
    ]


def test_what_a_template_says_with_its_variables():
    text = "Hi {{1}}, {{ order }} is ready, {{1}}. {{missing}}"
    assert variables_in(text) == ["1", "order", "missing"]
    assert filled(text, {"1": "Ana", "order": "A7"}) == "Hi Ana, A7 is ready, Ana. {{missing}}"
    assert filled("{{1}}", {"header.1": "X"}, "header.") == "X" and components({}) == []


def test_files_are_handed_over_first_and_the_words_stand_under_the_first_of_them(peer):
    message = with_files(file("a.pdf", "application/pdf", b"pdf"), file("b.jpg", "image/jpeg", b"jpg"))
    progress = Progress()
    wamid = client.carrier(CONNECTION).send(message, "key-1", progress)
    first, last = peer.ledger
    assert first.body["document"] == {"filename": "a.pdf", "caption": "Here", "id": "media-0"} and last.body["image"] == {
        "id": "media-1"
    }
    assert [peer.media[one].content for one in ("media-0", "media-1")] == [b"pdf", b"jpg"]
    assert (first.key, last.key) == ("key-1/1", "key-1") and wamid == last.wamid
    assert progress.ref == f"1/2 {first.wamid}"


def test_words_that_do_not_fit_under_a_file_go_before_it(peer):
    client.carrier(CONNECTION).send(with_files(file("v.ogg", "audio/ogg")), "key-1", Progress())
    client.carrier(CONNECTION).send(with_files(file("a.png", "image/png"), text="x" * 1025), "key-2", Progress())
    assert [one.body["type"] for one in peer.ledger] == ["text", "audio", "text", "image"]
    assert peer.keys() == ["key-1/1", "key-1", "key-2/1", "key-2"]


@pytest.mark.parametrize("fate", ["refuse", "503", "131047", "429", "190"])
def test_once_a_part_is_gone_whatever_stops_the_rest_leaves_it_in_doubt(peer, fate):
    peer.script["messages"] = ["ok", fate]
    error = failure(with_files(file("a.ogg", "audio/ogg")))
    assert error.ambiguous and not error.permanent and "only 1 of 2 parts" in str(error)


def test_another_try_goes_on_where_the_first_one_stopped(peer):
    client.carrier(CONNECTION).send(with_files(file("a.ogg", "audio/ogg")), "key-1", Progress("1/2 wamid.first"))
    assert peer.keys() == ["key-1"] and peer.ledger[0].body["type"] == "audio"


@pytest.mark.parametrize("fate", ["drop", "503", "131053", "refuse"])
def test_a_file_that_was_not_handed_over_is_surely_not_sent(peer, fate):
    peer.script["upload"] = [fate]
    error = failure(with_files(file("a.ogg", "audio/ogg")))
    assert not error.ambiguous and not peer.ledger


@pytest.mark.parametrize("fate", ["drop", "503", "503-after", "junk", "no-id", "131000", "131016", "2", "refuse"])
def test_whatever_may_have_arrived_is_in_doubt(peer, fate):
    peer.script["messages"] = [fate]
    error = failure()
    assert error.ambiguous and not error.permanent and client.carrier(CONNECTION).lookup("key-1") is None


def test_no_call_lasts_longer_than_its_time(peer, monkeypatch):
    monkeypatch.setattr(wire, "TOTAL_SECONDS", 0.4)
    peer.script["messages"] = ["hang-after"]
    assert failure().ambiguous and len(peer.ledger) == 1


def test_where_nobody_listens_nothing_was_sent(settings):
    settings.WHATSAPP_BASE_URL = "http://127.0.0.1:9"
    error = failure()
    assert not error.ambiguous and not error.permanent


@pytest.mark.parametrize(("fate", "seconds"), [("429", 7.0), ("130429", 30.0), ("131056", 10.0), ("80007", 60.0)])
def test_who_asks_to_be_left_alone_is_left_alone(peer, fate, seconds):
    peer.script["messages"] = [fate]
    error = failure()
    assert isinstance(error, Busy) and error.seconds == seconds and not error.ambiguous and not error.permanent


@pytest.mark.parametrize("fate", ["190", "10", "131031", "401", "403", "redirect"])
def test_only_an_operator_mends_an_account_that_is_refused(peer, fate):
    peer.script["messages"] = [fate]
    assert isinstance(failure(), Misconfigured)


@pytest.mark.parametrize(
    ("fate", "words"),
    [
        ("131047", "24 hours"), ("131026", "no WhatsApp"), ("130472", "experiment"), ("132000", "other variables"),
        ("132001", "no such template"), ("131053", "did not take the file"), ("999999", "refused"),
    ],
)  # fmt: skip
def test_what_is_refused_is_told_in_words(peer, fate, words):
    peer.script["messages"] = [fate]
    error = failure()
    assert error.permanent and not error.ambiguous and words in str(error)


def test_a_connection_without_token_or_number_sends_nothing(peer):
    for connection in (
        Connection("whatsapp", "cloud", "wa", settings=CONNECTION.settings),
        Connection("whatsapp", "cloud", "wa"),
    ):
        assert isinstance(failure(connection=connection), Misconfigured)
    wrong = Connection("whatsapp", "cloud", "wa", settings=CONNECTION.settings, secrets={"access_token": "old"})
    assert isinstance(failure(connection=wrong), Misconfigured) and not peer.ledger


def test_a_customers_file_is_fetched_and_compared(peer):
    pk = peer.keep(b"photo")
    assert client.carrier(CONNECTION).fetch(pk) == b"photo"
    peer.media[pk].digest = b64encode(sha256(b"photo").digest()).decode()
    assert client.carrier(CONNECTION).fetch(pk) == b"photo"
    peer.media[pk].digest = sha256(b"other").hexdigest()
    with pytest.raises(GatewayError) as caught:
        client.carrier(CONNECTION).fetch(pk)
    assert not caught.value.permanent


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest", "https://evil.example/bytes/media-0", "http://lookaside.fbsbx.com/x", "file:///etc/passwd",
        "https://lookaside.fbsbx.com.evil.example/x", "https://lookaside.fbsbx.com:8443/x", "https://a:b@lookaside.fbsbx.com/x",
        "http://127.0.0.1:1/bytes/media-0", "//evil.example/x", "http://[::1", "gopher://lookaside.fbsbx.com/x",
    ],
)  # fmt: skip
def test_our_token_goes_to_no_other_place_for_a_file(peer, url):
    peer.media["media-0"] = Media(b"x", url=url)
    with pytest.raises(GatewayError) as caught:
        client.carrier(CONNECTION).fetch("media-0")
    assert caught.value.permanent and [name for name, _ in peer.asked] == ["media"]


def test_files_lie_on_whatsapps_own_hosts(peer):
    graph = wire.Graph(CONNECTION)
    assert all(map(graph.is_ours, (f"{peer.url}/bytes/x", "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1")))
    assert graph.is_ours("https://scontent.xx.fbcdn.net/v/1.jpg") and not graph.is_ours("https://evilfbcdn.net/x")


@pytest.mark.parametrize("media_id", ["", "../me", "a/b", "x?y=1", "1" * 200])
def test_what_is_no_id_of_a_file_is_not_asked_for(peer, media_id):
    with pytest.raises(GatewayError) as caught:
        client.carrier(CONNECTION).fetch(media_id)
    assert caught.value.permanent and not peer.asked


def test_a_file_that_is_too_large_is_not_taken(peer, monkeypatch):
    pk = peer.keep(b"x" * 2000)
    monkeypatch.setattr(client, "MOST_MEDIA_BYTES", 1000)
    with pytest.raises(GatewayError) as caught:
        client.carrier(CONNECTION).fetch(pk)
    assert caught.value.permanent


def test_templates_are_read_to_the_last_page(peer):
    peer.templates = [{"name": f"t{number}", "language": "en", "status": "APPROVED"} for number in range(5)]
    assert [one["name"] for one in client.carrier(CONNECTION).templates()] == ["t0", "t1", "t2", "t3", "t4"]
    assert client.carrier(CONNECTION).check() == "+1 555 000 1000"
