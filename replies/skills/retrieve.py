"""From a thread to what to look up, and from what was found to the numbered passages an answer may rest on."""

from dataclasses import dataclass

from knowledge.embedding import read_sentences
from knowledge.findings import Findings, Hit, Passage
from knowledge.splitting import sentences
from replies.asking import asks_figure, has_figure
from replies.types import Evidence, Thread

ARTICLES = 5
SENTENCES = 5
OTHERS = 2
# What a sentence with a figure is worth to a question that asks for one.
FIGURE = 0.1
SHORT_QUESTION = 25


def query(thread: Thread) -> str:
    """What to look up: the last question, with its subject or the one before it when it cannot stand alone."""
    question = thread.question.strip()
    if len(question) >= SHORT_QUESTION:
        return question
    earlier = [turn.text for turn in thread.turns if turn.author == "customer"][:-1]
    context = earlier[-1] if earlier else thread.subject
    return question if context.strip() in ("", question) else f"{context.strip()[:300]} {question}"


def evidence(findings: Findings) -> tuple[Evidence, ...]:
    """The best sentences of the best article in the order they are written, then one passage of each of the next two."""
    if not findings.hits:
        return ()
    first, others = findings.hits[0], findings.hits[1 : 1 + OTHERS]
    quotes = [(first, one.chunk, one.text, one.score) for one in _best_sentences(findings, first)]
    quotes += [(hit, p.chunk_pk, p.text, p.cosine) for hit in others for p in hit.passages[:1]]
    return tuple(
        Evidence(
            number=number, article=hit.external_id, article_pk=hit.article_pk, chunk_pk=chunk, title=hit.title,
            quote=text, score=round(score, 4), url=hit.url, language=hit.language, version=hit.version,
        )
        for number, (hit, chunk, text, score) in enumerate(quotes, start=1)
    )  # fmt: skip


@dataclass(frozen=True)
class _Found:
    """A sentence with its place in the article, the window that it was found in, and how well it meets the question."""

    text: str
    place: int
    chunk: int
    score: float


def _best_sentences(findings: Findings, hit: Hit) -> list[_Found]:
    """The sentences of the nearest windows that meet the question best, as written. Windows overlap; a sentence comes once."""
    windows: dict[str, tuple[int, Passage]] = {}
    for passage in hit.passages:
        for place, sentence in enumerate(sentences(passage.text)):
            windows.setdefault(sentence, (passage.position + place, passage))
    cosines = [float(one.vector @ findings.vector) for one in read_sentences(list(windows))]
    wants_figure = asks_figure(findings.question)
    found = [
        _Found(
            sentence, place, passage.chunk_pk,
            (cosine + passage.cosine) / 2 + (FIGURE if wants_figure and has_figure(sentence) else 0.0),
        )
        for cosine, (sentence, (place, passage)) in zip(cosines, windows.items(), strict=True)
    ]  # fmt: skip
    best = sorted(found, key=lambda one: -one.score)[:SENTENCES]
    return sorted(best, key=lambda one: one.place)
