"""From a thread to what to look up, and from what was found to the numbered passages an answer may rest on."""

from knowledge.findings import Findings, Hit
from knowledge.splitting import sentences
from replies.types import Evidence, Thread

ARTICLES = 5
SENTENCES = 5
OTHERS = 2
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
    quotes = [(first, chunk, text, cosine) for chunk, text, cosine in _best_sentences(first)]
    quotes += [(hit, p.chunk_pk, p.text, p.cosine) for hit in others for p in hit.passages[:1]]
    return tuple(
        Evidence(
            number=number, article=hit.external_id, article_pk=hit.article_pk, chunk_pk=chunk, title=hit.title,
            quote=text, score=round(cosine, 4), url=hit.url, language=hit.language,
        )
        for number, (hit, chunk, text, cosine) in enumerate(quotes, start=1)
    )  # fmt: skip


def _best_sentences(hit: Hit) -> list[tuple[int, str, float]]:
    """Up to five sentences of the nearest windows as (chunk, sentence, cosine). Windows overlap; a sentence comes once."""
    chosen: dict[str, tuple[int, int, float]] = {}
    for passage in hit.passages:
        for place, sentence in enumerate(sentences(passage.text)):
            if len(chosen) < SENTENCES:
                chosen.setdefault(sentence, (passage.position + place, passage.chunk_pk, passage.cosine))
    in_order = sorted(chosen.items(), key=lambda item: item[1][0])
    return [(chunk, sentence, cosine) for sentence, (_, chunk, cosine) in in_order]
