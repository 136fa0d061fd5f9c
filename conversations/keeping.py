"""What has been typed and not sent: kept per person, conversation and mode, on every device, until it is sent or forgotten."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from django.core.files.storage import default_storage
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from conversations.models import Attachment, ComposerText, Conversation, Message
from core.context import Actor, acting_as

TIDY = Actor.system("composer texts")
KEPT_IDLE = timedelta(days=30)
BATCH = 500


class NewerKept(Exception):
    """Another page of the same person has kept or sent something since; `now` is what is kept, None when nothing is."""

    def __init__(self, now: ComposerText | None) -> None:
        super().__init__("kept elsewhere")
        self.now = now


@dataclass(frozen=True)
class Typed:
    """What stands in the composer. `caret` counts characters; `recipients` as on a message."""

    mode: str
    text: str
    caret: int = 0
    recipients: dict[str, list[str]] = field(default_factory=dict)


def keep(conversation: Conversation, typed: Typed, *, by: User, since: str | None, client_key: uuid.UUID | None = None) -> str:
    """Keep what stands in the composer and return its version. An empty text is forgotten.

    `since` is the version that the page knew ("" for none); with None nothing is compared. Raises NewerKept when it is an older
    one: the later words stand, and the page asks. What was sent under `client_key` meanwhile is not kept again.
    """
    if client_key and _was_sent(conversation, typed, key_of(client_key, typed.mode)):
        return ""
    now = ComposerText.objects.select_for_update().filter(conversation=conversation, user=by, mode=typed.mode).first()
    if since is not None and since != version(now) and (now is None or now.text != typed.text):
        raise NewerKept(now)
    if not typed.text.strip():
        forget(conversation, typed.mode, by=by)
        return ""
    return _stored(conversation, typed, by, now, since)


def _was_sent(conversation: Conversation, typed: Typed, key: uuid.UUID) -> bool:
    """Whether this save was overtaken by the sending of the same words."""
    first = Message.objects.filter(conversation=conversation, client_key=key).values_list("text", flat=True).first()
    return first is not None and first.startswith(typed.text.strip())


def _stored(conversation: Conversation, typed: Typed, by: User, now: ComposerText | None, since: str | None) -> str:
    fresh = {"text": typed.text, "caret": min(typed.caret, len(typed.text)), "recipients": typed.recipients}
    if now is None:
        mine = {"conversation": conversation, "user": by, "mode": typed.mode}
        row, is_new = ComposerText.objects.get_or_create(**mine, defaults={**fresh, "inbox_id": conversation.inbox_id})
        if is_new:
            return version(row)
        # Another page was quicker by a moment.
        if since is not None:
            raise NewerKept(row)
        now = row
    ComposerText.objects.filter(pk=now.pk).update(**fresh, changed_at=Now())
    now.refresh_from_db()
    return version(now)


def version(kept: ComposerText | None) -> str:
    return kept.changed_at.isoformat() if kept else ""


def key_of(client_key: uuid.UUID, mode: str) -> uuid.UUID:
    """A note has a key of its own: a reply sent again under the same one must not swallow it."""
    return uuid.uuid5(client_key, mode) if mode == ComposerText.Mode.NOTE else client_key


def forget(conversation: Conversation, mode: str, *, by: User) -> None:
    ComposerText.objects.filter(conversation=conversation, user=by, mode=mode).delete()


def give_back(message: Message, *, by: User) -> None:
    """Put a reply that did not go back into the composer of `by`, with its files. What is being written there stays, after it."""
    kept = ComposerText.objects.filter(conversation=message.conversation_id, user=by, mode=ComposerText.Mode.REPLY).first()
    typed = kept.text if kept else ""
    if message.text in typed:
        return
    text = f"{message.text}\n\n{typed}" if typed.strip() else message.text
    back = Typed(ComposerText.Mode.REPLY, text, message.delivery.caret, message.recipients)
    keep(message.conversation, back, by=by, since=None)
    Attachment.objects.filter(message=message, by=by).update(message=None, mode=ComposerText.Mode.REPLY)


def tidy() -> int:
    """Forget what nobody has touched for 30 days, and the files that never went anywhere. Returns how much went."""
    before = timezone.now() - KEPT_IDLE
    with acting_as(TIDY):
        gone, _ = ComposerText.objects.filter(changed_at__lt=before).delete()
        idle = Attachment.objects.filter(message__isnull=True, created_at__lt=before)
        files = list(idle.order_by("pk").values_list("pk", "key")[:BATCH])
        Attachment.objects.filter(pk__in=[pk for pk, _ in files]).delete()
    # After the rows are gone for certain: a file without a row is found by nobody, a row without its file is an error.
    for _, key in files:
        default_storage.delete(key)
    return gone + len(files)
