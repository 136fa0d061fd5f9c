"""What a person decides about a reply that did not get through."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from conversations import queries, retries
from conversations.asks import WHY_TWICE
from conversations.fragments import answer, toast, wants_fragment
from conversations.models import Delivery, Message
from conversations.views import reader, staff, thread_fragments, visible
from core.claims import LostClaim

AGAIN, ARRIVED = "again", "arrived"


@require_POST
@staff
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try again what surely was not sent; of what may have arrived say that it did, or that it is to go out once more."""
    message = queries.message(pk)
    if message is None or getattr(message, "delivery", None) is None:
        raise Http404
    told, status = _done(message, request.POST.get("do", AGAIN), request.POST.get("why", ""), reader(request))
    fresh = visible(message.conversation_id)
    if not wants_fragment(request):
        return redirect(f"/conversations/{fresh.pk}/")
    return answer(*thread_fragments(request, fresh), toast(told, icon="check" if status == 200 else "alert"), status=status)


def _done(message: Message, what: str, why: str, by: User) -> tuple[str, int]:
    is_held = message.delivery.state == Delivery.State.HELD
    try:
        if what == ARRIVED and is_held:
            retries.confirm(message, by=by)
            return _("Noted: it arrived"), 200
        if what != AGAIN:
            return _("That is decided already. This is how it is now."), 409
        if not is_held:
            retries.try_again(message)
        elif why not in WHY_TWICE:
            return _("Say first why it is to go out again. Nothing was sent."), 422
        else:
            retries.send_twice_if_need_be(message, why=why)
        return _("On its way again"), 200
    except LostClaim:
        return _("Somebody was first. This is how it is now."), 409
    except retries.MayHaveArrived:
        return _("The channel had taken this reply, so sending it again might send it twice. Write a new one."), 409
