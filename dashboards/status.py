"""What the public status page says: a few facts in, words out. No person, no number of anybody's messages."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

WORKS, SLOW, AWAY, UNKNOWN = "works", "slow", "away", "unknown"
ICONS = {WORKS: "ok", SLOW: "alert", AWAY: "x", UNKNOWN: "info"}
WORDS = {WORKS: _("Works"), SLOW: _("Slower than usual"), AWAY: _("Does not work"), UNKNOWN: _("Not known")}
# An answer is usually drafted within two seconds and a reply carried within one.
SLOW_SECONDS, AWAY_SECONDS = 30, 300
# How a model's breaker stands while it is asked; otherwise it is left alone.
ASKED = ("closed", "half-open")


@dataclass(frozen=True)
class Facts:
    """What could be found out. `delays`: by lane of jobs the age of the oldest due one, and since when it waits."""

    has_database: bool
    has_redis: bool
    delays: dict[str, tuple[float, datetime]] = field(default_factory=dict)
    breakers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """One thing that people rely on. `since` is given when it is known."""

    key: str
    name: str
    state: str
    text: str
    since: datetime | None = None

    @property
    def icon(self) -> str:
        return ICONS[self.state]

    @property
    def word(self) -> str:
        return str(WORDS[self.state])


@dataclass(frozen=True)
class Status:
    heading: str
    parts: list[Part]
    at: datetime

    @property
    def is_serving(self) -> bool:
        return all(part.state != AWAY for part in self.parts if part.key == "messages")


def status(facts: Facts, at: datetime) -> Status:
    """The page. The heading speaks of the worst part."""
    web = Part("web", gettext("Website"), WORKS, gettext("You are reading it."))
    if not facts.has_database:
        gone = gettext("What you have sent before is kept. New messages are not taken at the moment; please try again soon.")
        rest = [
            Part(key, name, UNKNOWN, gettext("It can’t be checked until messages work again."))
            for key, name in (
                ("live", gettext("Live updates")),
                ("answering", gettext("Answers")),
                ("sending", gettext("Sending")),
            )
        ]
        return Status(gettext("We will be right back"), [web, Part("messages", gettext("Messages"), AWAY, gone), *rest], at)
    messages = Part("messages", gettext("Messages"), WORKS, gettext("What you send is received and kept."))
    parts = [web, messages, _live(facts), _answering(facts), _sending(facts)]
    return Status(_heading(parts), parts, at)


def _heading(parts: list[Part]) -> str:
    troubled = [part for part in parts if part.state != WORKS]
    if not troubled:
        return gettext("Everything works")
    if len(troubled) == 1:
        return troubled[0].text.split(". ")[0].rstrip(".")
    return (
        gettext("Some things don’t work as they should")
        if any(p.state == AWAY for p in troubled)
        else gettext("Slower than usual")
    )


def _live(facts: Facts) -> Part:
    # Changes travel through the database; Redis only makes the work behind them start at once.
    if facts.has_redis:
        return Part("live", gettext("Live updates"), WORKS, gettext("Pages change by themselves as things happen."))
    return Part("live", gettext("Live updates"), SLOW, gettext("Changes appear later than usual. Nothing is lost."))


def _answering(facts: Facts) -> Part:
    name, (seconds, since) = gettext("Answers"), facts.delays.get("draft", (0.0, None))
    if seconds > AWAY_SECONDS:
        text = gettext("Answers are not being prepared at the moment. What you write is kept and will be answered.")
        return Part("answering", name, AWAY, text, since)
    away = [state not in ASKED for state in facts.breakers.values()]
    if away and all(away):
        return Part(
            "answering", name, SLOW, gettext("Answers are slower than usual. A stand-in prepares them, and people see to more.")
        )
    if seconds > SLOW_SECONDS:
        return Part("answering", name, SLOW, gettext("Answers are slower than usual."), since)
    if any(away):
        return Part(
            "answering", name, WORKS, gettext("Answers are prepared as messages come in, by a stand-in for our usual AI model.")
        )
    return Part("answering", name, WORKS, gettext("Answers are prepared as messages come in."))


def _sending(facts: Facts) -> Part:
    name, (seconds, since) = gettext("Sending"), facts.delays.get("send", (0.0, None))
    if seconds > AWAY_SECONDS:
        return Part(
            "sending", name, AWAY, gettext("Replies are not going out at the moment. They are kept and will be sent."), since
        )
    if seconds > SLOW_SECONDS:
        return Part("sending", name, SLOW, gettext("Replies go out later than usual."), since)
    return Part("sending", name, WORKS, gettext("Replies go out when they are ready."))
