"""The shapes that go in and out of the API. Fields that are not named here are ignored; a wrong type is refused, never guessed."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from approvals.policy import Outcome
from conversations.forms import LONGEST_REPLY
from conversations.models import Channel, Message

BIGGEST_ID = 2**63 - 1
_PHONE = re.compile(r"\+?[0-9 ()./-]{4,40}")


def _plain(text: str) -> str:
    """PostgreSQL keeps no NUL and UTF-8 has no lone surrogates."""
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("Contains characters that are no text.")
    return text


def _saying_something(text: str) -> str:
    if not any(character.isprintable() and not character.isspace() for character in text):
        raise ValueError("Is empty.")
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _email(text: str) -> str:
    text = text.strip()
    try:
        validate_email(text or "nobody@example.org")
    except ValidationError as error:
        raise ValueError("Is no e-mail address.") from error
    return text


def _phone(text: str) -> str:
    text = text.strip()
    if text and not (_PHONE.fullmatch(text) and 4 <= sum(character.isdigit() for character in text) <= 20):
        raise ValueError("Is no phone number.")
    return text


Plain = AfterValidator(_plain)
Text = Annotated[str, Field(max_length=LONGEST_REPLY), Plain, AfterValidator(_saying_something)]
Line = Annotated[str, Field(max_length=200), Plain, AfterValidator(_one_line)]
Id = Annotated[int, Field(ge=1, le=BIGGEST_ID)]


class Given(BaseModel):
    """What comes in: no guessing between types."""

    model_config = ConfigDict(strict=True)


class CustomerIn(Given):
    """Who is writing, as far as it is known. The address finds the customer; a name never changes a known one."""

    email: Annotated[str, Field(max_length=254), Plain, AfterValidator(_email)] | None = None
    phone: Annotated[str, Field(max_length=40), Plain, AfterValidator(_phone)] | None = None
    name: Annotated[str, Field(max_length=160), Plain, AfterValidator(_one_line)] | None = None


class MessageIn(Given):
    """One message of a customer. `conversation` continues a known one; without it a new one is opened."""

    inbox: Annotated[str, Field(max_length=50), Plain]
    text: Text
    subject: Line | None = None
    conversation: Id | None = None
    customer: CustomerIn | None = Field(None, validate_default=True)

    @field_validator("customer")
    @classmethod
    def known_or_named(cls, customer: CustomerIn | None, info: ValidationInfo) -> CustomerIn | None:
        if customer is None and info.data.get("conversation") is None:
            raise ValueError("Say who is writing, or name the conversation.")
        return customer


class DecisionIn(Given):
    """What to do with a draft. `reason` is one of our codes or words of your own; `version` refuses a draft that changed meanwhile.

    `article`, beside a rejection, is the id of the article that would have answered.
    """

    action: Literal["approve", "edit", "reject", "take_over"]
    text: Text | None = Field(None, validate_default=True)
    reason: Annotated[str, Field(max_length=500), Plain] | None = None
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    article: Annotated[str, Field(max_length=200), Plain] | None = None

    @field_validator("text")
    @classmethod
    def edited_to_something(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is None and info.data.get("action") == "edit":
            raise ValueError("An edit needs the new text.")
        return text


class AcceptedOut(BaseModel):
    conversation: int
    message: int
    customer_url: str


class MessageOut(BaseModel):
    """`state` is received, private (a note), or how far the delivery has got."""

    id: int
    conversation: int
    direction: Message.Direction
    author: Message.Author
    channel: Channel
    text: str
    state: str
    provider_id: str
    created_at: datetime


class MessagesOut(BaseModel):
    """Newest first. `next` is the cursor of the following page, null on the last one."""

    messages: list[MessageOut]
    next: str | None


class DraftOut(BaseModel):
    """`decision` is what the machine decided: auto, review or escalate; null while it is composing. `articles` best first."""

    id: int
    in_reply_to: int
    state: str
    version: int
    confidence: float | None
    threshold: float
    decision: Outcome | None
    reasons: list[dict[str, Any]]
    articles: list[str]
    text: str


class DecisionOut(BaseModel):
    """What a person decided. `by` is the id of the user."""

    id: int
    draft: int
    action: str
    by: int
    by_name: str
    reason: str
    comment: str
    edit_distance: float
    created_at: datetime


class DeliveryOut(BaseModel):
    id: int
    message: int
    state: str
    provider_id: str
    reason: str
    not_before: datetime
    changed_at: datetime


class EventOut(BaseModel):
    """A step from state to state, or something audited. `actor` is a kind and an id, as in agent:7."""

    at: datetime
    event: str
    subject: str
    subject_id: int
    from_state: str | None = None
    to_state: str | None = None
    actor: str
    facts: dict[str, Any] = {}


class ConversationOut(BaseModel):
    """`merged` are the conversations that are part of this one; asking for one of those gives this one."""

    id: int
    state: str
    channel: Channel
    inbox: str
    subject: str
    merged: list[int]
    messages: list[MessageOut]
    drafts: list[DraftOut]
    decisions: list[DecisionOut]
    deliveries: list[DeliveryOut]
    events: list[EventOut]


class DecidedOut(BaseModel):
    """The decision, and the draft as it is now."""

    decision: DecisionOut
    draft: DraftOut


class ErrorOut(BaseModel):
    code: str
    message: str
    fields: dict[str, str] = {}


class ProblemOut(BaseModel):
    error: ErrorOut


class LostOut(ProblemOut):
    """Somebody was first, or the key was used for something else; `draft` as it is now."""

    draft: DraftOut | None = None
