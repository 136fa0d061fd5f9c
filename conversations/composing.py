"""What an agent writes from a conversation's page: sent, kept, taken back. A refusal leaves the text where it is."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from conversations import delivery, keeping, macros, queries, scheduling, writing
from conversations.composer import composer
from conversations.forms import ComposerForm, ReplyForm, first_error
from conversations.fragments import answer, drawn, partial, say, toast, wants_fragment
from conversations.models import ComposerText, Conversation, Message
from conversations.recipients import typed_so_far
from conversations.views import head, head_fragments, reader, staff, thread_fragments, visible
from core.claims import LostClaim


@require_POST
@staff
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a reply, now or later, or keep a note. What was typed is never lost: every refusal leaves the text where it is."""
    found = visible(pk)
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return _refused(request, found, 422, errors=[first_error(form)])
    try:
        message = writing.post(found, form.cleaned_data, by=reader(request))
    except delivery.StaleReply as stale:
        return _asked(request, found, stale)
    except ValidationError as refused:
        return _refused(request, found, 422, errors=refused.messages)
    except writing.AlreadySent:
        return _sent_before(request, found)
    if not wants_fragment(request):
        return redirect(f"/conversations/{pk}/")
    fresh = visible(pk)
    return answer(*thread_fragments(request, fresh), drawn_composer(request, fresh), _told(message))


@require_POST
@staff
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what has been typed so far, for this person, conversation and mode. 409 when another page of his kept something later."""
    found = visible(pk)
    form = ComposerForm(request.POST)
    if not form.is_valid():
        return answer(status=422)
    data = form.cleaned_data
    recipients = typed_so_far(data["to"], data["cc"])
    typed = keeping.Typed(data["mode"], data["text"], data["caret"] or 0, recipients)
    since = data["since"] if "since" in request.POST else None
    try:
        version = keeping.keep(found, typed, by=reader(request), since=since, client_key=data["client_key"])
    except keeping.NewerKept as newer:
        return _kept_elsewhere(request, data["mode"], newer.now)
    response = HttpResponse(status=204)
    response["Kept-Version"] = version
    return response


@require_POST
@staff
def recall(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an agent's reply back before it leaves; its words, files, recipients and caret return to the composer."""
    message = _own_reply(pk)
    is_back = delivery.recall(message)
    if is_back:
        keeping.give_back(message, by=reader(request))
    if not wants_fragment(request):
        return redirect(f"/conversations/{message.conversation_id}/")
    fresh = visible(message.conversation_id)
    if not is_back:
        told = _("Already with the channel, it can’t be taken back")
        return answer(*thread_fragments(request, fresh), toast(told, icon="checks"))
    told = toast(_("Taken back"), sub=_("Nothing was sent"), icon="undo")
    return answer(*thread_fragments(request, fresh), drawn_composer(request, fresh, focus=True), told)


@require_POST
@staff
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a reply that was held back into its writer's composer."""
    message = _own_reply(pk)
    if message.sender_id != reader(request).pk:
        raise Http404
    keeping.give_back(message, by=reader(request))
    if not wants_fragment(request):
        return redirect(f"/conversations/{message.conversation_id}/")
    return answer(drawn_composer(request, visible(message.conversation_id), focus=True))


