"""What each channel carries: how long a text, which files, and until when. Checked before sending and again by the server."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations.families import received_in
from conversations.file_types import CSV, EXCEL, OTHER, PLAIN, SLIDES, WORD
from conversations.models import Attachment, Channel, ComposerText, Conversation

MEGABYTE = 1024 * 1024
# The longest text of any channel, and of a note.
LONGEST_TEXT = 100_000
WHATSAPP_WINDOW = timedelta(hours=24)
# A counter appears when less than this part of the length is left.
NEARLY = 0.1


@dataclass(frozen=True)
class Limits:
    """`types` is empty where every type may be sent; `window` is how long after the customer's last words a free text may go."""

    characters: int
    files: int
    file_bytes: int
    all_bytes: int
    types: frozenset[str] = frozenset()
    window: timedelta | None = None

    @property
    def nearly(self) -> int:
        return int(self.characters * (1 - NEARLY))

    @property
    def accepted(self) -> str:
        """For the file picker of a browser, which by it offers what fits; empty when everything does."""
        return ",".join(sorted(self.types))


DOCUMENTS = frozenset({"application/pdf", PLAIN, CSV, WORD, EXCEL, SLIDES})
IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
MEDIA = frozenset({"video/mp4", "audio/ogg", "audio/mpeg"})

LIMITS = {
    Channel.EMAIL: Limits(LONGEST_TEXT, files=20, file_bytes=20 * MEGABYTE, all_bytes=20 * MEGABYTE),
    Channel.WHATSAPP: Limits(
        4_096, files=10, file_bytes=16 * MEGABYTE, all_bytes=100 * MEGABYTE,
        types=DOCUMENTS | MEDIA | IMAGES - {"image/gif"}, window=WHATSAPP_WINDOW,
    ),
    Channel.WEB: Limits(
        20_000, files=10, file_bytes=10 * MEGABYTE, all_bytes=25 * MEGABYTE, types=DOCUMENTS | MEDIA | IMAGES
    ),
}  # fmt: skip
NOTES = Limits(LONGEST_TEXT, files=20, file_bytes=20 * MEGABYTE, all_bytes=100 * MEGABYTE)


def limits_of(conversation: Conversation, mode: str) -> Limits:
    return NOTES if mode == ComposerText.Mode.NOTE else LIMITS[Channel(conversation.channel)]


def closes_at(conversation: Conversation) -> datetime | None:
    """Until when a free text may be sent; None when there is no such end."""
    window = LIMITS[Channel(conversation.channel)].window
    if window is None:
        return None
    last = received_in(conversation.pk).filter(conversation__channel=conversation.channel).order_by("-pk").first()
    return (last.created_at if last else conversation.created_at) + window


def check_text(conversation: Conversation, mode: str, text: str) -> None:
    """Raises ValidationError when the channel does not carry so long a text."""
    most = limits_of(conversation, mode).characters
    if len(text) > most:
        raise ValidationError(
            _("%(channel)s carries %(most)s characters; this has %(count)s. Shorten it by %(over)s.")
            % {
                "channel": conversation.get_channel_display() if mode != ComposerText.Mode.NOTE else _("A note"),
                "most": f"{most:,}", "count": f"{len(text):,}", "over": f"{len(text) - most:,}",
            }
        )  # fmt: skip


def check_window(conversation: Conversation, at: datetime | None = None) -> None:
    """Raises ValidationError when the text would go (at `at`, else now) after the channel's window has closed."""
    end = closes_at(conversation)
    if end is None or (at or timezone.now()) < end:
        return
    if at is None:
        raise ValidationError(window_closed())
    raise ValidationError(_("WhatsApp takes no free text more than 24 hours after the customer’s last message."))


def window_closed() -> str:
    return _(
        "The customer last wrote more than 24 hours ago: WhatsApp takes no free text. Send a template, or wait for him to write."
    )


def check_files(conversation: Conversation, mode: str, files: list[Attachment]) -> None:
    """Raises ValidationError with every reason why these files, together, cannot go."""
    limits, reasons = limits_of(conversation, mode), [refusal(conversation, mode, one) for one in files]
    if len(files) > limits.files:
        most = limits.files
        reasons.append(
            ngettext("At most %d file can go with one message.", "At most %d files can go with one message.", most) % most
        )
    if sum(one.size for one in files) > limits.all_bytes:
        reasons.append(_("All files together are larger than %s.") % filesizeformat(limits.all_bytes))
    found = [reason for reason in reasons if reason]
    if found:
        raise ValidationError(found)


def refusal(conversation: Conversation, mode: str, file: Attachment) -> str:
    """Why this one file cannot go, empty when it can."""
    limits = limits_of(conversation, mode)
    if file.size > limits.file_bytes:
        return _("%(name)s has %(size)s; at most %(most)s can be sent.") % {
            "name": file.name, "size": filesizeformat(file.size), "most": filesizeformat(limits.file_bytes)
        }  # fmt: skip
    if limits.types and file.content_type not in limits.types:
        kind = _("a kind of file that is not known") if file.content_type == OTHER else file.content_type
        channel = conversation.get_channel_display()
        return _("%(channel)s does not carry %(name)s: it is %(kind)s.") % {"channel": channel, "name": file.name, "kind": kind}
    return ""
