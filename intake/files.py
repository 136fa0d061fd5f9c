"""Files that a customer sends from our pages: what may come is said before he chooses, and checked when it has come."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations.channel_limits import LIMITS
from conversations.file_types import type_of
from conversations.models import Channel
from conversations.uploading import clean_name
from gateways.types import InboundFile

FIELD = "files"
MOST = LIMITS[Channel.WEB]
# The browser's own names for what a document without a type is offered by.
ENDINGS = ".csv,.txt,.docx,.xlsx,.pptx"


@dataclass(frozen=True)
class Chosen:
    """What came along, and why some of it, or all of it together, cannot be taken."""

    files: tuple[InboundFile, ...]
    refused: tuple[str, ...]


@dataclass(frozen=True)
class Allowed:
    """What is said at the button, and what the browser can check by itself before anything is sent."""

    hint: str
    accept: str
    most: int
    file_bytes: int
    all_bytes: int


def allowed() -> Allowed:
    most, one, together = MOST.files, filesizeformat(MOST.file_bytes), filesizeformat(MOST.all_bytes)
    hint = _(
        "Up to %(most)s files, %(one)s each and %(together)s together: pictures, PDF, Word, Excel, PowerPoint, text, CSV, MP4, MP3, OGG"
    ) % {"most": most, "one": one, "together": together}
    return Allowed(hint, f"{MOST.accepted},{ENDINGS}", MOST.files, MOST.file_bytes, MOST.all_bytes)


def chosen(request: HttpRequest) -> Chosen:
    """The files of a sending. When one is refused nothing is sent: a browser cannot keep the others for him."""
    uploads = [one for one in request.FILES.getlist(FIELD) if isinstance(one, UploadedFile)]
    refused = [reason for reason in map(_refusal, uploads) if reason]
    if len(uploads) > MOST.files:
        refused.append(ngettext("Choose at most %d file", "Choose at most %d files", MOST.files) % MOST.files)
    if sum(one.size or 0 for one in uploads) > MOST.all_bytes:
        refused.append(_("All files together may have %(most)s") % {"most": filesizeformat(MOST.all_bytes)})
    if refused:
        return Chosen((), tuple(refused))
    return Chosen(tuple(_inbound(one) for one in uploads), ())


def told(refused: Iterable[str]) -> str:
    """What was refused, in one paragraph: nothing went out, and the words are where they were."""
    return _("Not sent. %(reasons)s. Your text is kept: choose the files again.") % {"reasons": "; ".join(refused)}


def digests(files: Iterable[InboundFile]) -> list[dict[str, object]]:
    """What stands in the receipt for each file, so that the same words with other files are another message."""
    return [{"name": one.name, "sha256": hashlib.sha256(one.content or b"").hexdigest()} for one in files]


def _refusal(upload: UploadedFile) -> str:
    name, size = clean_name(upload.name or ""), upload.size or 0
    if not size:
        return _("%(name)s is empty") % {"name": name}
    if size > MOST.file_bytes:
        return _("%(name)s has %(size)s; a file may have %(most)s") % {
            "name": name, "size": filesizeformat(size), "most": filesizeformat(MOST.file_bytes)
        }  # fmt: skip
    if type_of(upload) not in MOST.types:
        return _("%(name)s is no kind of file that can be sent here, whatever its name says") % {"name": name}
    return ""


def _inbound(upload: UploadedFile) -> InboundFile:
    upload.seek(0)
    return InboundFile(name=clean_name(upload.name or ""), content=upload.read(), declared=upload.content_type or "")
