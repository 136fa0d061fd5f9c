"""Files on their way into a message: what they are by content, whether the channel carries them, and where their bytes lie."""

import hashlib
import secrets
import unicodedata

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from accounts.models import User
from conversations import scanning
from conversations.channel_limits import check_files, refusal
from conversations.file_types import type_of
from conversations.models import Attachment, Conversation, Event, Message
from core import audit

LONGEST_NAME = 120
# Characters that turn, hide or break a line: a name shown with them would lie about its ending.
_CONTROL = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def add(conversation: Conversation, file: File, *, name: str, mode: str, by: User) -> Attachment:
    """Take a file for the message that `by` is writing. Raises ValidationError when the channel would not carry it."""
    made = Attachment(
        conversation=conversation, inbox_id=conversation.inbox_id, by=by, mode=mode, name=clean_name(name),
        content_type=type_of(file), size=file.size or 0, key=new_key(), state=scanning.first_state(),
    )  # fmt: skip
    if not made.size:
        raise ValidationError(_("%s is empty.") % made.name)
    if reason := refusal(conversation, mode, made):
        raise ValidationError(reason)
    check_files(conversation, mode, [*waiting(conversation, mode, by=by), made])
    made.sha256 = _digest(file)
    default_storage.save(made.key, file)
    made.save()
    scanning.ask(made)
    audit.record(Event.ATTACHMENT_ADDED, made, size=made.size)
    return made


def waiting(conversation: Conversation, mode: str, *, by: User) -> list[Attachment]:
    """The files of the message that `by` is writing."""
    mine = Attachment.objects.filter(conversation=conversation, by=by, mode=mode, message__isnull=True)
    return list(mine.order_by("pk"))


def link(files: list[Attachment], message: Message) -> None:
    """The files go with `message` from here on."""
    Attachment.objects.filter(pk__in=[one.pk for one in files], message__isnull=True).update(message=message)


def remove(file: Attachment) -> None:
    """Take a file out of the message being written, bytes included."""
    Attachment.objects.filter(pk=file.pk, message__isnull=True).delete()
    default_storage.delete(file.key)


def new_key() -> str:
    """A name in the storage that says nothing and that nobody can guess."""
    token = secrets.token_hex(32)
    return f"attachments/{token[:2]}/{token[2:]}"


def clean_name(name: str) -> str:
    """The name as it may be shown: its last part, without what turns or hides text, and not longer than a line."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(one for one in unicodedata.normalize("NFC", last) if unicodedata.category(one) not in _CONTROL).strip(" .")
    if len(shown) <= LONGEST_NAME:
        return shown or "file"
    stem, dot, ending = shown.rpartition(".")
    if not dot or len(ending) > 10:
        return shown[: LONGEST_NAME - 1] + "…"
    return f"{stem[: LONGEST_NAME - len(ending) - 2]}….{ending}"


def _digest(file: File) -> str:
    found = hashlib.sha256()
    file.seek(0)
    for chunk in file.chunks():
        found.update(chunk)
    file.seek(0)
    return found.hexdigest()
