"""Whom an "@" may mean, for the list that opens while a note is written."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from conversations import mentions
from conversations.cards import hue
from conversations.views import reader, staff, visible


@require_safe
@staff
def offered(request: HttpRequest, pk: int) -> HttpResponse:
    """Everybody at once: the page narrows the list down while the name is typed, and warns of those who cannot see it."""
    found = mentions.offered(visible(pk), by=reader(request))
    return render(request, "conversations/_mention_list.html", {"named": [(one, hue(one.name)) for one in found]})
