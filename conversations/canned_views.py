"""Canned replies in the composer: what a few letters may mean, and exactly what would be inserted."""

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from conversations import canned, macros
from conversations.views import reader, staff, visible


@require_safe
@staff
def listed(request: HttpRequest, pk: int) -> HttpResponse:
    """What the words `q` after the slash may mean."""
    found = visible(pk)
    words = request.GET.get("q", "").replace("\0", "")[:40]
    context = {"replies": canned.found(words), "conversation": found, "words": words}
    return render(request, "conversations/_canned_list.html", context)


@require_safe
@staff
def preview(request: HttpRequest, pk: int, reply: int) -> HttpResponse:
    """The text with its variables filled in, and what a macro would do."""
    found = visible(pk)
    try:
        chosen = macros.visible(reply)
        does = macros.described(chosen, found, by=reader(request))
    except ValidationError as refused:
        raise Http404 from refused
    filled = canned.fill(canned.text_for(chosen, found), found, agent=reader(request))
    context = {"reply": chosen, "filled": filled, "does": does, "conversation": found}
    return render(request, "conversations/_canned_preview.html", context)