@require_POST
@staff
def send_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a scheduled reply go at once."""
    message, told, status = _own_reply(pk), "", 200
    try:
        scheduling.send_now(message)
        told = toast(_("It leaves in a few seconds"), icon="send")
    except LostClaim:
        told, status = toast(_("It is no longer waiting"), icon="alert"), 409
    except ValidationError as refused:
        told, status = toast(refused.messages[0], icon="alert"), 422
    if not wants_fragment(request):
        return redirect(f"/conversations/{message.conversation_id}/")
    return answer(*thread_fragments(request, visible(message.conversation_id)), told, status=status)


@require_POST
@staff
def run_macro(request: HttpRequest, pk: int, macro: int) -> HttpResponse:
    """Do what a macro without words does."""
    found = visible(pk)
    try:
        macros.apply(macros.visible(macro), found, by=reader(request))
    except (ValidationError, LostClaim) as refused:
        told = (
            refused.messages[0]
            if isinstance(refused, ValidationError)
            else _("Somebody changed this conversation just before you.")
        )
        return answer(toast(told, icon="alert"), status=409 if isinstance(refused, LostClaim) else 422)
    if not wants_fragment(request):
        return redirect(f"/conversations/{pk}/")
    return answer(*thread_fragments(request, visible(pk)), *head_fragments(visible(pk), request), toast(_("Done")))


def drawn_composer(request: HttpRequest, found: Conversation, *, focus: bool = False) -> str:
    """The composer as it is for the reader now; with `focus` the caret goes back into it."""
    context = head(found) | composer(found, reader(request)) | {"focus": focus}
    return drawn("#composer", "outerHTML", "conversations/_composer.html", context, request)


def _own_reply(pk: int) -> Message:
    """A reply that a person wrote. Raises Http404."""
    message = queries.message(pk)
    if message is None or message.author != Message.Author.AGENT or message.direction != Message.Direction.OUT:
        raise Http404
    return message


def _refused(request: HttpRequest, found: Conversation, status: int, *, errors: list[str]) -> HttpResponse:
    if not wants_fragment(request):
        return redirect(f"/conversations/{found.pk}/")
    return answer(_notice(request, {"errors": errors}), say(errors[0], urgent=True), status=status)


def _sent_before(request: HttpRequest, found: Conversation) -> HttpResponse:
    """What stands in the composer gets a key of its own, so that it can be sent as well."""
    told = _("What you had written here first has been sent already. What stands here now has not.")
    if not wants_fragment(request):
        return redirect(f"/conversations/{found.pk}/")
    key = drawn("#composer-key", "outerHTML", "conversations/_composer_key.html", {"client_key": uuid.uuid4()})
    shown = thread_fragments(request, visible(found.pk))
    return answer(*shown, key, _notice(request, {"errors": [told]}), say(told, urgent=True), status=409)


def _asked(request: HttpRequest, found: Conversation, stale: delivery.StaleReply) -> HttpResponse:
    """What is new, and the question whether the reply still holds; sending again answers it, for as much as was shown."""
    if not wants_fragment(request):
        return redirect(f"/conversations/{found.pk}/")
    fresh = visible(found.pk)
    asked = {
        "newer": stale.newer,
        "is_passed_on": stale.is_passed_on,
        "holder": stale.holder,
        "shown": queries.newest_public(fresh),
        "shown_ownership": fresh.ownership,
    }
    told = _("A newer message came while you were writing.") if stale.newer else _("Somebody else has this conversation now.")
    return answer(_notice(request, asked), say(told, urgent=True), status=409)


def _kept_elsewhere(request: HttpRequest, mode: str, now: ComposerText | None) -> HttpResponse:
    context = {"elsewhere": True, "mode": mode, "kept": now, "version": keeping.version(now)}
    return answer(_notice(request, context), status=409)


def _notice(request: HttpRequest, context: dict[str, Any]) -> str:
    return drawn("#composer-notice", "innerHTML", "conversations/_composer_notice.html", context, request)


def _told(message: Message) -> str:
    if message.direction == Message.Direction.NOTE:
        return toast(_("Note saved"), icon="lock")
    carried = message.delivery
    if carried.is_scheduled:
        at = timezone.localtime(carried.not_before)
        told = _("Scheduled for %(day)s, %(clock)s") % {"day": f"{at:%a} {at.day} {at:%b}", "clock": f"{at:%H:%M %Z}"}
        return toast(told, sub=_("It is held when the customer writes first"), icon="clock")
    undo = {"pk": message.pk, "until": carried.not_before, "name": message.customer}
    shown = render_to_string("conversations/_sending_toast.html", undo)
    leaves = _("Your reply leaves in a few seconds. Press Z to undo.")
    return partial("#toasts", "beforeend", shown) + partial("#live-polite", "textContent", leaves)
