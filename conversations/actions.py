"""What an agent does in a conversation. Each answers with the regions that changed; without a script, with the page."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models.functions import Now
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.models import User
from conversations import assignment, delivery, queries
from conversations.forms import AssignmentForm, ComposerForm, ReplyForm, first_error
from conversations.fragments import answer, drawn, partial, say, toast, wants_fragment
from conversations.models import ComposerText, Conversation, Message
from conversations.views import head_fragments, reader, staff, thread, thread_fragments, visible
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
