"""Every check of a finished answer, before it is scored. One that fails holds the reply, whatever the figure says.

Each sentence is held to the passages that it cites, not to whatever else was found. A sentence copied from its passage passes what
asks where its words come from; it can still be the wrong answer, in the wrong language, or tell what nobody should be told.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from core.words import gettext_noop
from replies import facts, names
from replies.grounding import Grounding, is_copied
from replies.promises import promises
from replies.prompts import leaked
from replies.relevance import lacks, unanswered
from replies.skills import identify
from replies.types import Check, Evidence, Sentence, Thread

# Below it a sentence has next to nothing to do with what it cites.
LEAST_GROUNDED = 0.35

_LINK = re.compile(
    r"(?i)\b(?:[a-z][a-z0-9+.-]{1,15}://|www\.)[^\s<>\"')\]]+|\b(?:mailto|javascript|data|tel|file|vbscript):[^\s<>\"')\]]+"
)
_DOMAIN = re.compile(
    r"(?i)(?<![\w@./-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:com|net|org|io|co|app|dev|info|biz|me|ly|gl|ru|cn|xyz|top|site|online|link|click"
    r"|shop|support|help|example|test|eu|uk|de|fr|es|it|nl|pt|ch|at|be|us|ai|gov|edu|tv|cc|to)(?![\w-])(?:/[^\s<>\"')\]]*)?"
)
# What a mail program or a page would turn into a request or a link: an image loads without anybody's click.
_MARKUP = re.compile(
    r"!\[[^\]]*\]\s*[\[(][^\])]*[\])]?|\[[^\]]+\]\s*\([^)]*\)|\[[^\]]+\]\s*\[[^\]]*\]|^\s*\[[^\]]+\]:\s*\S+|<\s*/?\s*[a-z!?][^>]*>?|mailto:[^\s]*\?\S*"
    r"|(?:javascript|vbscript|data):\S+|\{\{.*?\}\}|\{%.*?%\}|&#x?[0-9a-f]+;|&(?:lt|gt|quot|amp);", re.IGNORECASE | re.MULTILINE
)  # fmt: skip
_LEAK = re.compile(r"(?i)\b(?:system prompt|my instructions|customer_message|answer_language|as an ai\b|language model)\b")


@dataclass(frozen=True)
class Answer:
    """What is checked: the sentences with what they may rest on, for whom, in which language, by which prompt."""

    sentences: tuple[Sentence, ...]
    evidence: tuple[Evidence, ...]
    thread: Thread
    language: str = "en"
    prompt: str = ""
    grounding: Grounding = field(default_factory=Grounding)

    @property
    def text(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)

    def source(self, sentence: Sentence) -> str:
        """The words and addresses of the passages that a sentence cites."""
        cited = [one for one in self.evidence if one.number in sentence.citations]
        return "\n".join(f"{one.title}\n{one.quote}\n{one.url}" for one in cited)

    @property
    def sources(self) -> str:
        return "\n".join(self.source(sentence) for sentence in self.sentences)

    def lacking(self, look: Callable[[str, str], Iterable[str]]) -> list[str]:
        """What `look` misses in the passages of each sentence that is not simply copied from them."""
        found: list[str] = []
        for sentence in self.sentences:
            source = self.source(sentence)
            if not is_copied(sentence.text, source):
                found += look(sentence.text, source)
        return list(dict.fromkeys(found))


def checks(answer: Answer) -> tuple[Check, ...]:
    """Every check, passed or not, in the order in which people read them."""
    sentences, thread, text = answer.sentences, answer.thread, answer.text
    unborne = [s.text for s in sentences if s.citations and not s.supported]
    if answer.grounding.least < LEAST_GROUNDED and not unborne:
        unborne = [answer.grounding.weakest]
    own = [turn.text for turn in thread.turns if turn.author == "customer"]
    return (
        _check("cited", gettext_noop("Every sentence names its source"), [s.text for s in sentences if not s.citations]),
        _check("grounded", gettext_noop("Its sources say so"), unborne),
        _check("negations", gettext_noop("Says yes and no as the source does"), answer.grounding.turned),
        _check("figures", gettext_noop("Figures and dates stand in the source"), answer.lacking(facts.missing)),
        _check("names", gettext_noop("Names stand in the source"), answer.lacking(_names_for(answer))),
        _check(
            "links",
            gettext_noop("Links come from the source"),
            answer.lacking(lambda text, source: sorted(links(text) - links(source))),
        ),
        _check("markup", gettext_noop("Carries no markup"), answer.lacking(_markup)),
        _check(
            "personal_data",
            gettext_noop("Speaks of nobody else's data"),
            names.foreign(text, answer.sources, *own, thread.subject),
        ),
        _check("promises", gettext_noop("Promises nothing that the source does not"), promises(text, answer.sources)),
        _check("leak", gettext_noop("Says nothing about how it works"), _leaks(answer)),
        _check("answers", gettext_noop("Gives the kind of thing that was asked for"), lacks(thread.question, text)),
        _check("complete", gettext_noop("Answers everything that was asked"), unanswered(thread.question, sentences)),
        _check("language", gettext_noop("Is in the customer's language"), _foreign_words(answer)),
    )


def links(text: str) -> set[str]:
    """Every address in a text, to the byte: one that differs in a letter leads elsewhere."""
    found = {match.group().rstrip(".,;:!?*_") for pattern in (_LINK, _DOMAIN) for match in pattern.finditer(text)}
    # An address that is the beginning of a longer one was found twice.
    return {one for one in found if not any(one != other and other.split("://", 1)[-1].startswith(one) for other in found)}


def _names_for(answer: Answer) -> Callable[[str, str], list[str]]:
    house = f"{answer.thread.inbox_name}\n"
    return lambda text, source: names.unknown_names(facts.without_dates(text), house + source, answer.language)


def _markup(text: str, source: str) -> list[str]:
    return [match.group() for match in _MARKUP.finditer(text) if match.group() not in source]


def _leaks(answer: Answer) -> list[str]:
    said = [match.group() for match in _LEAK.finditer(answer.text) if match.group().lower() not in answer.sources.lower()]
    return said + (leaked(answer.prompt, answer.text) if answer.prompt else [])


def _foreign_words(answer: Answer) -> list[str]:
    """The sentences that are surely in another language than the customer's."""
    found = {sentence.text: identify.sure_language(sentence.text) for sentence in answer.sentences}
    return [f"{language}: {text}" for text, language in found.items() if language not in ("", answer.language)]


def _check(code: str, label: str, found: Iterable[str]) -> Check:
    told = "; ".join(found)
    return Check(code, label, "bad" if told else "ok", told[:300])
