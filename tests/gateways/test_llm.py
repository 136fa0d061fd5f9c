"""Providers: strict reading, deadlines, failover, breakers."""

import json
import time

import anthropic
import httpx2
import openai
import pytest

from gateways import breaker
from gateways.answer_format import parse
from gateways.claude_llm import ClaudeModel
from gateways.errors import CircuitOpen, DeadlinePassed, GatewayError
from gateways.fakes import FakeModel
from gateways.llm import Failover
from gateways.openai_llm import OpenAIModel
from gateways.types import NumberedPassage, Prompt

PROMPT = Prompt("p", "system", "question", (NumberedPassage(1, "Title", "Text."),))
GOOD = {"answered": True, "sentences": [{"text": "Text.", "citations": [1]}]}


@pytest.fixture(autouse=True)
def fresh_breakers(settings):
    settings.REDIS_URL = ""
    breaker.reset()
    yield
    breaker.reset()


@pytest.mark.parametrize(
    "content",
    [
        None, "", "Sure! Here is the answer", "[]", '{"answered": NaN, "sentences": []}', '{"answered": true}',
        json.dumps({"answered": True, "sentences": [{"text": "x", "citations": [2]}]}),
        json.dumps({"answered": True, "sentences": [{"text": "x", "citations": [True]}]}),
        json.dumps({"answered": True, "sentences": [{"text": " ", "citations": [1]}]}),
        json.dumps({"answered": True, "sentences": [{"text": "x" * 5000, "citations": [1]}]}),
    ],
)  # fmt: skip
def test_anything_but_the_agreed_shape_is_an_error(content):
    with pytest.raises(GatewayError):
        parse(content, "m", PROMPT)


def test_the_agreed_shape_is_read():
    found = parse(json.dumps(GOOD), "m", PROMPT)
    assert found.answered and found.sentences[0].citations == (1,)


def test_an_answer_without_sentences_is_no_answer():
    assert not parse('{"answered": true, "sentences": []}', "m", PROMPT).answered


def test_the_second_provider_answers_when_the_first_fails():
    both = Failover([FakeModel("first", [GatewayError("down")]), FakeModel("second")])
    assert both.complete(PROMPT, time.monotonic() + 5).model == "second"


def test_without_time_nobody_is_asked():
    model = FakeModel()
    with pytest.raises(DeadlinePassed):
        Failover([model]).complete(PROMPT, time.monotonic())
    assert model.prompts == []


def test_a_provider_that_keeps_failing_is_left_alone():
    model = FakeModel("tired", [GatewayError("down")] * 20)
    alone = Failover([model])
    for _ in range(8):
        with pytest.raises(GatewayError):
            alone.complete(PROMPT, time.monotonic() + 5)
    with pytest.raises(CircuitOpen):
        alone.complete(PROMPT, time.monotonic() + 5)
    assert len(model.prompts) == breaker.FAILURES and breaker.states() == {"llm.tired": "open"}


def openai_model(handler):
    model = OpenAIModel("key", "http://127.0.0.1:9/v1", "gpt-test")
    model._client = openai.OpenAI(
        api_key="key", base_url="http://127.0.0.1:9/v1", max_retries=0,
        http_client=httpx2.Client(transport=httpx2.MockTransport(handler)),
    )  # fmt: skip
    return model


def answered(content):
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
    return httpx2.Response(200, json={"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})


def test_openai_is_asked_once_and_read_strictly():
    requests = []

    def handler(request):
        requests.append(json.loads(request.content))
        return answered(json.dumps(GOOD))

    assert openai_model(handler).complete(PROMPT, time.monotonic() + 5).model == "gpt-test"
    assert requests[0]["messages"][0] == {"role": "system", "content": "system"}
    assert json.loads(requests[0]["messages"][1]["content"])["customer_message"] == "question"


@pytest.mark.parametrize(("status", "permanent"), [(401, True), (400, True), (429, False), (500, False)])
def test_openai_errors_say_whether_trying_again_helps(status, permanent):
    with pytest.raises(GatewayError) as caught:
        openai_model(lambda request: httpx2.Response(status, json={"error": {"message": "no"}})).complete(
            PROMPT, time.monotonic() + 5
        )
    assert caught.value.permanent is permanent


def test_a_provider_that_drips_is_left_at_the_deadline_and_the_next_one_answers():
    class Dripping(FakeModel):
        def complete(self, prompt, deadline):
            time.sleep(3)  # Beyond its deadline: its client never noticed that time was up.
            return super().complete(prompt, deadline)

    began = time.monotonic()
    both = Failover([Dripping("dripping"), FakeModel("second")])
    assert both.complete(PROMPT, began + 1.5).model == "second"
    assert time.monotonic() - began < 1.5


def claude_model(handler):
    model = ClaudeModel("key", "http://127.0.0.1:9", "claude-test")
    model._client = anthropic.Anthropic(
        api_key="key", base_url="http://127.0.0.1:9", max_retries=0,
        http_client=httpx2.Client(transport=httpx2.MockTransport(handler)),
    )  # fmt: skip
    return model


def said(*blocks):
    body = {
        "id": "x", "type": "message", "role": "assistant", "model": "m", "stop_reason": "tool_use", "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1}, "content": list(blocks),
    }  # fmt: skip
    return httpx2.Response(200, json=body)


def test_claude_answers_through_its_one_tool_and_is_read_as_strictly():
    use = {"type": "tool_use", "id": "t", "name": "answer", "input": GOOD}
    assert claude_model(lambda request: said(use)).complete(PROMPT, time.monotonic() + 5).sentences[0].citations == (1,)
    for blocks in (
        [],
        [{"type": "text", "text": json.dumps(GOOD)}],
        [use | {"input": {"answered": True}}],
        [use | {"name": "pay"}],
    ):
        with pytest.raises(GatewayError):
            claude_model(lambda request, blocks=blocks: said(*blocks)).complete(PROMPT, time.monotonic() + 5)


@pytest.mark.parametrize(("status", "permanent"), [(401, True), (400, True), (429, False), (529, False)])
def test_claude_errors_say_whether_trying_again_helps(status, permanent):
    error = {"type": "error", "error": {"type": "x", "message": "no"}}
    with pytest.raises(GatewayError) as caught:
        claude_model(lambda request: httpx2.Response(status, json=error)).complete(PROMPT, time.monotonic() + 5)
    assert caught.value.permanent is permanent
