"""What the customer's page says of itself: what it has shown, that he writes, that he has left.

Nothing else follows from it than who is told what: a mail of what he has not read, and a line for whoever has the conversation open.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from conversations import typing
from conversations.models import Conversation
from conversations.queries import number
from core.context import acting_as
from core.limits import Limit, spend
from intake.framing import is_of_ours
from intake.models import DOORMAN
from intake.sight import mark_seen
from intake.views import Guest, for_guest

# A page speaks when something has changed, and while he writes every few seconds.
BIGGEST = 2**62
WORDS = Limit("here.conversation", times=120, seconds=60)


@csrf_exempt
@require_POST
@for_guest
def here(request: HttpRequest, guest: Guest) -> HttpResponse:
    """Take down what the page says. It comes also while the page is being closed, when no cookie can be asked for: its Origin counts."""
    if not is_of_ours(request):
        return HttpResponse(status=403)
    if getattr(request, "viewer", None) is not None or spend(WORDS, str(guest.conversation_id)):
        return HttpResponse(status=204)
    seen = number(request.POST.get("seen"))
    mark_seen(guest.conversation_id, min(seen or 0, BIGGEST))
    if "typing" in request.POST:
        with acting_as(DOORMAN):
            conversation = Conversation.objects.get(pk=guest.conversation_id)
            typing.customer_writes(conversation, stopped=request.POST["typing"] == "0")
    return HttpResponse(status=204)
