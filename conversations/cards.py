"""One message as the page prints it: every word, address and state ready, so that the template only prints."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.template.defaultfilters import filesizeformat
from django.utils import timezone, translation
from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from conversations import marks, mention_words, message_signs, quoting
from conversations.asks import WHY_TWICE
from conversations.models import Attachment, Channel, Delivery, Message
from conversations.originals import SHOWN_INLINE
from conversations.rows import channel_icon
from core.words import known
from gateways.mail.bodies import ENCRYPTED, SEALED

LONGEST_SHOWN = 2_400
MOST_LINES_SHOWN = 32
# What `carriage.recall` notes where nobody gave a reason.
_SAYS_NOTHING = "taken back"
_STATUS = {
    Delivery.State.PENDING: ("clock", "plain"),
    Delivery.State.SENDING: ("send", "plain"),
    Delivery.State.SENT: ("check", "plain"),
    Delivery.State.DELIVERED: ("checks", "plain"),
    Delivery.State.READ: ("checks", "plain"),
    Delivery.State.FAILED: ("alert", "bad"),
    Delivery.State.UNKNOWN: ("refresh", "warn"),
    Delivery.State.HELD: ("alert", "warn"),
    Delivery.State.RECALLED: ("undo", "plain"),
}


@dataclass(frozen=True)
class Words:
    """A run of the text: said, quoted or signed. `rest` is what a long one shows when asked."""

    kind: str
    html: SafeString
    rest: SafeString
    lines: int


@dataclass(frozen=True)
class File:
    """An attachment: a picture with a `preview`, or a card; without a `url` while or because it may not be had."""

    pk: int
    name: str
    size: str
    url: str
    preview: str
    note: str
    is_bad: bool


@dataclass(frozen=True)
class Card:
    pk: int
    conversation: int
    kind: str
    author: str
    label: str
    initials: str
    hue: int
    is_ai: bool
    licence: str
    # Whether the reviewer may have changed the assistant's words: what he sent has no confidence of its own.
    may_be_edited: bool
    via_icon: str
    via: str
    addressed: str
    words: list[Words]
    files: list[File]
    has_original: bool
    has_remote_images: bool
    language: str
    language_name: str
    at: datetime
    status: str
    status_icon: str
    status_kind: str
    reason: str
    trouble: str
    why_twice: Mapping[str, str]
    until: datetime | None
    scheduled_for: datetime | None
    can_recall: bool
    sources: list[str]
    signs: list[message_signs.Sign]
    answers: message_signs.Answered | None
    earlier: list[message_signs.Earlier]
    reactions: list[str]
    is_withdrawn: bool


def card(message: Message) -> Card:
    """Needs the message as `queries.message` reads it: with its people, delivery, files, mentions and conversation."""
    delivery = getattr(message, "delivery", None)
    icon, kind = _STATUS.get(Delivery.State(delivery.state), ("", "")) if delivery else ("", "")
    until, scheduled_for = _undo_until(delivery), _scheduled_for(delivery)
    author = _author(message)
    return Card(
        pk=message.pk,
        conversation=message.conversation_id,
        kind=_kind(message),
        author=author,
        label=f"{_what(message)} {author}, {timezone.localtime(message.created_at):%H:%M}",
        initials=_initials(message),
        hue=hue(author),
        is_ai=message.is_from_assistant,
        licence=_licence(message),
        may_be_edited=message.is_from_assistant and message.reviewed_by_id is not None and message.confidence is None,
        via_icon=channel_icon(message.conversation),
        via=message.conversation.get_channel_display(),
        addressed=_addressed(message),
        words=_words(message),
        files=[_file(one) for one in message.attachments.all()],
        has_original=bool(getattr(message, "has_original", False)),
        has_remote_images=bool(getattr(message, "has_remote_images", False)),
        language=message.language,
        language_name=_language_name(message),
        at=message.created_at,
        status=delivery.get_state_display() if delivery else "",
        status_icon=icon,
        status_kind=kind,
        reason=_reason(delivery),
        trouble=_trouble(delivery),
        why_twice=WHY_TWICE,
        until=until,
        scheduled_for=scheduled_for,
        can_recall=(until or scheduled_for) is not None and message.author == Message.Author.AGENT,
        sources=[str(cited.get("title", "")) for cited in message.citations if isinstance(cited, dict)],
        signs=message_signs.signs(message),
        answers=message_signs.answered(message),
        earlier=message_signs.earlier(message),
        reactions=message_signs.reactions(message),
        is_withdrawn=message.withdrawn_at is not None,
    )


def hue(name: str) -> int:
    """One of twelve avatar hues, 0 to 11, the same for the same name."""
    return sum(name.encode()) % 12


def _kind(message: Message) -> str:
    classes = {"in": "", "out": "is-out", "note": "is-note"}[message.direction]
    is_bubble = message.conversation.channel == Channel.WHATSAPP and message.direction != Message.Direction.NOTE
    return f"{classes} is-bubble".strip() if is_bubble else classes


def _author(message: Message) -> str:
    if message.direction == Message.Direction.IN:
        return str(message.customer)
    if message.author == Message.Author.SYSTEM:
        return _("Automatic")
    if message.is_from_assistant:
        return _("AI reply")
    return str(message.sender) if message.sender else _("A colleague")


def _what(message: Message) -> str:
    return {"in": _("Message from"), "out": _("Reply by"), "note": _("Private note by")}[message.direction]


def _initials(message: Message) -> str:
    person = message.customer if message.direction == Message.Direction.IN else message.sender
    return person.initials if person else ""


def _licence(message: Message) -> str:
    """Why the assistant's reply was allowed to go out."""
    if not message.is_from_assistant:
        return ""
    if message.reviewed_by:
        return _("Reviewed by %(name)s") % {"name": message.reviewed_by.first_name}
    if not message.confidence:
        return ""
    return _("Sent by itself at %(percent)s %%") % {"percent": int(message.confidence * 100 + 1e-9)}


