"""A conversation as its customer's page prints it: every word ready, so that the templates only print."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.asks import ASKED
from conversations.hours_in_words import Said
from conversations.models import Attachment, Conversation, Message
from conversations.uploading import clean_name
from intake.links import conversation_token
from intake.opening import opening
from intake.outlook import Outlook, Situation, outlook, span
from intake.queries import Matter
from intake.rating import Rate, rate

# What was refused or is infected has no place on a customer's page.
SHOWN = (Attachment.State.CLEAN, Attachment.State.WAITING)
# Where a reply is owed by a time: putting a conversation aside takes no promise back.
OWES_REPLY = (Conversation.State.OPEN, Conversation.State.SNOOZED)


@dataclass(frozen=True)
class Source:
    """What an answer rests on; the address is empty when it has none that a browser should follow."""

    title: str
    url: str


@dataclass(frozen=True)
class File:
    """Something sent along; the address is empty while it is being checked."""

    name: str
    size: int
    url: str


@dataclass(frozen=True)
class Say:
    """One message. `by` is its author for the eye, empty for the reader himself; `speaker` the same for the ear."""

    pk: int
    kind: str
    speaker: str
    by: str
    is_ai: bool
    text: str
    language: str
    at: datetime
    sources: list[Source]
    joined: str
    files: list[File]


@dataclass(frozen=True)
class Page:
    """A conversation's regions, for first paint and for every later one."""

    url: str
    query: str
    company: str
    says: list[Say]
    outlook: Outlook
    look_again_in: int | None
    is_with_person: bool
    person_within: str
    asked: str
    rate: Rate
    moved_to: list[str]
    hours: Said | None
    # Whether what is not read here can follow him by mail.
    has_mail: bool


def page(matter: Matter, url: str, query: str = "") -> Page:
    """`url` is the page's own address, `query` its layout's: its regions may be printed under another one."""
    conversation = matter.conversation
    now = timezone.now()
    hours = opening(conversation.inbox, now)
    expect = outlook(now, situation(matter, hours))
    again = expect.look_again_at
    return Page(
        url=url,
        query=query,
        company=settings.COMPANY_NAME,
        says=says(matter, url),
        outlook=expect,
        look_again_in=None if again is None else max(1, round((again - now).total_seconds()) + 1),
        is_with_person=conversation.assistant_paused,
        person_within=span(conversation.inbox.first_reply_minutes),
        asked=_("A person has been asked") if expect.key == "asked" else _("A person answers here"),
        rate=rate(matter, now),
        moved_to=[f"/c/{conversation_token(pk)}/{query}" for pk in matter.moved_to],
        hours=hours,
        has_mail=conversation.inbox.mail_through_id is not None,
    )


def says(matter: Matter, url: str) -> list[Say]:
    """Oldest first. Who writes for the first time is introduced."""
    met: set[int] = set()
    told = []
    for message in matter.messages:
        told.append(_say(message, matter.names, met, url))
        if message.sender_id:
            met.add(message.sender_id)
    return told


def situation(matter: Matter, hours: Said | None = None) -> Situation:
    """How it stands. What falls due while nobody is there is promised for when somebody is."""
    conversation = matter.conversation
    due_at = conversation.due_at if conversation.state in OWES_REPLY else None
    closed = hours if hours and hours.is_closed and not (due_at and hours.opens_at and due_at > hours.opens_at) else None
    last = matter.messages[-1] if matter.messages else None
    return Situation(
        state=conversation.state,
        is_merged=conversation.merged_into_id is not None,
        draft_state=conversation.draft_state,
        paused=conversation.assistant_paused,
        asked=conversation.needs_person == ASKED,
        needs_person=bool(conversation.needs_person),
        person=matter.names.get(conversation.assignee_id or 0, ""),
        person_is_answering=matter.person_is_answering,
        writer=matter.writer,
        last_by=last.author if last else Message.Author.CUSTOMER,
        waiting_since=conversation.last_inbound_at,
        due_at=None if closed else due_at,
        closed=closed.closed if closed else "",
        is_long_over=_is_long_over(conversation),
    )


def _is_long_over(conversation: Conversation) -> bool:
    """Whether what is written now begins a new one, as conversations/receive.py has it."""
    ended = conversation.resolved_at or conversation.last_message_at
    return ended < timezone.now() - timedelta(days=conversation.inbox.reopen_days)


def _say(message: Message, names: dict[int, str], met: set[int], url: str) -> Say:
    name = names.get(message.sender_id or 0) or _("A colleague")
    is_mine, is_ai = message.direction == Message.Direction.IN, message.is_from_assistant
    by = "" if is_mine else _by_assistant(message, names) if is_ai else name
    is_new = not is_mine and not is_ai and message.sender_id not in met
    return Say(
        pk=message.pk,
        kind="is-me" if is_mine else "" if is_ai else "is-person",
        speaker=_("You") if is_mine else by,
        by=by,
        is_ai=is_ai,
        text=message.text,
        language=message.language,
        at=message.published_at or message.created_at,
        sources=sources(message.citations) if is_ai else [],
        joined=_("%(person)s from %(company)s joined") % {"person": name, "company": settings.COMPANY_NAME} if is_new else "",
        files=[_file(one, url) for one in message.attachments.all() if one.state in SHOWN],
    )


def _file(attachment: Attachment, url: str) -> File:
    is_checked = attachment.state == Attachment.State.CLEAN
    return File(clean_name(attachment.name), attachment.size, f"{url}files/{attachment.pk}/" if is_checked else "")


def _by_assistant(message: Message, names: dict[int, str]) -> str:
    if message.reviewed_by_id is None:
        return _("Answered by AI")
    return _("Answered by AI, checked by %(person)s") % {"person": names.get(message.reviewed_by_id) or _("a colleague")}


def sources(citations: list[Any]) -> list[Source]:
    """Each title once. Only an address of the web becomes a link."""
    found: dict[str, Source] = {}
    for cited in citations:
        if isinstance(cited, dict) and str(cited.get("title", "")).strip():
            title, url = str(cited["title"]), str(cited.get("url") or "")
            found.setdefault(title, Source(title, url if _is_web(url) else ""))
    return list(found.values())


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
