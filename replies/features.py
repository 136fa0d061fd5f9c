"""What the calibrator sees of a search and of the answer made from it. Relative figures, so that they travel."""

import math
import re

from knowledge.findings import Findings, Hit
from knowledge.ranking import memory_votes
from replies.asking import asks_figure, has_figure
from replies.coverage import COMMON, coverage, names_missing
from replies.types import Evidence, Sentence

GROUPS = {
    "title": "match", "whole": "match", "passage": "match", "match": "match", "weakest": "match", "strongest": "match",
    "lead2": "lead", "lead3": "lead", "title_lead": "lead", "whole_lead": "lead", "passage_lead": "lead",
    "share": "lead", "entropy": "lead", "distance": "lead",
    "bm25": "words", "bm25_share": "words", "matched": "words", "matched_best": "words", "unknown": "unknown",
    "agree": "agreement", "length": "question", "asks_figure": "question", "turned": "question", "familiar": "question",
    "answer_words": "answer", "title_words": "answer", "figure_missing": "answer", "second_passage": "answer",
    "met": "covered", "met_least": "covered", "met_second": "covered", "names_missing": "covered", "sentence": "answer",
    "memory": "memory", "memory_lead": "memory", "memory_vote": "memory", "nothing_nearest": "memory",
    "nothing_vote": "memory", "memory_other": "memory", "memory_rival": "memory", "memory_said": "memory",
}  # fmt: skip
COLD = tuple(name for name, group in GROUPS.items() if group != "memory")
# Where decisions are remembered, they say better how well a question is known than the lens does.
WARM = tuple(name for name in GROUPS if name != "familiar")
# What a base and its questions look like. Far outside of what was measured, confidence is lowered.
SURROUNDINGS = ("length", "article_length", "pool")

_WORD = re.compile(r"[^\W_]{3,}")


def features(findings: Findings, sentences: tuple[Sentence, ...], evidence: tuple[Evidence, ...]) -> dict[str, float]:
    """Every feature by name. `findings` must have at least one hit."""
    top, second, third = _three(findings)
    found = _views(top, second, third) | _words(findings, top) | _standing(findings)
    found |= _answer(findings.question, top, sentences, evidence) | _covered_by(findings.question, top)
    return found | _memory(findings, top) | _doubts(findings, sentences, evidence)


def _doubts(findings: Findings, sentences: tuple[Sentence, ...], evidence: tuple[Evidence, ...]) -> dict[str, float]:
    """What editors know about the cited articles (about the first one where nothing is cited): no calibrator is fitted on it."""
    numbers = {number for sentence in sentences for number in sentence.citations}
    cited = {one.article for one in evidence if one.number in numbers} or {findings.hits[0].external_id}
    hits = [hit for hit in findings.hits if hit.external_id in cited]
    return {
        "stale": float(any(hit.is_stale for hit in hits)),
        "contradicted": float(any(hit.is_contradicted for hit in hits)),
    }


def _three(findings: Findings) -> tuple[Hit, Hit | None, Hit | None]:
    hits: list[Hit | None] = [*findings.hits[:3], None, None]
    assert hits[0] is not None
    return hits[0], hits[1], hits[2]


def _views(top: Hit, second: Hit | None, third: Hit | None) -> dict[str, float]:
    views = (top.title_cosine, top.whole_cosine, top.passage_cosine)
    return {
        "title": top.title_cosine, "whole": top.whole_cosine, "passage": top.passage_cosine,
        "match": sum(views) / 3, "weakest": min(views), "strongest": max(views),
        "lead2": top.score - second.score if second else 1.0,
        "lead3": top.score - third.score if third else 1.0,
        "title_lead": top.title_cosine - second.title_cosine if second else 0.5,
        "whole_lead": top.whole_cosine - second.whole_cosine if second else 0.5,
        "passage_lead": top.passage_cosine - second.passage_cosine if second else 0.5,
        "second_passage": top.passages[1].cosine if len(top.passages) > 1 else top.passage_cosine,
    }  # fmt: skip


def _words(findings: Findings, top: Hit) -> dict[str, float]:
    weight = max(findings.weight, 1e-9)
    return {
        "bm25": math.log1p(top.bm25),
        "bm25_share": top.bm25 / (findings.pool.get("bm25_best", 0.0) or 1.0),
        "matched": top.matched / weight,
        "matched_best": findings.pool.get("matched_best", 0.0) / weight,
        "unknown": findings.unknown,
        "length": math.log1p(findings.lexemes),
    }


def _standing(findings: Findings) -> dict[str, float]:
    pool = findings.pool
    return {name: pool.get(name, 0.0) for name in ("agree", "share", "entropy", "distance", "pool", "turned", "familiar")} | {
        "article_length": math.log1p(pool.get("length", 0.0))
    }


def _answer(question: str, top: Hit, sentences: tuple[Sentence, ...], evidence: tuple[Evidence, ...]) -> dict[str, float]:
    asked = _stems(question)
    answer = " ".join(sentence.text for sentence in sentences)
    own = [one.score for one in evidence if one.article == top.external_id]
    wants_figure = asks_figure(question)
    return {
        "answer_words": _covered(asked, _stems(answer)),
        "title_words": _covered(asked, _stems(top.title)),
        "sentence": max(own, default=0.0),
        "asks_figure": float(wants_figure),
        "figure_missing": float(wants_figure and not has_figure(answer)),
    }


def _covered_by(question: str, top: Hit) -> dict[str, float]:
    found = coverage(question, top)
    return {
        "met": found.mean,
        "met_least": found.least,
        "met_second": found.second,
        "names_missing": float(min(names_missing(question, top), 3)),
    }


def _memory(findings: Findings, top: Hit) -> dict[str, float]:
    votes, nothing = memory_votes(list(findings.memories))
    nearest_nothing = max((m.cosine for m in findings.memories if m.article_pk is None), default=0.0)
    other = [m.cosine for m in findings.memories if m.article_pk not in (None, top.article_pk)]
    nearest_other = max(other, default=0.0)
    rivals = [vote for article, vote in votes.items() if article != top.article_pk]
    return {
        "memory": top.memory, "memory_vote": votes.get(top.article_pk, 0.0), "nothing_vote": nothing,
        "nothing_nearest": nearest_nothing, "memory_other": nearest_other,
        "memory_lead": top.memory - max(nearest_nothing, nearest_other),
        "memory_rival": max(rivals, default=0.0), "memory_said": sum(votes.values()) + nothing,
    }  # fmt: skip


def _stems(text: str) -> set[str]:
    # The first five letters: rough, the same for every language with an alphabet, and good enough for a share.
    words = (word.lower() for word in _WORD.findall(text))
    return {word[:5] for word in words if word not in COMMON}


def _covered(asked: set[str], found: set[str]) -> float:
    return len(asked & found) / len(asked) if asked else 0.0
