"""Links to files on an origin of their own, where nobody is signed in: the link itself says who may look, for a minute.

What it says is no right of its own. Whoever was meant is asked for anew under row security when the link is opened: a role that was
taken away meanwhile, or a conversation that is another's by now, opens nothing.
"""

from django.conf import settings
from django.core import signing
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from conversations.models import Attachment
from conversations.shown import sent
from conversations.views import staff
from core.context import Actor, acting_as, current_actor

PATH = "/files/"
GOOD_FOR = 60
_SALT = "file link"


def handed_out(rows: QuerySet[Attachment], *, preview: bool = False) -> HttpResponse:
    """The one file among `rows`, for whoever acts now: itself, or its link where files have an origin of their own. Raises Http404."""
    if not settings.FILES_URL:
        return sent(rows, preview=preview)
    pk = rows.filter(state=Attachment.State.CLEAN).values_list("pk", flat=True).first()
    if pk is None:
        raise Http404
    response = redirect(f"{settings.FILES_URL}{PATH}{_signed(pk, current_actor(), preview)}/")
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@staff
def attachment(request: HttpRequest, pk: int) -> HttpResponse:
    """A file of a message, to be kept. With ?preview=1 the four kinds of pictures that browsers draw and never run."""
    return handed_out(Attachment.objects.filter(pk=pk), preview=request.GET.get("preview") == "1")


@require_safe
def linked(request: HttpRequest, token: str) -> HttpResponse:
    """The file that the link names, if its reader may still see it; 404 for everything else."""
    try:
        pk, kind, subject, epoch, preview = signing.loads(token, salt=_SALT, max_age=GOOD_FOR)
    except (signing.BadSignature, ValueError) as error:
        raise Http404 from error
    with acting_as(Actor(kind=kind, id=subject, epoch=epoch), read_only=True):
        response = sent(Attachment.objects.filter(pk=pk), preview=preview)
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _signed(pk: int, actor: Actor, preview: bool) -> str:
    return signing.dumps([pk, actor.kind, actor.id, actor.epoch, preview], salt=_SALT)
