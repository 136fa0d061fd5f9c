"""What the machine decided, told from what a draft keeps."""

import ast
from pathlib import Path

import pytest

from approvals.drafting import facts_of
from approvals.evaluation import decision
from approvals.policy import ABOUT_REACH, CLOSED, ESCALATING, FAILING, OPEN, STOPPED, UNEARNED, Reach, decided, judge
from replies.compose import look
from replies.matters import MATTERS
from replies.types import Check, Reply, Rule, Thread, Turn

REPLIES = Path(__file__).resolve().parents[2] / "replies"


def stored(reply: Reply, threshold: float = 0.8, *, auto_send: bool = True) -> str | None:
    """The decision as it is read back from the draft that keeps this reply."""
    verdict = judge(reply, threshold, OPEN, auto_send=auto_send)
    return decided("send" if verdict.sends else "hold", facts_of(reply, verdict)["rules"])


def rules_in_the_code() -> list[tuple[str, bool]]:
    """Code of every Rule written out in `replies`, and whether it escalates."""
    found = []
    for file in sorted(REPLIES.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Rule" and isinstance(node.args[0], ast.Constant):
                named = {
                    keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords if keyword.arg == "escalates"
                }
                found.append((node.args[0].value, bool(named.get("escalates"))))
    return found


def test_the_codes_that_escalate_are_those_of_the_rules_that_do() -> None:
    written = rules_in_the_code()
    assert len(written) > 8, "vacuous: the rules were not found"
    assert {code for code, escalates in written if escalates} | {matter.code for matter in MATTERS} == ESCALATING
    assert not {code for code, escalates in written if not escalates} & ESCALATING


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(text="Yes.", confidence=0.95), "auto"),
        (Reply(text="Yes.", confidence=0.8), "review"),
        (Reply(), "review"),
        (Reply(text="Yes.", confidence=0.95, rules=(Rule("language", "?"),)), "review"),
        (
            Reply(text="Yes.", confidence=0.95, rules=(Rule("legal", "Legal steps", escalates=True),), escalates=True),
            "escalate",
        ),
        (Reply(rules=(Rule("late", "?"), Rule("sounds_grave", "?", escalates=True)), escalates=True), "escalate"),
    ],
)
def test_a_stored_draft_tells_what_the_evaluation_tells(reply: Reply, expected: str) -> None:
    assert stored(reply) == decision(reply, 0.8) == expected


@pytest.mark.parametrize(
    "text", ["I will sue you", "My mother died", "Where is my parcel?", "I want to speak to a human", "💥"]
)
def test_it_holds_for_real_messages(text: str) -> None:
    seen = look(Thread(turns=(Turn("customer", text),)))
    reply = Reply(text="Yes.", confidence=0.9, rules=seen.rules, escalates=seen.escalates)
    assert stored(reply) == decision(reply, 0.8)


def test_an_inbox_that_sends_nothing_by_itself_reviews() -> None:
    assert stored(Reply(text="Yes.", confidence=0.95), auto_send=False) == "review"


def test_before_the_judge_has_spoken_nothing_is_decided() -> None:
    assert decided("", []) is None
    assert decided("", [{"code": "legal"}]) is None
    assert decided("hold", [{"label": "no code"}, {}]) == "review"


CLOSED_WAYS = [UNEARNED, CLOSED, FAILING, STOPPED, Reach(), Reach(allowed=1), Reach(allowed="yes"), Reach(allowed=None)]  # type: ignore[arg-type]


@pytest.mark.parametrize("reach", CLOSED_WAYS)
def test_a_topic_that_may_not_send_holds_the_surest_reply_and_says_why(reach: Reach) -> None:
    verdict = judge(Reply(text="Yes.", confidence=1.0), 0.8, reach)
    assert not verdict.sends and [hold["code"] for hold in verdict.holds] == [reach.code]
    assert decided("hold", verdict.holds) == "review"


def test_nothing_is_sent_where_nobody_says_that_it_may() -> None:
    assert not judge(Reply(text="Yes.", confidence=0.99), 0.8).sends
    assert judge(Reply(text="Yes.", confidence=0.99), 0.8, OPEN).sends


def test_a_topic_that_may_send_lowers_no_other_bar() -> None:
    held = [
        Reply(text="Yes.", confidence=0.8), Reply(text="Yes.", confidence=None), Reply(text="", confidence=0.99),
        Reply(text="Yes.", confidence=0.99, rules=(Rule("legal", "?"),)), Reply(text="Yes.", confidence=0.99, wants_person=True),
        Reply(text="Yes.", confidence=0.99, line=1.0), Reply(text="Yes.", confidence=0.99, checks=(Check("c", "?", "bad"),)),
    ]  # fmt: skip
    assert not any(judge(one, 0.8, OPEN).sends for one in held)
    assert not judge(Reply(text="Yes.", confidence=0.99), 0.8, OPEN, auto_send=False).sends


def test_every_reason_to_hold_is_told_at_once() -> None:
    verdict = judge(Reply(text=" ", confidence=0.5, wants_person=True), 0.8, UNEARNED, auto_send=False)
    assert [hold["code"] for hold in verdict.holds] == ["no_answer", "wants_person", "review_only", "learning", "below_line"]
    assert {"learning", "topic_closed", "stopped"} == ABOUT_REACH
