"""Asking: strict reading, one budget of time, failover inside it, the stand-in, what it cost."""

import json
import time

import pytest

from gateways import breaker, choose, prices
from gateways.answer_format import parse
from gateways.errors import CircuitOpen, DeadlinePassed, GatewayError, Unusable
from gateways.fake_servers import serving
from gateways.fakes import FakeModel
from gateways.llm import Failover, Guarded
from gateways.local_llm import LocalModel
from gateways.types import Completion, NumberedPassage, Prompt, Spent

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
    with pytest.raises(Unusable):
        parse(content, "m", PROMPT)


def test_the_agreed_shape_is_read():
    found = parse(json.dumps(GOOD), "m", PROMPT)
    assert found.answered and found.sentences[0].citations == (1,)


def test_an_answer_without_sentences_is_no_answer():
    assert not parse('{"answered": true, "sentences": []}', "m", PROMPT).answered


class Hanging:
    """Takes all the time that it is given, and keeps how much that was."""

    model = "hanging"

    def __init__(self):
        self.given = []

    def complete(self, prompt, deadline):
        self.given.append(deadline - time.monotonic())
        time.sleep(max(deadline - time.monotonic(), 0))
        raise DeadlinePassed("too slow")


def test_the_second_provider_answers_when_the_first_fails():
    both = Failover([FakeModel("first", [GatewayError("down")]), FakeModel("second")])
    found = both.complete(PROMPT, time.monotonic() + 5)
    assert found.model == "second" and not found.stand_in


def test_a_first_provider_that_hangs_leaves_time_for_the_second_and_for_the_stand_in():
    first, second, began = Hanging(), Hanging(), time.monotonic()
    found = Failover([first, second], seconds=2.0, stand_in=LocalModel()).complete(PROMPT, began + 60)
    assert found.stand_in and found.model == "local-extract.v1" and time.monotonic() - began < 2.0
    assert 1.0 < first.given[0] <= 1.06 and 0.6 < second.given[0] <= 0.7


def test_a_nearer_deadline_counts_more_than_the_budget():
    lonely = Hanging()
    assert Failover([lonely], seconds=60, stand_in=LocalModel()).complete(PROMPT, time.monotonic() + 1.0).stand_in
    assert lonely.given[0] <= 0.75


def test_without_a_stand_in_the_last_failure_is_raised():
    with pytest.raises(GatewayError, match="second"):
        Failover([FakeModel("a", [GatewayError("first")]), FakeModel("b", [GatewayError("second")])]).complete(
            PROMPT, time.monotonic() + 5
        )


def test_without_time_nobody_is_asked():
    model = FakeModel()
    with pytest.raises(DeadlinePassed):
        Failover([model]).complete(PROMPT, time.monotonic())
    assert model.prompts == []


def test_an_answer_that_says_no_is_an_answer():
    class Unsure(FakeModel):
        def complete(self, prompt, deadline):
            return Completion("unsure", (), answered=False)

    found = Failover([Unsure(), FakeModel("second")], stand_in=LocalModel()).complete(PROMPT, time.monotonic() + 5)
    assert found.model == "unsure" and not found.answered and not found.stand_in


def test_what_failed_tries_cost_is_part_of_the_answer_s_cost():
    failed = Unusable("nonsense")
    failed.spent = Spent(100, 10, 56, is_priced=True)
    both = Failover([FakeModel("first", [failed]), FakeModel("second")])
    found = both.complete(PROMPT, time.monotonic() + 5)
    assert (found.tokens_in, found.tokens_out, found.cost_micros, found.is_priced) == (100, 10, 56, True)


def test_a_provider_that_keeps_failing_is_left_alone():
    model = FakeModel("tired", [GatewayError("down")] * 20)
    alone = Guarded("somebody:tired", model)
    for _ in range(breaker.FAILURES):
        with pytest.raises(GatewayError):
            alone.complete(PROMPT, time.monotonic() + 5)
    with pytest.raises(CircuitOpen):
        alone.complete(PROMPT, time.monotonic() + 5)
    assert len(model.prompts) == breaker.FAILURES and breaker.breaker("somebody:tired").state == "open"


def test_a_time_out_after_too_short_a_time_says_nothing_against_a_provider():
    hurried = Guarded("somebody:hurried", FakeModel("hurried", [DeadlinePassed("too slow")] * 20), seconds=4.0)
    for seconds in [1.0] * 10 + [3.0] * breaker.FAILURES:
        assert breaker.breaker("somebody:hurried").state == "closed"
        with pytest.raises(DeadlinePassed):
            hurried.complete(PROMPT, time.monotonic() + seconds)
    assert breaker.breaker("somebody:hurried").state == "open"


def test_one_model_of_a_provider_that_fails_leaves_its_others_alone(settings):
    settings.OPENAI_API_KEY, settings.OPENAI_MODEL = "key", "one"
    breaker.breaker("openai:one").open()
    assert choose.standings() == {"openai:one": "open"}
    settings.OPENAI_MODEL = "another"
    assert choose.standings() == {"openai:another": "closed"}


def test_the_settings_choose_openai_then_claude_and_the_offline_one_stands_in(settings):
    assert isinstance(choose.llm(), LocalModel) and choose.standings() == {}
    with serving("Text.") as server:
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL, settings.OPENAI_MODEL = "key", f"{server.url}/v1", "500"
        settings.ANTHROPIC_API_KEY, settings.ANTHROPIC_BASE_URL, settings.ANTHROPIC_MODEL = "key", server.url, "well"
        assert choose.llm().complete(PROMPT, time.monotonic() + 5).model == "well"
        settings.ANTHROPIC_MODEL = "503"
        assert choose.llm().complete(PROMPT, time.monotonic() + 5).stand_in
        assert choose.standings() == {"openai:500": "closed", "anthropic:503": "closed"}
        with pytest.raises(GatewayError):
            choose.llm("openai").complete(PROMPT, time.monotonic() + 5)
        assert [one.path for one in server.asked] == ["/v1/chat/completions", "/v1/messages"] * 2 + ["/v1/chat/completions"]


def test_a_provider_without_a_key_is_not_to_be_had(settings):
    with pytest.raises(ValueError, match="anthropic"):
        choose.llm("anthropic")
    settings.OPENAI_API_KEY = "a secret"
    assert "a secret" not in repr(choose.configured())


@pytest.mark.parametrize(
    ("model", "cost", "is_priced"),
    [
        ("gpt-4.1-mini", 560, True), ("gpt-4.1-mini-2025-04-14", 560, True), ("claude-sonnet-4-5-20250929", 4500, True),
        ("qwen2.5:7b", 0, False), ("gpt-4.1-minix", 0, False),
    ],
)  # fmt: skip
def test_tokens_are_priced_and_an_unknown_model_is_flagged(model, cost, is_priced):
    assert prices.spent(model, 1000, 100) == Spent(1000, 100, cost, is_priced)


@pytest.mark.parametrize("count", [None, -1, "12", 1.5, True, float("inf"), 10**30])
def test_a_count_of_tokens_that_cannot_be_one_is_none(count):
    assert prices.spent("gpt-4.1-mini", count, count) == Spent()
