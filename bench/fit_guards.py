"""Fits the two small classifiers of the guards and writes them with where they come from.

    python bench/fit_guards.py --escalation ../shared/data/escalation/messages.jsonl \
        --emotions ../shared/data/emotions/messages.jsonl --ordinary ../shared/data/kb_bank/questions_train.jsonl

Needs scikit-learn (development only). The product reads only the JSON files.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from knowledge.embedding import DIMENSIONS, embed  # noqa: E402
from replies.skills.sentiment import CLASSES, style  # noqa: E402

WEIGHTS = ROOT / "replies" / "weights"
# Written for this product: how else people say the same, and the ordinary talk that sounds like it.
OWN = ROOT / "bench" / "messages" / "escalation.jsonl"
# Marks of style are few against 384 numbers of meaning, and say more.
STYLE = 2.0
# What an ordinary question weighs against a message that was written to be told apart.
CALM = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("escalation", "emotions", "ordinary"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    WEIGHTS.mkdir(exist_ok=True)
    escalation, emotions, ordinary = (_lines(getattr(given, n)) for n in ("escalation", "emotions", "ordinary"))
    _write("sentiment", _fit_sentiment(escalation, emotions, ordinary), given)
    _write("escalation", _fit_escalation(escalation, _lines(OWN), ordinary), given)


def _fit_sentiment(escalation: list[Any], emotions: list[Any], ordinary: list[Any]) -> dict[str, Any]:
    names = {"angry": "very_negative"}
    # The support messages decide. Forum comments and ordinary questions only say what is common.
    rows = [(row["text"], row["sentiment"], 1.0) for row in escalation]
    rows += [(row["text"], names.get(row["sentiment"], row["sentiment"]), 0.02) for row in emotions]
    rows += [(row["text"], "neutral", 0.02) for row in ordinary[:300]]
    texts, labels, weights = zip(*rows, strict=True)
    x, y = _inputs(list(texts)), np.array(labels)
    x[:, DIMENSIONS:] *= STYLE
    model = LogisticRegression(C=3.0, max_iter=3000, class_weight="balanced")
    folds = StratifiedKFold(5, shuffle=True, random_state=1)
    held_out = cross_val_predict(model, x, y, cv=folds, params={"sample_weight": np.array(weights)})
    own = slice(0, len(escalation))
    print(
        "sentiment, held out: accuracy",
        round(float((held_out[own] == y[own]).mean()), 3),
        "macro F1",
        _macro_f1(y[own], held_out[own]),
    )
    model.fit(x, y, sample_weight=np.array(weights))
    order = [list(model.classes_).index(name) for name in CLASSES]
    return {
        "classes": list(CLASSES),
        "weights": (model.coef_[order] * np.array([1.0] * DIMENSIONS + [STYLE] * (x.shape[1] - DIMENSIONS))).round(4).tolist(),
        "intercepts": model.intercept_[order].round(4).tolist(),
    }


def _fit_escalation(escalation: list[Any], own: list[Any], ordinary: list[Any]) -> dict[str, Any]:
    known = [row for row in escalation if row["escalate"] is not None]
    rows = [(row["text"], bool(row["escalate"]), row["priority"] == "urgent", 1.0) for row in known]
    rows += [(row["text"], bool(row["escalate"]), bool(row["urgent"]), 1.0) for row in own]
    calm = [row["text"] for row in ordinary if row.get("intent") and "fraud" not in row["topic"].lower()]
    rows += [(text, False, False, CALM) for text in calm]
    texts, grave, urgent, weights = (list(column) for column in zip(*rows, strict=True))
    x, y, weight = _inputs(texts), np.array(grave), np.array(weights)
    model = LogisticRegression(C=3.0, max_iter=3000, class_weight="balanced")
    folds = StratifiedKFold(8, shuffle=True, random_state=1)
    chance = cross_val_predict(model, x, y, cv=folds, method="predict_proba", params={"sample_weight": weight})[:, 1]
    for name, rows_of in (("shared", slice(0, len(known))), ("own", slice(len(known), len(known) + len(own)))):
        for cut in (0.4, 0.5, 0.6, 0.7):
            hit, wrong = (chance[rows_of][y[rows_of]] > cut).mean(), (chance[rows_of][~y[rows_of]] > cut).mean()
            print(f"escalation, {name}, held out, cut {cut}: recall {hit:.3f} false {wrong:.3f}")
    for cut in (0.5, 0.6, 0.65, 0.7):
        print(f"ordinary questions held out, cut {cut}: {(chance[len(known) + len(own) :] > cut).mean():.3f}")
    model.fit(x, y, sample_weight=weight)
    is_grave = np.array(grave)
    pressing = LogisticRegression(C=3.0, max_iter=3000, class_weight="balanced").fit(x[is_grave], np.array(urgent)[is_grave])
    return {
        "weights": model.coef_[0].round(4).tolist(), "intercept": round(float(model.intercept_[0]), 4),
        "escalate_at": 0.65, "review_at": 0.55, "sentence_at": 0.9,
        "urgent": {
            "weights": pressing.coef_[0].round(4).tolist(), "intercept": round(float(pressing.intercept_[0]), 4), "at": 0.4,
        },
    }  # fmt: skip


def _inputs(texts: list[str]) -> Any:
    return np.concatenate([embed(texts), np.array([style(text) for text in texts])], axis=1)


def _macro_f1(gold: Any, found: Any) -> float:
    scores = []
    for name in set(gold):
        right = int(((gold == name) & (found == name)).sum())
        scores.append(2 * right / max(int((gold == name).sum()) + int((found == name).sum()), 1))
    return round(sum(scores) / len(scores), 3)


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _write(name: str, document: dict[str, Any], given: argparse.Namespace) -> None:
    sources = {n: hashlib.sha256(getattr(given, n).read_bytes()).hexdigest() for n in ("escalation", "emotions", "ordinary")}
    provenance = {
        "command": "python bench/fit_guards.py --escalation ... --emotions ... --ordinary ...",
        "sources_sha256": sources,
        "licences": "escalation: written for this product; emotions: GoEmotions, Google, Apache-2.0; ordinary: PolyAI banking77, "
        "CC-BY-4.0, and CLINC150, CC-BY-3.0",
    }
    path = WEIGHTS / f"{name}.json"
    path.write_text(json.dumps({"provenance": provenance, **document}) + "\n", encoding="utf-8")
    print("wrote", path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
