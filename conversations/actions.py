"""What an agent does with a conversation. Each answers with the regions that changed; without a script, with the page."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Team, User
from conversations import assignment, queries
from conversations.forms import AssignmentForm
from conversations.fragments import answer, partial, say, toast, wants_fragment
from conversations.models import Conversation
from conversations.queries import number
from conversations.steps import PRIORITIES
from conversations.views import head_fragments, reader, staff, visible
from core.claims import LostClaim


@dataclass(frozen=True)
class Told:
    """What to tell the person, and the address and fields that take it back."""

    text: str
    undo: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    sub: str = ""


Action = Callable[..., str | Told]


def changes_conversation(action: Action) -> Callable[..., HttpResponse]:
    """A view of `action(request, conversation) -> what to tell the person`, answered with the conversation's head.

    When somebody else was first: 409 with the head as it is now.
    """

    @require_POST
    @staff
    @wraps(action)
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        found = visible(pk)
        try:
            told = action(request, found)
        except LostClaim:
            return changed(
                request, pk, _("Somebody changed this conversation just before you. This is how it is now."), status=409
            )
        return changed(request, pk, told)

    return view


def changed(request: HttpRequest, pk: int, told: str | Told, *more: str, status: int = 200) -> HttpResponse:
    """The conversation's head as it is now, and what became of the wish."""
    if not wants_fragment(request):
        return redirect(f"/conversations/{pk}/")
    return answer(*head_fragments(visible(pk), request), notice(told, is_good=status == 200), *more, status=status)


def notice(told: str | Told, *, is_good: bool = True) -> SafeString:
    """A toast, with a way back when there is one."""
    if isinstance(told, str) or not told.undo:
        text, sub = (told, "") if isinstance(told, str) else (told.text, told.sub)
        return toast(text, sub=sub, icon="check" if is_good else "alert")
    shown = render_to_string("conversations/_undo_toast.html", {"told": told})
    return mark_safe(partial("#toasts", "beforeend", shown) + say(_("%s. Press Z to undo.") % told.text))  # noqa: S308  both are safe


@changes_conversation
def assign(request: HttpRequest, found: Conversation) -> Told:
    to, before = _assignee(request, found), found.assignee_id
    assignment.assign(found, to=to, by=reader(request))
    text = _("Assigned to nobody")
    if to is not None:
        text = _("Assigned to you") if to == request.user else _("Assigned to %s") % to.name
    return Told(text, f"/conversations/{found.pk}/assignment/", {"to": str(before or "")})


@changes_conversation
def give_to_team(request: HttpRequest, found: Conversation) -> Told:
    wanted, before = number(request.POST.get("team")), found.team_id
    team = get_object_or_404(Team, pk=wanted, inboxes=found.inbox_id) if request.POST.get("team") else None
    assignment.give_to_team(found, team, by=reader(request))
    text = _("Given to %s") % team.name if team else _("Given to any team")
    return Told(text, f"/conversations/{found.pk}/team/", {"team": str(before or "")})


@changes_conversation
def set_priority(request: HttpRequest, found: Conversation) -> Told:
    wanted, before = number(request.POST.get("priority")), found.priority
    if wanted not in PRIORITIES:
        raise Http404
    assignment.set_priority(found, wanted, by=reader(request))
    return Told(
        _("Priority is %s") % PRIORITIES[wanted], f"/conversations/{found.pk}/priority/", {"priority": str(max(0, before))}
    )


@changes_conversation
def resolve(request: HttpRequest, found: Conversation) -> Told:
    assignment.resolve(found, by=reader(request))
    return Told(_("Resolved"), f"/conversations/{found.pk}/reopening/")


@changes_conversation
def reopen(request: HttpRequest, found: Conversation) -> str:
    assignment.reopen(found, by=reader(request))
    return _("Open again")


@changes_conversation
def hand_back(request: HttpRequest, found: Conversation) -> str:
    assignment.hand_back(found, by=reader(request))
    return _("Handed back. The assistant drafts from the next message on.")


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
