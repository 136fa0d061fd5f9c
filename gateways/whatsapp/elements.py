"""What a webhook call of WhatsApp can hold, one type for each. `key` names an element for good: a second one under it is the first."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gateways.types import InboundFile


@dataclass(frozen=True)
class Sender:
    """Who wrote: a phone number in E.164, WhatsApp's own id of the person for this business, or both; one may be empty."""

    phone: str = ""
    user_id: str = ""
    name: str = ""


@dataclass(frozen=True)
class Element:
    """One thing of a batch. `number_id` and `account_id` say for which of our numbers it is, empty where it is for none."""

    key: str
    number_id: str = ""
    account_id: str = ""
    at: datetime | None = None
    raw: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Written(Element):
    """A customer's message. `context` is the id of the message that it answers, `subject` names it where it has no words."""

    wamid: str = ""
    sender: Sender = Sender()
    text: str = ""
    subject: str = ""
    context: str = ""
    files: tuple[InboundFile, ...] = ()
    marks: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reported(Element):
    """How a message of ours fares. `send_key` is what we sent along with it, empty for a message that we did not send."""

    wamid: str = ""
    status: str = ""
    send_key: str = ""
    code: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Edited(Element):
    """The customer says message `about` differently now."""

    about: str = ""
    sender: Sender = Sender()
    text: str = ""


@dataclass(frozen=True)
class Withdrawn(Element):
    """The customer took message `about` back."""

    about: str = ""
    sender: Sender = Sender()


@dataclass(frozen=True)
class Reacted(Element):
    """The customer put a sign on message `about`, or took his away: then it is empty."""

    about: str = ""
    sender: Sender = Sender()
    sign: str = ""


@dataclass(frozen=True)
class Renumbered(Element):
    """The person behind `before` is reached under `after` from here on; the channel vouches for it."""

    before: Sender = Sender()
    after: Sender = Sender()


@dataclass(frozen=True)
class TemplateJudged(Element):
    """What WhatsApp decided about one of our templates, in its own word (APPROVED, REJECTED, PAUSED...); empty for other words in it."""

    name: str = ""
    language: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class Echoed(Element):
    """A message that somebody sent from the business app on a phone, by the number that we use as well."""

    wamid: str = ""
    recipient: Sender = Sender()
    text: str = ""
    files: tuple[InboundFile, ...] = ()


@dataclass(frozen=True)
class Unused(Element):
    """Calls, news about the account, preferences, and whatever there will be: kept, and nothing follows from it."""

    what: str = ""
