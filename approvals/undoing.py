"""Taking a decision back, and the notices from which that is done."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from approvals import claiming, review
from approvals.finding import visible_draft
from approvals.models import Draft
from approvals.stack import figures
from approvals.taking_over import UNDO_FOR
from approvals.views import decide_context, slot_fragment
from conversations.fragments import answer, drawn, partial, toast, wants_fragment
from conversations.views import head_fragments, reader, staff, visible


@require_POST
@staff
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the reply back while its undo window is open, or a rejection within the minute."""
    draft, me = visible_draft(pk), reader(request)
    was_sent = draft.state == Draft.State.SENT
    is_back = review.undo(draft, by=me)
    if is_back:
        claiming.claim(draft, by=me)
    fresh = visible_draft(pk)
    if not wants_fragment(request):
        return redirect(f"/conversations/{draft.conversation_id}/")
    gone = partial(f"#toast-undo-{pk}", "delete", "")
    again = drawn("#decide", "innerHTML", "approvals/_decide.html", decide_context(request, fresh), request) if is_back else ""
    around = [*figures(request, fresh.pk), *head_fragments(visible(draft.conversation_id), request)]
    return answer(slot_fragment(request, fresh.conversation), *around, again, _told(fresh, is_back, was_sent), gone)


def undo_toast(key: str, text: str, url: str, *, name: str = "", token: str = "", until: datetime | None = None) -> str:
    """A notice with a button that takes back what it tells of; Z presses the newest one."""
    context = {
        "key": key, "text": text, "url": url, "name": name, "token": token,
        "until": until or timezone.now() + UNDO_FOR, "is_brief": until is None,
    }  # fmt: skip
    return partial("#toasts", "beforeend", render_to_string("approvals/_undo_toast.html", context))


def _told(draft: Draft, is_back: bool, was_sent: bool) -> str:
    if is_back:
        sub = _("Nothing was sent") if was_sent else _("The draft waits again")
        return toast(_("Taken back"), sub=sub, icon="undo")
    if not was_sent:
        return toast(_("Too late to take that back: something happened since"), icon="alert")
    context = {"conversation": draft.conversation_id, "channel": draft.conversation.get_channel_display()}
    late = render_to_string("approvals/_too_late.html", context)
    return partial("#toasts", "beforeend", late)
