"""The page of disagreements: two articles that cannot both be right, side by side."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.claims import LostClaim
from knowledge import contradictions
from knowledge.curation_pages import framed, lost, page_of
from knowledge.models import Contradiction
from knowledge.views import editors, reader

PAGE = "/knowledge/disagreements/"


@require_safe
@editors
def disagreements(request: HttpRequest) -> HttpResponse:
    """What is open, newest first."""
    context = {"found": page_of(request, contradictions.waiting())}
    return render(request, "knowledge/disagreements.html", framed(request, "disagreements") | context)


@require_POST
@editors
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Both can be true."""
    row = Contradiction.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    try:
        contradictions.dismiss(row, by=reader(request))
    except LostClaim:
        return lost(request, "disagreements", PAGE)
    messages.success(request, _("Both stand. It comes back only when one of the two sentences changes."), extra_tags="check")
    return redirect(PAGE)
