"""Fits the calibrators of one answer model on labelled questions, by the production code, and writes them with provenance.

    python bench/fit_calibrator.py --kb ../shared/data/kb_bank --questions ../shared/data/kb_bank/questions_train.jsonl \
        --review-log ../shared/data/kb_bank/review_log.jsonl

Two are written: one for a base without memory, one for a base that remembers decisions. Each question is asked three times: to
the whole base through a lens that never saw its topic, through one that never saw the question, and to a base from which a
third of the articles is missing, so that absent articles are learned too. Cross-validation is by topic: a fold's topics were
never seen. Needs scikit-learn (development only) and a prepared database.
"""

import argparse
import hashlib
import json
import math
import os
import random
import re
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
import numpy as np
from scipy.stats import beta
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "contactcenter.settings")
django.setup()

from approvals.evaluation import EVALUATOR, throw_away_base  # noqa: E402
from bench import fit_lens  # noqa: E402
from core.context import acting_as  # noqa: E402
from gateways.local_llm import MODEL, LocalModel  # noqa: E402
from gateways.types import NumberedPassage, Prompt  # noqa: E402
from knowledge import lens  # noqa: E402
from knowledge.embedding import embed  # noqa: E402
from knowledge.memory import Reviewed  # noqa: E402
from knowledge.search import search  # noqa: E402
from knowledge.sources import SourceArticle  # noqa: E402
from replies import guard  # noqa: E402
from replies.features import COLD, GROUPS, SURROUNDINGS, WARM, features  # noqa: E402
from replies.skills import retrieve  # noqa: E402

FOLDER = ROOT / "replies" / "calibrators"
KEPT = 0.67
# What each way of asking weighs. A base in use knows some topics and not others, and nearly all of its articles.
VIEWS = {"new topic": 1.0, "new question": 1.5, "fewer articles": 0.5}
# One base has one mean length of articles; in the world this is about how much it differs (logarithm).
LEAST_SPREAD = {"article_length": 0.5}
# What may be wrong at most above the line: more is known where decisions are remembered, so more is asked.
RISK, RISK_WITH_MEMORY = 0.05, 0.03
# And how many of the questions after an absent fact may be above it.
ABSENT = 0.05
TREES = {
    "n_estimators": 120,
    "max_depth": 3,
    "learning_rate": 0.05,
    "subsample": 0.6,
    "min_samples_leaf": 25,
    "random_state": 1,
}


@dataclass
class Sample:
    features: dict[str, float]
    right: bool
    group: str
    kind: str = ""
    view: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kb", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--review-log", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="keep the features here and use them again")
    given = parser.parse_args()
    cold, warm = _cached(given)
    FOLDER.mkdir(exist_ok=True)
    _write("local-v1", fit(cold, COLD, RISK), given, is_warm=False)
    _write("local-v1-memory", fit(warm, WARM, RISK_WITH_MEMORY), given, is_warm=True)


def _cached(given: argparse.Namespace) -> tuple[list[Sample], list[Sample]]:
    if given.cache and given.cache.exists():
        kept = json.loads(given.cache.read_text())
        return [Sample(**one) for one in kept["cold"]], [Sample(**one) for one in kept["warm"]]
    articles, questions = _lines(given.kb / "articles.jsonl"), _lines(given.questions)
    questions = [one for one in questions if not one.get("suspect")]
    log = [Reviewed(o["text"], o["outcome"], o["proposed_article"], o["final_article"]) for o in _lines(given.review_log)]
    cold, warm = _samples(articles, questions, log)
    if given.cache:
        given.cache.write_text(json.dumps({"cold": [vars(s) for s in cold], "warm": [vars(s) for s in warm]}))
    return cold, warm


def _samples(articles: list[Any], questions: list[Any], log: list[Reviewed]) -> tuple[list[Sample], list[Sample]]:
    chance = random.Random(7)
    fewer = [a for a in articles if chance.random() < KEPT]
    strangers, others = _lenses(articles, questions)
    cold, warm = [], []
    with ExitStack() as bases:
        whole, part, whole_warm, part_warm = (
            bases.enter_context(throw_away_base(_sources(some), decisions))
            for some, decisions in ((articles, []), (fewer, []), (articles, log), (fewer, log))
        )
        for place, question in enumerate(questions):
            stranger, other = strangers[place], others[place]
            for found, full, reduced in ((cold, whole, part), (warm, whole_warm, part_warm)):
                ways = ((full, stranger), (full, other), (reduced, stranger))
                found += [sample(question, base, glass, view) for (base, glass), view in zip(ways, VIEWS, strict=True)]
            if place % 500 == 0:
                print(place, "questions asked", flush=True)
    return cold, warm


