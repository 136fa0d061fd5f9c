"""Which passages a draft rests on, and what the customer is shown of them."""

from typing import Any


def cited_numbers(sentences: list[dict[str, Any]]) -> list[int]:
    """The numbers of the passages that the sentences rest on, in the order in which they are first named."""
    return list(dict.fromkeys(number for sentence in sentences for number in sentence.get("citations", [])))


def public_citations(evidence: list[dict[str, Any]], sentences: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the customer is shown of the sources that the reply rests on: number, title and address, each article once."""
    pieces = {piece["number"]: piece for piece in evidence}
    shown: dict[tuple[str, str], dict[str, Any]] = {}
    for number in cited_numbers(sentences):
        if number in pieces:
            title, url = pieces[number]["title"], pieces[number].get("url", "")
            shown.setdefault((title, url), {"number": number, "title": title, "url": url})
    return list(shown.values())
