"""The typed fields of one conversation."""

from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from conversations import live
from conversations.actions import changed
from conversations.attributes import AttributesForm, types_of
from conversations.forms import first_error
from conversations.fragments import wants_fragment
from conversations.models import AttributeType, Conversation, Event
from conversations.sheets import closed, sheet
from conversations.views import staff, visible
from core import audit


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def attributes(request: HttpRequest, pk: int) -> HttpResponse:
    """The fields as they are; posted, stored when every one of them fits."""
    found = visible(pk)
    if not wants_fragment(request) and request.method != "POST":
        return redirect(f"/conversations/{pk}/")
    types = types_of(AttributeType.Of.CONVERSATION)
    form = AttributesForm(types, found.attributes, request.POST if request.method == "POST" else None)
    shown = {"conversation": found, "form": form}
    if request.method != "POST":
        return sheet(request, "conversations/_attribute_sheet.html", shown)
    if not form.is_valid():
        return sheet(request, "conversations/_attribute_sheet.html", shown, status=422, told=first_error(form))
    _store(found, form)
    return changed(request, pk, _("Attributes saved"), closed())


def _store(found: Conversation, form: AttributesForm) -> None:
    keys = form.changed()
    if not keys:
        return
    Conversation.objects.filter(pk=found.pk).update(attributes=form.values(), changed_at=Now())
    audit.record(Event.CONVERSATION_ATTRIBUTES_SET, found, changed=keys)
    live.conversation_changed(found)
