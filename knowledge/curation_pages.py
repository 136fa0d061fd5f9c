"""What the pages of gaps, proposals, web pages and disagreements share: the frame, the parts of a long list, and the answer to a lost race."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from knowledge.views import frame

PER_PAGE = 30


def framed(request: HttpRequest, tab: str) -> dict[str, Any]:
    return frame(request) | {"tab": tab}


def page_of(request: HttpRequest, rows: QuerySet[Any]) -> Page[Any]:
    """The part of the list that the address asks for; what it asks for wrongly is the nearest there is."""
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


def lost(request: HttpRequest, tab: str, back: str) -> HttpResponse:
    """Somebody decided first: nothing was done, and the way back."""
    return render(request, "knowledge/decided.html", framed(request, tab) | {"back": back}, status=409)
