"""What becomes of a message when the language models behave badly: the decision and the time, for every kind of behaviour.

    python bench/providers.py [--runs 10] [--row 15] [--seconds 4.0] [--only hang,drip] [--json FILE]

The real official clients ask a server on loopback that answers well, slowly, wrongly, not at all (gateways/fake_servers.py). Each
behaviour is met in three chains: OpenAI alone, OpenAI with a Claude that is well, and both behaving so; the offline provider
stands in behind each. `cold` has fresh breakers for every message, the worst case; `in a row` are 15 messages more on one pair of
breakers. The evidence is one fixed article that answers the question, the calibrator of the online models is
sure of everything, the topic may go out by itself: whatever is held is held by the checks. Exit 0 when no reply went out by itself
that the gate would not allow, told by other means than the gate's, and when p95 is under five seconds for every behaviour.
"""

import argparse
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
settings.configure(REDIS_URL="", LOGGING_CONFIG=None, SECRET_KEY="for-a-bench-only-never-for-a-server-0123456789")

from approvals.policy import FLOOR, OPEN, judge  # noqa: E402
from gateways.claude_llm import ClaudeModel  # noqa: E402
from gateways.fake_servers import CONTENTS, WIRES, FakeServer, serving  # noqa: E402
from gateways.llm import Failover, Guarded  # noqa: E402
from gateways.local_llm import MODEL, LocalModel  # noqa: E402
from gateways.openai_llm import OpenAIModel  # noqa: E402
from gateways.types import LanguageModel  # noqa: E402
from knowledge.embedding import embed_one  # noqa: E402
from knowledge.findings import Findings, Hit, Passage  # noqa: E402
from replies.compose import compose  # noqa: E402
from replies.confidence import Calibrator, Calibrators, shipped  # noqa: E402
from replies.types import Reply, Thread, Turn  # noqa: E402

SAFE_SECONDS = 5.0
AT_ONCE = 6
QUESTION = "How do I activate my new card?"
GOOD = "A new card arrives switched off."
BODY = f"{GOOD} Open the app, tap the card and choose Activate. It works within one minute."
# Behaviours in which the model's words are right, whatever the way there.
RIGHT = {"well", "slow", "no-schema"}
CHAINS = ("alone", "then claude", "both")


class SureOfAll(Calibrators):
    """A calibrator that is sure of whatever an online model says, and the shipped one for the stand-in."""

    def choose(self, answer_model: str) -> Calibrator | None:
        return super().choose(answer_model) if answer_model == MODEL else SURE


SURE = Calibrator(
    {
        "name": "sure", "answer_model": "any", "warm": False, "features": [], "groups": {}, "platt": [0.0, 0.0, 5.0],
        "linear": {"mean": [], "scale": [], "weights": [], "intercept": 0.0}, "trees": {"start": 0.0, "rate": 0.1, "trees": []},
    }
)  # fmt: skip
CALIBRATORS = SureOfAll(shipped().known)


@dataclass
class Measured:
    """What was seen of one behaviour in one chain."""

    seconds: list[float] = field(default_factory=list)
    row_seconds: list[float] = field(default_factory=list)
    row_asked: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--row", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--only", default="", help="behaviours, comma-separated")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    names = given.only.split(",") if given.only else [*CONTENTS, *WIRES]
    embed_one(QUESTION)  # Loads what every message shares.
    cases = [(name, chain) for name in names for chain in CHAINS]
    with serving(GOOD) as server, ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda case: measure(server, *case, given.runs, given.row, given.seconds), cases))
    measured = dict(zip(cases, found, strict=True))
    report(measured)
    if given.json:
        given.json.write_text(json.dumps([_plain(case, one) for case, one in measured.items()], indent=1))
    return 0 if is_good(measured) else 1


def measure(server: FakeServer, behaviour: str, chain: str, runs: int, row: int, seconds: float) -> Measured:
    """`runs` messages with fresh breakers each, then `row` more on one pair of them."""
    found, models = Measured(), clients(server, behaviour, chain)
    for number in range(runs):
        found.seconds.append(note(found, chained(models, f"{chain}.{number}", seconds), behaviour, chain))
    before = len([one for one in server.asked if one.body["model"] == models[0].model])
    same = chained(models, f"{chain}.row", seconds)
    found.row_seconds = [note(found, same, behaviour, chain) for _ in range(row)]
    found.row_asked = len([one for one in server.asked if one.body["model"] == models[0].model]) - before
    return found


def note(found: Measured, llm: LanguageModel, behaviour: str, chain: str) -> float:
    took, outcome, wrong = one_message(llm, behaviour, chain)
    found.outcomes[outcome] += 1
    found.wrong += wrong
    return took


def clients(server: FakeServer, behaviour: str, chain: str) -> list[OpenAIModel | ClaudeModel]:
    """OpenAI, and Claude unless OpenAI is alone. The name of the model is how the server behaves."""
    first = OpenAIModel("key", f"{server.url}/v1", f"{behaviour}:{chain}")
    second = ClaudeModel("key", server.url, f"{behaviour if chain == 'both' else 'well'}:{behaviour}.{chain}")
    return [first] if chain == "alone" else [first, second]


