"""One contract for every channel: the same key is one message."""

import pytest

from gateways.errors import GatewayError
from gateways.fakes import FakeChannel
from gateways.sandbox import Sandbox
from gateways.types import OutboundMessage, Progress
from gateways.webform import WebForm

MESSAGE = OutboundMessage("email", "support", "cara@example.org", "Hello")


@pytest.mark.parametrize(
    "make", [lambda path: WebForm(), lambda path: Sandbox(path / "email.jsonl"), lambda path: FakeChannel()]
)
def test_the_same_key_is_one_message(tmp_path, make):
    channel = make(tmp_path)
    first = channel.send(MESSAGE, "key-1", Progress())
    assert channel.send(MESSAGE, "key-1", Progress()) == first == channel.lookup("key-1")
    assert channel.send(MESSAGE, "key-2", Progress()) != first


def test_the_sandbox_writes_a_line_per_message_and_survives_a_torn_one(tmp_path):
    path = tmp_path / "outbox" / "email.jsonl"
    first = Sandbox(path).send(MESSAGE, "key-1", Progress())
    with path.open("a") as ledger:
        ledger.write('{"key": "key-2", "provi\n')
    assert Sandbox(path).lookup("key-2") is None and Sandbox(path).send(MESSAGE, "key-1", Progress()) == first


def test_a_lost_answer_is_ambiguous_and_can_be_looked_up():
    channel = FakeChannel(script=["lost"])
    with pytest.raises(GatewayError) as caught:
        channel.send(MESSAGE, "key-1", Progress())
    assert caught.value.ambiguous and channel.lookup("key-1") and len(channel.ledger) == 1
