"""The offline provider: an answer made of the passages' own sentences, each cited. It invents nothing, since it writes nothing.

It takes the article of the first passage and says its three sentences that meet the question best, in the order of the article.
"""

from collections.abc import Sequence

from gateways.types import AnswerSentence, Completion, NumberedPassage, Prompt

MODEL = "local-extract.v1"
SENTENCES = 3


class LocalModel:
    """Needs no network, no key and about no time. The first passage is of the best article; each knows its relevance."""

    model = MODEL

    def complete(self, prompt: Prompt, deadline: float) -> Completion:
        """Answer with the best sentences of the best article; `answered` is false when there is no passage at all."""
        if not prompt.passages:
            return Completion(self.model, (), answered=False)
        title = prompt.passages[0].title
        same = [passage for passage in prompt.passages if passage.title == title]
        best = sorted(same, key=lambda passage: -passage.relevance)[:SENTENCES]
        return Completion(self.model, _once(sorted(best, key=lambda passage: passage.number)))


def _once(passages: Sequence[NumberedPassage]) -> tuple[AnswerSentence, ...]:
    seen: set[str] = set()
    found = []
    for passage in passages:
        if passage.text not in seen:
            seen.add(passage.text)
            found.append(AnswerSentence(passage.text, (passage.number,)))
    return tuple(found)
