"""A decision that came too late: who was first, what is new, and the reviewer's own words, which are never thrown away."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.models import User
from approvals import queries
from approvals.cards import card, told
from approvals.models import Draft
from approvals.stack import figures
from approvals.views import decide_context, slot_fragment
from conversations.fragments import answer, drawn, partial, say, toast, wants_fragment
from conversations.models import Message
from conversations.views import head_fragments, reader, visible
from knowledge.diffing import compare


def held(request: HttpRequest, draft: Draft, holder: User) -> HttpResponse:
    """A colleague has it in front of him: he decides, unless it is taken from him."""
    why = _("%(name)s is looking at this draft. Take it first to decide it yourself.") % {"name": holder.first_name}
    context = {"draft": card(draft, reader(request))}
    where = f"#decide-note-{draft.pk}" if in_dock(request) else f"#claim-{draft.pk}"
    return _refused(request, why, drawn(where, "innerHTML", "approvals/_claim.html", context, request))


def lost(request: HttpRequest, draft: Draft, asked: dict[str, Any]) -> HttpResponse:
    """Decided, rewritten or overtaken meanwhile. Beside it stands the draft as it is now."""
    typed = asked["text"] if asked["text"] and asked["text"].strip() != draft.text.strip() else ""
    if draft.state != Draft.State.IN_REVIEW:
        return _decided(request, draft, typed)
    newer = _newer(draft)
    if newer is not None:
        why = _("The customer wrote again after this draft. Read the newest message before you decide.")
        context = {"newer": newer, "conversation": draft.conversation, "newest": queries.newer_in_review(draft)}
        return _refused(
            request, why, drawn(f"#decide-note-{draft.pk}", "innerHTML", "approvals/_overtaken.html", context, request)
        )
    return _rewritten(request, draft, typed)


def in_dock(request: HttpRequest) -> bool:
    """Whether the question came from a conversation's page, not from the approvals."""
    return request.POST.get("from") == "dock"


def _decided(request: HttpRequest, draft: Draft, typed: str) -> HttpResponse:
    why = told(queries.last_decision(draft))
    context = {"told": why, "typed": typed, "newest": queries.newer_in_review(draft)}
    if in_dock(request):
        fresh = slot_fragment(request, draft.conversation, **context)
        return _refused(request, why, fresh, *head_fragments(visible(draft.conversation_id), request))
    note = drawn(f"#decide-note-{draft.pk}", "innerHTML", "approvals/_decided.html", context | {"draft": draft}, request)
    return _refused(request, why, note, *figures(request, draft.pk))


def _rewritten(request: HttpRequest, draft: Draft, typed: str) -> HttpResponse:
    """Another version waits by now. Who was editing keeps his words beside the new ones; the next press sends his."""
    why = _("This draft changed just before you. This is how it is now.")
    if not typed:
        if in_dock(request):
            return _refused(request, why, slot_fragment(request, draft.conversation))
        context = decide_context(request, draft)
        return _refused(request, why, drawn("#decide", "innerHTML", "approvals/_decide.html", context, request))
    why = _("The draft changed while you were editing. Yours is kept: approve again to send it.")
    context = {"draft": draft, "told": why, "pieces": compare(draft.text, typed, around=None), "is_dock": in_dock(request)}
    note = drawn(f"#decide-note-{draft.pk}", "innerHTML", "approvals/_conflict.html", context, request)
    version = partial(
        f"[data-decide='{draft.pk}'] [name=version]",
        "outerHTML",
        f'<input type="hidden" name="version" value="{draft.version}">',
    )
    return _refused(request, why, note, version)


def _newer(draft: Draft) -> Message | None:
    said = Message.objects.filter(conversation=draft.conversation_id, direction=Message.Direction.IN)
    return said.filter(pk__gt=draft.in_reply_to_id).order_by("-pk").first()


def _refused(request: HttpRequest, why: str, *parts: str) -> HttpResponse:
    if not wants_fragment(request):
        return HttpResponse(why, status=409, content_type="text/plain; charset=utf-8")
    return answer(*parts, toast(why, icon="alert"), say(why, urgent=True), status=409)
