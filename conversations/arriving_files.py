"""Files that customers send: kept with the message they came with, under names that say nothing, and typed by what is in them."""

import hashlib
from collections.abc import Iterable
from io import BytesIO

from django.core.files.base import File
from django.core.files.storage import default_storage

from conversations import scanning
from conversations.file_types import OTHER, type_of
from conversations.models import Attachment, Message
from conversations.uploading import clean_name, new_key
from gateways.types import InboundFile


def keep(message: Message, files: Iterable[InboundFile]) -> list[Attachment]:
    """One attachment for each file, in order; what the channel still holds waits for its bytes."""
    return [_kept(message, one) for one in files]


def _kept(message: Message, file: InboundFile) -> Attachment:
    made = Attachment(
        conversation=message.conversation, inbox_id=message.inbox_id, message=message, name=clean_name(file.name),
        content_type=OTHER, size=0, key=new_key(), content_id=file.content_id[:200], remote=file.remote[:300],
        state=Attachment.State.WAITING,
    )  # fmt: skip
    if file.content is not None:
        fill(made, file.content)
    made.save()
    # What the channel still holds is looked through once it is here.
    if file.content is not None:
        scanning.ask(made)
    return made


def fill(attachment: Attachment, content: bytes) -> None:
    """Lay the bytes down and write on the row what they are; the caller saves it, and then asks for it to be scanned."""
    stream = File(BytesIO(content))
    attachment.content_type, attachment.size = type_of(stream), len(content)
    attachment.sha256 = hashlib.sha256(content).hexdigest()
    attachment.state = scanning.first_state()
    default_storage.save(attachment.key, stream)
