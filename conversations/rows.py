"""A conversation as one row of the list: every word and address ready, so that the template only prints."""

from dataclasses import dataclass
from datetime import datetime

from conversations.asks import short
from conversations.models import Channel, Conversation
from conversations.queries import WAITING_DRAFT
from core.templatetags.times import due, due_kind

CHANNEL_ICON = {Channel.EMAIL: "mail", Channel.WHATSAPP: "wa", Channel.WEB: "form"}
_TONE_ICON = {"very_negative": "face-bad", "negative": "face-low", "positive": "face-good"}
_TONE_NAME = {"very_negative": "angry", "negative": "frustrated", "positive": "content"}


@dataclass(frozen=True)
class Chip:
    kind: str
    icon: str
    text: str
    is_busy: bool = False


@dataclass(frozen=True)
class Row:
    pk: int
    url: str
    channel_icon: str
    channel: str
    name: str
    subject: str
    preview: str
    last_at: datetime
    waits_for_us: bool
    is_current: bool
    chips: list[Chip]
    due_at: datetime | None
    due: str
    due_kind: str
    tone_icon: str
    tone: str


def row(conversation: Conversation, *, current: int = 0) -> Row:
    """`current` is the id of the conversation that is open beside the list."""
    is_open = conversation.state == Conversation.State.OPEN
    due_at = conversation.due_at if is_open else None
    return Row(
        pk=conversation.pk,
        url=f"/conversations/{conversation.pk}/",
        channel_icon=channel_icon(conversation),
        channel=conversation.get_channel_display(),
        name=str(conversation.customer),
        subject=conversation.subject or conversation.preview or "No subject",
        preview=conversation.preview,
        last_at=conversation.last_message_at,
        waits_for_us=is_open and conversation.last_inbound_at >= conversation.last_message_at,
        is_current=conversation.pk == current,
        chips=chips(conversation),
        due_at=due_at,
        due=due(due_at),
        due_kind=due_kind(due_at),
        tone_icon=_TONE_ICON.get(conversation.sentiment, ""),
        tone=_TONE_NAME.get(conversation.sentiment, ""),
    )


def channel_icon(conversation: Conversation) -> str:
    return CHANNEL_ICON.get(Channel(conversation.channel), "chat")


def chips(conversation: Conversation) -> list[Chip]:
    """How it stands, most urgent first; at most one about the draft."""
    if conversation.state != Conversation.State.OPEN:
        return [Chip("plain", "check" if conversation.state == "resolved" else "clock", conversation.get_state_display())]
    if conversation.needs_person:
        return [Chip("act", "user", short(conversation.needs_person))]
    return [chip for chip in [_draft_chip(conversation)] if chip]


def _draft_chip(conversation: Conversation) -> Chip | None:
    state, percent = conversation.draft_state, conversation.draft_percent
    shown = "" if percent is None else f" {percent} %"
    if state == "held":
        return Chip("act", "rule", "Held by rule")
    if state in WAITING_DRAFT:
        return Chip("act", "ai", f"Review{shown}")
    known = {
        "composing": Chip("plain", "ai", "Drafting", is_busy=True),
        "auto_sent": Chip("plain", "checks", f"Auto-sent{shown}"),
        "sent": Chip("plain", "checks", "Sent"),
        "approved": Chip("plain", "send", "Approved"),
        "edited": Chip("plain", "send", "Approved"),
        "sending": Chip("plain", "send", "Sending"),
        "rejected": Chip("plain", "x", "Draft rejected"),
        "failed": Chip("bad", "alert", "No draft"),
        "taken_over": Chip("plain", "hand", "Taken over"),
    }
    return known.get(state)
