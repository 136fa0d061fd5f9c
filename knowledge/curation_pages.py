"""What the pages of gaps, proposals, web pages and disagreements share: the frame, the counts, and the answer to a lost race."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from knowledge.models import Contradiction, Gap, Proposal, WebPage
from knowledge.views import frame

PER_PAGE = 30


def waiting() -> dict[str, int]:
    """How much of each waits for an editor."""
    return {
        "gaps": Gap.objects.filter(state=Gap.State.OPEN).count(),
        "proposals": Proposal.objects.filter(state=Proposal.State.WAITING).count(),
        "pages": WebPage.objects.filter(state=WebPage.State.CHANGED).count(),
        "disagreements": Contradiction.objects.filter(state=Contradiction.State.OPEN).count(),
    }


def framed(request: HttpRequest, tab: str) -> dict[str, Any]:
    return frame(request) | {"tab": tab, "waiting": waiting()}


def page_of(request: HttpRequest, rows: QuerySet[Any]) -> Page[Any]:
    """The part of the list that the address asks for; what it asks for wrongly is the nearest there is."""
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


def lost(request: HttpRequest, tab: str, back: str) -> HttpResponse:
    """Somebody decided first: nothing was done, and the way back."""
    return render(request, "knowledge/decided.html", framed(request, tab) | {"back": back}, status=409)
