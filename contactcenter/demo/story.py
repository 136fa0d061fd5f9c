"""What happens in the demo's day, read from customers.toml and conversations/.

    [[conversation]]
    inbox = "website"                      # a key of people.DOORS
    customer = "tilda"                     # a table of customers.toml
    subject = "Broken lantern"             # optional
    step = [
      { ago = "2h 10m", customer = "..." },                          # the customer writes; the assistant drafts by itself
      { ago = "2h", by = "ana", does = "edit", text = "..." },       # a person acts: see day.VERBS
      { ago = "1h 59m", by = "ana", does = "reply", text = "...", fails = "mailbox full" },
      { ago = "1h 50m", channel = "read" },                          # the channel reports on the last reply
    ]

`ago` is how long before the demo is loaded. Steps of one conversation stand in order.
"""

import re
import tomllib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
AT_ONCE = timedelta(seconds=2)
_SPAN = re.compile(r"(\d+)([dhms])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


@dataclass(frozen=True)
class Customer:
    name: str
    email: str = ""
    phone: str = ""
    place: str = ""
    language: str = "en"


@dataclass(frozen=True)
class Matter:
    """One conversation of the story. `key` is its place in it."""

    key: str
    inbox: str
    customer: Customer
    subject: str


@dataclass(frozen=True)
class Step:
    """One thing that happens. `is_hurried`: the next step of the same conversation comes before anybody can answer."""

    matter: Matter
    number: int
    ago: timedelta
    is_hurried: bool = False
    customer: str = ""
    by: str = ""
    does: str = ""
    text: str = ""
    to: str = ""
    reason: str = ""
    comment: str = ""
    fails: str = ""
    doubtful: str = ""
    channel: str = ""


def steps() -> list[Step]:
    """Everything that happens, in the order of the day."""
    people = {name: Customer(**facts) for name, facts in _toml(FOLDER / "customers.toml").items()}
    found = [
        step
        for file in sorted((FOLDER / "conversations").glob("*.toml"))
        for place, told in enumerate(_toml(file)["conversation"])
        for step in _steps(f"{file.stem}-{place}", told, people)
    ]
    return sorted(found, key=lambda step: -step.ago)


def span(text: str) -> timedelta:
    """ "2h 10m" as a length of time."""
    parts = _SPAN.findall(text)
    if not parts or _SPAN.sub("", text).strip():
        raise ValueError(f"not a length of time: {text!r}")
    return timedelta(**{_UNITS[unit]: int(number) for number, unit in parts})


def _toml(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _steps(key: str, told: dict[str, Any], people: dict[str, Customer]) -> list[Step]:
    matter = Matter(key, told["inbox"], people[told["customer"]], told.get("subject", ""))
    agos = [span(one["ago"]) for one in told["step"]]
    if agos != sorted(agos, reverse=True):
        raise ValueError(f"{key}: steps are out of order")
    hurried = [this - later < AT_ONCE for this, later in zip(agos, [*agos[1:], timedelta(days=-1)], strict=True)]
    return [
        Step(matter, number, agos[number], hurried[number], **_words({k: v for k, v in one.items() if k != "ago"}))
        for number, one in enumerate(told["step"])
    ]


def _words(facts: dict[str, str]) -> dict[str, str]:
    return {name: value.strip() for name, value in facts.items()}
