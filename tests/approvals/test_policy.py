"""What the machine decided, told from what a draft keeps."""

import ast
from pathlib import Path

import pytest

from approvals.drafting import facts_of
from approvals.evaluation import decision
from approvals.policy import ESCALATING, OPEN, decided, judge
from replies.compose import look
from replies.matters import MATTERS
from replies.types import Reply, Rule, Thread, Turn

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
