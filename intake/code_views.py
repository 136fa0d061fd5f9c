"""The customer confirms that it is he: a code to the address that he gave, typed on his page. He goes on under an address that says so."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from conversations.fragments import answer, drawn, say, wants_fragment
from conversations.models import Level
from core.context import Actor, acting_as
from intake import codes
from intake.answers import SeeOther, wait_in_words
from intake.framing import from_our_pages
from intake.links import conversation_token
from intake.views import Guest, for_guest, whole


@require_POST
@from_our_pages
@for_guest
def send(request: HttpRequest, guest: Guest) -> HttpResponse:
    """Send a code. What is answered tells nobody whether there was an address."""
    wait = codes.send_code(guest.conversation_id)
    if wait:
        return _said(request, guest, 429, error=_("Try again in %(wait)s.") % {"wait": wait_in_words(wait)})
    return _said(request, guest, 200, told=_("A code is on its way to the address that you gave. It is good for 10 minutes."))


@require_POST
@from_our_pages
@for_guest
def check(request: HttpRequest, guest: Guest) -> HttpResponse:
    """Take the code."""
    if not codes.check_code(guest.conversation_id, request.POST.get("code", "")[:20]):
        return _said(
            request, guest, 422, error=_("That is not the code, or it is too old. Look again, or ask for another one.")
        )
    page = f"/c/{conversation_token(guest.conversation_id, Level.PROVEN)}/{guest.query}"
    if not wants_fragment(request):
        return SeeOther(page)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = page
    return response


def _said(request: HttpRequest, guest: Guest, status: int, *, told: str = "", error: str = "") -> HttpResponse:
    facts = {"code_told": told, "code_error": error, "code_asked": True, "can_prove": True}
    if wants_fragment(request):
        context = facts | {"url": guest.url, "query": guest.query}
        return answer(drawn("#prove", "outerHTML", "intake/_prove.html", context, request), say(told or error), status=status)
    with acting_as(Actor.customer(guest.customer_id)):
        return whole(request, guest, status=status, **facts)