def _sources(articles: list[Any]) -> list[SourceArticle]:
    return [SourceArticle(a["id"], a["title"], a["body"], a.get("category", "")) for a in articles]


@dataclass(frozen=True)
class Glass:
    """A lens that did not see everything, with the middles of the questions that it saw."""

    left: Any
    right: Any
    middles: Any

    def turn(self, vector: Any, version: str) -> Any:
        return lens.turned(vector, self.left, self.right)


def _lenses(articles: list[Any], questions: list[Any]) -> tuple[list[Glass], list[Glass]]:
    """For each question a lens that never saw its topic, and one that never saw it."""
    answerable = [q for q in questions if q["answerable"]]
    shelf = fit_lens.shelf(articles)
    asked = fit_lens.asked(shelf, answerable, embed([q["text"] for q in answerable]))
    by_topic = [_by_topic(shelf, answerable, asked, fold) for fold in range(fit_lens.FOLDS)]
    by_question = [_by_question(answerable, asked, fold) for fold in range(fit_lens.FOLDS)]
    of = iter(range(len(answerable)))
    own = [next(of) if q["answerable"] else place for place, q in enumerate(questions)]
    return (
        [by_topic[fold] for fold in fit_lens.folds(questions)],
        [by_question[place % fit_lens.FOLDS] for place in own],
    )


def _by_topic(shelf: fit_lens.Shelf, questions: list[Any], asked: fit_lens.Asked, fold: int) -> Glass:
    seen = asked.only(fit_lens.rows_without_topics(questions, fold))
    return Glass(*fit_lens.without_topics(shelf, questions, asked, fold), fit_lens.middles(seen.vectors))


def _by_question(questions: list[Any], asked: fit_lens.Asked, fold: int) -> Glass:
    seen = asked.only(fit_lens.rows_without_questions(questions, fold))
    return Glass(*fit_lens.without_questions(questions, asked, fold), fit_lens.middles(seen.vectors))


def sample(question: dict[str, Any], base: int, glass: Glass, view: str) -> Sample:
    """One question asked by the production code, with what the gold says of the answer."""
    with acting_as(EVALUATOR):  # Again for each question: a signed identity ends after some minutes.
        findings = search(question["text"], base, turn=glass.turn)
    findings.pool["familiar"] = lens.nearest(findings.vector, glass.middles)
    evidence = retrieve.evidence(findings)
    passages = tuple(NumberedPassage(e.number, e.title, e.quote, e.language, e.score) for e in evidence)
    completion = LocalModel().complete(Prompt("", "", question["text"], passages), 0)
    sentences = guard.supported(completion, evidence)
    text = " ".join(sentence.text for sentence in sentences)
    right = question["answerable"] and findings.hits[0].external_id in question["article_ids"]
    right = right and all(re.search(p, text, re.IGNORECASE) for p in question.get("must_include") or ())
    topic = question.get("intent") or ",".join(question["article_ids"]) or question.get("nearest") or question["kind"]
    return Sample(features(findings, sentences, evidence), bool(right), str(topic), question["kind"], view)


def fit(samples: list[Sample], names: tuple[str, ...], risk: float) -> dict[str, Any]:
    """The calibrator's figures; prints what cross-validation by topic says of it."""
    x = np.array([[s.features[name] for name in names] for s in samples])
    y, views = np.array([s.right for s in samples]), np.array([s.view for s in samples])
    weight, groups = np.array([VIEWS[s.view] for s in samples]), np.array([str(s.group) for s in samples])
    out_of_fold = np.zeros((len(y), 2))
    for train, test in GroupKFold(8).split(x, y, groups):
        linear, trees = _two(x[train], y[train], weight[train])
        out_of_fold[test] = _scores(linear, trees, x[test])
    platt = LogisticRegression(C=10.0).fit(out_of_fold, y, sample_weight=weight)
    chance = platt.predict_proba(out_of_fold)[:, 1]
    for view in VIEWS:
        _report(view, chance[views == view], y[views == view])
    (scaler, logistic), trees = _two(x, y, weight)
    surroundings = {n: _spread(n, np.array([s.features[n] for s in samples])) for n in SURROUNDINGS}
    is_usual = views == "new question"
    is_absent = np.array([s.kind == "absent_fact" for s in samples])
    return {
        "features": list(names),
        "line": _line(chance[is_usual], y[is_usual], is_absent[is_usual], risk),
        "groups": {name: GROUPS[name] for name in names},
        "linear": {
            "mean": _plain(scaler.mean_), "scale": _plain(scaler.scale_), "weights": _plain(logistic.coef_[0]),
            "intercept": float(logistic.intercept_[0]),
        },
        "trees": {"start": _log_odds(trees), "rate": trees.learning_rate, "trees": [_tree(t[0].tree_) for t in trees.estimators_]},
        "platt": [*_plain(platt.coef_[0]), float(platt.intercept_[0])],
        "surroundings": surroundings,
    }  # fmt: skip