def _addressed(message: Message) -> str:
    """To whom a mail went, where it says so."""
    to, cc = message.recipients.get("to", []), message.recipients.get("cc", [])
    told = [_("to %(addresses)s") % {"addresses": ", ".join(to)}] if to else []
    return "; ".join(told + ([_("copy to %(addresses)s") % {"addresses": ", ".join(cc)}] if cc else []))


def _words(message: Message) -> list[Words]:
    """A customer's quotes and signature are folded; what we wrote is shown as it is."""
    is_theirs = message.direction == Message.Direction.IN
    found = quoting.parts(_text(message)) if is_theirs else [quoting.Part(quoting.Kind.SAID, message.text)]
    names = mention_words.named(message) if message.direction == Message.Direction.NOTE else []
    return [_run(part, names) for part in found]


def _text(message: Message) -> str:
    """A mail that could not be read, or not be opened, has words of ours for its own."""
    is_ours = marks.UNREADABLE in message.marks or message.text in (ENCRYPTED, SEALED)
    return known(message.text) if is_ours else message.text


def _run(part: quoting.Part, names: list[str]) -> Words:
    text = part.text.strip("\n")
    first, rest = _cut(text) if part.kind is quoting.Kind.SAID else (text, "")
    return Words(part.kind.value, _html(first, names), _html(rest, names), part.lines)


def _html(text: str, names: list[str]) -> SafeString:
    shown = linebreaks(text, autoescape=True) if text else ""
    return mention_words.marked(shown, names) if names else mark_safe(shown)  # noqa: S308  escaped one line above


def _cut(text: str) -> tuple[str, str]:
    """What of a long text is shown at first, and the rest; cut at the end of a line or a word."""
    lines = text.split("\n")
    first = "\n".join(lines[:MOST_LINES_SHOWN])
    if len(first) > LONGEST_SHOWN:
        at = max(first.rfind("\n", LONGEST_SHOWN // 2, LONGEST_SHOWN), 0) or first.rfind(" ", LONGEST_SHOWN // 2, LONGEST_SHOWN)
        first = first[: at if at > 0 else LONGEST_SHOWN]
    rest = text[len(first) :]
    # A few more lines are shown rather than hidden behind a press.
    return (
        (text, "")
        if len(rest) < LONGEST_SHOWN // 4 and rest.count("\n") < MOST_LINES_SHOWN // 4
        else (first, rest.lstrip("\n"))
    )


def _file(found: Attachment) -> File:
    is_clean = found.state == Attachment.State.CLEAN
    url = f"/attachments/{found.pk}/" if is_clean else ""
    notes = {
        Attachment.State.WAITING: _("being checked for viruses"),
        Attachment.State.REFUSED: _("refused: this kind of file is not kept"),
        Attachment.State.INFECTED: _("blocked by the virus check"),
    }
    return File(
        pk=found.pk,
        name=found.name,
        size=filesizeformat(found.size),
        url=url,
        preview=f"{url}?preview=1" if is_clean and found.content_type in SHOWN_INLINE else "",
        note=notes.get(Attachment.State(found.state), ""),
        is_bad=found.state in (Attachment.State.REFUSED, Attachment.State.INFECTED),
    )


def _language_name(message: Message) -> str:
    """Only where it is another one than the reader's own."""
    code = message.language.split("-")[0].lower()
    if message.direction != Message.Direction.IN or not code or code == (translation.get_language() or "").split("-")[0]:
        return ""
    try:
        return str(translation.get_language_info(code)["name_translated"])
    except KeyError:
        return message.language


def _reason(delivery: Delivery | None) -> str:
    """Why it failed or did not go out. Of a doubtful call the reason says nothing to anybody but us."""
    is_told = delivery is not None and delivery.state in (Delivery.State.FAILED, Delivery.State.RECALLED)
    return delivery.reason if is_told and delivery.reason != _SAYS_NOTHING else ""


def _trouble(delivery: Delivery | None) -> str:
    """What a person can do about a delivery that did not go well: "retry", "decide", or nothing."""
    if delivery is None or delivery.state not in (Delivery.State.FAILED, Delivery.State.HELD):
        return ""
    if delivery.state == Delivery.State.HELD:
        return "decide"
    return "retry" if delivery.is_surely_not_sent else "refused"


def _undo_until(delivery: Delivery | None) -> datetime | None:
    """When the undo window closes, while it is open."""
    if delivery is None or delivery.is_scheduled or delivery.state != Delivery.State.PENDING:
        return None
    return delivery.not_before if delivery.not_before > timezone.now() else None


def _scheduled_for(delivery: Delivery | None) -> datetime | None:
    """When it goes out, while it waits for the time that its writer chose."""
    return delivery.not_before if delivery and delivery.is_scheduled and delivery.state == Delivery.State.PENDING else None
