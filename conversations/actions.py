"""What an agent does in a conversation. Each answers with the regions that changed; without a script, with the page."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.models import User
from conversations import assignment, queries
from conversations.forms import AssignmentForm
from conversations.fragments import answer, toast, wants_fragment
from conversations.models import Conversation
from conversations.views import head_fragments, reader, staff, visible
from core.claims import LostClaim

Action = Callable[..., str]


def changes_conversation(action: Action) -> Callable[..., HttpResponse]:
    """A view of `action(request, conversation) -> what to tell the person`, answered with the conversation's head.

    When somebody else was first: 409 with the head as it is now.
    """

    @require_POST
    @staff
    @wraps(action)
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        found, status = visible(pk), 200
        try:
            told = action(request, found)
        except LostClaim:
            told, status = "Somebody changed this conversation just before you. This is how it is now.", 409
        fresh = visible(pk)
        if not wants_fragment(request):
            return redirect(f"/conversations/{pk}/")
        return answer(*head_fragments(fresh, request), toast(told, icon="check" if status == 200 else "alert"), status=status)

    return view


@changes_conversation
def assign(request: HttpRequest, found: Conversation) -> str:
    to = _assignee(request, found)
    assignment.assign(found, to=to, by=reader(request))
    return f"Assigned to {'you' if to == request.user else to.name}" if to else "Assigned to nobody"


@changes_conversation
def resolve(request: HttpRequest, found: Conversation) -> str:
    assignment.resolve(found, by=reader(request))
    return "Resolved"


@changes_conversation
def reopen(request: HttpRequest, found: Conversation) -> str:
    assignment.reopen(found, by=reader(request))
    return "Open again"


@changes_conversation
def hand_back(request: HttpRequest, found: Conversation) -> str:
    assignment.hand_back(found, by=reader(request))
    return "Handed back. The assistant drafts from the next message on."


@require_POST
@staff
def prefer(request: HttpRequest) -> HttpResponse:
    """Remember the reader's theme, or whether single letters act."""
    theme = request.POST.get("theme")
    if theme in User.Theme.values:
        User.objects.filter(pk=reader(request).pk).update(theme=theme)
    elif theme is None:
        User.objects.filter(pk=reader(request).pk).update(letter_keys="letter_keys" in request.POST)
    return HttpResponse(status=204)


def _assignee(request: HttpRequest, found: Conversation) -> User | None:
    form = AssignmentForm(request.POST)
    if "me" in request.POST:
        return reader(request)
    if not form.is_valid():
        raise Http404
    to = form.cleaned_data["to"]
    return get_object_or_404(User, pk=to, pk__in=[one.pk for one in queries.colleagues(found)]) if to else None
