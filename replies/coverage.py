"""Whether an article speaks of everything that was asked, word by word and by meaning.

The commonest wrong answer is the right topic without the asked fact: "is the card accepted on Ryanair planes" finds the article
on where the card works. Each word of the question is compared with every word of the article, both as the embedding model reads
them in their sentence; "refused" then meets "declined", and "Ryanair" meets nothing.
"""

import re
from dataclasses import dataclass

import numpy as np

from knowledge import embedding
from knowledge.findings import Hit
from knowledge.splitting import sentences

READ_WHOLE = 1200
# Words that ask and that every sentence has; they say nothing about the matter.
_WORDS = """
about after all also and any anything are back because been before being but can could did does don each else even
ever every for from get give going got had has have hello help her here hey him his how i'm i've into isn it's its
just keep know let like look looking made make many may might most much must need not off once only other our out
over please really same see seem shall she should some something still such sure take tell than thank thanks that the
their them then there these they think this those through too try trying under use used using very want was way went
were what when where which while who why will with would yes yet you your
"""
COMMON = frozenset(_WORDS.split())
# A capital inside a sentence, or a figure.
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w-]+|\d[\d.,]*\d|\d")


@dataclass(frozen=True)
class Coverage:
    """How well the words of a question are met, each from about 0 to 1; `missing` is the word that is met least."""

    mean: float
    least: float
    second: float
    missing: str = ""


def coverage(question: str, hit: Hit) -> Coverage:
    """Compare a question with one article. A common word is never the missing one."""
    asked = embedding.read(question)
    known = np.concatenate([one.vectors for one in _parts(hit)])
    if not asked.words or not len(known):
        return Coverage(0.0, 0.0, 0.0)
    met = (asked.vectors @ known.T).max(axis=1)
    telling = [(float(score), word) for word, score in zip(asked.words, met, strict=True) if _tells(word)]
    telling = sorted(telling) or [(float(met.mean()), "")]
    return Coverage(float(met.mean()), telling[0][0], telling[min(1, len(telling) - 1)][0], telling[0][1])


def names_missing(question: str, hit: Hit) -> int:
    """How many names and figures of a question the whole article does not have: "Ryanair", "2024"."""
    known = f"{hit.title} {hit.body}".lower()
    names = {match.group().lower() for match in _NAME.finditer(question[:2000])}
    return sum(name not in known for name in names)


def _parts(hit: Hit) -> list[embedding.Read]:
    """What of the article is compared: all of a short one, else its title and the sentences of its nearest windows."""
    if len(hit.body) <= READ_WHOLE:
        return [embedding.read(f"{hit.title}. {hit.body}")]
    nearest = [sentence for passage in hit.passages for sentence in sentences(passage.text)]
    return embedding.read_sentences([hit.title, *dict.fromkeys(nearest)])


def _tells(word: str) -> bool:
    plain = word.lower()
    return len(plain) >= 3 and any(map(str.isalnum, plain)) and plain not in COMMON
