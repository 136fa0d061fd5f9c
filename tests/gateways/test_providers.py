"""The real official clients against a server that behaves as told: every way of answering ends in time, and is read strictly."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateways import breaker, loop
from gateways.claude_llm import ClaudeModel
from gateways.errors import Busy, DeadlinePassed, GatewayError, Misconfigured, Unusable
from gateways.fake_servers import CONTENTS, WIRES, serving
from gateways.llm import Guarded
from gateways.openai_llm import PLAINEST, Form, OpenAIModel
from gateways.types import NumberedPassage, Prompt
from gateways.wire import MOST_BYTES

GOOD = "A new card arrives switched off."
PROMPT = Prompt("p", "system text", "question", (NumberedPassage(1, "Title", GOOD),))
KEY = "sk-only-for-the-server-in-the-settings"
TINY = 0.3


@pytest.fixture(scope="module")
def server():
    with serving(GOOD) as found:
        yield found


@pytest.fixture(autouse=True)
def fresh(settings, server):
    settings.REDIS_URL = ""
    breaker.reset()
    server.asked.clear()
    yield
    breaker.reset()


MODELS = {
    "openai": lambda server, name: OpenAIModel(KEY, f"{server.url}/v1", name),
    "anthropic": lambda server, name: ClaudeModel(KEY, server.url, name),
}
each_provider = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())


def ask(make, server, name, seconds=5.0):
    return make(server, name).complete(PROMPT, time.monotonic() + seconds)


@each_provider
def test_a_good_answer_is_read_with_what_it_cost(server, make):
    found = ask(make, server, "well")
    assert found.sentences[0].text == GOOD and found.sentences[0].citations == (1,) and found.answered
    assert (found.tokens_in, found.tokens_out, found.stand_in, found.is_priced) == (200, 40, False, False)
    assert len(server.asked) == 1 and KEY in server.asked[0].key


def test_openai_is_asked_for_the_strict_schema_and_tells_how_sure_it_was_of_its_tokens(server):
    found = ask(MODELS["openai"], server, "well")
    assert (found.logprob_mean, found.logprob_least) == (pytest.approx(-0.2), -0.3)
    body = server.asked[0].body
    assert body["response_format"]["json_schema"]["strict"] and (body["temperature"], body["top_logprobs"]) == (0, 1)
    assert body["messages"][0] == {"role": "system", "content": "system text"}
    assert '"customer_message": "question"' in body["messages"][1]["content"]


def test_claude_tells_no_logprobs_and_can_only_use_its_one_tool(server):
    assert ask(MODELS["anthropic"], server, "well").logprob_mean is None
    assert server.asked[0].body["tool_choice"] == {"type": "tool", "name": "answer"}


UNUSABLE = {
    "unknown-passage", "nan", "infinity", "1e999", "empty-content", "code-fence", "two-objects", "cut-off", "deep",
    "wrong-types", "a-number",
}  # fmt: skip


@each_provider
@pytest.mark.parametrize("name", sorted(UNUSABLE))
def test_what_is_not_the_agreed_shape_is_no_answer(server, make, name):
    with pytest.raises(GatewayError) as caught:
        ask(make, server, name)
    assert not caught.value.permanent
    if isinstance(caught.value, Unusable):
        assert caught.value.spent.tokens_in == 200


@each_provider
@pytest.mark.parametrize("name", sorted({*CONTENTS} - UNUSABLE))
def test_an_answer_in_the_agreed_shape_is_left_to_the_checks(server, make, name):
    assert ask(make, server, name).model == name


FAILING = {
    "nothing", "ten-megabytes", "zipped", "a-web-page", "a-list", "no-choice", "odd-choices", "nan-envelope", "500", "503",
    "reset", "short",
}  # fmt: skip


@each_provider
@pytest.mark.parametrize("name", sorted(FAILING))
def test_a_failing_provider_is_an_error_that_may_pass(server, make, name):
    with pytest.raises(GatewayError) as caught:
        ask(make, server, name)
    assert not caught.value.permanent and KEY not in str(caught.value)


@each_provider
@pytest.mark.parametrize("name", ["hang", "hang-after-headers", "drip", "drip-headers", "slow"])
def test_a_provider_that_does_not_come_to_an_end_is_left_at_the_deadline(server, make, name):
    began = time.monotonic()
    with pytest.raises(DeadlinePassed):
        ask(make, server, name, TINY)
    assert time.monotonic() - began < TINY + 1.0  # On a busy machine it may take a while to be woken.


def test_every_behaviour_is_tried_here():
    of_their_own = {"slow", "no-schema", "429", "429-no-money", "400", "401", "403", "404", "redirect"}
    of_their_own |= {"hang", "hang-after-headers", "drip", "drip-headers"}
    assert set(WIRES) == FAILING | of_their_own and set(CONTENTS) >= UNUSABLE


def test_a_call_that_is_given_up_is_gone_and_its_connection_closed():
    with serving(GOOD) as own, ThreadPoolExecutor(8) as pool:

        def given_up(number):
            with pytest.raises(DeadlinePassed):
                ask(MODELS["openai"], own, f"drip:{number}", 0.5)

        list(pool.map(given_up, range(8)))
        assert wait_until(lambda: not asyncio.all_tasks(loop._loop()))
        assert own.asked and wait_until(lambda: not own.busy), "it still writes to somebody"


def wait_until(holds, seconds=5.0):
    ends = time.monotonic() + seconds
    while not holds() and time.monotonic() < ends:
        time.sleep(0.05)
    return holds()


@each_provider
def test_calls_do_not_wait_for_each_other(server, make):
    slow = Guarded("somebody:slow", make(server, "slow"))
    began = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: slow.complete(PROMPT, began + 10), range(6)))
    assert len(found) == 6 and time.monotonic() - began < 4


@each_provider
@pytest.mark.parametrize("name", ["401", "403", "404", "redirect"])
def test_a_wrong_key_or_address_is_loud_and_is_said_as_what_it_is(server, make, name, caplog):
    one = Guarded(f"somebody:{name}", make(server, name))
    with pytest.raises(Misconfigured) as caught:
        one.complete(PROMPT, time.monotonic() + 5)
    assert caught.value.permanent and breaker.breaker(f"somebody:{name}").state == "misconfigured"
    assert [record.levelname for record in caplog.records if record.name == "gateways.breaker"] == ["ERROR"]
    assert KEY not in caplog.text


@each_provider
def test_a_key_never_follows_a_redirect(server, make):
    with pytest.raises(Misconfigured):
        ask(make, server, "redirect")
    assert len(server.asked) == 1 and "elsewhere" not in server.asked[0].path


def test_no_proxy_of_the_environment_ever_sees_a_key(server, monkeypatch):
    with serving(GOOD) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert ask(MODELS["openai"], server, "well").answered and ask(MODELS["anthropic"], server, "well").answered
        assert proxy.asked == []


@each_provider
def test_a_busy_provider_is_left_alone_for_as_long_as_it_asks(server, make):
    one = Guarded("somebody:busy", make(server, "429"))
    with pytest.raises(Busy) as caught:
        one.complete(PROMPT, time.monotonic() + 5)
    assert caught.value.seconds == 30 and breaker.breaker("somebody:busy").state == "resting"
    with pytest.raises(GatewayError):
        one.complete(PROMPT, time.monotonic() + 5)
    assert len(server.asked) == 1


def test_an_empty_account_is_no_moment_s_business(server):
    with pytest.raises(Misconfigured):
        ask(MODELS["openai"], server, "429-no-money")


@each_provider
def test_a_refused_request_is_ours(server, make):
    with pytest.raises(GatewayError) as caught:
        ask(make, server, "400")
    assert caught.value.permanent and not isinstance(caught.value, Misconfigured)


def test_a_server_that_knows_no_schema_is_asked_more_simply_and_that_is_remembered(server):
    model = MODELS["openai"](server, "no-schema")
    for tries in (3, 4):
        found = model.complete(PROMPT, time.monotonic() + 5)
        assert found.answered and len(server.asked) == tries
    assert model.form == PLAINEST
    last = server.asked[-1].body
    assert last["response_format"] == {"type": "json_object"} and "JSON Schema" in last["messages"][0]["content"]


def test_what_is_refused_in_every_form_is_not_remembered(server):
    model = MODELS["openai"](server, "400")
    with pytest.raises(GatewayError):
        model.complete(PROMPT, time.monotonic() + 5)
    assert model.form == Form() and len(server.asked) == 2


def test_an_answer_may_be_as_long_as_needed_and_no_longer():
    with serving("x" * 3900) as server:
        assert ask(MODELS["openai"], server, "well").answered
    with serving("x" * (MOST_BYTES + 1)) as server, pytest.raises(GatewayError, match="APIConnectionError"):
        ask(MODELS["openai"], server, "well")
