"""A reviewer decides. The answer depends on where it was asked: the dock or the approvals screen."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from approvals import claiming, queries, refusing, review, taking_over
from approvals.cards import undo_until
from approvals.finding import visible_draft
from approvals.forms import DecisionForm
from approvals.hand_views import taken_toast
from approvals.models import Decision, Draft
from approvals.stack import figures, filters_of
from approvals.undoing import undo_toast
from approvals.views import decide_context, hand, nothing_left, slot_fragment
from conversations.channel_limits import window_closed
from conversations.forms import first_error
from conversations.fragments import answer, drawn, say, toast, wants_fragment
from conversations.views import head_fragments, reader, staff, visible
from core.claims import LostClaim


@require_POST
@staff
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve, edit, reject or take over. 409 with the draft as it is when somebody was first, 422 for a decision that makes no sense."""
    draft = visible_draft(pk)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return answer(toast(first_error(form), icon="alert"), status=422)
    before = taking_over.seal(taking_over.standing_of(draft.conversation, reader(request)))
    try:
        decision = _decided(draft, form, reader(request))
    except claiming.HeldByOther as held:
        return refusing.held(request, visible_draft(pk), held.holder)
    except LostClaim:
        return refusing.lost(request, visible_draft(pk), form.cleaned_data)
    except review.NothingToSend:
        return answer(toast(_("An empty reply cannot be sent."), icon="alert"), status=422)
    except review.WindowClosed:
        return answer(toast(window_closed(), icon="clock"), status=422)
    except review.UnknownArticle:
        return answer(toast(_("There is no such article. Choose one from the list."), icon="alert"), status=422)
    if not wants_fragment(request):
        return redirect(f"/conversations/{draft.conversation_id}/" if refusing.in_dock(request) else "/approvals/")
    return _done(request, visible_draft(pk), decision, before)


def _decided(draft: Draft, form: DecisionForm, by: Any) -> Decision:
    data = form.cleaned_data
    who: dict[str, Any] = {"by": by, "version": data["version"], "request_key": data["request_key"]}
    if data["action"] == "reject":
        return review.reject(draft, reason=data["reason"], comment=data["comment"], article=data["article"], **who)
    if data["action"] == "take_over":
        return review.take_over(draft, **who)
    return review.approve(draft, text=data["text"] or None, **who)


def _done(request: HttpRequest, draft: Draft, decision: Decision, before: str) -> HttpResponse:
    notice = _notice(draft, decision, before)
    if refusing.in_dock(request):
        found = visible(draft.conversation_id)
        response = answer(
            slot_fragment(request, draft.conversation), hand(request, found), *head_fragments(found, request), notice
        )
        if decision.action == Decision.Action.TAKE_OVER:
            response["HX-Trigger"] = "took-over"
        return response
    following = queries.next_for(reader(request), filters_of(request), but=draft.pk)
    if following:
        claiming.claim(following, by=reader(request))
        shown = drawn("#decide", "innerHTML", "approvals/_decide.html", decide_context(request, following), request)
    else:
        claiming.let_go(reader(request))
        shown = drawn("#decide", "innerHTML", "approvals/_all_decided.html", nothing_left(request), request)
    return answer(shown, *figures(request, following.pk if following else 0), notice)


def _notice(draft: Draft, decision: Decision, before: str) -> str:
    name = str(draft.conversation.customer)
    if decision.action == Decision.Action.REJECT:
        text = _("Draft rejected. A person answers")
        return undo_toast(f"undo-{draft.pk}", text, f"/drafts/{draft.pk}/undo/") + say(f"{text}.")
    if decision.action == Decision.Action.TAKE_OVER:
        return taken_toast(draft.conversation_id, before)
    until = undo_until(draft)
    if until is None:
        return toast(_("Sending to %(name)s") % {"name": name}, icon="send")
    spoken = say(_("Approved. Sending to %(name)s in a few seconds. Press Z to undo.") % {"name": name})
    return undo_toast(f"undo-{draft.pk}", _("Sending to"), f"/drafts/{draft.pk}/undo/", name=name, until=until) + spoken
