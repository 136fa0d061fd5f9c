"""A text in one line, as lists show it."""


def first_words(text: str, limit: int) -> str:
    """The beginning of `text` on one line, at most `limit` characters, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0].rstrip(",.;:") + "…"
