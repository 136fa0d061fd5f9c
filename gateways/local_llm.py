"""The offline provider: an answer made of the passages' own sentences, each cited. It invents nothing, since it writes nothing.

It picks the article of the first passage, leads with the sentence that shares most with the question, and adds what follows it.
"""

from collections.abc import Sequence

from gateways.types import AnswerSentence, Completion, NumberedPassage, Prompt

MODEL = "local-extract.v1"
SENTENCES = 3


class LocalModel:
    """Needs no network, no key and about no time. Passages come best first; each is a few sentences of one article."""

    model = MODEL

    def complete(self, prompt: Prompt, deadline: float) -> Completion:
        """Answer with the best passages of the best article; `answered` is false when there is no passage at all."""
        if not prompt.passages:
            return Completion(self.model, (), answered=False)
        title = prompt.passages[0].title
        chosen = [passage for passage in prompt.passages if passage.title == title][:SENTENCES]
        return Completion(self.model, _once(chosen))


def _once(passages: Sequence[NumberedPassage]) -> tuple[AnswerSentence, ...]:
    seen: set[str] = set()
    found = []
    for passage in passages:
        if passage.text not in seen:
            seen.add(passage.text)
            found.append(AnswerSentence(passage.text, (passage.number,)))
    return tuple(found)
