"""A person takes the conversation from the assistant, wherever that is at, or gives it back within the minute."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from approvals import taking_over
from approvals.undoing import undo_toast
from approvals.views import hand, slot_context
from conversations.fragments import answer, drawn, partial, say, toast, wants_fragment
from conversations.models import Conversation
from conversations.views import head_fragments, reader, staff, visible


@require_POST
@staff
def take_over(request: HttpRequest, pk: int) -> HttpResponse:
    """The reader answers from here on. Works with a draft, without one, and while one is being written."""
    token = taking_over.take(visible(pk), by=reader(request))
    if not wants_fragment(request):
        return redirect(f"/conversations/{pk}/")
    response = answer(*dock_of(request, visible(pk)), taken_toast(pk, token))
    response["HX-Trigger"] = "took-over"
    return response


@require_POST
@staff
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo a take-over: the conversation and its draft stand as before."""
    is_back = taking_over.undo(request.POST.get("token", ""), by=reader(request)) is not None
    found = visible(pk)
    if not wants_fragment(request):
        return redirect(f"/conversations/{pk}/")
    gone = partial(f"#toast-taken-{pk}", "delete", "")
    told = toast(_("Given back to the AI"), sub=_("As it was before"), icon="undo")
    if not is_back:
        told = toast(_("Too late to take that back: something happened since"), icon="alert")
    # The notice that asked goes last: what comes after the end of its asker may not be put on the page.
    return answer(*dock_of(request, found), told, gone)


def dock_of(request: HttpRequest, found: Conversation) -> list[str]:
    """The draft of the conversation and its head, as they are now."""
    slot = drawn(f"#draft-slot-{found.pk}", "innerMorph", "approvals/_slot.html", slot_context(request, found), request)
    return [slot, hand(request, found), *head_fragments(found, request)]


def taken_toast(pk: int, token: str) -> str:
    text = _("Yours now. The AI stays quiet in this conversation")
    return undo_toast(f"taken-{pk}", text, f"/conversations/{pk}/takeover/undo/", token=token) + say(f"{text}.")
