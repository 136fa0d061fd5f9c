"""The page says what its reader does, and asks who else is there. Nobody is shown to himself."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from conversations import mentions, presence, typing
from conversations.cards import hue
from conversations.models import Presence
from conversations.views import reader, staff, visible

GONE = "gone"


@require_http_methods(["GET", "POST"])
@staff
def present(request: HttpRequest, pk: int) -> HttpResponse:
    """GET: the others, as the line in the conversation's head. POST: what the reader does there, or that he left."""
    found = visible(pk)
    if request.method == "GET":
        others = presence.others(found, but=reader(request))
        context = {
            "customer_writes": typing.is_customer_writing(found),
            "again": f"{typing.SECONDS + 1}s",
            "pk": found.pk,
            "others": [(one.user.initials, hue(str(one.user))) for one in others],
            "told": presence.told(others),
            "writing": presence.told(presence.writing(others)),
        }
        return render(request, "conversations/_presence_people.html", context)
    doing = request.POST.get("doing")
    if doing == GONE:
        presence.leave(found, by=reader(request))
    elif doing in Presence.Doing.values:
        presence.beat(found, doing, by=reader(request))
        mentions.see(found, by=reader(request))
    else:
        return HttpResponse(status=422)
    return HttpResponse(status=204)
