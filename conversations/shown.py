"""What came from outside, shown under a policy of its own: the mail as it was laid out, and files.

A row that is not there and one that the reader may not see answer with the same bytes.
"""

import logging

from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from conversations import file_types, originals
from conversations.models import Attachment, Message
from conversations.uploading import clean_name
from conversations.views import staff

logger = logging.getLogger(__name__)

# Popups are what a link opens; they get out of the sandbox, or the page behind it would have neither script nor sign-in.
FRAME = "allow-popups allow-popups-to-escape-sandbox"
MOST_EMBEDDED = 4 * 1024 * 1024
_HARMLESS = {kind for _, _, kind in file_types.MAGIC} | {
    file_types.PLAIN, file_types.CSV, file_types.WORD, file_types.EXCEL, file_types.SLIDES,
}  # fmt: skip


def _policy(*images: str) -> str:
    parts = (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        f"img-src {' '.join(images)}",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
        f"sandbox {FRAME}",
    )
    return "; ".join(parts)


FILE_POLICY = "default-src 'none'; sandbox"


@require_safe
@staff
def original(request: HttpRequest, pk: int) -> HttpResponse:
    """The mail as its sender laid it out. Pictures from elsewhere only with ?images=1: loading them tells the sender that it was read."""
    message = Message.objects.filter(pk=pk).exclude(html="").first()
    if message is None:
        raise Http404
    images = request.GET.get("images") == "1"
    try:
        shown = originals.harmless(message.html, images=images, embedded=_embedded(message))
    except originals.TooLarge:
        shown = ""
    page = {"html": mark_safe(shown), "text": message.text, "lang": message.language}  # noqa: S308  cleaned one line above
    response = render(request, "conversations/original.html", page)
    response["Content-Security-Policy"] = _policy("data:", "https:") if images else _policy("data:")
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


def sent(rows: QuerySet[Attachment], *, preview: bool = False) -> HttpResponse:
    """The one file among `rows`, which the caller has narrowed down to what its reader asked for. Raises Http404."""
    found = rows.filter(state=Attachment.State.CLEAN).first()
    content = _bytes(found) if found else None
    if found is None or content is None:
        raise Http404
    is_shown = preview and _is_picture(found)
    response = HttpResponse(content, content_type=_type(found))
    response["Content-Disposition"] = content_disposition_header(not is_shown, clean_name(found.name))
    response["Content-Security-Policy"] = FILE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return response


def _type(found: Attachment) -> str:
    """Never one that a browser might run, whatever the row says."""
    return found.content_type if found.content_type in _HARMLESS else file_types.OTHER


def _is_picture(found: Attachment) -> bool:
    """By the row, and by the bytes as they lie there now."""
    if found.content_type not in originals.SHOWN_INLINE:
        return False
    with default_storage.open(found.key) as file:
        return file_types.type_of(file) == found.content_type


def _bytes(found: Attachment) -> bytes | None:
    try:
        with default_storage.open(found.key) as file:
            content: bytes = file.read()
            return content
    except OSError:
        logger.warning("a file is missing in the storage", extra={"facts": {"attachment": found.pk}})
        return None


def _embedded(message: Message) -> dict[str, str]:
    """The mail's own pictures by their id, as long as they are not too many bytes together."""
    pictures = Attachment.objects.filter(message=message, state=Attachment.State.CLEAN, content_type__in=originals.SHOWN_INLINE)
    found: dict[str, str] = {}
    left = MOST_EMBEDDED
    for picture in pictures.exclude(content_id="").order_by("pk"):
        content = _bytes(picture) if picture.size <= left else None
        if content is not None and _is_picture(picture):
            found[picture.content_id.strip("<>")] = originals.data_address(picture.content_type, content)
            left -= picture.size
    return found
