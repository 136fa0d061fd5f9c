"""What an agent writes from a conversation's page: sent, kept, taken back. A refusal leaves the text where it is."""

from typing import Any

from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.models import User
from conversations import delivery, queries
from conversations.forms import ComposerForm, ReplyForm, first_error
from conversations.fragments import answer, drawn, partial, say, toast, wants_fragment
from conversations.models import ComposerText, Conversation, Message
from conversations.views import reader, staff, thread, thread_fragments, visible


@require_POST
@staff
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a reply or keep a note. What was typed is never lost: every refusal leaves the text where it is."""
    found = visible(pk)
    form = ReplyForm(request.POST)
    if not form.is_valid():
        return _refused(request, found, 422, error=first_error(form))
    try:
        message = _written(found, form.cleaned_data, reader(request))
    except delivery.StaleReply as stale:
        return _refused(request, found, 409, newer=stale.newer)
    ComposerText.objects.filter(conversation=found, user=reader(request), mode=form.cleaned_data["mode"]).delete()
    if not wants_fragment(request):
        return redirect(f"/conversations/{pk}/")
    fresh = visible(pk)
    return answer(*thread_fragments(request, fresh), _empty_composer(request, fresh), _told(message))


@require_POST
@staff
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what has been typed so far, for this person, conversation and mode."""
    found = visible(pk)
    form = ComposerForm(request.POST)
    if not form.is_valid():
        return answer(status=422)
    mode, text = form.cleaned_data["mode"], form.cleaned_data["text"]
    mine = {"conversation": found, "user": reader(request), "mode": mode}
    kept = ComposerText.objects.filter(**mine)
    if not text.strip():
        kept.delete()
    elif not kept.update(text=text, changed_at=Now()):
        ComposerText.objects.create(**mine, text=text, inbox_id=found.inbox_id)
    return HttpResponse(status=204)


@require_POST
@staff
def recall(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an agent's reply back while its undo window is open; its words return to the composer."""
    message = queries.message(pk)
    if message is None or message.author != Message.Author.AGENT or message.direction != Message.Direction.OUT:
        raise Http404
    is_back = delivery.recall(message)
    fresh = visible(message.conversation_id)
    if not wants_fragment(request):
        return redirect(f"/conversations/{fresh.pk}/")
    if not is_back:
        return answer(
            *thread_fragments(request, fresh), toast("Already with the channel, it can’t be taken back", icon="checks")
        )
    texts = thread(request, fresh) | {"texts": {"reply": message.text}}
    composer = drawn("#composer", "outerHTML", "conversations/_composer.html", texts, request)
    return answer(*thread_fragments(request, fresh), composer, toast("Taken back", sub="Nothing was sent", icon="undo"))


def _written(found: Conversation, data: dict[str, Any], by: User) -> Message:
    if data["mode"] == ComposerText.Mode.NOTE:
        return delivery.note(found, data["text"], by=by, client_key=data["client_key"])
    return delivery.reply(found, data["text"], by=by, client_key=data["client_key"], seen=data["seen"], confirm=data["confirm"])


def _refused(request: HttpRequest, found: Conversation, status: int, **why: Any) -> HttpResponse:
    if not wants_fragment(request):
        return redirect(f"/conversations/{found.pk}/")
    notice = drawn("#composer-notice", "innerHTML", "conversations/_composer_notice.html", why, request)
    told = why.get("error") or "A newer message came while you were writing."
    return answer(notice, say(told, urgent=True), status=status)


def _empty_composer(request: HttpRequest, found: Conversation) -> str:
    return drawn("#composer", "outerHTML", "conversations/_composer.html", thread(request, found), request)


def _told(message: Message) -> str:
    if message.direction == Message.Direction.NOTE:
        return toast("Note saved", icon="lock")
    return partial("#live-polite", "textContent", "Your reply leaves in a few seconds. Press Z to undo.")
