"""Fits the lens (knowledge/lens.py): a low-rank turn of a question's vector towards the articles that answer it.

    python bench/fit_lens.py --kb ../shared/data/kb_bank --questions ../shared/data/kb_bank/questions_train.jsonl

A softmax over all articles of the same sum that ranks them in the product, with a pull back to the identity. Prints recall for
questions whose topic was left out and for other questions after the same topics. Needs no database; numpy only.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from knowledge import embedding  # noqa: E402
from knowledge.splitting import pieces  # noqa: E402

WEIGHTS = ROOT / "knowledge" / "weights" / "lens.json"
STEPS, RATE, MOMENTUM = 40, 0.03, 0.9
PULL, TEMPERATURE, RANK = 0.12, 0.12, 64
FOLDS = 4
# Into how many groups the questions are put, and how often their middles are found anew.
GROUPS, ROUNDS = 96, 30

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Shelf:
    """Articles with their vectors: title, whole, and one row per window."""

    ids: list[str]
    titles: Matrix
    wholes: Matrix
    windows: list[Matrix]


@dataclass(frozen=True)
class Asked:
    """Questions as rows; `right` marks the articles that answer; `near` holds the sum of the three views' vectors."""

    vectors: Matrix
    right: Matrix
    near: Matrix

    def only(self, rows: Any) -> "Asked":
        return Asked(self.vectors[rows], self.right[rows], self.near[rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kb", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    given = parser.parse_args()
    questions = [q for q in _lines(given.questions) if q["answerable"] and not q.get("suspect")]
    found = shelf(_lines(given.kb / "articles.jsonl"))
    all_asked = asked(found, questions, embedding.embed([q["text"] for q in questions]))
    _report(found, questions, all_asked)
    left, right = fit(all_asked)
    _write(left, right, middles(all_asked.vectors), given)


def shelf(articles: list[dict[str, Any]]) -> Shelf:
    titles, wholes, windows = [], [], []
    for article in articles:
        vectors = embedding.embed([piece.text for piece in pieces(article["title"], article["body"])])
        titles.append(vectors[0])
        wholes.append(vectors[1])
        windows.append(vectors[2:] if len(vectors) > 2 else vectors[1:2])
    return Shelf([a["id"] for a in articles], np.stack(titles), np.stack(wholes), windows)


def asked(found: Shelf, questions: list[dict[str, Any]], vectors: Matrix) -> Asked:
    right = np.array([[float(one in q["article_ids"]) for one in found.ids] for q in questions], np.float32)
    near = np.zeros((len(questions), len(found.ids), vectors.shape[1]), np.float32)
    for place, windows in enumerate(found.windows):
        best = (vectors @ windows.T).argmax(axis=1)
        near[:, place] = windows[best] + found.titles[place] + found.wholes[place]
    return Asked(vectors, right, near)


def fit(questions: Asked, left_out: Collection[int] = ()) -> tuple[Matrix, Matrix]:
    """The two factors. Articles at the places `left_out` take no part, neither as answers nor as wrong ones."""
    size = questions.vectors.shape[1]
    turn, speed = np.eye(size, dtype=np.float32), np.zeros((size, size), np.float32)
    hidden = np.zeros(questions.right.shape[1], np.float32)
    hidden[list(left_out)] = -1e9
    for _ in range(STEPS):
        share = _softmax(scores(questions, turn) / TEMPERATURE + hidden)
        aim = share * questions.right
        miss = share - aim / (aim.sum(axis=1, keepdims=True) + 1e-12)
        slope = questions.vectors.T @ np.einsum("qa,qad->qd", miss, questions.near, optimize=True)
        slope = slope / len(questions.vectors) / TEMPERATURE + PULL * (turn - np.eye(size, dtype=np.float32))
        speed = MOMENTUM * speed + slope
        turn = turn - RATE * speed
    u, s, v = np.linalg.svd(turn - np.eye(size))
    return (u[:, :RANK] * s[:RANK]).astype(np.float16).astype(np.float32), v[:RANK].astype(np.float16).astype(np.float32)


def middles(vectors: Matrix) -> Matrix:
    """The middles of the groups that questions fall into, of length one (k-means on the sphere, Dhillon and Modha 2001)."""
    found = vectors[np.random.default_rng(7).permutation(len(vectors))[:GROUPS]]
    for _ in range(ROUNDS):
        nearest = (vectors @ found.T).argmax(axis=1)
        sums = np.stack([vectors[nearest == group].sum(axis=0) for group in range(len(found))])
        sizes = np.linalg.norm(sums, axis=1, keepdims=True)
        found = np.where(sizes > 0, sums / np.maximum(sizes, 1e-9), found)
    return np.asarray(found, np.float16).astype(np.float32)


def scores(questions: Asked, turn: Matrix) -> Matrix:
    """The sum of the three cosines for each question and article."""
    vectors = questions.vectors @ turn
    return np.matmul(questions.near, vectors[:, :, None])[:, :, 0]


def folds(questions: list[dict[str, Any]]) -> NDArray[np.int64]:
    """A fold for each question; a topic is in one fold only."""
    topics = [str(q.get("intent") or ",".join(q["article_ids"]) or q.get("nearest") or q["kind"]) for q in questions]
    return np.array([int(hashlib.sha256(topic.encode()).hexdigest(), 16) % FOLDS for topic in topics])


def without_topics(found: Shelf, questions: list[dict[str, Any]], all_asked: Asked, fold: int) -> tuple[Matrix, Matrix]:
    """The lens fitted as if the topics of one fold, and the articles that answer them, did not exist."""
    held = _answering(questions, fold)
    rows = rows_without_topics(questions, fold)
    return fit(all_asked.only(rows), [found.ids.index(one) for one in held if one in found.ids])


def rows_without_topics(questions: list[dict[str, Any]], fold: int) -> NDArray[np.bool_]:
    """The questions that no article answers which answers one of that fold."""
    held = _answering(questions, fold)
    return np.array([not held & set(q["article_ids"]) for q in questions])


def rows_without_questions(questions: list[dict[str, Any]], fold: int) -> NDArray[np.bool_]:
    return np.asarray(np.arange(len(questions)) % FOLDS != fold)


def _answering(questions: list[dict[str, Any]], fold: int) -> set[str]:
    return {one for q, f in zip(questions, folds(questions), strict=True) if f == fold for one in q["article_ids"]}


def without_questions(questions: list[dict[str, Any]], all_asked: Asked, fold: int) -> tuple[Matrix, Matrix]:
    """The lens fitted without every fourth question: topics are known, these questions are not."""
    return fit(all_asked.only(rows_without_questions(questions, fold)))


def _report(found: Shelf, questions: list[dict[str, Any]], all_asked: Asked) -> None:
    size = all_asked.vectors.shape[1]
    plain = np.eye(size, dtype=np.float32)
    of, place = folds(questions), np.arange(len(questions)) % FOLDS
    topic, other = np.zeros(all_asked.right.shape), np.zeros(all_asked.right.shape)
    for fold in range(FOLDS):
        left, right = without_topics(found, questions, all_asked, fold)
        topic[of == fold] = scores(all_asked.only(of == fold), plain + left @ right)
        left, right = without_questions(questions, all_asked, fold)
        other[place == fold] = scores(all_asked.only(place == fold), plain + left @ right)
    for name, found_scores in (("as it is", scores(all_asked, plain)), ("topic left out", topic), ("question left out", other)):
        order = np.argsort(-found_scores, axis=1)
        hits = [np.take_along_axis(all_asked.right, order, 1)[:, :k].max(axis=1).mean() for k in (1, 3, 5)]
        print(f"{name}: recall@1/3/5 of cosines alone " + " ".join(f"{hit:.3f}" for hit in hits), flush=True)


def _softmax(values: Matrix) -> Matrix:
    raised = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float32)


def _write(left: Matrix, right: Matrix, groups: Matrix, given: argparse.Namespace) -> None:
    files = {"articles": given.kb / "articles.jsonl", "questions": given.questions}
    provenance = {
        "command": "python bench/fit_lens.py --kb kb_bank --questions kb_bank/questions_train.jsonl",
        "sources_sha256": {key: hashlib.sha256(path.read_bytes()).hexdigest() for key, path in files.items()},
        "licences": "questions: PolyAI banking77, CC-BY-4.0; articles and facts: written for this product",
    }
    document = {"embedding": embedding.VERSION, "provenance": provenance, "left": _packed(left), "right": _packed(right)}
    document["middles"] = _packed(groups)
    WEIGHTS.parent.mkdir(exist_ok=True)
    WEIGHTS.write_text(json.dumps(document) + "\n", encoding="utf-8")
    print("wrote", WEIGHTS.name, WEIGHTS.stat().st_size, "bytes")


def _packed(matrix: Matrix) -> dict[str, Any]:
    return {"shape": list(matrix.shape), "float16": base64.b64encode(matrix.astype("<f2").tobytes()).decode()}


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    main()
