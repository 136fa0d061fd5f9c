"""Which likeness makes two unanswered questions one gap: runs the real rule over a bank's uncovered questions.

    script/python bench/fit_gaps.py ../shared/data/kb_bank

Purity is the share of questions in a gap whose commonest intent is theirs; "gaps per intent" is 1.0 when nobody reads a topic twice.
"""

import json
import random
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from knowledge.embedding import embed
from knowledge.gaps import LIKE

ORDERS = 5


def questions(path: Path) -> list[tuple[str, str]]:
    """Text and intent of real questions that no article covers. What has no intent is about something of its own."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    open_ones = [one for one in lines if not one["answerable"] and not one.get("suspect")]
    return [(one["text"], one.get("intent", one["id"])) for one in open_ones]


def clustered(vectors: np.ndarray, order: list[int], like: float) -> list[list[int]]:
    """Gaps as they grow question by question: the nearest centre, or a new one."""
    sums, groups = np.zeros((0, vectors.shape[1]), np.float32), list[list[int]]()
    for one in order:
        if groups:
            centres = sums / np.linalg.norm(sums, axis=1, keepdims=True)
            cosines = centres @ vectors[one]
            nearest = int(cosines.argmax())
            if cosines[nearest] >= like:
                sums[nearest] += vectors[one]
                groups[nearest].append(one)
                continue
        sums = np.vstack([sums, vectors[one]])
        groups.append([one])
    return groups


def figures(groups: list[list[int]], labels: list[str]) -> tuple[float, float, float]:
    """Purity, gaps per intent among gaps of three or more questions, and the share of questions in such gaps."""
    total = sum(len(group) for group in groups)
    pure = sum(Counter(labels[one] for one in group).most_common(1)[0][1] for group in groups)
    large = [group for group in groups if len(group) >= 3]
    intents: defaultdict[str, int] = defaultdict(int)
    for group in large:
        intents[Counter(labels[one] for one in group).most_common(1)[0][0]] += 1
    spread = sum(intents.values()) / max(len(intents), 1)
    return pure / total, spread, sum(len(group) for group in large) / total


def main(folder: Path) -> None:
    """Print the figures on train for several likenesses, and on dev for the one in use."""
    for name in ("train", "dev"):
        found = questions(folder / f"questions_{name}.jsonl")
        texts, labels = [text for text, _ in found], [intent for _, intent in found]
        vectors = embed(texts)
        print(f"{name}: {len(texts)} questions, {len(set(labels))} intents; in use {LIKE}")
        for like in (0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80) if name == "train" else (LIKE,):
            rows = []
            for seed in range(ORDERS):
                order = list(range(len(texts)))
                random.Random(seed).shuffle(order)
                rows.append(figures(clustered(vectors, order, like), labels))
            purity, spread, covered = (float(value) for value in np.mean(rows, axis=0))
            print(f"  {like:.2f}: purity {purity:.3f}, gaps per intent {spread:.2f}, in gaps of 3 or more {covered:.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
