"""The measuring half of bench/search.py, which starts the stores and runs this with their addresses."""

import argparse
import json
import multiprocessing
import os
import statistics
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import django

django.setup()

from bench.library import Library, fill, remember  # noqa: E402
from conversations.models import Customer  # noqa: E402
from core.context import Actor, acting_as  # noqa: E402
from knowledge import embedding, search  # noqa: E402
from replies.confidence import shipped, weigh  # noqa: E402
from replies.features import features  # noqa: E402
from replies.skills import retrieve  # noqa: E402

KINDS = {"kb_bank": "questions_dev.jsonl", "kb_site": "questions.jsonl", "kb_tech": "questions.jsonl"}
TRAINING = "kb_bank/questions_train.jsonl"
DECISIONS = 20_000
WARMING = 30
COMPARED = 60
FIXED = "I have not received my new card yet and would like to know when it is going to arrive at my home."

Timed = tuple[str, float, float]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("shared", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("passages", type=int, nargs="+")
    parser.add_argument("--questions", type=int, default=180)
    parser.add_argument("--callers", type=int, default=4)
    given = parser.parse_args()
    library = Library(given.shared, given.data)
    decided = [one["text"] for one in _lines(given.shared / TRAINING)][:1000]
    asked = questions(given.shared, given.questions)
    customer = Customer.objects.using("owner").get_or_create(name="Bench")[0].pk
    for passages in given.passages:
        base = fill(f"bench-{passages}", library.pages(passages))
        remember(base, decided, DECISIONS)
        alone = timed(base, customer, asked)
        report = {"passages": passages, "load": os.getloadavg()[0], "alone": summary(alone)}
        report |= {kind: summary([one for one in alone if one[0] == kind]) for kind in KINDS}
        report[f"{given.callers} callers"] = summary(together(base, customer, asked, given.callers))
        report["found"] = found(base, customer, asked)
        report["scoring"] = scoring(base, customer, asked)
        print(json.dumps(report), flush=True)


def questions(shared: Path, wanted: int) -> list[tuple[str, str]]:
    """Questions of each kind in turn, spread over each file: short ones, long ones, and a forum's."""
    each = wanted // len(KINDS)
    found = []
    for kind, file in KINDS.items():
        lines = _lines(shared / kind / file)
        found += [(kind, one["text"]) for one in lines[:: max(1, len(lines) // each)][:each]]
    return found


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def timed(base: int, customer: int, asked: list[tuple[str, str]]) -> list[Timed]:
    """(kind, milliseconds, milliseconds of the fixed sentence just before) per question, once some have warmed it all."""
    for _, question in asked[:: max(1, len(asked) // WARMING)]:
        ask(question, base, customer)
    taken = []
    for kind, question in asked:
        embedding.read.cache_clear()
        began = time.perf_counter()
        embedding.embed_one(FIXED)
        fixed = time.perf_counter()
        ask(question, base, customer)
        taken.append((kind, 1000 * (time.perf_counter() - fixed), 1000 * (fixed - began)))
    return taken


def ask(question: str, base: int, customer: int, limit: int = 5) -> list[int]:
    with acting_as(Actor.customer(customer), read_only=True):
        return [hit.article_pk for hit in search.search(question, base, limit=limit).hits]


def summary(taken: list[Timed]) -> dict[str, float]:
    took = sorted(one[1] for one in taken)
    fixed = statistics.median(one[2] for one in taken)
    p50, p95 = statistics.median(took), took[int(len(took) * 0.95)]
    return {
        "questions": len(took), "p50_ms": round(p50, 1), "p95_ms": round(p95, 1), "fixed_ms": round(fixed, 1),
        "p50_times": round(p50 / fixed, 1), "p95_times": round(p95 / fixed, 1),
    }  # fmt: skip


def together(base: int, customer: int, asked: list[tuple[str, str]], callers: int) -> list[Timed]:
    """All callers ask all questions at once, each from another one on."""
    shift = len(asked) // callers
    with multiprocessing.get_context("spawn").Pool(callers) as pool:
        turns = [asked[n * shift :] + asked[: n * shift] for n in range(callers)]
        return [one for some in pool.starmap(timed, [(base, customer, turn) for turn in turns]) for one in some]


def found(base: int, customer: int, asked: list[tuple[str, str]]) -> dict[str, float]:
    """How much of what comparing every vector finds is found."""
    some = [question for _, question in asked[:: max(1, len(asked) // COMPARED)]]
    fast = [ask(question, base, customer) for question in some]
    search.INDEX_CHUNKS = 10**9
    exact = [ask(question, base, customer) for question in some]
    search.INDEX_CHUNKS = 20_000
    first = sum(one[0] == all_[0] for one, all_ in zip(fast, exact, strict=True)) / len(some)
    five = sum(len(set(one) & set(all_)) for one, all_ in zip(fast, exact, strict=True)) / sum(map(len, exact))
    return {"compared": len(some), "same_first": round(first, 3), "recall_5": round(five, 3)}


def scoring(base: int, customer: int, asked: list[tuple[str, str]]) -> dict[str, float]:
    """Median milliseconds from the findings to a confidence: the sentences to answer with, the features, and weighing them."""
    calibrators, took = shipped(DECISIONS), []
    for _, question in asked[:: max(1, len(asked) // COMPARED)]:
        with acting_as(Actor.customer(customer), read_only=True):
            findings = search.search(question, base)
        moments = [time.perf_counter()]
        evidence = retrieve.evidence(findings)
        moments.append(time.perf_counter())
        figures = features(findings, (), evidence)
        moments.append(time.perf_counter())
        weigh(figures, calibrators.known[0])
        moments.append(time.perf_counter())
        took.append([1000 * (after - before) for before, after in pairwise(moments)])
    evidence_ms, features_ms, weigh_ms = (round(statistics.median(some), 2) for some in zip(*took, strict=True))
    return {"evidence_ms": evidence_ms, "features_ms": features_ms, "weigh_ms": weigh_ms}


if __name__ == "__main__":
    main()
