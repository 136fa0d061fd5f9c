"""The public form. It works without a script; a second arrival of the same sending is the first one again."""

import json
from typing import Any

from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversations.models import Inbox
from gateways.types import InboundMessage
from intake import nonces, queries, quotas
from intake.accept import DifferentBody, accept
from intake.answers import OLD, OTHER, UNPROVEN, SeeOther, page, wait_in_words
from intake.forms import ContactForm
from intake.links import conversation_token
from intake.outlook import span

TO_PUT_RIGHT = (
    "", gettext_lazy("One thing to put right"), gettext_lazy("Two things to put right"),
    gettext_lazy("Three things to put right"), gettext_lazy("Four things to put right"), gettext_lazy("Five things to put right"),
)  # fmt: skip


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """The empty form, or what became of a sent one: the customer's page, or the form again with every word kept."""
    inbox = queries.web_inbox(request.GET.get("inbox", ""))
    if inbox is None:
        return page(request, "no_form.html", status=404)
    if request.method != "POST":
        return _form(request, inbox, ContactForm(auto_id="%s"))
    form = ContactForm(request.POST, auto_id="%s")
    return _sent(request, inbox, form) if form.is_valid() else _form(request, inbox, form, status=422)


def unproven(request: HttpRequest) -> HttpResponse:
    """The form again, words kept, for a sending that came without our cookie; nothing was stored."""
    inbox = queries.web_inbox(request.GET.get("inbox", ""))
    if inbox is None:
        return page(request, "no_form.html", status=404)
    return _form(request, inbox, _typed(request), status=403, notice=UNPROVEN)


def _sent(request: HttpRequest, inbox: Inbox, form: ContactForm) -> HttpResponse:
    signed = request.POST.get("nonce", "")
    try:
        provider_id = nonces.read(signed, _place(inbox))
    except BadSignature:
        return _form(request, inbox, form, status=422, notice=OLD)
    wait = quotas.wait_for_form(request)
    if wait:
        notice = _("You have sent several messages. Your text is kept: send it again in %(wait)s.") % {
            "wait": wait_in_words(wait)
        }
        response = _form(request, inbox, form, status=429, notice=notice, nonce=signed)
        response["Retry-After"] = str(wait)
        return response
    try:
        accepted = accept(inbox, _inbound(form, provider_id), provider_id=provider_id, payload=_payload(form))
    except DifferentBody:
        return _form(request, inbox, form, status=409, notice=OTHER)
    return SeeOther(f"/c/{conversation_token(accepted.conversation.pk)}/")


def _form(request: HttpRequest, inbox: Inbox, form: ContactForm, *, status: int = 200, **more: Any) -> HttpResponse:
    mistakes = [(name, errors[0]) for name, errors in form.errors.items()] if not more.get("notice") else []
    context = {
        "form": form,
        "action": request.get_full_path(),
        "nonce": nonces.issue(_place(inbox)),
        "person_within": span(inbox.first_reply_minutes),
        "mistakes": mistakes,
        "mistakes_title": TO_PUT_RIGHT[len(mistakes)],
    }
    return page(request, "contact.html", status=status, **(context | more))


def _typed(request: HttpRequest) -> ContactForm:
    """A form that holds what was typed and finds no fault with it."""
    return ContactForm(initial={name: request.POST.get(name, "") for name in ContactForm.base_fields}, auto_id="%s")


def _place(inbox: Inbox) -> str:
    return f"inbox {inbox.pk}"


def _inbound(form: ContactForm, provider_id: str) -> InboundMessage:
    given = form.cleaned_data
    return InboundMessage(
        text=given["message"],
        provider_id=provider_id,
        sender_name=given["name"],
        sender_email=given["email"],
        subject=given["topic"],
    )


def _payload(form: ContactForm) -> bytes:
    return json.dumps(form.cleaned_data, sort_keys=True, ensure_ascii=False).encode()
