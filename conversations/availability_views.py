"""Saying whether one is there, from the menu under one's own name."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.models import User
from conversations import availability
from conversations.actions import Told, notice
from conversations.fragments import answer, drawn, partial, wants_fragment
from conversations.queries import number
from conversations.views import reader, staff


@require_POST
@staff
def choose(request: HttpRequest) -> HttpResponse:
    """Available, busy or away. `back` are conversations that going away returned: whoever steps back has them again."""
    wanted = request.POST.get("availability")
    if wanted not in User.Availability.values:
        raise Http404
    user = reader(request)
    done = availability.choose(user, wanted)
    back = [pk for pk in map(number, request.POST.get("back", "").split(",")) if pk]
    told = _took_back(user, back) if back else _told(wanted, done)
    user.availability = wanted
    if not wants_fragment(request):
        return redirect("/queue/")
    context = {"availability": wanted}
    said = partial("#me-said", "textContent", user.get_availability_display())
    return answer(
        drawn("#availability", "outerMorph", "conversations/_availability.html", context, request), said, notice(told)
    )


def _told(wanted: str, done: availability.Changed) -> Told:
    said = {
        "available": _("You are available for new work"),
        "busy": _("You are busy: no new work comes to you"),
        "away": _("You are away: nothing new comes to you"),
    }[wanted]
    if not done.returned:
        return Told(said)
    number = len(done.returned)
    returned = ngettext("%d conversation returned to its team.", "%d conversations returned to their teams.", number) % number
    fields = {"availability": User.Availability.AVAILABLE, "back": ",".join(map(str, done.returned))}
    return Told(said, "/preferences/availability/", fields, sub=returned)


def _took_back(user: User, back: list[int]) -> Told:
    _mine, others = availability.take_back(user, back)
    gone = ngettext("%d is with somebody else by now.", "%d are with somebody else by now.", others) % others
    return Told(_("You are available again"), sub=gone if others else _("You have what you had."))
