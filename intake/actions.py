"""What a customer does on his own page: write again, or ask for a person. Without a script each leads back to the page."""

import json
from typing import Any

from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from conversations.fragments import answer, drawn, partial, say, wants_fragment
from conversations.models import Inbox, Message
from core.context import Actor, acting_as
from gateways.types import InboundFile, InboundMessage
from intake import files, nonces, quotas
from intake.accept import DifferentBody, accept
from intake.answers import OLD, OTHER, UNPROVEN, SeeOther, wait_in_words
from intake.forms import MessageForm
from intake.framing import from_our_pages
from intake.links import conversation_token
from intake.models import DOORMAN
from intake.person import ask_for_person
from intake.views import Guest, for_guest, regions, shown, whole, writing


@require_POST
@from_our_pages
@for_guest
def write(request: HttpRequest, guest: Guest) -> HttpResponse:
    """Store one more message. Whatever is refused leaves the words where they were typed."""
    chosen = files.chosen(request)
    if chosen.refused:
        return _refused(request, guest, 422, files.told(chosen.refused))
    form = MessageForm(request.POST)
    form.fields["text"].required = not chosen.files
    if not form.is_valid():
        return _refused(request, guest, 422, str(form.errors["text"][0]))
    signed = request.POST.get("nonce", "")
    try:
        provider_id = nonces.read(signed, guest.place)
    except BadSignature:
        return _refused(request, guest, 422, OLD)
    wait = quotas.wait_for_message(request, guest.conversation_id)
    if wait:
        response = _refused(
            request,
            guest,
            429,
            _("You write faster than we can read. Send it again in %(wait)s.") % {"wait": wait_in_words(wait)},
            signed,
        )
        response["Retry-After"] = str(wait)
        return response
    try:
        message = _take_in(guest, form.cleaned_data["text"], provider_id, chosen.files)
    except DifferentBody:
        return _refused(request, guest, 409, OTHER)
    if message.conversation_id != guest.conversation_id:
        return _leads_on(request, guest, message)
    return _changed(request, guest, _("Sent."))


@require_POST
@from_our_pages
@for_guest
def ask(request: HttpRequest, guest: Guest) -> HttpResponse:
    """Hand the conversation to people. No quota stands before this, and no message is needed."""
    ask_for_person(guest.conversation_id)
    typed = request.POST.get("text", "")
    if typed.strip() and not wants_fragment(request):
        with acting_as(Actor.customer(guest.customer_id)):
            return whole(request, guest, text=typed)
    return _changed(request, guest, _("A person has been asked."), keeps_text=True)


@for_guest
def unproven(request: HttpRequest, guest: Guest) -> HttpResponse:
    """The page again, words kept, for a sending that no page of ours is known to have sent; nothing was stored."""
    return _refused(request, guest, 403, UNPROVEN)


def _take_in(guest: Guest, text: str, provider_id: str, sent: tuple[InboundFile, ...]) -> Message:
    with acting_as(DOORMAN):
        inbox = Inbox.objects.get(conversations=guest.conversation_id)
    inbound = InboundMessage(
        text=text, provider_id=provider_id, conversation_id=guest.conversation_id, attachments=sent, level=guest.level
    )
    facts: dict[str, Any] = {"conversation": guest.conversation_id, "text": text}
    if sent:
        facts["files"] = files.digests(sent)
    payload = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    return accept(inbox, inbound, provider_id=provider_id, payload=payload.encode()).message


def _leads_on(request: HttpRequest, guest: Guest, message: Message) -> HttpResponse:
    """This conversation ended long ago, so a new one began with the message: the customer goes on there."""
    url = f"/c/{conversation_token(message.conversation_id, guest.level)}/{guest.query}"
    if not wants_fragment(request):
        return SeeOther(f"{url}#outlook")
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response


def _changed(request: HttpRequest, guest: Guest, told: str, *, keeps_text: bool = False) -> HttpResponse:
    if not wants_fragment(request):
        return SeeOther(f"{guest.page}#outlook")
    with acting_as(Actor.customer(guest.customer_id)):
        parts = regions(shown(guest))
    return answer(*parts, *([] if keeps_text else _ready(guest)), say(told))


def _ready(guest: Guest, nonce: str = "", error: str = "") -> list[str]:
    """A box that may send: the number for its next sending, and what was wrong with the last one. The words are the page's."""
    context = writing(guest) | {"error": error}
    if nonce:
        context["nonce"] = nonce
    return [
        drawn("#write-nonce", "outerHTML", "intake/_nonce.html", context),
        drawn("#write-notice", "innerHTML", "intake/_notice.html", context),
    ]


def _refused(request: HttpRequest, guest: Guest, status: int, error: str, nonce: str = "") -> HttpResponse:
    if wants_fragment(request):
        return answer(*_ready(guest, nonce, error), partial("#live-polite", "textContent", ""), status=status)
    more: dict[str, Any] = {"text": request.POST.get("text", ""), "error": error} | ({"nonce": nonce} if nonce else {})
    with acting_as(Actor.customer(guest.customer_id)):
        return whole(request, guest, status=status, **more)
