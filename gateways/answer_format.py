"""The one shape in which a language model may answer, and the strict reading of it."""

import json
import unicodedata
from typing import Any

from gateways.errors import Unusable
from gateways.types import AnswerSentence, Completion, Prompt

MAX_SENTENCES = 12
MAX_CHARACTERS = 4000
MAX_DOCUMENT = 100_000

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["answered", "sentences"],
    "properties": {
        "answered": {"type": "boolean"},
        "sentences": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["text", "citations"],
                "properties": {
                    "text": {"type": "string"},
                    "citations": {"type": "array", "items": {"type": "integer"}},
                },
            },
        },
    },
}


def user_text(prompt: Prompt) -> str:
    """Everything a model gets besides our instructions, as one JSON document: data can never be read as a role."""
    document = {
        "passages": [{"number": p.number, "title": p.title, "text": p.text} for p in prompt.passages],
        "conversation": [{"author": author, "text": text} for author, text in prompt.history],
        "customer_message": prompt.question,
        "answer_language": prompt.language,
        "tone": prompt.tone,
    }
    return json.dumps(document, ensure_ascii=False)


def parse(content: object, model: str, prompt: Prompt) -> Completion:
    """Read an answer strictly. Raises Unusable for anything but the agreed shape."""
    if not isinstance(content, str) or not content.strip():
        raise Unusable("the model answered nothing")
    if len(content) > MAX_DOCUMENT:
        raise Unusable("the model answered far too much")
    try:
        document = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Unusable("the model did not answer in JSON") from error
    if not isinstance(document, dict) or not isinstance(document.get("answered"), bool):
        raise Unusable("the model answered in another shape")
    known = {passage.number for passage in prompt.passages}
    sentences = _sentences(document.get("sentences"), known)
    return Completion(model, sentences, answered=document["answered"] and bool(sentences))


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _sentences(found: object, known: set[int]) -> tuple[AnswerSentence, ...]:
    if not isinstance(found, list) or len(found) > MAX_SENTENCES:
        raise Unusable("the model answered in another shape")
    sentences = tuple(_sentence(one, known) for one in found)
    if sum(len(sentence.text) for sentence in sentences) > MAX_CHARACTERS:
        raise Unusable("the model answered far too much")
    return sentences


def _sentence(found: object, known: set[int]) -> AnswerSentence:
    if not isinstance(found, dict) or not isinstance(found.get("text"), str) or not found["text"].strip():
        raise Unusable("the model left a sentence empty")
    if not _is_plain(found["text"]):
        raise Unusable("the model answered with characters that are no text")
    numbers = found.get("citations")
    if not isinstance(numbers, list) or any(type(number) is not int or number not in known for number in numbers):
        raise Unusable("the model cites a passage that it was not given")
    return AnswerSentence(found["text"].strip(), tuple(dict.fromkeys(numbers)))


def _is_plain(text: str) -> bool:
    """Whether it can be stored and shown: no control characters but line ends and tabs, no halves of surrogate pairs."""
    return not any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text)
