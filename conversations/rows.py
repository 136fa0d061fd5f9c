"""A conversation as one row of the list: every word and address ready, so that the template only prints."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.asks import UNREAD, short, told
from conversations.filters import PRIORITIES
from conversations.models import Channel, Conversation
from conversations.queries import WAITING_DRAFT
from conversations.searching import Snippet
from core.templatetags.times import due, due_kind, moment
from core.words import known
from gateways.whatsapp.contents import MEDIA, UNREADABLE

CHANNEL_ICON = {Channel.EMAIL: "mail", Channel.WHATSAPP: "wa", Channel.WEB: "form"}
_TONE_ICON = {"very_negative": "face-bad", "negative": "face-low", "positive": "face-good"}
_TONE_NAME = {
    "very_negative": gettext_lazy("angry"), "negative": gettext_lazy("frustrated"), "positive": gettext_lazy("content"),
}  # fmt: skip
_STATE_ICON = {"resolved": "check", "waiting": "clock", "snoozed": "snooze"}
# What we call conversations that began without a word.
_OUR_NAMES = {Channel.EMAIL: (UNREAD,), Channel.WHATSAPP: (*MEDIA.values(), UNREADABLE)}
TAGS = 2
# Every plain row says nothing about its priority.
PLAIN = 0


@dataclass(frozen=True)
class Chip:
    kind: str
    icon: str
    text: str | Promise | SafeString
    is_busy: bool = False


@dataclass(frozen=True)
class Standing:
    """What decides whether a row belongs in a view, and how it is said of one that no longer does."""

    state: str
    assignee: str
    lane: str
    state_said: str
    assignee_said: str
    lane_said: str


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
    priority: str | Promise
    # Why it asks for a person, in the reader's words.
    asks: str
    # Asked for by the list alone: other screens show rows too, and need not know who has each conversation.
    standing: Callable[[], Standing]
    tags: list[dict[str, str]] = field(default_factory=list)
    more_tags: list[dict[str, str]] = field(default_factory=list)
    snippet: Snippet = field(default_factory=list)


def row(conversation: Conversation, *, current: int = 0, snippet: Snippet | None = None, beside: str = "") -> Row:
    """`current` is the id of the conversation that is open beside the list, `snippet` where a search found it, `beside` the list's
    query, so that the address of an opened conversation still leads to the same list.

    A row says the same to everybody, save what `listing.with_facts` added for one reader.
    """
    is_open = conversation.state == Conversation.State.OPEN
    due_at = conversation.due_at if is_open else None
    tags = vars(conversation).get("tag_list") or []
    return Row(
        pk=conversation.pk,
        url=f"/conversations/{conversation.pk}/" + (f"?{beside}" if beside else ""),
        channel_icon=channel_icon(conversation),
        channel=conversation.get_channel_display(),
        name=str(conversation.customer),
        subject=_subject(conversation) or conversation.preview or _("No subject"),
        preview=conversation.preview,
        last_at=conversation.last_message_at,
        waits_for_us=is_open and conversation.last_inbound_at >= conversation.last_message_at,
        is_current=conversation.pk == current,
        chips=chips(conversation),
        due_at=due_at,
        due=due(due_at),
        due_kind=due_kind(due_at),
        tone_icon=_TONE_ICON.get(conversation.sentiment, ""),
        tone=str(_TONE_NAME.get(conversation.sentiment, "")),
        priority="" if conversation.priority == PLAIN else PRIORITIES.get(conversation.priority, PRIORITIES[2]),
        asks=told(conversation.needs_person),
        standing=partial(_standing, conversation),
        tags=tags[:TAGS],
        more_tags=tags[TAGS:],
        snippet=snippet or [],
    )


def _subject(conversation: Conversation) -> str:
    """A customer's own words as they are, even when they read like ours."""
    ours = _OUR_NAMES.get(Channel(conversation.channel), ())
    return known(conversation.subject) if conversation.subject in ours else conversation.subject


def channel_icon(conversation: Conversation) -> str:
    return CHANNEL_ICON.get(Channel(conversation.channel), "chat")


def chips(conversation: Conversation) -> list[Chip]:
    """How it stands, most urgent first; at most one about the draft, and one about what the reader himself has begun."""
    own = [Chip("plain", "edit", _("Your draft"))] if vars(conversation).get("has_own_draft") else []
    if conversation.state != Conversation.State.OPEN:
        return [Chip("plain", _STATE_ICON[conversation.state], _state(conversation)), *own]
    if conversation.needs_person:
        return [Chip("act", "user", short(conversation.needs_person)), *own]
    draft = _draft_chip(conversation)
    return [*([draft] if draft and not (own and draft.kind == "plain") else []), *own]


def _state(conversation: Conversation) -> str | SafeString:
    if conversation.state == Conversation.State.SNOOZED and conversation.snoozed_until:
        return format_html(_("Until {}"), moment(conversation.snoozed_until))
    return conversation.get_state_display()


def _standing(conversation: Conversation) -> Standing:
    owner = conversation.assignee
    return Standing(
        state=conversation.state,
        assignee=str(conversation.assignee_id or ""),
        lane="waiting" if conversation.draft_state in WAITING_DRAFT else "",
        state_said=_("Merged") if conversation.merged_into_id else str(conversation.get_state_display()),
        assignee_said=_("Now with %(name)s") % {"name": owner.first_name} if owner else _("Now with nobody"),
        lane_said=_("No longer in review"),
    )


def _draft_chip(conversation: Conversation) -> Chip | None:
    state, percent = conversation.draft_state, conversation.draft_percent
    shown = "" if percent is None else f" {percent} %"
    if state == "held":
        return Chip("act", "rule", _("Held by rule"))
    if state in WAITING_DRAFT:
        return Chip("act", "ai", _("Review") + shown)
    if state == "auto_sent":
        return Chip("plain", "checks", _("Auto-sent") + shown)
    return _PLAIN_DRAFTS.get(state)


_PLAIN_DRAFTS = {
    "composing": Chip("plain", "ai", gettext_lazy("Drafting"), is_busy=True),
    "sent": Chip("plain", "checks", gettext_lazy("Sent")),
    "approved": Chip("plain", "send", gettext_lazy("Approved")),
    "edited": Chip("plain", "send", gettext_lazy("Approved")),
    "sending": Chip("plain", "send", gettext_lazy("Sending")),
    "rejected": Chip("plain", "x", gettext_lazy("Draft rejected")),
    "failed": Chip("bad", "alert", gettext_lazy("No draft")),
    "taken_over": Chip("plain", "hand", gettext_lazy("Taken over")),
}
