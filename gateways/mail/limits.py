"""How large and how involved a mail may be. What goes beyond is not read, is said in plain words, and stays in the mail as it came.

Nothing here trusts a mail to be well-meant: every loop of the reading ends at one of these numbers.
"""

from dataclasses import dataclass, field


def gettext_noop(text: str) -> str:
    """As in core.words, which would bring Django into the process that reads mails."""
    return text


KILO = 1024
TOTAL_BYTES = 25 * KILO * KILO
# So much of a larger mail is looked at, which is enough for who wrote and, mostly, for what.
BYTES_OF_A_LARGER = KILO * KILO
HEADER_BLOCK_BYTES = 64 * KILO
HEADER_BYTES = 16 * KILO
PARTS = 100
DEPTH = 8
ADDRESSES = 200
REFERENCES = 100
ID_CHARACTERS = 255
TEXT_CHARACTERS = 1_000_000
MARKUP_CHARACTERS = 2_000_000
SUBJECT_CHARACTERS = 1_000
NAME_CHARACTERS = 200

TOO_LARGE = gettext_noop("The mail is larger than 25 MB; only its beginning was read")
HEADERS_TOO_LONG = gettext_noop("The headers are longer than 64 kB; only their beginning was read")
HEADER_TOO_LONG = gettext_noop("One header is longer than 16 kB; only its beginning was read")
TOO_MANY_PARTS = gettext_noop("The mail has more than 100 parts; only the first 100 were read")
TOO_DEEP = gettext_noop("The mail is nested more than 8 levels deep; what lies deeper was not read")
TOO_MANY_ADDRESSES = gettext_noop("The mail went to more than 200 addresses; only the first 200 were read")
TEXT_TOO_LONG = gettext_noop("The text is longer than one million characters; only its beginning was read")
TOO_LATE = gettext_noop("Reading the mail took too long")
UNREADABLE = gettext_noop("The mail could not be read")


@dataclass
class Limits:
    """What of one mail has been used up, and the first limit that it went over."""

    problem: str = ""
    parts: int = field(default=0)

    def broke(self, problem: str) -> None:
        """Remember it; the first one counts."""
        self.problem = self.problem or problem

    def another_part(self) -> bool:
        """Whether one more part may be read."""
        self.parts += 1
        if self.parts > PARTS:
            self.broke(TOO_MANY_PARTS)
        return self.parts <= PARTS
