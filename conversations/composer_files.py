"""Files put into the composer and taken out of it again."""

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from conversations import composer, uploading
from conversations.fragments import answer, drawn, say, wants_fragment
from conversations.models import Attachment, ComposerText
from conversations.views import reader, staff, visible


@require_POST
@staff
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the files `file`. Those that the channel does not carry are named with the reason; the others stay."""
    found, refusals = visible(pk), []
    mode = request.POST.get("mode", "")
    if mode not in ComposerText.Mode.values:
        raise Http404
    for one in request.FILES.getlist("file"):
        try:
            uploading.add(found, one, name=one.name or "", mode=mode, by=reader(request))
        except ValidationError as refused:
            refusals += refused.messages
    return _files(request, found.pk, refusals, _("File added"))


@require_POST
@staff
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one of the reader's own files out of the message that he is writing."""
    file = Attachment.objects.filter(pk=pk, by=reader(request), message__isnull=True).first()
    if file is None:
        raise Http404
    uploading.remove(file)
    return _files(request, file.conversation_id, [], _("File removed"))


def _files(request: HttpRequest, pk: int, refusals: list[str], told: str) -> HttpResponse:
    if not wants_fragment(request):
        return redirect(f"/conversations/{pk}/")
    context = composer.files(visible(pk), reader(request)) | {"refusals": refusals}
    shown = drawn("#composer-files", "innerHTML", "conversations/_composer_files.html", context, request)
    return answer(shown, say(refusals[0] if refusals else told, urgent=bool(refusals)))