def chained(models: Sequence[OpenAIModel | ClaudeModel], suffix: str, seconds: float) -> LanguageModel:
    """The production chain, with breakers of its own."""
    guarded = [Guarded(f"{one.name}.{suffix}", one, seconds) for one in models]
    return Failover(guarded, seconds=seconds, stand_in=LocalModel())


def one_message(llm: LanguageModel, behaviour: str, chain: str) -> tuple[float, str, list[str]]:
    """Seconds from the question to the decision, the outcome in words, and what was wrong with an automatic reply."""
    began = time.monotonic()
    reply = compose(
        Thread((Turn("customer", QUESTION),), language="en"), search=search, llm=llm, calibrator=CALIBRATORS,
        deadline=began + 15.0,
    )  # fmt: skip
    verdict = judge(reply, FLOOR, OPEN)
    took = time.monotonic() - began
    who = "stand-in" if reply.answer_model == MODEL else "model" if reply.answer_model else "nobody"
    if not verdict.sends:
        return took, f"review ({who}: {', '.join(sorted({hold['code'] for hold in verdict.holds}))})", []
    return took, f"auto ({who})", faults(reply, behaviour, chain)


def faults(reply: Reply, behaviour: str, chain: str) -> list[str]:
    """What speaks against this automatic reply, found without the product's own checks."""
    found = []
    if not (isinstance(reply.confidence, float) and math.isfinite(reply.confidence) and FLOOR < reply.confidence <= 1):
        found.append(f"{behaviour}/{chain}: confidence {reply.confidence}")
    if not reply.sentences or any(one.text not in BODY or not one.citations for one in reply.sentences):
        found.append(f"{behaviour}/{chain}: says {reply.text!r}")
    is_of_bad_model = reply.answer_model.split(":")[0] not in RIGHT and reply.answer_model != MODEL
    return [*found, f"{behaviour}/{chain}: trusted {reply.answer_model}"] if is_of_bad_model else found


def search(question: str, limit: int = 5) -> Findings:
    """One article that plainly answers, one that plainly does not."""
    pool = {
        "agree": 4.0, "share": 0.99, "entropy": 0.05, "distance": 6.0, "pool": 0.25, "matched_best": 6.0, "bm25_best": 9.0,
        "length": 60.0,
    }  # fmt: skip
    first = Hit(1, "card", "Activating a new card", "", "en", BODY, 2.9, 0.85, 0.8, 0.8, 9.0, 6.0, 0.0, PASSAGES)
    second = Hit(2, "fees", "Fees", "", "en", "Fees.", 0.9, 0.2, 0.2, 0.2, 1.0, 0.5, 0.0, ())
    return Findings(question, embed_one(question), (first, second), (), 3, 0.0, 7.0, 70, "en", pool)


PASSAGES = (Passage(1, 0, f"{GOOD} Open the app, tap the card and choose Activate.", 0.8),)


def report(measured: dict[tuple[str, str], Measured]) -> None:
    print(f"{'behaviour':<20}{'chain':<13}{'cold p50':>9}{'p95':>6}{'in a row p50':>14}{'p95':>6}{'asked':>6}  outcomes")
    for (behaviour, chain), one in measured.items():
        outcomes = "; ".join(f"{number} {outcome}" for outcome, number in one.outcomes.most_common())
        print(
            f"{behaviour:<20}{chain:<13}{at(one.seconds, 0.5):>9.2f}{at(one.seconds, 0.95):>6.2f}"
            f"{at(one.row_seconds, 0.5):>14.2f}{at(one.row_seconds, 0.95):>6.2f}{one.row_asked:>6}  {outcomes}"
        )
    everything = [seconds for one in measured.values() for seconds in one.seconds + one.row_seconds]
    print(f"messages: {len(everything)}, time to a safe outcome: p50 {at(everything, 0.5):.2f} s, ", end="")
    print(f"p95 {at(everything, 0.95):.2f} s, longest {max(everything):.2f} s")
    wrong = [text for one in measured.values() for text in one.wrong]
    print(f"automatic replies the gate would not allow: {len(wrong)}")
    for text in wrong[:20]:
        print("  " + text)


def is_good(measured: dict[tuple[str, str], Measured]) -> bool:
    slowest = max(max(at(one.seconds, 0.95), at(one.row_seconds, 0.95)) for one in measured.values())
    return slowest < SAFE_SECONDS and not any(one.wrong for one in measured.values())


def at(values: Sequence[float], share: float) -> float:
    """That quantile: the least value which so many do not exceed."""
    return sorted(values)[max(math.ceil(len(values) * share) - 1, 0)]


def _plain(case: tuple[str, str], one: Measured) -> dict[str, Any]:
    figures = {"cold": one.seconds, "in_a_row": one.row_seconds}
    times = {f"{name}_{p}": round(at(of, q), 3) for name, of in figures.items() for p, q in (("p50", 0.5), ("p95", 0.95))}
    return {"behaviour": case[0], "chain": case[1], **times, "asked": one.row_asked, "outcomes": dict(one.outcomes)}


if __name__ == "__main__":
    raise SystemExit(main())
