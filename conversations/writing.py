"""Posting what stands in the composer: every check, the message, and in the same transaction its files and its macro."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from conversations import (
    assignment,
    canned,
    channel_limits,
    delivery,
    keeping,
    macros,
    recipients,
    scheduling,
    snooze_times,
    snoozing,
    uploading,
)  # fmt: skip
from conversations.families import said_in
from conversations.models import ComposerText, Conversation, Message


class AlreadySent(Exception):
    """Other words went out under the same key: the answer to them was lost on its way to the page."""


REPLY, NOTE = ComposerText.Mode.REPLY, ComposerText.Mode.NOTE


def post(conversation: Conversation, data: dict[str, Any], *, by: User) -> Message:
    """Send a reply or keep a note; `data` is a valid ReplyForm's. The same words under the same `client_key` give the first message.

    Raises ValidationError when it may not go as it is, StaleReply when it has to be asked about, and AlreadySent when the key was
    used up by other words: then these are neither sent nor lost.
    """
    write = _note if data["mode"] == NOTE else _reply
    key = keeping.key_of(data["client_key"], data["mode"])
    first = Message.objects.filter(conversation=conversation, client_key=key).first()
    if first is None:
        first = write(conversation, data, key, by)
        _then(conversation, data, by)
    elif first.text != data["text"]:
        raise AlreadySent
    keeping.forget(conversation, data["mode"], by=by)
    return first


def _note(conversation: Conversation, data: dict[str, Any], key: uuid.UUID, by: User) -> Message:
    channel_limits.check_text(conversation, NOTE, data["text"])
    files = uploading.waiting(conversation, NOTE, by=by)
    channel_limits.check_files(conversation, NOTE, files)
    message = delivery.note(conversation, data["text"], by=by, client_key=key)
    uploading.link(files, message)
    return message


def _reply(conversation: Conversation, data: dict[str, Any], key: uuid.UUID, by: User) -> Message:
    _check_is_no_note(conversation, data["text"], by)
    channel_limits.check_text(conversation, REPLY, data["text"])
    canned.check_filled(data["text"])
    at = scheduling.moment(data["send_at"], data["send_at_time"])
    channel_limits.check_window(conversation, at)
    files = uploading.waiting(conversation, REPLY, by=by)
    channel_limits.check_files(conversation, REPLY, files)
    how = delivery.Sending(_addressed(conversation, data), at, min(data["caret"] or 0, len(data["text"])))
    message = delivery.reply(conversation, data["text"], by=by, client_key=key, how=how, **_looked_at(data))
    uploading.link(files, message)
    return message


def _addressed(conversation: Conversation, data: dict[str, Any]) -> recipients.Recipients:
    if not data["addressed"]:
        return recipients.offered(conversation)
    return recipients.checked(conversation, data["to"], data["cc"])


def _looked_at(data: dict[str, Any]) -> dict[str, Any]:
    """What the writer had before him. A confirmation holds up to what the question had shown: what came after it is asked again."""
    if not (data["confirm"] and data["shown"] is not None):
        return {"seen": data["seen"], "ownership": data["ownership"], "confirm": data["confirm"]}
    return {"seen": max(data["seen"] or 0, data["shown"]), "ownership": data["shown_ownership"]}


def _check_is_no_note(conversation: Conversation, text: str, by: User) -> None:
    """The last door before a customer: words kept or posted as a note do not leave, whatever the page believes them to be."""
    kept = ComposerText.objects.filter(conversation=conversation, user=by, mode=NOTE).values_list("text", flat=True)
    notes = said_in(conversation.pk).filter(direction=Message.Direction.NOTE)
    if any(text.split() == one.split() for one in (*kept, *notes.values_list("text", flat=True))):
        raise ValidationError(
            _("These are the words of a private note. Nothing was sent: write the reply in words of its own.")
        )


def _then(conversation: Conversation, data: dict[str, Any], by: User) -> None:
    """What was asked for beside the message."""
    if data["macro"]:
        macros.apply(macros.visible(data["macro"]), conversation, by=by)
    conversation.refresh_from_db(fields=["state"])
    if data["resolve"] and conversation.state != Conversation.State.RESOLVED:
        assignment.resolve(conversation, by=by)
    elif data["snooze"] and conversation.state != Conversation.State.RESOLVED:
        tomorrow = next(one for one in snooze_times.choices() if one.key == snooze_times.TOMORROW)
        snoozing.snooze(conversation, until=tomorrow.until, by=by)
