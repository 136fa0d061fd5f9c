"""A reviewer decides, or takes a decision back. The answer depends on where it was asked: the dock or the approvals screen."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from approvals import queries, review
from approvals.cards import told, undo_until
from approvals.forms import DecisionForm
from approvals.models import Decision, Draft
from approvals.views import decide_context, figures, next_after, nothing_left, slot_fragment
from conversations.forms import first_error
from conversations.fragments import answer, drawn, partial, say, toast, wants_fragment
from conversations.views import head_fragments, reader, staff, visible
from core.claims import LostClaim


@require_POST
@staff
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, edit, reject or take over. 409 with the draft as it is when somebody was first, 422 for a decision that makes no sense."""
    draft = _visible(pk)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        error = first_error(form)
        return answer(toast(error, icon="alert"), status=422)
    try:
        decision = _decided(draft, form, request)
    except LostClaim:
        return _lost(request, _visible(pk))
    except review.NothingToSend:
        return answer(toast("An empty reply cannot be sent.", icon="alert"), status=422)
    except review.UnknownArticle:
        return answer(toast("There is no such article. Choose one from the list.", icon="alert"), status=422)
    if not wants_fragment(request):
        return redirect(f"/conversations/{draft.conversation_id}/" if _in_dock(request) else "/approvals/")
    return _done(request, _visible(pk), decision)


@require_POST
@staff
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the reply back while its undo window is open."""
    draft = _visible(pk)
    is_back = review.undo(draft, by=reader(request))
    fresh = _visible(pk)
    if not wants_fragment(request):
        return redirect(f"/conversations/{draft.conversation_id}/")
    gone = partial(f"#toast-undo-{pk}", "delete", "")
    if is_back:
        notice = toast("Taken back", sub="Nothing was sent", icon="undo")
    else:
        notice = toast("Already with the channel, it can’t be taken back", icon="checks")
    again = drawn("#decide", "innerHTML", "approvals/_decide.html", decide_context(request, fresh), request) if is_back else ""
    parts = [slot_fragment(request, fresh), *figures(request, fresh.pk), again, gone, notice]
    return answer(*parts, *head_fragments(visible(draft.conversation_id), request))


def _visible(pk: int) -> Draft:
    draft = queries.draft(pk)
    if draft is None:
        raise Http404
    return draft


def _decided(draft: Draft, form: DecisionForm, request: HttpRequest) -> Decision:
    data = form.cleaned_data
    who: dict[str, Any] = {"by": reader(request), "version": data["version"], "request_key": data["request_key"]}
    if data["action"] == "reject":
        return review.reject(draft, reason=data["reason"], comment=data["comment"], article=data["article"], **who)
    if data["action"] == "take_over":
        return review.take_over(draft, **who)
    return review.approve(draft, text=data["text"] or None, **who)


def _done(request: HttpRequest, draft: Draft, decision: Decision) -> HttpResponse:
    notice = _notice(draft, decision)
    head = head_fragments(visible(draft.conversation_id), request)
    if _in_dock(request):
        response = answer(slot_fragment(request, draft), *head, notice)
        if decision.action == Decision.Action.TAKE_OVER:
            response["HX-Trigger"] = "took-over"
        return response
    following = next_after(draft.pk)
    if following:
        shown = drawn("#decide", "innerHTML", "approvals/_decide.html", decide_context(request, following), request)
    else:
        shown = drawn("#decide", "innerHTML", "approvals/_all_decided.html", nothing_left(request), request)
    return answer(shown, *figures(request, following.pk if following else 0), notice)


def _notice(draft: Draft, decision: Decision) -> str:
    name = str(draft.conversation.customer)
    if decision.action == Decision.Action.REJECT:
        return toast("Draft rejected", sub="A person answers", icon="x")
    if decision.action == Decision.Action.TAKE_OVER:
        return toast("Yours now", sub="The AI stays quiet in this conversation", icon="hand")
    until = undo_until(draft)
    if until is None:
        return toast(f"Sending to {name}", icon="send")
    shown = render_to_string("approvals/_undo_toast.html", {"pk": draft.pk, "name": name, "until": until})
    spoken = say(f"Approved. Sending to {name} in a few seconds. Press Z to undo.")
    return partial("#toasts", "beforeend", shown) + spoken


def _lost(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Who was first, beside the draft as it is now. What the reviewer typed is kept by the page."""
    why = told(queries.last_decision(draft)) if draft.state != Draft.State.IN_REVIEW else _newer(draft)
    if not wants_fragment(request):
        return HttpResponse(why, status=409, content_type="text/plain; charset=utf-8")
    note = drawn(f"#decide-note-{draft.pk}", "innerHTML", "approvals/_decided.html", {"told": why})
    fresh = slot_fragment(request, draft) if draft.state != Draft.State.IN_REVIEW else ""
    around = figures(request, draft.pk) if not _in_dock(request) else head_fragments(visible(draft.conversation_id), request)
    return answer(
        note if not fresh or not _in_dock(request) else "",
        fresh,
        *around,
        toast(why, icon="alert"),
        say(why, urgent=True),
        status=409,
    )


def _newer(draft: Draft) -> str:
    return "The customer wrote again after this draft, or it changed. Read the newest message before you decide."


def _in_dock(request: HttpRequest) -> bool:
    return request.POST.get("from") == "dock"
