"""Tagging a conversation: by typing the beginning of a name. Who may not make a new tag is told so, and nothing is made."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from conversations import tagging
from conversations.fragments import answer, drawn, say, wants_fragment
from conversations.models import Conversation, Tag
from conversations.sheets import sheet
from conversations.views import head_fragments, reader, staff, visible

OFFERED = 200


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def tags(request: HttpRequest, pk: int) -> HttpResponse:
    """The conversation's tags and those that can be added; posted with a name, it has that tag too."""
    found = visible(pk)
    if not wants_fragment(request) and request.method != "POST":
        return redirect(f"/conversations/{pk}/")
    if request.method != "POST":
        return sheet(request, "conversations/_tag_sheet.html", _shown(request, found))
    name = tagging.tidy(request.POST.get("name", ""))
    try:
        tag = tagging.named_or_made(name, by=reader(request)) if name else None
    except tagging.MayNotMake:
        told = _("There is no tag “%s”. Choose one of the list; a supervisor can make a new one.") % name
        return sheet(request, "conversations/_tag_sheet.html", _shown(request, found) | {"typed": name}, status=422, told=told)
    if tag is None:
        return sheet(request, "conversations/_tag_sheet.html", _shown(request, found), status=422, told=_("Type a tag first."))
    tagging.add(found, tag, by=reader(request))
    return _changed(request, found, _("Tagged “%s”") % tag.name)


@require_POST
@staff
def remove(request: HttpRequest, pk: int, tag: int) -> HttpResponse:
    """The conversation has the tag no longer."""
    found = visible(pk)
    gone = get_object_or_404(Tag, pk=tag)
    tagging.remove(found, gone, by=reader(request))
    return _changed(request, found, _("Tag “%s” removed") % gone.name)


def _changed(request: HttpRequest, found: Conversation, told: str) -> HttpResponse:
    if not wants_fragment(request):
        return redirect(f"/conversations/{found.pk}/")
    shown = drawn("#tag-sheet-body", "innerMorph", "conversations/_tag_sheet_body.html", _shown(request, found), request)
    return answer(shown, *head_fragments(visible(found.pk), request), say(told))


def _shown(request: HttpRequest, found: Conversation) -> dict[str, object]:
    has = list(tagging.tags_of(found))
    others = Tag.objects.exclude(pk__in=[one.pk for one in has])[:OFFERED]
    return {"conversation": found, "tags": has, "offered": others, "may_make": reader(request).role == User.Role.SUPERVISOR}