def _two(x: Any, y: Any, weight: Any) -> Any:
    scaler = StandardScaler().fit(x)
    logistic = LogisticRegression(C=0.1, max_iter=3000).fit(scaler.transform(x), y, sample_weight=weight)
    return (scaler, logistic), GradientBoostingClassifier(**TREES).fit(x, y, sample_weight=weight)


def _log_odds(trees: Any) -> float:
    share = float(trees.init_.class_prior_[1])
    return math.log(share / (1 - share))


def _line(chance: Any, right: Any, is_absent: Any, risk: float) -> float:
    """The least probability from which, with 95 % confidence, less than `risk` are wrong (Clopper and Pearson 1934), and hardly
    any question after a fact that no article has is answered: those read best and harm most.
    """
    for line in np.arange(0.80, 0.96, 0.005):
        sure = chance > line
        wrong = int((~right[sure]).sum())
        if not sure.any() or (sure & is_absent).sum() > ABSENT * is_absent.sum():
            continue
        if beta.ppf(0.95, wrong + 1, sure.sum() - wrong) <= risk:
            return round(float(line), 3)
    return 0.95


def _scores(linear: Any, trees: Any, x: Any) -> Any:
    scaler, logistic = linear
    return np.stack([logistic.decision_function(scaler.transform(x)), trees.decision_function(x)], axis=1)


def _tree(tree: Any) -> dict[str, list[Any]]:
    return {
        "feature": tree.feature.tolist(), "threshold": _plain(tree.threshold), "left": tree.children_left.tolist(),
        "right": tree.children_right.tolist(), "value": _plain(tree.value[:, 0, 0]),
    }  # fmt: skip


def _spread(name: str, values: Any) -> dict[str, float]:
    spread = max(float(values.std()), LEAST_SPREAD.get(name, 0.02))
    return {"mean": round(float(values.mean()), 5), "spread": round(spread, 5)}


def _report(view: str, p: Any, y: Any) -> None:
    sure = p > 0.8
    ece = sum(abs(p[m].mean() - y[m].mean()) * m.mean() for b in range(15) if (m := (p * 15).astype(int) == b).any())
    accuracy = y[sure].mean() if sure.any() else float("nan")
    print(
        f"out of fold, {view}: ECE {ece:.4f}, above 0.80: accuracy {accuracy:.4f}, {y[sure].sum() / y.sum():.3f} of the right ones"
    )


def _plain(values: Any) -> list[float]:
    return [round(float(value), 6) for value in values]


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _write(name: str, document: dict[str, Any], given: argparse.Namespace, *, is_warm: bool) -> None:
    files = {"articles": given.kb / "articles.jsonl", "questions": given.questions, "review_log": given.review_log}
    provenance = {
        "command": "python bench/fit_calibrator.py --kb kb_bank --questions kb_bank/questions_train.jsonl --review-log kb_bank/review_log.jsonl",
        "sources_sha256": {key: hashlib.sha256(path.read_bytes()).hexdigest() for key, path in files.items()},
        "checked": "docs/confidence.md",
        "licences": "questions: PolyAI banking77, CC-BY-4.0; out-of-scope questions: CLINC150, CC-BY-3.0; articles and facts: written for this product",
    }
    whole = {"name": name, "answer_model": MODEL, "warm": is_warm, "provenance": provenance, **document}
    (FOLDER / f"{name}.json").write_text(json.dumps(whole) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
