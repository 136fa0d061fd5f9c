"""Choosing a WhatsApp template, filling it in with its words before one's eyes, and sending it."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from conversations import delivery, message_templates, queries
from conversations.composing import drawn_composer
from conversations.fragments import answer, drawn, toast, wants_fragment
from conversations.models import Channel, Conversation, Template
from conversations.sheets import closed, sheet
from conversations.views import reader, staff, thread_fragments, visible

PREFIX = "variable."
NEWER = _("Something newer was said, or somebody else has the conversation now. Nothing was sent: look at it, then send again.")


class SentForm(forms.Form):
    """What was printed with the sheet."""

    client_key = forms.UUIDField()
    seen = forms.IntegerField(required=False, min_value=0)
    ownership = forms.IntegerField(required=False, min_value=0)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def template(request: HttpRequest, pk: int) -> HttpResponse:
    """The templates on offer; posted, the chosen one is sent."""
    found = _on_whatsapp(pk)
    if request.method != "POST":
        return _sheet(request, found) if wants_fragment(request) else redirect(f"/conversations/{pk}/")
    chosen, form = _chosen(found, request.POST.get("template", "")), SentForm(request.POST)
    if chosen is None or not form.is_valid():
        return _sheet(request, found, status=422, told=_("Choose a template first."))
    try:
        message_templates.post(found, chosen, _given(request.POST), by=reader(request), **form.cleaned_data)
    except ValidationError as refused:
        return _sheet(request, found, status=422, told=refused.messages[0])
    except delivery.StaleReply:
        return _sheet(request, found, status=409, told=NEWER)
    fresh = visible(pk)
    return answer(
        *thread_fragments(request, fresh),
        drawn_composer(request, fresh),
        closed(),
        toast(_("Sending in a few seconds"), icon="send"),
    )


@require_safe
@staff
def words(request: HttpRequest, pk: int) -> HttpResponse:
    """The fields of the chosen template, or with `preview` only what it says with what has been typed."""
    found = _on_whatsapp(pk)
    context = _filled(found, request.GET.get("template", ""), _given(request.GET))
    if "preview" in request.GET:
        return answer(drawn("#template-preview", "innerHTML", "conversations/_template_preview.html", context, request))
    return answer(drawn("#template-fields", "innerHTML", "conversations/_template_fields.html", context, request))


def _on_whatsapp(pk: int) -> Conversation:
    found = visible(pk)
    if found.channel != Channel.WHATSAPP:
        raise Http404
    return found


def _chosen(found: Conversation, pk: str) -> Template | None:
    return message_templates.offered(found).filter(pk=pk).first() if pk.isdigit() and len(pk) < 19 else None


def _given(posted: Any) -> dict[str, str]:
    return {name.removeprefix(PREFIX): posted[name] for name in posted if name.startswith(PREFIX)}


def _filled(found: Conversation, pk: str, given: dict[str, str]) -> dict[str, Any]:
    chosen = _chosen(found, pk)
    return {
        "conversation": found,
        "chosen": chosen,
        "places": message_templates.places(chosen, given) if chosen else [],
        "words": message_templates.rendered(chosen, given) if chosen else "",
    }


def _sheet(request: HttpRequest, found: Conversation, *, status: int = 200, told: str = "") -> HttpResponse:
    posted = request.POST if request.method == "POST" else {}
    context = _filled(found, posted.get("template", ""), _given(posted)) | {
        "offered": message_templates.offered(found)[:200],
        "client_key": uuid.uuid4(),
        "seen": queries.newest_public(found),
    }
    return sheet(request, "conversations/_template_sheet.html", context, status=status, told=told)
