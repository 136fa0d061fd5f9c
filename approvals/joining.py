"""Conversations are merged, split off and taken apart again: what the assistant had prepared follows, or is taken back."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from approvals import standing
from approvals.models import Draft
from approvals.withdrawal import LIVE, withdraw
from conversations import merging, splitting
from conversations.customer_forms import MergeForm, SplitForm
from conversations.details_views import fresh, taken, undoable
from conversations.forms import first_error
from conversations.fragments import answer, partial, toast, wants_fragment
from conversations.models import Conversation, Message, Split
from conversations.views import reader, staff, thread_fragments, visible
from core.claims import LostClaim
from core.context import acting_as

Act = Callable[[HttpRequest, Conversation], tuple[int, str]]
CLOSED = partial("#joining-done", "innerHTML", "<i data-joined></i>")


def joins(act: Act) -> Callable[..., HttpResponse]:
    """A view of `act(request, conversation) -> (the conversation to show, notice)`. 422 with the reason when it cannot be."""

    @require_POST
    @staff
    @wraps(act)
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        found = visible(pk)
        try:
            shown, told = act(request, found)
        except (merging.CannotMerge, splitting.CannotSplit) as why:
            return _refused(request, pk, str(why), 422)
        except LostClaim:
            return _refused(request, pk, _("Somebody changed one of them just before you. Look again."), 409)
        if not wants_fragment(request):
            return redirect("conversation", shown)
        if shown != pk:
            # Shown where it is now, with its address; the notice comes along.
            response = answer(CLOSED, _opening(shown), told)
        else:
            response = answer(*thread_fragments(request, visible(shown)), fresh(request, shown), CLOSED, told)
        return response

    return view


@joins
def merge(request: HttpRequest, found: Conversation) -> tuple[int, str]:
    """Show one of two conversations within the other; drafts that waited in it are taken back."""
    form = MergeForm(request.POST)
    if not form.is_valid():
        raise merging.CannotMerge(first_error(form))
    other = visible(form.cleaned_data["other"])
    source, target = (found, other) if form.cleaned_data["keep"] == "other" else (other, found)
    target = merging.merge(source, target, by=reader(request))
    withdraw(source)
    _withdraw_unread(target)
    text = _("#%(source)s is shown in #%(target)s now") % {"source": source.pk, "target": target.pk}
    return target.pk, undoable(request, source, "unmerging", {}, text)


@joins
def unmerge(request: HttpRequest, found: Conversation) -> tuple[int, str]:
    """Take the merge back. Drafts that were taken back stay so: the next message of the customer gets a new one."""
    target = merging.separate(found, by=reader(request))
    return target.pk, taken(found, "unmerging") + toast(
        _("Two conversations again"), sub=_("Drafts that were taken back stay back"), icon="undo"
    )


@joins
def split(request: HttpRequest, found: Conversation) -> tuple[int, str]:
    """Move messages to a conversation of their own; their drafts go along."""
    form = SplitForm(request.POST)
    if not form.is_valid():
        raise splitting.CannotSplit(first_error(form))
    made = splitting.split(found, form.cleaned_data["first"], by=reader(request))
    _restate(made.source_id, made.target_id)
    text = _("Moved to a conversation of its own, #%(number)s") % {"number": made.target_id}
    return made.target_id, undoable(request, made.target, "rejoining", {}, text)


@joins
def rejoin(request: HttpRequest, found: Conversation) -> tuple[int, str]:
    """Put what was split off back to where it came from."""
    made = Split.objects.filter(target=found, undone_at=None).order_by("-pk").first()
    if made is None:
        raise Http404
    source = splitting.rejoin(made, by=reader(request))
    _restate(made.source_id, made.target_id)
    return source.pk, taken(found, "rejoining") + toast(_("Put back"), icon="undo")


def _withdraw_unread(target: Conversation) -> None:
    """A draft that waits in the target was written without what was merged into it; when that is newer, it answers too little."""
    waiting = Draft.objects.filter(conversation=target, state__in=LIVE).order_by("-pk").first()
    if waiting is None:
        return
    came = Message.objects.filter(
        conversation__merged_into=target, direction=Message.Direction.IN, pk__gt=waiting.in_reply_to_id
    )
    if came.exists():
        withdraw(target)


def _restate(*pks: int) -> None:
    """After messages moved: how the newest draft of each conversation stands, as its row of the queue says it."""
    with acting_as(splitting.MOVER):
        for pk in pks:
            newest = Draft.objects.filter(conversation=pk).select_related("conversation").order_by("-in_reply_to").first()
            if newest is not None:
                standing.show(newest, *_standing(newest))
            else:
                Conversation.objects.filter(pk=pk).update(draft_state=standing.NONE, draft_percent=None, draft_label="")


def _standing(draft: Draft) -> tuple[str, ...]:
    if draft.state == Draft.State.IN_REVIEW:
        return standing.of_review(draft)
    known = {Draft.State.COMPOSING: standing.COMPOSING, Draft.State.REJECTED: standing.REJECTED}
    if draft.state == Draft.State.SENT:
        return (standing.APPROVED if draft.message and draft.message.reviewed_by_id else standing.AUTO_SENT,)
    return (known.get(Draft.State(draft.state), standing.NONE),)


def _opening(pk: int) -> str:
    """Makes the page open the conversation, as a click on its row would."""
    url = f"/conversations/{pk}/"
    opened = f'<a hidden hx-get="{url}" hx-trigger="load" hx-target="#thread" hx-swap="innerHTML" hx-push-url="true"></a>'
    return partial("#joining-done", "beforeend", opened)


def _refused(request: HttpRequest, pk: int, why: str, status: int) -> HttpResponse:
    if not wants_fragment(request):
        return redirect("conversation", pk)
    return answer(partial("#joining-error", "textContent", why), toast(why, icon="alert"), status=status)
