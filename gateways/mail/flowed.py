"""Text that was broken into lines for the journey (format=flowed, RFC 3676), put together again."""

# What stands above a signature ends in a space and is a line by itself.
_DASHES = "-- "


def unwrapped(text: str, *, is_joined_closely: bool) -> str:
    """Each paragraph on one line, quotes kept. `is_joined_closely`: the space at a line's end is not part of the text (DelSp)."""
    paragraphs: list[list[str]] = []
    depth, running = 0, False
    for line in text.split("\n"):
        quotes, said = _quotes(line)
        if running and quotes == depth and said != _DASHES:
            paragraphs[-1].append(said)
        else:
            paragraphs.append([">" * quotes + " " * bool(quotes), said])
        running, depth = said.endswith(" ") and said != _DASHES, quotes
        if running and is_joined_closely:
            paragraphs[-1][-1] = said[:-1]
    lines = ("".join(pieces) for pieces in paragraphs)
    return "\n".join(line if line == _DASHES else line.rstrip() for line in lines)


def _quotes(line: str) -> tuple[int, str]:
    """How deeply a line is quoted and what it says, the space taken off that protects its beginning."""
    said = line.lstrip(">")
    return len(line) - len(said), said.removeprefix(" ")
