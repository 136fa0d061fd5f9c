"""Fits the two small classifiers of the guards and writes them with where they come from.

    python bench/fit_guards.py --escalation ../shared/data/escalation/messages.jsonl \
        --emotions ../shared/data/emotions/messages.jsonl --ordinary ../shared/data/kb_bank/questions_train.jsonl \
        --support ../shared/data/intents_support/messages.jsonl [--dry]

First every batch of messages is judged by classifiers that never saw it, which is what the figures and the lines come from; then
all of them are fitted on. Needs scikit-learn (development only). The product reads only the JSON files.
"""

import argparse
import hashlib
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from knowledge.embedding import DIMENSIONS, embed  # noqa: E402
from replies import marks, matters  # noqa: E402
from replies.skills.escalate import CALM  # noqa: E402
from replies.skills.sentiment import CLASSES  # noqa: E402

WEIGHTS = ROOT / "replies" / "weights"
MESSAGES = ROOT / "bench" / "messages"
# "escalation" are the first paraphrases; the shared messages were in view when they, the fifth and the seventh batch were written.
OWN = ("escalation", "batch_1", "batch_2", "batch_3", "batch_4", "batch_5", "batch_6", "batch_7", "check")
NEAR_SHARED = ("escalation", "batch_5", "batch_7", "check")
# A term counts when this many messages have it.
LETTERS_IN, WORDS_IN = 3, 2
# What an ordinary question of a customer weighs against a message that was written to be told apart; a forum comment says less.
ORDINARY, FORUM = 0.2, 0.02
PRIORITIES = ("urgent", "high", "normal", "none")
RANK = {matter.code: PRIORITIES.index(matter.priority) for matter in matters.MATTERS}
# Held out, no more ordinary near misses than this may be handed over, or held.
FALSE, FALSE_HELD = 0.08, 0.12
# Intents of the support questions that may well be for a person. Every other one of the rest is left to check with.
UNSURE = ("contact_human_agent", "contact_customer_service", "complaint", "payment_issue")
URGENT_AT, SENTENCE_AT = 0.2, 0.85
# Marks of style are few against thousands of terms, and say more about a mood.
STYLE = 2.5
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("escalation", "emotions", "ordinary", "support"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--dry", action="store_true", help="only print the figures")
    given = parser.parse_args()
    batches = {name: [_row(line) for line in _lines(MESSAGES / f"{name}.jsonl")] for name in OWN}
    batches["shared"] = [_row(line) for line in _lines(given.escalation)]
    background = _background(given)
    lines = _check(batches, background)
    if given.dry:
        return
    everything = [row for batch in batches.values() for row in batch]
    fit = Fit(everything, background)
    _write("terms", fit.terms(), given)
    _write("escalation", {"classes": fit.matters, **fit.escalation(), **lines}, given)
    _write("sentiment", {"classes": list(CLASSES), **fit.sentiment()}, given)


class Fit:
    """Both classifiers, fitted on `rows`, which also say which terms are known. `background` is only weighed lightly."""

    def __init__(self, rows: list[Row], background: list[Row]) -> None:
        self._known = _terms(rows)
        everyone = rows + background
        told = [row for row in everyone if row["matter"] is not None]
        felt = [row for row in everyone if row["sentiment"] is not None]
        self._escalation = LogisticRegression(C=10, max_iter=800)
        self._escalation.fit(self.numbers(told), [r["matter"] for r in told], sample_weight=[r["weight"] for r in told])
        self._sentiment = LogisticRegression(C=1, max_iter=800, class_weight="balanced")
        self._sentiment.fit(
            self.numbers(felt) @ sparse.diags(self._stress()),
            [r["sentiment"] for r in felt],
            sample_weight=[r["weight"] for r in felt],
        )
        self.matters = [str(name) for name in self._escalation.classes_]

    def numbers(self, rows: list[Row]) -> Any:
        texts = [row["text"] for row in rows]
        return np.stack(
            [marks.numbers_with(self._known, text, vector) for text, vector in zip(texts, _vectors(texts), strict=True)]
        )

    def grave(self, rows: list[Row]) -> Any:
        """For each row: the chance of any matter, and of an urgent one."""
        shares = self._escalation.predict_proba(self.numbers(rows))
        urgent = [i for i, name in enumerate(self.matters) if RANK.get(name) == 0]
        return 1 - shares[:, self.matters.index(CALM)], shares[:, urgent].sum(axis=1)

    def moods(self, rows: list[Row]) -> Any:
        return self._sentiment.predict(self.numbers(rows) @ sparse.diags(self._stress()))

    def _stress(self) -> Any:
        style = len(marks.style(""))
        return np.array([1.0] * (DIMENSIONS + sum(len(known.places) for known in self._known.values())) + [STYLE] * style)

    def terms(self) -> Row:
        found: Row = {}
        for kind, known in self._known.items():
            found[kind] = list(known.places)
            found[f"{kind}_rarity"] = marks.packed(known.rarity)
        return found

    def escalation(self) -> Row:
        model = self._escalation
        return {"weights": marks.packed(model.coef_), "intercepts": model.intercept_.round(4).tolist()}

    def sentiment(self) -> Row:
        model = self._sentiment
        order = [list(model.classes_).index(name) for name in CLASSES]
        return {
            "weights": marks.packed(model.coef_[order] * self._stress()),
            "intercepts": model.intercept_[order].round(4).tolist(),
        }


def _check(batches: dict[str, list[Row]], background: list[Row]) -> dict[str, float]:
    """Figures of each batch by classifiers that never saw it, and the lines that follow from them."""
    judged = []
    for name in ("shared", *(own for own in OWN if own != "escalation")):
        # Neither the check nor what was written beside the shared messages helps to judge the shared ones.
        apart = {name, "check", *(NEAR_SHARED if name == "shared" else ())}
        fit = Fit([row for other, batch in batches.items() if other not in apart for row in batch], background)
        rows = batches[name]
        known = [row for row in rows if row["matter"] is not None]
        grave, urgent = fit.grave(known)
        moods = fit.moods(rows)
        print(f"{name}: sentiment macro F1 {_macro_f1([row['sentiment'] for row in rows], list(moods)):.3f}")
        judged.append((name, known, grave, urgent))
    # The check takes no part in choosing.
    chosen = [one for one in judged if one[0] != "check"]
    calm = np.concatenate([grave[_is(known, CALM)] for _, known, grave, _ in chosen])
    lines = {
        "escalate_at": round(float(np.quantile(calm, 1 - FALSE)), 3), "review_at": round(float(np.quantile(calm, 1 - FALSE_HELD)), 3),
        "sentence_at": SENTENCE_AT, "urgent_at": URGENT_AT,
    }  # fmt: skip
    print(lines)
    for name, known, grave, urgent in judged:
        _report(name, known, grave, urgent, lines)
    return lines


def _report(name: str, known: list[Row], grave: Any, urgent: Any, lines: dict[str, float]) -> None:
    calm = _is(known, CALM)
    named = [matters.found_in(row["text"]) for row in known]
    handed = grave >= lines["escalate_at"]
    both = handed | np.array([bool(found) for found in named])
    pressing = np.array([row["priority"] == "urgent" for row in known])
    marked = (handed & (urgent >= lines["urgent_at"])) | np.array(
        [any(m.priority == "urgent" for m in found) for found in named]
    )
    over = marked[~calm & ~pressing].mean()
    print(
        f"{name}: classifier alone recall {handed[~calm].mean():.3f} false {handed[calm].mean():.3f}; with rules recall "
        f"{both[~calm].mean():.3f} false {both[calm].mean():.3f}; urgent found {marked[pressing].mean():.3f}, too urgent {over:.3f}"
    )


def _is(rows: list[Row], matter: str) -> Any:
    return np.array([row["matter"] == matter for row in rows])


def _row(line: Row) -> Row:
    """One message. `matter` is its gravest matter, CALM, or None where either is fine."""
    named = [{"human_requested": "wants_person"}.get(code, code) for code in line.get("matters") or line.get("reasons") or []]
    ranked = sorted((code for code in named if code in RANK), key=RANK.__getitem__)
    matter = {True: ranked[0] if ranked else "vulnerable", False: CALM, None: None}[line["escalate"]]
    priority = line.get("priority") or ("urgent" if line.get("urgent") else "none")
    return {"text": line["text"], "matter": matter, "priority": priority, "sentiment": line.get("sentiment"), "weight": 1.0}


def _background(given: argparse.Namespace) -> list[Row]:
    """What is common: ordinary questions to a bank and to a shop, and the moods of forum comments."""
    names = {"angry": "very_negative"}
    asked = [line["text"] for line in _lines(given.ordinary) if line.get("intent") and "fraud" not in line["topic"].lower()]
    asked += [line["text"] for line in _lines(given.support) if line["intent"] not in UNSURE][::2]
    rows = [
        {"text": text, "matter": CALM, "priority": "none", "sentiment": "neutral", "weight": ORDINARY}
        for text in asked
        if not matters.found_in(text)
    ]
    return rows + [
        {"text": line["text"], "matter": None, "priority": "none", "sentiment": names.get(line["sentiment"], line["sentiment"]), "weight": FORUM}
        for line in _lines(given.emotions)
    ]  # fmt: skip


def _terms(rows: list[Row]) -> dict[str, marks.Terms]:
    plain = [marks.folded(row["text"]) for row in rows]
    letters = Counter(term for text in plain for term in set(marks.runs(text)))
    words = Counter(term for text in plain for term in set(marks.phrases(marks.tokens(text))))
    return {"letters": _known(letters, LETTERS_IN, len(rows)), "words": _known(words, WORDS_IN, len(rows))}


def _known(seen: Counter[str], least: int, messages: int) -> marks.Terms:
    kept = sorted(term for term, times in seen.items() if times >= least)
    rarity = np.log((1 + messages) / (1 + np.array([seen[term] for term in kept]))) + 1
    return marks.Terms({term: i for i, term in enumerate(kept)}, marks.unpacked(marks.packed(rarity))[0])


_vectors_of: dict[str, Any] = {}


def _vectors(texts: list[str]) -> list[Any]:
    fresh = [text for text in dict.fromkeys(texts) if text not in _vectors_of]
    if fresh:
        _vectors_of.update(zip(fresh, embed(fresh), strict=True))
    return [_vectors_of[text] for text in texts]


def _macro_f1(gold: list[str | None], found: list[str]) -> float:
    pairs = [(g, f) for g, f in zip(gold, found, strict=True) if g is not None]
    scores = []
    for name in CLASSES:
        right = sum(g == f == name for g, f in pairs)
        scores.append(2 * right / max(sum(g == name for g, _ in pairs) + sum(f == name for _, f in pairs), 1))
    return sum(scores) / len(scores)


def _lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _write(name: str, document: Row, given: argparse.Namespace) -> None:
    files = [getattr(given, n) for n in ("escalation", "emotions", "ordinary", "support")] + [
        MESSAGES / f"{own}.jsonl" for own in OWN
    ]
    provenance = {
        "command": "python bench/fit_guards.py --escalation ... --emotions ... --ordinary ... --support ...",
        "sources_sha256": {f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        "licences": "escalation and bench/messages: written for this product; emotions: GoEmotions, Google, Apache-2.0; ordinary: PolyAI "
        "banking77, CC-BY-4.0, and CLINC150, CC-BY-3.0; support: Bitext customer support, CDLA-Sharing-1.0 (results are free)",
    }
    path = WEIGHTS / f"{name}.json"
    path.write_text(json.dumps({"provenance": provenance, **document}, ensure_ascii=False) + "\n", encoding="utf-8")
    print("wrote", path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
